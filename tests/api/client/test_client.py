"""The Python client, waiting and awaiting, against a real server, and its retries against a scripted one."""

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

import api.client
from api.client import AsyncClient, Client, calls
from api.client import asynchronous as client_async
from api.client import calls as client_calls
from api.client import errors as client_errors
from api.client import sync as client_module
from api.client.errors import (
    AccessError,
    ClientError,
    ConnectionFailedError,
    JobFailedError,
    JobPendingError,
    MissingError,
    OverloadError,
    ProblemResponseError,
)
from api.client.transport import Retries, StreamEvent
from index.articles import Article
from rag.answers import Filters, Mode
from scripts.release import sync_client
from tests.support.api_fakes import BRIDGE, FakePipeline
from tests.support.live_server import answering

ROOT = Path(__file__).parents[3]
STREAM = {"Content-Type": "text/event-stream"}
QUESTION = "공사비는 얼마?"
QUOTE = "공사비는 320억원이었다."
DONE = {
    "id": "j",
    "state": "done",
    "done": 1,
    "total": 1,
    "failed": 0,
    "results": [],
    "generation": 2,
    "created_at": "",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers with each of ``responses`` in turn (a callable is asked), and keeps the requests."""

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._next(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._next(request)

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body, *headers = self.responses.pop(0)
        if isinstance(body, Exception):
            raise body
        content = {"json": body} if isinstance(body, dict) else {"text": body}
        return httpx.Response(status, headers=headers[0] if headers else None, **content)


def problem(status: int, code: str) -> dict[str, Any]:
    return {
        "type": f"/problems/{code}", "title": "제목", "status": status, "detail": "자세히", "instance": "/", "code": code,
        "request_id": "r", "errors": [{"pointer": "/question", "code": code}],
    }  # fmt: skip


def run(script: Script, work: Callable[[Any], Any], **settings: Any) -> Any:
    """``work`` with the waiting client; what it returns."""
    with Client(transport=script, **settings) as client:
        return work(client)


def run_async(script: Script, work: Callable[[Any], Any], **settings: Any) -> Any:
    """The same with the awaiting one."""

    async def all_of_it() -> Any:
        async with AsyncClient(transport=script, **settings) as client:
            made = work(client)
            return [item async for item in made] if inspect.isasyncgen(made) else await made

    return asyncio.run(all_of_it())


both = pytest.mark.parametrize("run_with", [run, run_async])


class TestRealServer:
    def test_query(self, url: str) -> None:
        with Client(url) as client:
            answer = client.query(QUESTION, top_k=2, filters=Filters(source="한빛일보"), mode="lexical")
        assert (answer.answered, answer.citations[0].quote, len(answer.passages)) == (True, QUOTE, 2)

    def test_a_question_carries_only_what_was_given(self) -> None:
        plain = calls.query(calls.to_query(QUESTION, 5, None, "hybrid", None))
        assert plain.json == {"question": QUESTION, "top_k": 5, "mode": "hybrid"}
        asked = calls.to_query(QUESTION, 2, Filters(source="한빛일보"), Mode.DENSE, date(2026, 3, 1), ["앞선 질문"])
        assert calls.search(asked).json == {
            "question": QUESTION, "top_k": 2, "mode": "dense", "filters": {"source": "한빛일보"}, "as_of": "2026-03-01",
            "context": ["앞선 질문"],
        }  # fmt: skip

    def test_search_and_get(self, url: str) -> None:
        with Client(url) as client:
            best = client.search(QUESTION, top_k=1).passages[0]
            article = client.get(best.article_id)
        assert article.text[best.start : best.end] == best.text == QUOTE

    def test_awaited(self, url: str) -> None:
        async def work() -> tuple[str, str, str]:
            async with AsyncClient(url) as client:
                answer, found = await asyncio.gather(client.query(QUESTION), client.search(QUESTION, mode=Mode.DENSE))
                article = await client.get("emoji/1")
                return answer.citations[0].quote, found.passages[0].text, article.id

        assert asyncio.run(work()) == (QUOTE, QUOTE, "emoji/1")

    def test_problems_are_exceptions(self, url: str) -> None:
        with Client(url) as client, pytest.raises(ProblemResponseError) as raised:
            client.query("\u3164")
        error = raised.value
        assert (error.status, error.code, error.title) == (422, "empty_question", "질문이 비어 있습니다")
        assert [(place.pointer, place.code) for place in error.errors] == [("/question", "empty_question")]
        assert len(error.request_id) == 32
        assert str(error).startswith("질문이 비어 있습니다 (422 empty_question): ")

    def test_in_english(self, url: str) -> None:
        with Client(url, language="en") as client, pytest.raises(MissingError, match=r"Not found \(404 not_found\)"):
            client.get("없음")

    @pytest.mark.parametrize("article_id", ["..", ".", "a/../b", "a?b=c", "a%2Fb", "#", "한 글"])
    def test_an_id_is_never_taken_for_a_path(self, article_id: str) -> None:
        article = Article(article_id, "제목", "글.")
        with answering(lambda: FakePipeline((article,))) as address, Client(address) as client:
            assert client.get(article_id).id == article_id

    def test_nobody_there(self) -> None:
        with (
            Client("http://127.0.0.1:9", timeout=2) as client,
            pytest.raises(ConnectionFailedError, match="ConnectError"),
        ):
            client.query(QUESTION)


class TestRequests:
    @both
    def test_key_and_language(self, run_with: Any) -> None:
        script = Script((200, FakeAnswer))
        run_with(script, lambda client: client.query("질문"), key="secret", language="en")
        (request,) = script.requests
        assert (request.headers["authorization"], request.headers["accept-language"]) == ("Bearer secret", "en")
        assert request.read() == '{"question":"질문","top_k":5,"mode":"hybrid"}'.encode()

    @both
    def test_put_sends_what_is_known(self, run_with: Any) -> None:
        script = Script((201, {"id": "다리-1", "status": "created", "generation": 3}))
        written = run_with(script, lambda client: client.put(BRIDGE))
        assert (written.status, written.generation) == ("created", 3)
        (request,) = script.requests
        assert (request.method, request.url.raw_path) == ("PUT", b"/v1/articles/%EB%8B%A4%EB%A6%AC-1")
        assert client_calls.put(BRIDGE).json == {
            "id": "다리-1", "title": BRIDGE.title, "text": BRIDGE.text, "source": "한빛일보",
            "url": "https://example.com/bridge", "published_at": "2021-05-04", "lang": "ko",
        }  # fmt: skip

    @both
    def test_add_carries_one_idempotency_key_through_its_retries(self, run_with: Any) -> None:
        results = {"results": [{"id": "a", "status": "failed", "error": {"code": "x", "detail": "y"}}], "generation": 1}
        script = Script((503, problem(503, "locked"), {"Retry-After": "0"}), (200, results))
        batch = run_with(script, lambda client: client.add([BRIDGE, BRIDGE]))
        assert batch.results[0].error.code == "x"
        first, second = (request.headers["idempotency-key"] for request in script.requests)
        assert first == second
        assert script.requests[0].read() == script.requests[1].read()

    @both
    def test_pages_are_followed(self, run_with: Any) -> None:
        listed = {"title": "", "source": None, "url": None, "published_at": None, "characters": 1}
        script = Script(
            (200, {"articles": [{"id": "a"} | listed], "next_cursor": "c", "total": 2, "generation": 1}),
            (200, {"articles": [{"id": "b"} | listed], "next_cursor": None, "total": 2, "generation": 1}),
        )
        found = run_with(script, lambda client: listed_ids(client.articles(source="한빛일보", page_size=1)))
        assert [getattr(article, "id", article) for article in found] == ["a", "b"]
        params = [dict(request.url.params) for request in script.requests]
        assert params == [{"source": "한빛일보", "limit": "1"}, {"source": "한빛일보", "limit": "1", "cursor": "c"}]

    @both
    def test_upload_sends_the_files_again_on_a_retry(self, run_with: Any, tmp_path: Path) -> None:
        path = tmp_path / "공지.txt"
        path.write_text("도서관이 문을 연다.", "utf-8")
        script = Script((503, problem(503, "busy"), {"Retry-After": "0"}), (202, DONE | {"state": "queued"}))
        job = run_with(script, lambda client: client.upload([path]))
        assert (job.id, job.state) == ("j", "queued")
        bodies = [request.read() for request in script.requests]
        assert all("도서관이 문을 연다.".encode() in body for body in bodies)
        assert all(b'name="files"; filename="' in body for body in bodies)

    @both
    def test_a_write_that_became_a_job_is_waited_for(self, run_with: Any) -> None:
        result = {"id": "다리-1", "status": "replaced", "error": None}
        script = Script((202, DONE | {"state": "running"}), (200, DONE | {"results": [result]}))
        written = run_with(script, lambda client: client.put(BRIDGE))
        assert (written.id, written.status, written.generation) == ("다리-1", "replaced", 2)
        assert script.requests[1].url.path == "/v1/jobs/j"

    @both
    def test_delete(self, run_with: Any) -> None:
        assert run_with(Script((204, "")), lambda client: client.delete("a")) is None

    @both
    def test_a_deletion_is_over_when_the_words_are_gone(self, run_with: Any) -> None:
        running = DONE | {"state": "running", "done": 0}
        script = Script((202, running), (200, running), (200, DONE))
        assert run_with(script, lambda client: client.delete("a")) is None
        assert [request.url.path for request in script.requests] == ["/v1/articles/a", "/v1/jobs/j", "/v1/jobs/j"]

    @both
    def test_a_deletion_that_fails_says_so(self, run_with: Any) -> None:
        failed = DONE | {"state": "failed", "error": problem(503, "shutting_down")}
        with pytest.raises(JobFailedError):
            run_with(Script((202, DONE | {"state": "running"}), (200, failed)), lambda client: client.delete("a"))


def listed_ids(made: Any) -> Any:
    return list(made) if inspect.isgenerator(made) else made


FakeAnswer = {
    "question": "", "answered": False, "reason": "no_match", "answer": None, "confidence": 0.0, "citations": [],
    "passages": [], "expansions": [], "timings_ms": {}, "index": None, "a_newer_field": 1,
}  # fmt: skip


class TestRetries:
    @both
    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_is_honoured(self, run_with: Any, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
        waits = noted_waits(monkeypatch)
        script = Script((status, problem(status, "busy"), {"Retry-After": "7"}), (200, FakeAnswer))
        assert run_with(script, lambda client: client.query("?")).answered is False
        assert waits == [7.0]

    @both
    def test_after_the_last_attempt_it_is_an_error(self, run_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        waits = noted_waits(monkeypatch)
        script = Script(*[(503, problem(503, "busy"), {"Retry-After": "1"})] * 3)
        with pytest.raises(OverloadError) as raised:
            run_with(script, lambda client: client.query("?"), retries=Retries(most=2))
        assert (raised.value.code, waits, len(script.requests)) == ("busy", [1.0, 1.0], 3)

    @both
    def test_too_long_a_wait_is_not_waited_for(self, run_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        waits = noted_waits(monkeypatch)
        script = Script((429, problem(429, "rate_limited"), {"Retry-After": "3600"}))
        with pytest.raises(OverloadError):
            run_with(script, lambda client: client.query("?"))
        assert waits == []

    @both
    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, ProblemResponseError),
            (401, AccessError),
            (403, AccessError),
            (404, MissingError),
            (500, ProblemResponseError),
        ],
    )
    def test_others_are_not_tried_again(self, run_with: Any, status: int, kind: type[ClientError]) -> None:
        script = Script((status, problem(status, "some_code")))
        with pytest.raises(kind) as raised:
            run_with(script, lambda client: client.query("?"))
        assert (len(script.requests), type(raised.value)) == (1, kind)

    def test_a_proxys_page_is_an_error_too(self) -> None:
        with pytest.raises(ProblemResponseError) as raised:
            run(Script((502, "<html>Bad gateway")), lambda client: client.query("?"))
        assert (raised.value.status, raised.value.code) == (502, "unexpected")

    @both
    def test_a_cut_connection(self, run_with: Any) -> None:
        with pytest.raises(ConnectionFailedError, match="ReadTimeout: slow"):
            run_with(Script((0, httpx.ReadTimeout("slow"))), lambda client: client.query("?"))

    def test_waits_without_a_header_grow(self) -> None:
        policy = Retries()
        waits = [policy.wait_after(attempt, 503, None) or 0 for attempt in range(3)]
        assert all(base <= wait <= base * 1.5 for wait, base in zip(waits, (0.5, 1.0, 2.0), strict=True))
        assert policy.wait_after(3, 503, None) is None

    def test_retry_after_as_a_date(self) -> None:
        moment = datetime.now(UTC) + timedelta(seconds=20)
        wait = Retries().wait_after(0, 503, format_datetime(moment, usegmt=True))
        assert wait is not None
        assert 18 < wait <= 20
        assert Retries().wait_after(0, 503, "Wed, 21 Oct 2015 07:28:00 GMT") == 0.0

    @pytest.mark.parametrize("header", ["soon", "-1", "1e9", "9" * 30, "", "٣"])
    def test_nonsense_is_no_header(self, header: str) -> None:
        wait = Retries().wait_after(0, 503, header)
        assert wait is None or 0 <= wait <= 30


def noted_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clients would have slept."""
    waits: list[float] = []

    async def awaited(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(client_module, "sleep", waits.append)
    monkeypatch.setattr(client_async, "sleep", awaited)
    return waits


class TestJobs:
    @both
    def test_waits_until_done(self, run_with: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        noted_waits(monkeypatch)
        script = Script((200, DONE | {"state": "queued"}), (200, DONE | {"state": "running"}), (200, DONE))
        assert run_with(script, lambda client: client.wait("j")).state == "done"

    @both
    def test_a_failed_job(self, run_with: Any) -> None:
        script = Script((200, DONE | {"state": "failed", "error": problem(507, "storage_unavailable")}))
        with pytest.raises(JobFailedError) as raised:
            run_with(script, lambda client: client.wait("j"))
        assert raised.value.job.error.code == "storage_unavailable"

    @both
    def test_not_in_time(self, run_with: Any) -> None:
        with pytest.raises(JobPendingError, match="still running"):
            run_with(Script((200, DONE | {"state": "running"})), lambda client: client.wait("j", timeout=0))


class TestEvents:
    @both
    def test_name_and_data(self, run_with: Any) -> None:
        text = 'event: stage\ndata: {"name":"encode"}\n\n: a comment\n\ndata:1\ndata: \nid: 4\n\nevent: lost\n\nevent: cut\ndata: {'
        events = run_with(Script((200, text, STREAM)), lambda client: listed_ids(client.stream("?")))
        assert events == [StreamEvent("stage", {"name": "encode"}), StreamEvent("message", 1)]

    @both
    def test_only_line_ends_of_the_format_end_a_line(self, run_with: Any) -> None:
        """httpx takes U+2028 and U+0085 for line ends too; JSON keeps them as they are."""
        text = "한\u2028줄\u0085\x0b끝"
        script = Script((200, f"event: answer\ndata: {json.dumps({'answer': text}, ensure_ascii=False)}\n\n", STREAM))
        (event,) = run_with(script, lambda client: listed_ids(client.stream("?")))
        assert event.data == {"answer": text}

    @both
    def test_streamed(self, run_with: Any) -> None:
        script = Script((200, 'event: answer\ndata: {"answer": "예"}\n\nevent: done\ndata: {}\n\n', STREAM))
        events = run_with(script, lambda client: listed_ids(client.stream("?")))
        assert [event.name for event in events] == ["answer", "done"]
        assert events[0].data == {"answer": "예"}

    @both
    def test_an_error_in_the_stream(self, run_with: Any) -> None:
        body = json.dumps(problem(503, "deadline_exceeded"))
        script = Script((200, f'event: stage\ndata: {{"stage":"encode"}}\n\nevent: error\ndata: {body}\n\n', STREAM))
        with pytest.raises(OverloadError) as raised:
            run_with(script, lambda client: listed_ids(client.stream("?")))
        assert raised.value.code == "deadline_exceeded"

    @both
    def test_an_error_before_the_stream(self, run_with: Any) -> None:
        with pytest.raises(ProblemResponseError):
            run_with(Script((422, problem(422, "empty_question"))), lambda client: listed_ids(client.stream("?")))


def test_the_client_that_waits_is_made_of_the_one_that_awaits() -> None:
    made = sync_client.waiting(sync_client.SOURCE.read_text("utf-8"))
    assert sync_client.TARGET.read_text("utf-8") == made, "run python -m scripts.release.sync_client"


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[str]]:
        named = {name: value for name, value in vars(kind).items() if callable(value) and not name.startswith("_")}
        return {name: list(inspect.signature(value).parameters) for name, value in named.items()}

    assert methods(Client) == methods(AsyncClient)


def test_it_needs_nothing_of_the_server() -> None:
    heavy = ("fastapi", "starlette", "uvicorn", "numpy", "onnxruntime", "faiss", "kiwipiepy", "apsw", "sentencepiece")
    script = (
        f"import sys, api.client; print(*sorted({{name.partition('.')[0] for name in sys.modules}} & set({heavy!r})))"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_whatever_it_raises_can_be_imported_with_it() -> None:
    raised = {
        name for name, kind in vars(client_errors).items() if isinstance(kind, type) and issubclass(kind, ClientError)
    }
    assert raised <= set(api.client.__all__)
    assert all(getattr(api.client, name) is getattr(client_errors, name) for name in raised)
