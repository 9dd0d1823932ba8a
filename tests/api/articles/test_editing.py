"""What is said of an article is changed by itself: its text stays, and filters, answers and backups have it at once."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.keys import KeyFile, Scope
from api.app import Options, create_app
from index.backup.export import export_backup
from index.backup.restore import import_backup
from index.errors import ParseError
from index.ingest import Ingestor
from index.store.store import Store
from tests.support.api_fakes import MARKER, FakePipeline, assert_problem, call
from tests.support.fakes import LIBRARY, PORT, UNDATED, HashEncoder, RegexSplitter
from tests.support.service_fakes import job_of, make_service, with_client

ASKED = "드라마 똠방각하가 다시 방영된다"
SAID = {"source": "한빛방송", "published_at": "2024-11-05", "url": "https://example.com/drama"}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path)


def edit(app: FastAPI, article_id: str, **values: Any) -> httpx.Response:
    return call(app, "PATCH", f"/v1/articles/{article_id}", body=values)


def ask(app: FastAPI, **filters: str) -> dict[str, Any]:
    body: dict[str, Any] = call(app, "POST", "/v1/query", body={"question": ASKED, "filters": filters}).json()
    return body


def test_filters_answers_and_citations_have_it_at_once(app: FastAPI) -> None:
    assert ask(app, source="한빛방송")["reason"] == "index_empty"
    response = edit(app, UNDATED.id, **SAID)
    assert (response.status_code, response.json()["status"]) == (200, "replaced")
    citation = ask(app, source="한빛방송", date_from="2024-11-05", date_to="2024-11-05")["citations"][0]
    assert citation["article_id"] == UNDATED.id
    assert {name: citation[name] for name in SAID} == SAID
    article = call(app, "GET", f"/v1/articles/{UNDATED.id}").json()
    assert (article["text"], article["title"], article["known_by"]) == (
        UNDATED.text, UNDATED.title, dict.fromkeys(SAID, "entered"),
    )  # fmt: skip
    assert [article["id"] for article in call(app, "GET", "/v1/articles?source=한빛방송").json()["articles"]] == [
        UNDATED.id
    ]


def test_no_vector_is_made_anew_unless_the_title_changes(app: FastAPI) -> None:
    encoder: Any = app.state.services.holder.library()._ingestor._encoder
    made: list[int] = []
    original = encoder.encode_passages
    encoder.encode_passages = lambda inputs: (made.append(len(inputs)), original(inputs))[1]
    edit(app, PORT.id, source="한빛일보")
    assert made == []
    edit(app, PORT.id, title="항만공사의 바다 소식")
    assert made == [1]
    found = call(app, "POST", "/v1/search", body={"question": "바다 소식", "mode": "lexical"}).json()["passages"]
    assert (found[0]["article_id"], found[0]["title"]) == (PORT.id, "항만공사의 바다 소식")
    gone = call(app, "POST", "/v1/search", body={"question": "열어", "mode": "lexical"}).json()["passages"]
    assert PORT.id not in [article["article_id"] for article in gone]


def test_the_same_again_changes_nothing_and_null_empties(app: FastAPI) -> None:
    first, again = edit(app, PORT.id, source="한빛일보").json(), edit(app, PORT.id, source="한빛일보").json()
    assert (first["status"], again["status"], again["generation"]) == ("replaced", "unchanged", first["generation"])
    assert edit(app, PORT.id).json()["status"] == "unchanged"
    assert edit(app, PORT.id, source=None, published_at="").json()["status"] == "replaced"
    article = call(app, "GET", f"/v1/articles/{PORT.id}").json()
    assert (article["source"], article["published_at"], article["url"]) == (None, None, PORT.url)


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({"text": "가"}, "invalid_request", "/text"), ({"id": "가"}, "invalid_request", "/id"),
        ({"title": 1}, "invalid_request", "/title"), ({"source": "가" * 2001}, "invalid_request", "/source"),
        ({"title": "하나다. " * 30}, "invalid_request", "/title"), ({"published_at": MARKER}, "unreadable", None),
        ({"published_at": "2024-02-30"}, "unreadable", None), ({"source": "\ud800"}, "invalid_unicode", "/source"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_changes(
    app: FastAPI, values: dict[str, Any], code: str, pointer: str | None
) -> None:
    response = edit(app, PORT.id, **{"source": "다른 곳"} | values)
    assert_problem(response, 422, code, pointer)
    assert call(app, "GET", f"/v1/articles/{PORT.id}").json()["source"] == PORT.source


def test_a_title_that_cannot_be_read_leaves_the_article_as_it_was(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = app.state.services.holder.library()._ingestor._parser
    fault = ParseError("읽지 못했습니다.", "could not be read.")
    monkeypatch.setattr(parser, "parse_many", lambda articles: [(article, fault) for article in articles])
    assert_problem(edit(app, PORT.id, title="새 제목"), 422, "parse_failed", None)
    assert call(app, "GET", f"/v1/articles/{PORT.id}").json()["title"] == PORT.title


def test_who_may_not(app: FastAPI, tmp_path: Path) -> None:
    assert_problem(edit(app, "없는-글", source="가"), 404, "not_found")
    assert_problem(call(create_app(FakePipeline()), "PATCH", "/v1/articles/a", body={}), 503, "read_only")
    keys = KeyFile(tmp_path)
    _, token = keys.create("묻는 이", [Scope.ASK])
    guarded = make_service(tmp_path, Options(keys=keys))
    response = call(guarded, "PATCH", f"/v1/articles/{PORT.id}", body={"source": "가"}, headers={"X-API-Key": token})
    assert_problem(response, 403, "insufficient_scope", None)


def test_it_outlives_a_restart_and_goes_into_a_backup(app: FastAPI, tmp_path: Path) -> None:
    edit(app, LIBRARY.id, source="한빛도서관", title="새 도서관")
    app.state.services.holder.current.close()
    again = make_service(tmp_path)
    assert call(again, "GET", f"/v1/articles/{LIBRARY.id}").json()["source"] == "한빛도서관"
    backup, restored = tmp_path / "a.zip", tmp_path / "restored"
    manifest = export_backup(tmp_path, backup)
    import_backup(restored, backup, encoder=manifest.encoder, analysis=manifest.analysis)
    store = Store(restored)
    found = store.described(LIBRARY.id)
    store.close()
    assert found is not None
    assert (found.title, found.source, found.meta["source_basis"]) == ("새 도서관", "한빛도서관", "entered")


def test_it_outlives_another_reading_of_its_file(app: FastAPI) -> None:
    def upload(text: str, **fields: str) -> str:
        async def step(client: httpx.AsyncClient) -> str:
            files = [("files", ("공지.txt", text.encode()))]
            job = await job_of(client, await client.post("/v1/files", files=files, data=fields))
            return str(job["results"][0]["status"])

        return str(with_client(app, step))

    upload("박물관은 밤 열 시에 문을 닫는다.")
    edit(app, "공지", source="박물관", title="닫는 때", published_at="2025-03-05")
    assert upload("박물관은 밤 열 시에 문을 닫는다.") == "unchanged"
    assert upload("박물관은 밤 아홉 시에 문을 닫는다.", published_at="2026-03-05") == "replaced"
    article = call(app, "GET", "/v1/articles/공지").json()
    assert (article["source"], article["title"], article["published_at"]) == ("박물관", "닫는 때", "2026-03-05")
    assert article["text"] == "박물관은 밤 아홉 시에 문을 닫는다."
    call(app, "PUT", "/v1/articles/공지", body={"text": "박물관은 쉰다."})  # a whole article says all of itself
    assert call(app, "GET", "/v1/articles/공지").json()["source"] is None


def test_an_article_that_is_read_from_no_layout_keeps_its_structure(tmp_path: Path) -> None:
    ingestor = Ingestor(tmp_path, HashEncoder(), RegexSplitter())
    ingestor.ingest([PORT])
    store = Store(tmp_path)
    before = store.stored_article(PORT.id)
    store.close()
    assert ingestor.edit(PORT.id, {"source": "한빛일보"})
    store = Store(tmp_path)
    after = store.stored_article(PORT.id)
    store.close()
    assert (after.structure, after.spans) == (before.structure, before.spans)
    assert [row.vector.tolist() for row in after.sentences] == [row.vector.tolist() for row in before.sentences]
