"""Articles over HTTP: what is acknowledged is on the disk, the next question sees it, and what is deleted is gone."""

import asyncio
import json
import threading
import unicodedata
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from filelock import FileLock
from starlette.requests import ClientDisconnect

from api.app import Options, create_app
from api.articles import gold, library
from api.articles.jobs import Job
from api.http.idempotency import Replies
from api.limits import Limits
from index.engine import Engine
from index.korean.terms import search_key
from index.store.store import Store
from tests.support.api_fakes import MARKER, FakePipeline, assert_problem, call
from tests.support.fakes import ARTICLES, LIBRARY, PORT
from tests.support.service_fakes import job_of, make_service, with_client

BRIDGE = {"id": "다리", "title": "한빛대교 준공", "text": "한빛대교가 준공됐다. 한빛대교 공사비는 320억원이었다.", "source": "한빛일보",
          "published_at": "2021-05-04", "url": "https://example.com/bridge"}  # fmt: skip
ASKED = "한빛대교 공사비는 320억원이었다"


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path)


def post(app: FastAPI, *articles: object, **headers: str) -> httpx.Response:
    return call(app, "POST", "/v1/articles", body={"articles": list(articles)}, headers=headers)


def answered_by(app: FastAPI, question: str = ASKED) -> list[str]:
    body = call(app, "POST", "/v1/query", body={"question": question}).json()
    return [citation["article_id"] for citation in body["citations"]]


def test_a_batch_is_answered_in_order_durable_and_found_at_once(app: FastAPI, tmp_path: Path) -> None:
    assert answered_by(app) != ["다리"]
    broken = {"id": "빈글", "title": "", "text": " \u3164 "}
    same = {"id": PORT.id, "title": PORT.title, "text": PORT.text}
    response = post(app, BRIDGE, broken, {"id": "셋", "text": 5}, same)
    body = response.json()
    assert response.status_code == 200
    assert [(result["id"], result["status"]) for result in body["results"]] == [
        ("다리", "created"), ("빈글", "failed"), ("셋", "failed"), (PORT.id, "replaced"),
    ]  # fmt: skip
    assert [result["error"] and result["error"]["code"] for result in body["results"]] == [
        None,
        "empty_document",
        "invalid_request",
        None,
    ]
    assert body["results"][2]["error"]["detail"] == "고칠 자리: /text (wrong_type)"
    assert body["generation"] == 2
    assert answered_by(app) == ["다리"]
    store = Store(tmp_path)
    assert store.article("다리").text == BRIDGE["text"]
    store.close()


def test_the_same_again_changes_nothing(app: FastAPI) -> None:
    first, second = post(app, BRIDGE).json(), post(app, BRIDGE, **{"Accept-Language": "en"}).json()
    assert (first["results"][0]["status"], second["results"][0]["status"]) == ("created", "unchanged")
    assert second["generation"] == first["generation"]


def test_pasted_html_is_read_as_html_and_said_so(app: FastAPI, tmp_path: Path) -> None:
    html = "<h2>공고</h2><p>접수 기간은 <b>3월 4일</b>까지다.</p><script>alert(1)</script>"
    plain = BRIDGE | {"id": "식", "text": "x < y 이고 y > z 이다."}
    results = post(app, BRIDGE | {"text": html}, plain, BRIDGE | {"id": "빈", "text": "<p></p><br><br>"}).json()[
        "results"
    ]
    assert [(result["id"], result["status"]) for result in results] == [
        ("다리", "created"),
        ("식", "created"),
        ("빈", "failed"),
    ]
    assert ["태그" in (result["notice"] or "") for result in results] == [True, False, False]
    store = Store(tmp_path)
    assert [store.article(name).text for name in ("다리", "식")] == ["공고\n접수 기간은 3월 4일까지다.", plain["text"]]
    store.close()
    again = post(app, BRIDGE | {"text": html}).json()["results"][0]
    assert (again["status"], "태그" in again["notice"]) == ("unchanged", True)


