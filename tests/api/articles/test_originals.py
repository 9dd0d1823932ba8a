"""The file an article was read from, over HTTP: for whoever may see the article, to be saved and never to be shown."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.keys import KeyFile, Scope
from api.app import Options
from tests.support.api_fakes import assert_problem, call
from tests.support.service_fakes import job_of, make_service, with_client

PAGE = "<html><body><script>alert(1)</script><p>한빛대교 공사비는 320억 원이었다.</p></body></html>".encode()


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path / "data", originals=True)


def upload(app: FastAPI, name: str, content: bytes, key: str = "", **fields: str) -> dict[str, Any]:
    async def step(client: httpx.AsyncClient) -> dict[str, Any]:
        return await job_of(client, await client.post("/v1/files", files=[("files", (name, content))], data=fields))

    job: dict[str, Any] = with_client(app, step, **({"X-API-Key": key} if key else {}))
    return job


def test_it_comes_back_byte_for_byte_under_its_own_name(app: FastAPI) -> None:
    upload(app, "다리 (공사).html", PAGE)
    response = call(app, "GET", "/v1/originals/다리 (공사).html")
    assert (response.status_code, response.content) == (200, PAGE)
    assert response.headers["content-length"] == str(len(PAGE))
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"original.html\"; filename*=UTF-8''%EB%8B%A4%EB%A6%AC%20%28%EA%B3%B5%EC%82%AC%29.html"
    )
    assert call(app, "GET", "/v1/articles/다리 (공사).html").json()["original"] == "다리 (공사).html"


def test_s12_no_browser_shows_it_as_a_page_of_this_site(app: FastAPI) -> None:
    upload(app, "다리.html", PAGE)
    headers = call(app, "GET", "/v1/originals/다리.html").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "no-store"


def test_what_was_attached_to_a_mail_comes_by_itself(app: FastAPI) -> None:
    mail = EmailMessage()
    mail["Subject"] = "회신"
    mail.set_content("다리 예산을 보냅니다. 검토해 주십시오.")
    mail.add_attachment(PAGE, "text", "html", filename="예산.html")
    upload(app, "회신.eml", bytes(mail))
    response = call(app, "GET", "/v1/originals/회신.eml/예산.html")
    assert response.content == PAGE
    assert "filename*=UTF-8''%EC%98%88%EC%82%B0.html" in response.headers["content-disposition"]


def test_there_is_none_of_articles_sent_as_json_nor_where_none_is_kept(app: FastAPI, tmp_path: Path) -> None:
    assert_problem(call(app, "GET", "/v1/originals/부산-항만"), 404, "original_not_kept")
    assert_problem(call(app, "GET", "/v1/originals/없는-글"), 404, "not_found")
    other = make_service(tmp_path / "other")
    upload(other, "다리.html", PAGE)
    assert_problem(call(other, "GET", "/v1/originals/다리.html"), 404, "original_not_kept")
    assert call(other, "GET", "/v1/articles/다리.html").json()["original"] is None


def test_it_is_deleted_and_replaced_with_its_article(app: FastAPI, tmp_path: Path) -> None:
    upload(app, "다리.html", PAGE)
    other = PAGE.replace(b"320", b"450")
    upload(app, "다리.html", other)
    assert call(app, "GET", "/v1/originals/다리.html").content == other
    assert call(app, "DELETE", "/v1/articles/다리.html").status_code == 204
    assert_problem(call(app, "GET", "/v1/originals/다리.html"), 404, "not_found")
    data = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [content for content in data if PAGE in content or other in content]


def test_s6_a_key_for_other_collections_has_no_original_either(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "data")
    own, foreign = (keys.create(name, [Scope.WRITE], (name,))[1] for name in ("교통", "세무"))
    app = make_service(tmp_path / "data", Options(keys=keys), originals=True)
    upload(app, "다리.html", PAGE, own)
    path = "/v1/originals/다리.html"
    assert call(app, "GET", path, headers={"X-API-Key": own}).content == PAGE
    assert_problem(call(app, "GET", path, headers={"X-API-Key": foreign}), 404, "not_found")
    assert call(app, "GET", path).status_code == 401
