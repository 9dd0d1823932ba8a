"""An answer in events: in order, each stage as it begins, and an end for every question."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.access.keys import KeyFile, Scope
from api.answering.questions import Supervision
from api.app import Options, create_app
from api.limits import Limits
from index.errors import CorruptIndexError
from rag.answers import UNWATCHED, Answer, Query, Watch
from rag.schemas import AnswerResponse
from tests.support.api_fakes import MARKER, FakePipeline, ask, assert_problem
from tests.support.live_server import answering, connect, head
from tests.support.service_fakes import make_service, with_client
from tests.support.waiting import wait_until

QUESTION = {"question": "부두의 길이는 2.5㎞다"}


def events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.strip().split("\n\n"):
        if not block.startswith(":"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_the_parts_are_those_of_the_whole_answer(tmp_path: Path) -> None:
    app = make_service(tmp_path)
    response = ask(app, QUESTION, "/v1/query/stream")
    whole = ask(app, QUESTION).json()
    told = events(response.text)
    assert response.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _ in told]
    assert names == ["stage", "stage", "stage", "passages", "stage", "stage", "answer", "citations", "done"]
    assert [data["stage"] for name, data in told if name == "stage"] == [
        "analyse",
        "encode",
        "retrieve",
        "evidence",
        "verify",
    ]
    joined = (
        {"passages": dict(told)["passages"]["passages"]}
        | dict(told)["answer"]
        | dict(told)["citations"]
        | dict(told)["done"]
    )
    assert AnswerResponse.model_validate(joined)
    assert joined | {"timings_ms": 0} == whole | {"timings_ms": 0}


def test_no_answer_is_told_too(tmp_path: Path) -> None:
    told = dict(events(ask(make_service(tmp_path), {"question": "xyzzy plugh"}, "/v1/query/stream").text))
    assert (told["answer"]["answered"], told["answer"]["answer"]) == (False, None)
    assert told["citations"] == {"citations": [], "parts": [], "conflicts": []}


@pytest.mark.parametrize(
    ("body", "status", "code"), [({}, 422, "empty_question"), ({"question": "가", "top_k": 0}, 422, "invalid_request")]
)
def test_a_bad_question_is_a_plain_problem(tmp_path: Path, body: object, status: int, code: str) -> None:
    response = ask(make_service(tmp_path), body, "/v1/query/stream")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_an_error_on_the_way_is_an_event() -> None:
    app = create_app(FakePipeline(error=CorruptIndexError(MARKER, MARKER)))
    response = ask(app, {"question": "가"}, "/v1/query/stream", Accept_Language="en")
    name, problem = events(response.text)[-1]
    assert (name, problem["code"], problem["title"]) == ("error", "index_corrupt", "The index is damaged")
    assert problem["request_id"] == response.headers["x-request-id"]
    assert MARKER not in response.text


def test_an_unexpected_error_tells_nothing() -> None:
    response = ask(create_app(FakePipeline(error=ZeroDivisionError(MARKER))), {"question": "가"}, "/v1/query/stream")
    assert events(response.text)[-1][1]["code"] == "internal"
    assert MARKER not in response.text


class Stages(FakePipeline):
    """Goes on to the next of its stages when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Semaphore(0)
        self.reached: list[str] = []
        self.ended = threading.Event()
        self.watch: Watch = UNWATCHED

    def is_cancelled(self) -> bool:
        return isinstance(self.watch, Supervision) and self.watch.cancelled

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        self.watch = watch
        try:
            for name in ("one", "two", "three"):
                self.reached.append(name)
                watch.stage(name)
                self.go_on.acquire(timeout=120)
            return super().ask(query)
        finally:
            self.ended.set()


def test_stages_are_told_as_they_begin() -> None:
    pipeline = Stages()
    with (
        answering(pipeline) as url,
        httpx.stream("POST", f"{url}/v1/query/stream", json={"question": "공사비"}, timeout=60) as response,
    ):
        lines = response.iter_lines()
        for name in ("one", "two", "three"):
            while not (line := next(lines)).startswith("data: "):
                pass
            assert json.loads(line[6:]) == {"stage": name}
            assert pipeline.reached[-1] == name
            pipeline.go_on.release()
        assert "event: done" in list(lines)


def test_a_client_that_leaves_ends_the_question_at_its_next_stage() -> None:
    pipeline = Stages()
    with answering(pipeline) as url:
        with httpx.stream("POST", f"{url}/v1/query/stream", json={"question": "공사비"}, timeout=60) as response:
            next(response.iter_lines())
        wait_until(pipeline.is_cancelled)  # the server has noticed
        pipeline.go_on.release(3)
        assert pipeline.ended.wait(60)
        assert pipeline.reached == ["one", "two"]


MCP_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": QUESTION}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/query", QUESTION),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": QUESTION["question"]}]}),
        ("/mcp", MCP_CALL),
    ],
)
def test_a_client_that_leaves_before_a_whole_reply_ends_the_question_too(
    path: str, body: object, caplog: pytest.LogCaptureFixture
) -> None:
    pipeline, data = Stages(), json.dumps(body).encode()
    lines = (f"Content-Length: {len(data)}", "Accept: application/json, text/event-stream")
    with answering(pipeline) as url:
        with connect(url) as connection:
            connection.sendall(head(*lines, start=f"POST {path} HTTP/1.1") + data)
            wait_until(lambda: pipeline.reached == ["one"])
        wait_until(pipeline.is_cancelled)  # the server has noticed
        pipeline.go_on.release(3)
        assert pipeline.ended.wait(60)
        assert pipeline.reached == ["one", "two"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("path", ["/v1/query", "/v1/query/stream", "/v1/search"])
def test_a_question_has_a_deadline(path: str) -> None:
    gate = threading.Event()

    class Slow(FakePipeline):
        def _fail(self) -> None:
            gate.wait(60)

    app = create_app(Slow(), Options(limits=Limits(question_seconds=1.0, questions=1)))

    async def step(client: httpx.AsyncClient) -> httpx.Response:
        response = await asyncio.wait_for(client.post(path, json={"question": "공사비"}), 50)
        held = await client.post("/v1/search", json={"question": "공사비"})
        assert held.json()["code"] == "busy"  # its thread works on, and its place is not given to another yet
        gate.set()
        return response

    response = with_client(app, step)
    if path.endswith("stream"):
        assert events(response.text)[-1][1]["code"] == "deadline_exceeded"
    else:
        assert_problem(response, 503, "deadline_exceeded")
        assert response.headers["retry-after"] == "2"


def test_scores_are_coarse_here_too(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    _, token = keys.create("가", [Scope.ASK])
    app = make_service(tmp_path, Options(keys=keys))
    told = dict(events(ask(app, QUESTION, "/v1/query/stream", X_API_Key=token).text))
    numbers = [value for hit in told["passages"]["passages"] for value in hit["scores"].values() if value is not None]
    numbers += [told["answer"]["confidence"], *(citation["score"] for citation in told["citations"]["citations"])]
    assert all(value == round(value, 2) for value in numbers)