def test_an_id_twice_in_a_batch(app: FastAPI) -> None:
    results = post(app, BRIDGE, BRIDGE | {"text": "다른 글이다."}).json()["results"]
    assert [(result["status"], result["error"] and result["error"]["code"]) for result in results] == [
        ("created", None), ("failed", "duplicate_id"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ({}, "invalid_request"), (None, "invalid_request"), ([], "invalid_request"), ("가", "invalid_request"),
        ({"id": "", "text": "가"}, "invalid_request"), ({"id": "  ", "text": "가"}, "unreadable"),
        ({"id": "a\x00", "text": "가"}, "unreadable"), ({"id": "가" * 513, "text": "가"}, "invalid_request"),
        ({"id": 5, "text": "가"}, "invalid_request"), ({"id": "a", "text": ""}, "invalid_request"),
        ({"id": "a", "text": "가", "published_at": "어제"}, "unreadable"),
        ({"id": "a", "text": "가", "published_at": MARKER}, "unreadable"),
        ({"id": "a", "text": "가", MARKER: 1}, "invalid_request"), ({"id": "a", "text": "\ud800"}, "invalid_unicode"),
        ({"id": "a", "text": "가", "title": ["x"]}, "invalid_request"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_bad_article_is_told_apart(app: FastAPI, member: object, code: str, language: str) -> None:
    response = post(app, member, **{"Accept-Language": language})
    [result] = response.json()["results"]
    assert (response.status_code, result["status"], result["error"]["code"]) == (200, "failed", code)
    assert MARKER not in response.text
    assert result["error"]["detail"].isascii() == (language == "en")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/articles"), ({"articles": {}}, "/articles"), ({"articles": []}, "/articles"), ([], ""), (None, ""),
        ({"articles": [], "x": 1}, "/x"), ({"articles": [BRIDGE] * 1001}, "/articles"), ({MARKER: 1}, ""),
    ],
)  # fmt: skip
def test_no_batch_at_all(app: FastAPI, body: object, pointer: str) -> None:
    response = call(app, "POST", "/v1/articles", content=json.dumps(body).encode())
    assert_problem(response, 422, "invalid_request", pointer)


def test_a_batch_may_be_larger_than_a_question_and_has_an_end(app: FastAPI) -> None:
    assert post(app, BRIDGE | {"text": "한빛대교가 준공됐다.\n" * 5000}).status_code == 200
    response = call(app, "POST", "/v1/articles", content=b" " * (16 * 1024 * 1024 + 1))
    assert assert_problem(response, 413, "body_too_large", "")["errors"][0]["limit"] == 16 * 1024 * 1024


def test_put_get_delete(app: FastAPI) -> None:
    fields = {name: value for name, value in BRIDGE.items() if name != "id"}
    created = call(app, "PUT", "/v1/articles/다리", body=fields)
    assert (created.status_code, created.json()["status"]) == (201, "created")
    assert created.headers["location"] == "/v1/articles/%EB%8B%A4%EB%A6%AC"
    assert call(app, "PUT", "/v1/articles/다리", body=BRIDGE).json()["status"] == "unchanged"
    replaced = call(app, "PUT", "/v1/articles/다리", body=fields | {"title": "새 제목"})
    assert (replaced.status_code, replaced.json()["status"]) == (200, "replaced")
    assert call(app, "GET", created.headers["location"]).json()["title"] == "새 제목"
    assert answered_by(app) == ["다리"]
    assert call(app, "DELETE", "/v1/articles/다리").status_code == 204
    assert answered_by(app) != ["다리"]
    for method in ("GET", "DELETE"):
        assert_problem(call(app, method, "/v1/articles/다리"), 404, "not_found")


def test_deleted_text_is_nowhere_on_the_disk(app: FastAPI, tmp_path: Path) -> None:
    assert post(app, BRIDGE | {"text": "비밀스러운 ZyXwV 낱말이 있다."}).status_code == 200
    assert call(app, "DELETE", "/v1/articles/다리").status_code == 204
    app.state.services.holder.current.close()  # its snapshot is the last to hold the old pages
    Store(tmp_path, writable=True).close()
    found = [path for path in tmp_path.rglob("*") if path.is_file() and b"ZyXwV" in path.read_bytes()]
    assert found == []


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"text": "가", "id": "나"}, "id_mismatch", "/id"), ({"text": 1}, "invalid_request", "/text"),
        ({}, "invalid_request", "/text"), ({"text": "\ud800"}, "invalid_unicode", "/text"),
        ({"text": "\u200b"}, "empty_document", None), ({"text": "가", "date": MARKER}, "unreadable", None),
    ],
)  # fmt: skip
def test_a_bad_put(app: FastAPI, fields: object, code: str, pointer: str | None) -> None:
    assert_problem(call(app, "PUT", "/v1/articles/가", body=fields), 422, code, pointer)


def test_ids_are_one_in_nfc_and_nfd(app: FastAPI) -> None:
    nfd = unicodedata.normalize("NFD", "다리")
    assert call(app, "PUT", f"/v1/articles/{nfd}", body={"text": "가나다", "id": "다리"}).json()["id"] == "다리"
    assert call(app, "PUT", "/v1/articles/다리", body={"text": "가나다", "id": nfd}).json()["status"] == "unchanged"
    assert call(app, "DELETE", f"/v1/articles/{nfd}").status_code == 204


