"""Logs, counters and traces: what they tell, and S17, what they never tell."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from api.access.keys import KeyFile, Scope
from api.answering import readiness, worker
from api.app import Options, create_app
from api.http import logs
from api.http.tracing import Tracing, tracing_from_environment
from index.errors import UsageError
from rag.answers import Query, Watch
from rag.cli import parser as cli
from tests.support.api_fakes import FakePipeline, ask, call
from tests.support.service_fakes import make_service

ROOT = Path(__file__).parents[3]
CANARY = "카나리아QX7질문"
SECRET = "카나리아ZK9본문"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What ``configure_logs`` would write to stderr."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers, root.level
    monkeypatch.setattr("sys.stderr", stream)
    logs.configure_logs(logging.DEBUG)
    yield stream
    root.handlers = before
    root.setLevel(level)
    for name in ("api", "rag", "index", "geungeo"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def records(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_for_each_request(lines: io.StringIO, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    key, token = keys.create("가", [Scope.ASK])
    app = make_service(tmp_path, Options(keys=keys))
    reply = ask(app, {"question": CANARY}, X_API_Key=token)
    ask(app, {"question": CANARY})
    asked, refused = records(lines)
    assert {name: asked[name] for name in ("message", "level", "method", "route", "status", "caller", "code")} == {
        "message": "request", "level": "info", "method": "POST", "route": "/v1/query", "status": 200, "caller": key.id,
        "code": None,
    }  # fmt: skip
    assert asked["request_id"] == reply.headers["x-request-id"]
    assert isinstance(asked["ms"], float)
    assert (refused["status"], refused["code"], refused["caller"], refused["level"]) == (
        401,
        "key_required",
        None,
        "info",
    )


def test_health_is_only_for_debugging(lines: io.StringIO) -> None:
    app = create_app(FakePipeline())
    for path in ("/healthz", "/readyz", "/metrics"):
        call(app, "GET", path)
    assert {record["level"] for record in records(lines)} == {"debug"}


def test_questions_are_logged_only_when_asked_for(lines: io.StringIO) -> None:
    for wanted in (False, True):
        ask(create_app(FakePipeline(), Options(log_questions=wanted)), {"question": f"{CANARY}\x1b[31m\r\n가짜 줄"})
    quiet, told = records(lines)
    assert "question" not in quiet
    assert str(told["question"]).startswith(CANARY)
    assert "\x1b" not in lines.getvalue()
    assert len(lines.getvalue().splitlines()) == 2


def test_s17_no_question_no_article_no_key_is_logged(lines: io.StringIO, tmp_path: Path) -> None:
    """Everything that can go well or wrong, with canaries in it; nothing of them in logs, metrics or problems."""
    keys = KeyFile(tmp_path)
    _, token = keys.create("모두", [Scope.ADMIN])
    app = make_service(tmp_path, Options(keys=keys))
    key = {"X-API-Key": token}
    article = {"id": SECRET, "title": SECRET, "text": f"{SECRET} 글이다.", "source": SECRET}
    said = ""
    for method, path, body in (
        ("POST", "/v1/query", {"question": CANARY}), ("POST", "/v1/query", {"question": CANARY, "top_k": CANARY}),
        ("POST", "/v1/query/stream", {"question": CANARY}), ("POST", "/v1/search", {"question": CANARY * 500}),
        ("POST", "/v1/articles", {"articles": [article, {"id": "x", "text": 5, SECRET: SECRET}]}),
        ("PUT", f"/v1/articles/{SECRET}", {"text": SECRET, "date": SECRET}), ("DELETE", f"/v1/articles/{SECRET}", None),
        ("DELETE", f"/v1/articles/{SECRET}", None), ("GET", f"/v1/articles?q={CANARY}&x={SECRET}", None),
        ("GET", f"/{SECRET}", None), ("POST", f"/v1/query?key={token}", {"question": CANARY}),
    ):  # fmt: skip
        reply = call(app, method, path, body=body, headers=key)
        said += reply.text if reply.status_code >= 400 else ""
        call(app, method, path, body=body, headers={"Authorization": f"Bearer {SECRET}".encode()})
    broken = create_app(FakePipeline(error=RuntimeError(f"{CANARY} {SECRET}")))
    for path in ("/v1/query", "/v1/query/stream", "/v1/search"):
        said += ask(broken, {"question": CANARY}, path).text
    said += call(app, "GET", "/metrics", headers=key).text + lines.getvalue()
    assert len(records(lines)) > 20
    for canary in (CANARY, SECRET, token, token.removeprefix("gg_"), keys.all()[0].sha256):
        assert canary not in said


def _opened_wrongly() -> FakePipeline:
    raise ValueError(SECRET)


def _ended() -> None:
    raise KeyError(CANARY)


class _PanicError(BaseException):
    """What a library in Rust raises where it did not foresee something."""


def _panicked() -> None:
    raise _PanicError(CANARY)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: worker._answered(FakePipeline(error=RuntimeError(CANARY)), Watch(), "ask", 1, Query(CANARY)), "RuntimeError"),
        (lambda: worker._opened(_opened_wrongly), "ValueError"),
        (lambda: asyncio.run(readiness._keep_at_it("tidying", _ended)), "KeyError"),
        (lambda: asyncio.run(readiness._keep_at_it("tidying", _panicked)), "_PanicError"),
    ],
    ids=["answering", "opening", "tidying", "panic"],
)  # fmt: skip
def test_s17_an_error_beside_requests_is_logged_without_its_message(
    lines: io.StringIO, work: Callable[[], object], said: str
) -> None:
    work()
    assert len(records(lines)) == 1
    assert said in lines.getvalue()
    assert "line " in lines.getvalue(), "where it was raised"
    assert not any(canary in lines.getvalue() for canary in (CANARY, SECRET))


def test_s17_what_ends_an_answering_process_is_logged_without_its_message() -> None:
    """In a process of its own, whose log the system keeps."""
    code = f"import os\nfrom api.answering.worker import fork\nos.waitpid(fork(lambda: int({CANARY!r})), 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert "ValueError" in done.stderr
    assert CANARY not in done.stderr


def test_what_a_terminal_would_obey_is_taken_out(lines: io.StringIO) -> None:
    logging.getLogger("api").warning("a\x1b[31m\r\u2028\x9b%s", "\u202e")
    [record] = records(lines)
    assert record["message"] == "a\ufffd[31m\ufffd\ufffd\ufffd\ufffd"
    assert "\x9b" not in lines.getvalue()


def test_metrics_of_stages_queues_and_problems(tmp_path: Path) -> None:
    app = make_service(tmp_path)
    ask(app, {"question": "부두의 길이는 2.5㎞다"})
    ask(app, {"question": ""})
    call(app, "GET", "/nowhere")
    text = call(app, "GET", "/metrics").text.splitlines()
    for expected in (
        'geungeo_stage_seconds_count{stage="analyse"} 1.0', 'geungeo_stage_seconds_count{stage="encode"} 1.0',
        'geungeo_stage_seconds_count{stage="retrieve"} 1.0', 'geungeo_stage_seconds_count{stage="evidence"} 1.0',
        'geungeo_stage_seconds_count{stage="verify"} 1.0', 'geungeo_problems_total{code="empty_question"} 1.0',
        'geungeo_problems_total{code="not_found"} 1.0', 'geungeo_held{where="questions"} 0.0',
        'geungeo_held{where="encoder"} 0.0', 'geungeo_held{where="jobs"} 0.0', "geungeo_index_generation 1.0",
        "geungeo_citation_gate_failures_total 0.0",
    ):  # fmt: skip
        assert expected in text


class TestTraces:
    def test_a_span_for_the_request_and_one_for_each_stage(self, tmp_path: Path) -> None:
        export = pytest.importorskip("opentelemetry.sdk.trace.export")
        memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter").InMemorySpanExporter()
        provider = pytest.importorskip("opentelemetry.sdk.trace").TracerProvider()
        provider.add_span_processor(export.SimpleSpanProcessor(memory))
        app = make_service(tmp_path, Options(tracing=Tracing(provider)))
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        reply = ask(app, {"question": CANARY}, traceparent=parent)
        call(app, "GET", "/nowhere")
        *stages, request, missing = memory.get_finished_spans()
        assert [span.name for span in stages] == ["analyse", "encode", "retrieve", "evidence", "verify"]
        assert request.name == "POST /v1/query"
        assert dict(request.attributes) == {
            "http.request.method": "POST", "http.route": "/v1/query", "http.response.status_code": 200,
            "geungeo.request_id": reply.headers["x-request-id"],
        }  # fmt: skip
        assert f"{request.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
        assert {span.parent.span_id for span in stages} == {request.context.span_id}
        assert missing.attributes["http.response.status_code"] == 404
        assert CANARY not in str([span.to_json() for span in memory.get_finished_spans()])
        provider.shutdown()

    def test_without_the_extra_it_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
        with pytest.raises(UsageError, match=r"geungeo\[otel\]"):
            tracing_from_environment()
        assert cli.main(["serve", "--trace", "--data", str(tmp_path)]) == 2
        assert "geungeo[otel]" in capsys.readouterr().err
