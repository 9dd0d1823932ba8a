"""Errors from below, languages, readiness, overload, and what is logged and counted."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from api.app import Options, create_app
from api.language import choose_language
from api.limits import Limits
from api.problems.kinds import KINDS
from api.problems.problems import error_code
from index.errors import (
    BusyError,
    CorruptIndexError,
    EncoderMismatchError,
    GeungeoError,
    LockedError,
    ModelError,
    NotFoundError,
    ParseTimeoutError,
    ReadError,
    ReadOnlyError,
    StorageError,
    UsageError,
)
from index.search.manifest import NewerFormatError
from rag.answerer import Answerer
from tests.support.api_fakes import MARKER, FakePipeline, ask, assert_problem, call

RAISED: list[tuple[type[GeungeoError], int, str, str | None]] = [
    (NotFoundError, 404, "not_found", None),
    (BusyError, 503, "busy", "1"),
    (ModelError, 503, "model_unavailable", None),
    (CorruptIndexError, 503, "index_corrupt", None),
    (EncoderMismatchError, 503, "embedder_mismatch", None),
    (StorageError, 507, "storage_unavailable", None),
    (ReadOnlyError, 503, "read_only", None),
    (LockedError, 503, "locked", "5"),
    (UsageError, 422, "usage", None),
    (ReadError, 422, "unreadable", None),
    (ParseTimeoutError, 422, "parse_timeout", None),
    (GeungeoError, 500, "internal", None),
]


@pytest.mark.parametrize(("kind", "status", "code", "retry_after"), RAISED)
@pytest.mark.parametrize("path", ["/v1/query", "/v1/search"])
def test_errors_of_the_pipeline(
    path: str, kind: type[GeungeoError], status: int, code: str, retry_after: str | None
) -> None:
    app = create_app(FakePipeline(error=kind(f"{MARKER} 파일", f"file {MARKER}")))
    response = ask(app, {"question": "가"}, path)
    assert_problem(response, status, code)
    assert response.headers.get("retry-after") == retry_after


def test_code_is_the_errors_own_or_that_of_its_kind() -> None:
    for kind, _, code, _ in RAISED:
        assert error_code(kind("가", "a")) == kind.code == code
    assert NewerFormatError.code not in KINDS
    assert error_code(NewerFormatError("가", "a")) == "index_corrupt"


def test_unexpected_error_tells_and_logs_nothing_of_the_question(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(FakePipeline(error=ZeroDivisionError(MARKER)))
    problem = assert_problem(ask(app, {"question": MARKER}), 500, "internal")
    assert MARKER not in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "api_fakes.py" in caplog.text
    assert problem["request_id"] in caplog.text


def test_intended_error_is_logged_with_its_message_and_request_id(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(
        FakePipeline(error=CorruptIndexError("vectors.faiss가 손상되었습니다", "vectors.faiss is damaged"))
    )
    problem = ask(app, {"question": "가"}).json()
    assert f"index_corrupt (request {problem['request_id']}): vectors.faiss가 손상되었습니다" in caplog.text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "ko"), ("", "ko"), ("ko", "ko"), ("en", "en"), ("EN-us", "en"), ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("en;q=0.8, ko;q=0.9", "ko"), ("ko;q=0.8, en;q=0.9", "en"), ("en, ko", "en"), ("ko, en", "ko"),
        ("fr", "ko"), ("fr, en;q=0.1", "en"), ("*", "ko"), ("en, *", "en"), ("*, en", "ko"), ("ko;q=0, *", "en"),
        ("en;q=0", "ko"), ("en;q=0, *;q=0.5", "ko"), ("en;q=0.001", "en"), ("ko;q=0, en;q=0", "ko"),
        ("en;q=2", "ko"), ("en;q=", "ko"), ("en;q=0.1234", "ko"), ("en;q=-1", "ko"), ("en;q=nan", "ko"),
        ("en;level=1", "ko"), ("en ; q=0.5", "en"), ("en_US", "ko"), (",,;;,en", "en"), ("english", "ko"),
        ("en;q=0.5, en-GB;q=0.9, ko;q=0.7", "en"),
    ],
)  # fmt: skip
def test_language(header: str | None, language: str) -> None:
    assert choose_language(header) == language


def test_no_more_is_read_of_a_long_list_of_languages_than_anybody_speaks() -> None:
    assert choose_language("a," * 8_000 + "en") == "ko"
    began = time.process_time()
    for _ in range(100):
        choose_language("a," * 8_000)
    assert time.process_time() - began < 0.8  # 1.7 of the event loop, for which no key is needed


@pytest.mark.parametrize(
    ("header", "title"), [("en", "Not found"), ("ko", "찾을 수 없습니다"), ("xx", "찾을 수 없습니다")]
)
def test_problem_speaks_the_clients_language(header: str, title: str) -> None:
    response = call(create_app(FakePipeline()), "GET", "/x", headers={"Accept-Language": header})
    assert response.json()["title"] == title
    assert response.headers["content-language"] == ("en" if header == "en" else "ko")
    assert response.headers["vary"] == "Accept-Language"


def test_every_kind_is_whole() -> None:
    for code, kind in KINDS.items():
        assert re.fullmatch(r"[a-z_]+", code)
        assert 400 <= kind.status < 600
        for texts in (kind.title, kind.detail):
            assert texts.keys() == {"ko", "en"}
            assert re.search(r"[가-힣]", texts["ko"])
            assert not re.search(r"[가-힣]", texts["en"])


def started(app: FastAPI, until: Callable[[], bool], path: str = "/readyz") -> list[httpx.Response]:
    """Start the app, get ``/healthz`` and ``path`` once ``until`` holds, and stop it."""

    async def run() -> list[httpx.Response]:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client,
        ):
            deadline = time.monotonic() + 60
            while not until() and time.monotonic() < deadline:
                await asyncio.sleep(0.005)
            body, method = ({"question": "가"}, "POST") if path == "/v1/query" else (None, "GET")
            return [await client.get("/healthz"), await client.request(method, path, json=body)]

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/readyz", "/v1/query", "/v1/articles/a"])
def test_loading(path: str) -> None:
    gate, pipeline = threading.Event(), FakePipeline()

    def load() -> Answerer:
        gate.wait(60)
        return pipeline

    app = create_app(load)
    alive, response = started(app, lambda: True, path)
    assert alive.status_code == 200
    assert_problem(response, 503, "loading")
    assert response.headers["retry-after"] == "2"
    gate.set()
    deadline = time.monotonic() + 60
    while not pipeline.closed and time.monotonic() < deadline:
        time.sleep(0.005)
    assert pipeline.closed  # it arrived after the app had stopped


def test_loaded_in_the_background_and_closed_with_the_app() -> None:
    pipeline = FakePipeline()
    app = create_app(lambda: pipeline)
    alive, ready = started(app, lambda: app.state.services.holder.current is not None)
    assert (alive.json(), ready.json()) == ({"status": "ok"}, {"status": "ready"})
    assert pipeline.closed


def test_given_pipeline_stays_its_owners() -> None:
    pipeline = FakePipeline()
    assert started(create_app(pipeline), lambda: True)[1].status_code == 200
    assert not pipeline.closed


class _PanicError(BaseException):
    """As PyO3's of a library's."""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError(MARKER, MARKER), "model_unavailable"), (CorruptIndexError(MARKER, MARKER), "index_corrupt"),
        (EncoderMismatchError(MARKER, MARKER), "embedder_mismatch"), (UsageError(MARKER, MARKER), "usage"),
        (StorageError(MARKER, MARKER), "storage_unavailable"), (RuntimeError(MARKER), "internal"), (_PanicError(MARKER), "internal"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/readyz", "/v1/query"])
def test_failed_to_load(path: str, error: BaseException, code: str, caplog: pytest.LogCaptureFixture) -> None:
    def load() -> Answerer:
        raise error

    app = create_app(load)
    alive, response = started(app, lambda: "did not load" in caplog.text, path)
    assert alive.status_code == 200
    assert_problem(response, 503, code)
    assert (MARKER in caplog.text) is isinstance(error, GeungeoError)  # any other may say what was stored
    assert "in load" in caplog.text or isinstance(error, GeungeoError)


class Slow(FakePipeline):
    """Answers only when ``gate`` opens."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__()
        self._opening = gate

    def _fail(self) -> None:
        self._opening.wait(60)