def test_blanks_around_an_id_are_none_of_it(app: FastAPI) -> None:
    path = "/v1/articles/%20다리%20"
    assert call(app, "PUT", path, body={"title": "다리", "text": "다리가 열렸다."}).json()["id"] == "다리"
    assert call(app, "GET", path).json()["id"] == "다리"
    assert_problem(call(app, "GET", "/v1/originals/%20다리%20"), 404, "original_not_kept")
    assert call(app, "DELETE", path).status_code == 204
    assert_problem(call(app, "GET", path), 404, "not_found")


def test_h17_an_empty_index_says_so(app: FastAPI) -> None:
    for article in ARTICLES:
        assert call(app, "DELETE", f"/v1/articles/{article.id}").status_code == 204
    body = call(app, "POST", "/v1/query", body={"question": ASKED}).json()
    assert (body["answered"], body["answer"], body["reason"]) == (False, None, "index_empty")
    assert call(app, "GET", "/readyz").status_code == 200
    assert call(app, "GET", "/v1/articles").json() == {"articles": [], "next_cursor": None, "total": 0, "generation": 5}


class TestListing:
    def test_pages_hold_each_article_once(self, app: FastAPI) -> None:
        seen: list[str] = []
        cursor = ""
        while True:
            body = call(app, "GET", f"/v1/articles?limit=3{cursor}").json()
            assert body["total"] == len(ARTICLES)
            seen += [article["id"] for article in body["articles"]]
            if body["next_cursor"] is None:
                break
            cursor = f"&cursor={body['next_cursor']}"
        assert seen == sorted(article.id for article in ARTICLES)

    @pytest.mark.parametrize("order", ["id", "added", "newest", "oldest", "title"])
    def test_orders_page_by_page(self, app: FastAPI, order: str) -> None:
        def ids(query: str) -> tuple[list[str], str | None]:
            body = call(app, "GET", f"/v1/articles?order={order}{query}").json()
            return [article["id"] for article in body["articles"]], body["next_cursor"]

        whole, _ = ids("")
        seen, cursor = ids("&limit=1")
        while cursor:
            more, cursor = ids(f"&limit=1&cursor={cursor}")
            seen += more
        assert seen == whole
        assert sorted(whole) == sorted(article.id for article in ARTICLES)
        by_id = {article.id: article for article in ARTICLES}
        dates = [by_id[article_id].published_at or "" for article_id in whole]
        if order == "newest":
            assert dates == sorted(dates, reverse=True)
        if order == "title":
            titles = [search_key(by_id[article_id].title) for article_id in whole]
            assert titles == sorted(titles)

    def test_the_last_that_came_in_is_listed_first(self, app: FastAPI) -> None:
        post(app, BRIDGE)
        assert call(app, "GET", "/v1/articles?order=added").json()["articles"][0]["id"] == BRIDGE["id"]

    @pytest.mark.parametrize("cursor", ["kt", "WzFd", "WzEsMl0", "W10", "e30"])
    def test_a_cursor_of_another_order_is_none(self, app: FastAPI, cursor: str) -> None:
        problem = assert_problem(
            call(app, "GET", f"/v1/articles?order=added&cursor={cursor}"), 422, "invalid_request", ""
        )
        assert problem["errors"][0]["parameter"] == "cursor"

    def test_what_is_said_of_an_article(self, app: FastAPI) -> None:
        [one] = call(app, "GET", "/v1/articles?q=도서관").json()["articles"]
        assert one == {"id": LIBRARY.id, "title": LIBRARY.title, "source": "매일신문", "url": None,
                       "published_at": "2025-01-15", "characters": len(LIBRARY.text), "collection": None}  # fmt: skip

    @pytest.mark.parametrize(
        ("query", "ids"),
        [
            ("source=부산일보", ["부산-항만", "전주-축제"]), ("date_from=2024-10-03", ["대구-도서관", "부산-항만"]),
            ("date_to=2024-10-03", ["부산-항만", "전주-축제"]), ("date_from=2023-01-01&date_to=2023-12-31", ["전주-축제"]),
            ("q=비빔밥", ["전주-축제"]), ("q=항만", ["부산-항만"]), ("source=없음", []), ("q=%F0%9F%98%80", []),
        ],
    )  # fmt: skip
    def test_filters(self, app: FastAPI, query: str, ids: list[str]) -> None:
        body = call(app, "GET", f"/v1/articles?{query}").json()
        assert ([article["id"] for article in body["articles"]], body["total"]) == (ids, len(ids))

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("cursor=%21", "cursor"),
            ("cursor=gICA", "cursor"), ("date_from=2024", "date_from"), (f"{MARKER}=1", None), ("limit=1e3", "limit"),
            ("q=" + "a" * 201, "q"), ("date_to=%EF%BC%92024-01-01", "date_to"),
        ],
    )  # fmt: skip
    def test_bad_queries(self, app: FastAPI, query: str, parameter: str | None) -> None:
        problem = assert_problem(call(app, "GET", f"/v1/articles?{query}"), 422, "invalid_request", "")
        assert problem["errors"][0].get("parameter") == parameter


