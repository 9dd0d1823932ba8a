"""Answers in words, over HTTP: after the cited sentences, and nothing amiss where the writer is."""

import json
from collections.abc import Iterator, Sequence

import httpx
import pytest

from api.app import Options, create_app
from api.limits import Limits
from rag.writing.client import WriterError
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
    app = create_app(FakePipeline(), Options(writer=writer, limits=Limits()))
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


def test_a_chat_begins_with_what_is_written_and_keeps_the_quotes() -> None:
    body = {"messages": [{"role": "user", "content": QUESTION}]}
    response, _ = served(Fake(f"{QUOTE} [1]"), "/v1/chat/completions", body)
    content, annotations = (response.json()["choices"][0]["message"][name] for name in ("content", "annotations"))
    assert content.startswith(f"{QUOTE} [1]\n\n{QUOTE} [1]\n")
    (mark,) = annotations[:1]
    cited = mark["url_citation"]
    assert content[cited["start_index"] : cited["end_index"]] == QUOTE
    assert cited["start_index"] > len(QUOTE)


def test_without_the_flag_nothing_is_written() -> None:
    assert ask(create_app(FakePipeline()), {"question": QUESTION}).json()["written"] == []
