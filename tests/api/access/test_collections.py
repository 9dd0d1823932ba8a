"""S6: an article is kept in a collection; one can ask within it, and a key for some collections sees nothing else."""

import json
import urllib.parse
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.keys import Key, KeyFile, Scope
from api.access.keys_command import add_flags, run
from api.app import Options
from index.backup.export import export_backup
from index.backup.restore import import_backup
from index.engine import Engine
from index.errors import UsageError
from index.store.store import Store
from rag.flags import CommandParser
from tests.support.api_fakes import assert_problem, call
from tests.support.fakes import ARTICLES
from tests.support.service_fakes import job_of, make_service, with_client

BUS = {
    "id": "버스",
    "title": "마을버스",
    "text": "마을버스 요금은 1300원이다. 마을버스는 10분마다 온다.",
    "source": "교통과",
}
TAX = {
    "id": "세금",
    "title": "마을버스 세금",
    "text": "마을버스 세금은 7만원이다. 마을버스 회사가 낸다.",
    "source": "세무과",
}
ASKED = "마을버스 요금은 1300원이다"


class Office:
    """A service with articles of two collections and of none, and keys for one of them, for both, for all."""

    def __init__(self, folder: Path) -> None:
        keys = KeyFile(folder)
        writing = (Scope.WRITE,)
        self.keys = {
            "all": keys.create("모두", writing)[1],
            "bus": keys.create("교통과", writing, ("교통",))[1],
            "both": keys.create("둘", writing, ("교통", "세무"))[1],
            "none": keys.create("없는 모음", writing, ("없음",))[1],
        }
        self.app = make_service(folder, Options(keys=keys))
        for article, name in ((BUS, "교통"), (TAX, "세무")):
            assert self.put(article | {"collection": name}, "all").status_code == 201

    def call(self, method: str, path: str, who: str, **more: Any) -> httpx.Response:
        return call(self.app, method, path, headers={"X-API-Key": self.keys[who]}, **more)

    def put(self, article: dict[str, Any], who: str) -> httpx.Response:
        return self.call("PUT", f"/v1/articles/{article['id']}", who, body=article)

    def found(self, who: str, path: str = "/v1/query", **more: Any) -> set[str]:
        """The articles of all that comes back of a question."""
        body = self.call("POST", path, who, body={"question": ASKED, "top_k": 50} | more).json()
        return {cited["article_id"] for name in ("citations", "passages") for cited in body.get(name, ())}

    def listed(self, who: str, query: str = "") -> list[str]:
        return [article["id"] for article in self.call("GET", f"/v1/articles{query}", who).json()["articles"]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_one_asks_searches_and_lists_within_a_collection(office: Office) -> None:
    assert office.found("all") > {"버스", "세금"}
    for mode in ("hybrid", "dense", "lexical"):
        assert office.found("all", filters={"collection": "교통"}, mode=mode) == {"버스"}
        assert office.found("all", "/v1/search", filters={"collection": "세무"}, mode=mode) == {"세금"}
    assert office.found("all", filters={"collection": "교통", "source": "세무과"}) == set()
    assert office.listed("all", "?collection=교통") == ["버스"]
    assert office.call("GET", "/v1/collections", "all").json()["collections"] == [
        {"collection": "교통", "articles": 1}, {"collection": "세무", "articles": 1},
    ]  # fmt: skip
    assert office.call("GET", "/v1/articles/버스", "all").json()["collection"] == "교통"


class TestKeyOfOneCollection:
    def test_s6_sees_only_its_articles(self, office: Office) -> None:
        for mode in ("hybrid", "dense", "lexical"):
            assert office.found("bus", mode=mode) == {"버스"}
            assert office.found("bus", "/v1/search", mode=mode) == {"버스"}
            assert office.found("bus", filters={"collection": "세무"}, mode=mode) == set()
            assert office.found("bus", filters={"article_ids": ["세금"]}, mode=mode) == set()
        assert office.found("none") == set()
        assert office.listed("bus") == office.listed("bus", "?collection=교통") == ["버스"]
        assert office.listed("bus", "?collection=세무") == office.listed("bus", "?q=세금") == []
        assert office.call("GET", "/v1/articles", "bus").json()["total"] == 1
        assert office.call("GET", "/v1/sources", "bus").json()["sources"] == [{"source": "교통과", "articles": 1}]
        assert [
            collection["collection"]
            for collection in office.call("GET", "/v1/collections", "bus").json()["collections"]
        ] == ["교통"]
        assert office.found("both") == {"버스", "세금"}
        me = office.call("GET", "/v1/me", "bus").json()
        assert (me["scopes"], me["collections"]) == (["ask", "write"], ["교통"])
        assert office.call("GET", "/v1/me", "all").json()["collections"] is None

    def test_s6_streams_chats_and_tools_see_only_its_articles(self, office: Office) -> None:
        stream = office.call("POST", "/v1/query/stream", "bus", body={"question": ASKED}).text
        chat = office.call(
            "POST", "/v1/chat/completions", "bus",
            body={"messages": [{"role": "user", "content": ASKED}], "geungeo": {"filters": {"collection": "세무"}}},
        ).text  # fmt: skip
        assert "버스" in stream
        for said in (stream, chat):
            assert "세금" not in said
            assert "7만원" not in said
        for tool, arguments, expected in (
            ("ask", {"question": ASKED}, "1300원"), ("search", {"question": "마을버스 세금"}, "1300원"),
            ("get_article", {"article_id": "버스"}, "1300원"), ("get_article", {"article_id": "세금"}, "not_found"),
        ):  # fmt: skip
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
            headers = {"Accept": "application/json, text/event-stream", "X-API-Key": office.keys["bus"]}
            said = call(office.app, "POST", "/mcp", body=body, headers=headers).text
            assert expected in said
            assert "7만원" not in said

    def test_s6_a_question_is_read_by_the_words_of_its_articles_alone(self, office: Office) -> None:
        hidden = {"id": "물푸레", "text": "물푸레 마을의 법인은 스무 곳이다. 기업 이야기다."}
        assert office.put(hidden | {"collection": "세무"}, "all").status_code == 201

        def read(who: str, question: str) -> str:
            bodies = [
                office.call("POST", path, who, body={"question": question}).json()
                for path in ("/v1/query", "/v1/search")
            ]
            return json.dumps([body["expansions"] for body in bodies], ensure_ascii=False)

        for question, word in (
            ("How big is Mulpure?", "물푸레"),
            ("anfvnfp 어디야?", "물푸레"),
            ("법인 몇 곳인가?", "기업"),
        ):
            assert word in read("all", question)
            assert word in read("both", question)
            assert read("bus", question) == read("none", question) == "[[], []]"

    def test_s6_no_other_article_is_read_before_it_is_refused(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read(engine: Engine, article_id: str) -> None:
            raise AssertionError(article_id)

        monkeypatch.setattr(Engine, "article", read)
        assert_problem(office.call("GET", "/v1/articles/세금", "bus"), 404, "not_found")
        call_tool = {"name": "get_article", "arguments": {"article_id": "세금"}}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call_tool}
        headers = {"Accept": "application/json, text/event-stream", "X-API-Key": office.keys["bus"]}
        assert "not_found" in call(office.app, "POST", "/mcp", body=body, headers=headers).text

    def test_s6_others_are_not_there_for_it(self, office: Office) -> None:
        for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"source": "가"})):
            assert_problem(office.call(method, "/v1/articles/세금", "bus", body=body), 404, "not_found")
            assert_problem(office.call(method, f"/v1/articles/{ARTICLES[0].id}", "bus", body=body), 404, "not_found")
        assert office.call("GET", "/v1/articles/세금", "all").json()["source"] == "세무과"

    def test_s6_what_it_writes_is_in_its_collection(self, office: Office) -> None:
        new = {"id": "정류장", "text": "정류장은 열두 곳이다."}
        assert office.put(new, "bus").status_code == 201
        assert office.call("GET", "/v1/articles/정류장", "bus").json()["collection"] == "교통"
        assert_problem(office.put(new | {"collection": "세무"}, "bus"), 403, "other_collection")
        assert_problem(office.put({"id": "세금", "text": "덮어쓴 글이다."}, "bus"), 403, "other_collection")
        assert_problem(office.put(new | {"id": "새 글"}, "both"), 403, "other_collection")  # of which of the two?
        assert office.put(new | {"id": "새 글", "collection": "세무"}, "both").status_code == 201
        edit = office.call("PATCH", "/v1/articles/정류장", "bus", body={"collection": "세무"})
        assert_problem(edit, 403, "other_collection")
        assert_problem(
            office.call("PATCH", "/v1/articles/정류장", "bus", body={"collection": None}), 403, "other_collection"
        )
        batch = office.call(
            "POST", "/v1/articles", "bus", body={"articles": [new | {"id": "가"}, TAX | {"text": "다른 글."}]}
        )
        results = batch.json()["results"]
        assert [(result["status"], result["error"] and result["error"]["code"]) for result in results] == [
            ("created", None), ("failed", "other_collection"),
        ]  # fmt: skip
        assert office.call("GET", "/v1/articles/세금", "all").json()["text"] == TAX["text"]
        assert office.call("DELETE", "/v1/articles/정류장", "bus").status_code == 204

    def test_s6_what_it_uploads_is_in_its_collection(self, office: Office) -> None:
        lines = "\n".join(
            json.dumps(article)
            for article in ({"id": "ㄱ", "text": "글이다."}, {"id": "ㄴ", "text": "글이다.", "collection": "세무"})
        )
        files = [("files", ("공지.txt", "정류장을 옮긴다.".encode())), ("files", ("글.jsonl", lines.encode())),
                 ("files", ("세금.txt", "덮어쓴 글이다.".encode()))]  # fmt: skip

        async def step(client: httpx.AsyncClient) -> dict[str, Any]:
            return await job_of(client, await client.post("/v1/files", files=files))

        job = with_client(office.app, step, **{"X-API-Key": office.keys["bus"]})
        said = {
            result["id"]: result["status"] if result["error"] is None else result["error"]["code"]
            for result in job["results"]
        }
        assert said == {"공지": "created", "ㄱ": "created", "ㄴ": "other_collection", "세금": "other_collection"}
        assert set(office.listed("bus")) == {"공지", "버스", "ㄱ"}
        assert office.call("GET", f"/v1/jobs/{job['id']}", "bus").status_code == 200
        assert_problem(office.call("GET", f"/v1/jobs/{job['id']}", "both"), 404, "not_found")

    def test_slow_uploads_of_one_key_leave_places_for_others(self, office: Office) -> None:
        async def step(client: httpx.AsyncClient) -> httpx.Response:
            return await client.post("/v1/files", files=[("files", ("가.txt", "글이다.".encode()))])

        def send(who: str) -> httpx.Response:
            sent: httpx.Response = with_client(office.app, step, **{"X-API-Key": office.keys[who]})
            return sent

        uploads, caller = office.app.state.services.uploads, office.call("GET", "/v1/me", "bus").json()["id"]
        with uploads.hold(caller), uploads.hold(caller):
            assert_problem(send("bus"), 503, "busy")
            assert send("all").status_code == 202
        assert send("bus").status_code == 202

    def test_a_file_of_the_keys_that_cannot_be_understood_opens_nothing(self, office: Office, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"
        record = json.loads(path.read_text())
        for wrong in ([], "교통", [1], {"교통": 1}):
            record["keys"][1]["collections"] = wrong
            path.write_text(json.dumps(record))
            assert_problem(office.call("GET", "/v1/articles", "all"), 503, "keys_unreadable")


def test_an_upload_goes_into_the_collection_named(tmp_path: Path) -> None:
    app = make_service(tmp_path)

    async def step(client: httpx.AsyncClient) -> dict[str, Any]:
        files = [("files", ("공지.txt", "정류장을 옮긴다.".encode()))]
        return await job_of(client, await client.post("/v1/files", files=files, data={"collection": "교통"}))

    assert with_client(app, step)["state"] == "done"
    assert call(app, "GET", "/v1/articles/공지").json()["collection"] == "교통"
    edited = call(app, "PATCH", "/v1/articles/공지", body={"collection": "세무"})
    assert edited.json()["status"] == "replaced"
    listed = call(app, "GET", f"/v1/articles?collection={urllib.parse.quote('세무')}").json()
    assert [article["collection"] for article in listed["articles"]] == ["세무"]
    assert_problem(
        call(app, "PATCH", "/v1/articles/공지", body={"collection": "가" * 101}), 422, "invalid_request", "/collection"
    )


def test_a_backup_carries_collections(tmp_path: Path) -> None:
    app: FastAPI = make_service(tmp_path)
    call(app, "PUT", "/v1/articles/버스", body=BUS | {"collection": "교통"})
    backup, restored = tmp_path / "a.zip", tmp_path / "restored"
    manifest = export_backup(tmp_path, backup)
    import_backup(restored, backup, encoder=manifest.encoder, analysis=manifest.analysis)
    store = Store(restored)
    assert {listed.id: listed.collection for listed in store.list_articles()} == dict.fromkeys(
        article.id for article in ARTICLES
    ) | {"버스": "교통"}
    store.close()


class TestMakingAKey:
    def make(self, tmp_path: Path, *flags: str) -> tuple[int, Key]:
        from rag.settings import load_settings

        parser = CommandParser()
        add_flags(parser)
        arguments = parser.parse_args(["create", "교통과", "--data", str(tmp_path), *flags])
        return run(arguments, load_settings(data=tmp_path)), KeyFile(tmp_path).all()[-1]

    def test_with_collections(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, key = self.make(tmp_path, "--scope", "ask,write", "--collection", "교통", "--collection", "세무")
        assert (code, key.collections) == (0, ("교통", "세무"))
        assert "교통, 세무" in capsys.readouterr().err
        assert self.make(tmp_path)[1].collections is None

    def test_who_sees_everything_is_no_key_of_a_collection(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="admin"):
            self.make(tmp_path, "--scope", "admin", "--collection", "교통")