def test_overload_is_refused_and_health_answers() -> None:
    gate = threading.Event()
    app = create_app(Slow(gate), Options(limits=Limits(questions=3)))

    async def run() -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            asking = [asyncio.create_task(client.post("/v1/query", json={"question": "공사비"})) for _ in range(8)]
            while sum(task.done() for task in asking) < 5:
                await asyncio.sleep(0.005)
            health = await client.get("/healthz")
            gate.set()
            return await asyncio.gather(*asking), health, await client.post("/v1/query", json={"question": "공사비"})

    responses, health, after = asyncio.run(run())
    refused = [response for response in responses if response.status_code == 503]
    assert len(refused) == 5
    for response in refused:
        assert_problem(response, 503, "busy")
        assert response.headers["retry-after"] == "1"
    assert (health.status_code, after.status_code) == (200, 200)


def test_slots_come_back_after_bad_requests() -> None:
    app = create_app(FakePipeline(), Options(limits=Limits(questions=1)))
    for body in ({}, {"question": ""}, {"question": "가", "top_k": 0}):
        assert ask(app, body).status_code == 422
    assert call(app, "POST", "/v1/query", content=b"{").status_code == 400
    assert call(app, "POST", "/v1/query", content=b" " * 70_000).status_code == 413
    assert ask(app, {"question": "가"}).status_code == 200


