"""Answers in words, over HTTP: after the cited sentences, and nothing amiss where the writer is."""

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Scope

from api.app import Options, create_app
from api.limits import Limits
from api.mcp.stdio import PipelineAsker
from api.mcp.tools import Outcome
from api.mcp.tools import ask as mcp_ask
from api.schemas.questions import QueryRequest
from rag.writing.client import WriterError
from rag.writing.writing import Prose
from tests.support.api_fakes import FakePipeline, ask, call

QUESTION = "공사비는 320억원"
QUOTE = "공사비는 320억원이었다."


class Fake:
    """Writes what it is told to; ``kind`` is how it then fails."""

    def __init__(self, *lines: str, kind: str = "") -> None:
        self._lines = lines
        self._kind = kind

    def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
        yield from self._lines
        if self._kind:
            raise WriterError(self._kind)


def served(writer: Fake | None, path: str, body: object) -> tuple[httpx.Response, str]:
    app = create_app(FakePipeline(), Options(writer=writer, writer_wait=60.0, limits=Limits()))
    return call(app, "POST", path, body=body), call(app, "GET", "/metrics").text


def events(response: httpx.Response) -> list[tuple[str, object]]:
    blocks = [block.split("\n") for block in response.text.strip().split("\n\n") if block.startswith("event")]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in blocks]


def test_what_is_written_comes_with_its_citations() -> None:
    response, metrics = served(Fake(f"{QUOTE} [1]", "공사비는 330억원이었다. [1]"), "/v1/query", {"question": QUESTION})
    assert response.json()["written"] == [{"text": QUOTE, "citations": [0]}]
    assert 'geungeo_writer_total{outcome="written"} 1.0' in metrics
    assert 'geungeo_writer_total{outcome="value"} 1.0' in metrics


def test_a_stream_gives_the_cited_sentences_before_it_waits_for_the_writer() -> None:
    response, _ = served(Fake(f"{QUOTE} [1]"), "/v1/query/stream", {"question": QUESTION})
    told = events(response)
    names = [name for name, _ in told if name not in ("stage", "passages")]
    assert names == ["answer", "citations", "written", "done"]
    assert ("written", {"text": QUOTE, "citations": [0]}) in told


class Stuck(Fake):
    """Writes nothing until the test ends."""

    def __init__(self) -> None:
        super().__init__(f"{QUOTE} [1]")
        self.ended = threading.Event()

    def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
        self.ended.wait(60)
        yield from super().lines(chat)


@pytest.mark.parametrize("path", ["/v1/query", "/v1/chat/completions", "/mcp"])
def test_a_whole_reply_does_not_wait_for_one_that_is_slow(path: str) -> None:
    stuck = Stuck()
    body = {"/v1/query": {"question": QUESTION}, "/v1/chat/completions": CHAT, "/mcp": MCP_CALL}[path]
    app = create_app(FakePipeline(), Options(writer=stuck, writer_wait=0.05))
    response = call(app, "POST", path, body=body, headers={"Accept": "application/json, text/event-stream"})
    stuck.ended.set()
    assert response.status_code == 200
    assert QUOTE in response.text
    assert '"written":[]' in response.text.replace(" ", "")
    assert 'geungeo_writer_total{outcome="late"} 1.0' in call(app, "GET", "/metrics").text


@pytest.mark.parametrize("path", ["/v1/query", "/v1/query/stream"])
def test_of_a_writer_that_is_down_only_the_metric_tells(path: str) -> None:
    with_it, metrics = served(Fake(kind="down"), path, {"question": QUESTION})
    without, _ = served(None, path, {"question": QUESTION})
    assert with_it.status_code == 200
    assert 'geungeo_writer_total{outcome="down"} 1.0' in metrics

    def said(response: httpx.Response) -> object:
        if path == "/v1/query":
            return response.json() | {"timings_ms": None}
        return [(name, data) for name, data in events(response) if name in ("answer", "citations")]

    assert said(with_it) == said(without)


MCP_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": QUESTION}}}  # fmt: skip
CHAT = {"messages": [{"role": "user", "content": QUESTION}]}
SAID = f"\n언어 모델이 위의 근거로 쓴 답:\n{QUOTE} [1]\n"


def test_a_chat_ends_with_what_is_written_and_keeps_the_quotes() -> None:
    response, _ = served(Fake(f"{QUOTE} [1]"), "/v1/chat/completions", CHAT)
    without, _ = served(None, "/v1/chat/completions", CHAT)
    content, annotations = (response.json()["choices"][0]["message"][name] for name in ("content", "annotations"))
    assert content == without.json()["choices"][0]["message"]["content"] + SAID
    cited = annotations[0]["url_citation"]
    assert content[cited["start_index"] : cited["end_index"]] == QUOTE
    assert response.json()["usage"]["completion_tokens"] > without.json()["usage"]["completion_tokens"]


def test_a_chat_in_events_gives_the_cited_sentences_before_it_asks_the_writer() -> None:
    asked = threading.Event()

    class Waiting(Fake):
        def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
            asked.set()
            return super().lines(chat)

    app = create_app(FakePipeline(), Options(writer=Waiting(f"{QUOTE} [1]")))
    before = asyncio.run(_first_parts(app, asked))
    assert QUOTE in before[0]
    assert before[-1].endswith("[DONE]\n\n")
    pieces = [json.loads(line[6:]) for line in "".join(before).split("\n\n") if line.startswith("data: {")]
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in pieces)
    whole, _ = served(Fake(f"{QUOTE} [1]"), "/v1/chat/completions", CHAT)
    assert said == whole.json()["choices"][0]["message"]["content"]
    assert pieces[-1]["geungeo"]["written"] == [{"text": QUOTE, "citations": [0]}]


async def _first_parts(app: FastAPI, asked: threading.Event) -> list[str]:
    """What had come when the writer was asked, and what came then."""
    sent, before = list[str](), list[str]()
    body = json.dumps(CHAT | {"stream": True}).encode()

    incoming: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return incoming.pop() if incoming else await asyncio.Event().wait() or {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if asked.is_set() and not before:
            before.append("".join(sent))
            sent.clear()
        sent.append(message.get("body", b"").decode())

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/v1/chat/completions", "raw_path": b"/v1/chat/completions", "query_string": b"", "root_path": "",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return [*before, "".join(sent)]


def test_over_mcp_what_is_written_comes_below_the_quotes_and_as_a_field() -> None:
    app = create_app(FakePipeline(), Options(writer=Fake(f"{QUOTE} [1]", "공사비는 330억원이었다. [1]")))
    response = call(app, "POST", "/mcp", body=MCP_CALL, headers={"Accept": "application/json, text/event-stream"})
    result = response.json()["result"]
    assert result["structuredContent"]["written"] == [{"text": QUOTE, "citations": [0]}]
    assert result["content"][0]["text"].endswith(SAID)
    assert "330" not in response.text


def test_over_standard_input_and_output_too() -> None:
    async def work() -> Outcome:
        return await mcp_ask(PipelineAsker(FakePipeline, Prose(Fake(f"{QUOTE} [1]"))), QueryRequest(question=QUESTION))

    outcome = asyncio.run(work())
    assert outcome.text.endswith(SAID)
    assert outcome.structured.model_dump()["written"] == [{"text": QUOTE, "citations": [0]}]


def test_without_the_flag_nothing_is_written() -> None:
    assert ask(create_app(FakePipeline()), {"question": QUESTION}).json()["written"] == []