class TestIdempotency:
    def test_the_same_request_has_the_same_reply(self, app: FastAPI) -> None:
        first = post(app, BRIDGE, **{"Idempotency-Key": "k1"})
        second = post(app, BRIDGE, **{"Idempotency-Key": "k1"})
        assert first.json()["results"][0]["status"] == "created"
        assert (second.status_code, second.content) == (200, first.content)
        assert second.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers

    def test_another_request_under_the_same_key(self, app: FastAPI) -> None:
        post(app, BRIDGE, **{"Idempotency-Key": "k1"})
        assert_problem(post(app, BRIDGE | {"title": "x"}, **{"Idempotency-Key": "k1"}), 422, "idempotency_mismatch")

    def test_the_real_waits_are_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()  # those of the tests: tests/api/conftest.py
        assert (library._LOCK_SECONDS, gold._LOCK_SECONDS, library._ERASE_SECONDS) == (5.0, 5.0, 2.0)

    def test_a_request_that_failed_may_be_sent_again(
        self, app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("api.articles.library._LOCK_SECONDS", 0.2)
        with FileLock(tmp_path / "write.lock"):
            assert_problem(post(app, BRIDGE, **{"Idempotency-Key": "k1"}), 503, "locked")
        assert post(app, BRIDGE, **{"Idempotency-Key": "k1"}).json()["results"][0]["status"] == "created"

    def test_together(self, app: FastAPI) -> None:
        async def step(client: httpx.AsyncClient) -> list[httpx.Response]:
            headers = {"Idempotency-Key": "both"}
            return await asyncio.gather(
                *(client.post("/v1/articles", json={"articles": [BRIDGE]}, headers=headers) for _ in range(5))
            )

        replies = with_client(app, step)
        assert {reply.content for reply in replies} == {replies[0].content}
        assert replies[0].json()["results"][0]["status"] == "created"

    def test_whoever_waits_for_the_reply_of_one_that_has_left_may_try_again(
        self, app: FastAPI, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: list[bool] = []
        begin = Replies.begin

        def noted(*given: Any) -> Any:
            begun.append(True)
            return begin(*given)

        async def left(*_: object) -> Job:
            while len(begun) < 2:
                await asyncio.sleep(0.01)
            raise ClientDisconnect

        async def step(client: httpx.AsyncClient) -> list[httpx.Response | BaseException]:
            sent = [
                client.post("/v1/articles", json={"articles": [BRIDGE]}, headers={"Idempotency-Key": "k1"})
                for _ in range(2)
            ]
            return await asyncio.gather(*sent, return_exceptions=True)

        with monkeypatch.context() as patch:
            patch.setattr("api.routes.articles._submitted", left)
            patch.setattr(Replies, "begin", noted)
            _, waited = with_client(app, step)
        assert_problem(waited, 503, "busy")
        assert waited.headers["retry-after"]
        assert post(app, BRIDGE, **{"Idempotency-Key": "k1"}).json()["results"][0]["status"] == "created"

    @pytest.mark.parametrize("key", ["", "a b", "a" * 256])
    def test_no_key(self, app: FastAPI, key: str) -> None:
        problem = assert_problem(post(app, BRIDGE, **{"Idempotency-Key": key}), 422, "invalid_request", "")
        assert problem["errors"][0]["parameter"] == "Idempotency-Key"


class TestJobs:
    def test_a_batch_as_a_job(self, app: FastAPI) -> None:
        async def step(client: httpx.AsyncClient) -> tuple[dict[str, Any], dict[str, Any]]:
            articles = [BRIDGE | {"id": f"다리-{number}"} for number in range(30)] + [{"id": "나쁜 글"}]
            headers = {"Prefer": "respond-async, wait=1"}
            response = await client.post("/v1/articles", json={"articles": articles}, headers=headers)
            return await job_of(client, response), (await client.get("/v1/jobs")).json()

        job, listed = with_client(app, step)
        assert (job["state"], job["done"], job["total"], job["failed"], job["error"]) == ("done", 31, 31, 1, None)
        assert [result["status"] for result in job["results"]] == ["created"] * 30 + ["failed"]
        assert [job["id"] for job in listed["jobs"]] == [job["id"]]
        assert answered_by(app)[0].startswith("다리-")

    def test_a_write_that_takes_too_long_to_wait_for_becomes_one(self, tmp_path: Path) -> None:
        app = make_service(tmp_path, Options(limits=Limits(write_seconds=0.3)))

        async def step(client: httpx.AsyncClient) -> tuple[httpx.Response, dict[str, Any]]:
            with FileLock(tmp_path / "write.lock"):
                response = await client.put("/v1/articles/가", json={"text": "가나다라"})
            return response, await job_of(client, response)

        response, job = with_client(app, step)
        assert response.headers["location"] == f"/v1/jobs/{job['id']}"
        assert (job["state"], job["results"][0]["status"]) == ("done", "created")

    def test_no_such_job(self, app: FastAPI) -> None:
        assert_problem(call(app, "GET", f"/v1/jobs/{MARKER}"), 404, "not_found")

    def test_a_queue_with_an_end(self, tmp_path: Path) -> None:
        app = make_service(tmp_path, Options(limits=Limits(jobs=2)))

        async def step(client: httpx.AsyncClient) -> list[int]:
            with FileLock(tmp_path / "write.lock"):
                headers = {"Prefer": "respond-async"}
                replies = [
                    await client.post("/v1/articles", json={"articles": [BRIDGE]}, headers=headers) for _ in range(6)
                ]
            refused = [reply for reply in replies if reply.status_code == 503]
            assert all(reply.headers["retry-after"] and reply.json()["code"] == "busy" for reply in refused)
            for reply in replies:
                if reply.status_code == 202:
                    await job_of(client, reply)
            return [reply.status_code for reply in replies]

        statuses = with_client(app, step)
        assert statuses[:2] == [202, 202]
        assert statuses[-2:] == [503, 503]


def test_h17_a_pipeline_alone_is_read_only() -> None:
    app = create_app(FakePipeline())
    for method, path in (("POST", "/v1/articles"), ("PUT", "/v1/articles/a"), ("DELETE", "/v1/articles/a")):
        assert_problem(call(app, method, path, body={"text": "가"}), 503, "read_only")
    assert_problem(call(app, "GET", "/v1/articles"), 503, "read_only")


def test_h17_a_full_disk_is_507_and_the_old_index_answers(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("FAILPOINT", "publish.fsync:1:enospc")
        patch.setattr("index.system.failpoints._counts", {})
        assert_problem(post(app, BRIDGE), 507, "storage_unavailable")
        assert call(app, "GET", "/readyz").status_code == 200
        assert call(app, "POST", "/v1/query", body={"question": "부두의 길이는 2.5㎞다"}).json()["answered"]
    assert post(app, BRIDGE).status_code == 200
    assert answered_by(app) == ["다리"]


def test_questions_are_answered_while_articles_come_and_go(app: FastAPI) -> None:
    """F16: every answer is from one generation, and none fails."""

    async def step(client: httpx.AsyncClient) -> set[int]:
        stop = asyncio.Event()
        generations: set[int] = set()

        async def ask() -> None:
            while not stop.is_set():
                response = await client.post("/v1/query", json={"question": ASKED})
                assert response.status_code == 200, response.text
                generations.add(response.json()["index"]["generation"])
                await asyncio.sleep(0.1)  # a publication may take seconds: four that never rest would meet the rate

        asking = [asyncio.create_task(ask()) for _ in range(4)]
        for number in range(6):
            text = BRIDGE["text"] + f" {number}번째로 고친 글이다."
            assert (await client.put("/v1/articles/다리", json={"text": text})).status_code in (200, 201)
            if number % 2:
                assert (await client.delete("/v1/articles/다리")).status_code in (202, 204)  # 202: it is still read
        stop.set()
        await asyncio.gather(*asking)
        return generations

    assert len(with_client(app, step)) > 2


def test_a_write_is_not_lost_on_a_reader_that_looks_at_the_same_time(app: FastAPI, tmp_path: Path) -> None:
    """The generation is opened by whoever finds it first; the writer's own refresh waits for that."""
    pipeline = app.state.services.holder.current
    newest = pipeline._newest
    original, entered, leave = newest._open, threading.Event(), threading.Event()

    def slow() -> Engine:
        entered.set()
        leave.wait(60)
        return original()

    newest._open = slow
    writing = threading.Thread(target=post, args=(app, BRIDGE))
    writing.start()
    assert entered.wait(60)
    leave.set()
    writing.join(60)
    assert answered_by(app) == ["다리"]