def test_every_response_has_its_own_request_id() -> None:
    app = create_app(FakePipeline())
    paths = ["/healthz", "/readyz", "/metrics", "/docs", "/openapi.json", "/nowhere", "/v1/articles/%FF"]
    ids = [call(app, "GET", path).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
    assert all(re.fullmatch(r"[0-9a-f]{32}", request_id) for request_id in ids)


@pytest.mark.parametrize("code", KINDS)
def test_korean_names_no_field_of_the_problem(code: str) -> None:
    texts = (KINDS[code].title, KINDS[code].detail, KINDS[code].unplaced or {"ko": ""})
    said = " ".join(text["ko"] for text in texts)
    fields = "type|title|status|detail|code|errors|pointer|parameter|request_id"
    assert re.findall(rf"(?<![\w/.-])(?:{fields})(?!\w)", said) == []


def test_metrics() -> None:
    app = create_app(FakePipeline())
    for question in ("공사비", "공사비", "xyzzy"):
        ask(app, {"question": question})
    ask(app, {"question": ""})
    call(app, "GET", f"/{MARKER}")
    call(app, "GET", f"/v1/articles/{MARKER}")
    response = call(app, "GET", "/metrics")
    lines = response.text.splitlines()
    assert response.headers["content-type"].startswith("text/plain")
    assert "ZX81" not in response.text
    for expected in (
        'geungeo_requests_total{method="POST",route="/v1/query",status="200"} 3.0',
        'geungeo_requests_total{method="POST",route="/v1/query",status="422"} 1.0',
        'geungeo_requests_total{method="GET",route="/",status="404"} 1.0',
        'geungeo_requests_total{method="GET",route="/v1/articles/{article_id}",status="404"} 1.0',
        'geungeo_answers_total{reason="answered"} 2.0',
        'geungeo_answers_total{reason="no_match"} 1.0',
        'geungeo_answers_total{reason="low_support"} 0.0',
        'geungeo_request_seconds_count{route="/v1/query"} 4.0',
        "geungeo_citation_gate_failures_total 3.0",
        "geungeo_ready 1.0",
        "geungeo_answering_processes 1.0",
        "geungeo_index_generation 7.0",
    ):
        assert expected in lines
    assert any(line.startswith("process_resident_memory_bytes ") for line in lines)


def test_metrics_while_loading() -> None:
    response = call(create_app(FakePipeline), "GET", "/metrics")  # never started
    assert "geungeo_ready 0.0" in response.text
    assert "geungeo_index_generation" not in response.text


@pytest.fixture(autouse=True)
def _all_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
