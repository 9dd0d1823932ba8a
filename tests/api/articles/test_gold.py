"""What people say of answers: kept only where that was asked for, gone with their article, and an evaluation set in the end."""

import asyncio
import io
import zipfile
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.access.keys import KeyFile, Scope
from api.app import Options
from eval.datasets.check import check_folder
from eval.datasets.datasets import load_folder
from index.doctor import examine
from index.store.gold_rows import GoldRecord
from index.store.store import Store
from index.system.locking import write_lock
from tests.support.api_fakes import assert_problem, call
from tests.support.fakes import FESTIVAL, PORT, UNDATED
from tests.support.service_fakes import make_service, with_client

COST = "공사비는 4조6000억원이었다."
LENGTH = "부두의 길이는 2.5㎞다."
ASKED = "새 부두를 짓는 데 든 돈은?"


def place(quote: str) -> dict[str, Any]:
    start = PORT.text.index(quote)
    return {"article_id": PORT.id, "start": start, "end": start + len(quote)}


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return make_service(tmp_path, Options(gold=True))


def say(app: FastAPI, question: str, verdict: str, **more: Any) -> httpx.Response:
    return call(app, "POST", "/v1/gold", body={"question": question, "verdict": verdict} | more)


def listed(app: FastAPI, **headers: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call(app, "GET", "/v1/gold", headers=headers).json()["judgements"]
    return found


def test_said_listed_and_forgotten(app: FastAPI, tmp_path: Path) -> None:
    kept = say(app, ASKED, "right", **place(COST))
    assert (kept.status_code, kept.json()["quote"], kept.json()["title"]) == (201, COST, PORT.title)
    say(app, "ZyXwV는 얼마인가?", "absent")
    assert [article["verdict"] for article in listed(app)] == ["absent", "right"]
    assert call(app, "DELETE", f"/v1/gold/{listed(app)[0]['id']}").status_code == 204
    assert [article["question"] for article in listed(app)] == [ASKED]
    assert_problem(call(app, "DELETE", "/v1/gold/none"), 404, "not_found")
    app.state.services.holder.current.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"ZyXwV" in path.read_bytes()] == []
    assert examine(tmp_path) == []


def test_nothing_is_kept_of_an_article_that_was_deleted_meanwhile(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What answers here need not know yet what was deleted: by another process, or by a node that shares the truth."""
    say(app, ASKED, "absent")
    library = app.state.services.holder.library()
    stale = library.snapshot()
    monkeypatch.setattr("api.articles.library._ERASE_SECONDS", 0.1)  # it is read as long as that one is held
    assert call(app, "DELETE", f"/v1/articles/{PORT.id}").status_code in (202, 204)
    monkeypatch.setattr(library, "snapshot", lambda: stale)
    assert_problem(say(app, "무엇인가?", "right", **place(COST)), 404, "not_found")
    with closing(Store(tmp_path)) as store:
        assert [record.question for record in store.gold()] == [ASKED]


def test_nothing_is_kept_unless_the_service_was_told_to(tmp_path: Path) -> None:
    app = make_service(tmp_path)
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/set"), ("DELETE", "/x")):
        body = {"question": ASKED, "verdict": "absent"} if method == "POST" else None
        assert_problem(call(app, method, f"/v1/gold{path}", body=body), 409, "gold_off")
    assert call(app, "GET", "/v1/me").json()["judges"] is False


def test_it_has_a_scope_of_its_own(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    tokens = {scope: keys.create(scope, [scope])[1] for scope in Scope}
    tokens["bus"] = keys.create("교통", [Scope.JUDGE], ("교통",))[1]  # type: ignore[index]
    app = make_service(tmp_path, Options(keys=keys, gold=True))
    statuses = {
        name: call(app, "GET", "/v1/gold", headers={"X-API-Key": token}).status_code for name, token in tokens.items()
    }
    assert statuses == {"ask": 403, "write": 403, "judge": 200, "admin": 200, "bus": 200}
    body = {"question": ASKED, "verdict": "right"} | place(COST)
    refused = call(app, "POST", "/v1/gold", body=body, headers={"X-API-Key": tokens["bus"]})  # type: ignore[index]
    assert_problem(refused, 404, "not_found")
    call(app, "POST", "/v1/gold", body=body, headers={"X-API-Key": tokens[Scope.JUDGE]})
    assert listed(app, **{"X-API-Key": tokens["bus"]}) == []  # type: ignore[index]
    assert len(listed(app, **{"X-API-Key": tokens[Scope.ADMIN]})) == 1
    me = call(app, "GET", "/v1/me", headers={"X-API-Key": tokens[Scope.JUDGE]}).json()
    assert (me["scopes"], me["judges"]) == (["ask", "judge"], True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"verdict": "right"}, "/article_id"), ({"verdict": "absent"} | place(COST), "/article_id"),
        ({"verdict": "right", "article_id": PORT.id, "start": 5, "end": 5}, "/end"),
        ({"verdict": "right", "article_id": PORT.id, "start": 0, "end": 10_000}, "/end"),
        ({"verdict": "wrong", "start": 10**30}, "/start"), ({"verdict": "wrong", "end": 1 << 63}, "/end"),
        ({"verdict": "maybe"}, "/verdict"), ({"verdict": "absent", "question": ""}, "/question"),
    ],
)  # fmt: skip
def test_what_says_nothing_is_refused(app: FastAPI, body: dict[str, Any], pointer: str) -> None:
    response = call(app, "POST", "/v1/gold", body={"question": ASKED} | body)
    assert_problem(response, 422, "invalid_request", pointer)
    assert listed(app) == []


def test_a_deleted_article_takes_its_sentences_along_and_a_changed_one_ends_them(app: FastAPI, tmp_path: Path) -> None:
    say(app, ASKED, "right", **place(COST))
    say(app, "축제에 온 사람은?", "right", article_id=FESTIVAL.id, start=0, end=16)
    say(app, "방송은 언제인가?", "wrong", article_id=UNDATED.id, start=0, end=16)
    assert len(listed(app)) == 3
    call(app, "PATCH", f"/v1/articles/{PORT.id}", body={"source": "한빛일보"})
    assert [article["quote"] for article in listed(app) if article["article_id"] == PORT.id] == [
        COST
    ]  # its text is the same
    call(app, "PUT", f"/v1/articles/{FESTIVAL.id}", body={"text": "다른 글이다."})
    assert [article["quote"] for article in listed(app) if article["article_id"] == FESTIVAL.id] == [None]
    assert call(app, "DELETE", f"/v1/articles/{PORT.id}").status_code == 204
    assert PORT.id not in {article["article_id"] for article in listed(app)}
    app.state.services.holder.current.close()
    word = "4조6000억원".encode()
    assert [path for path in tmp_path.rglob("*") if path.is_file() and word in path.read_bytes()] == []


def test_an_evaluation_set_that_check_accepts_and_eval_loads(app: FastAPI, tmp_path: Path) -> None:
    say(app, ASKED, "wrong", **place(LENGTH))
    say(app, ASKED, "right", **place(COST))
    say(app, "새 부두의 길이는?", "wrong", **place(COST))  # and nobody said what is right
    say(app, "부두의 통행료는?", "absent")
    response = call(app, "GET", "/v1/gold/set")
    assert "geungeo-gold.zip" in response.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        archive.extractall(tmp_path / "set")
    folder = tmp_path / "set" / "geungeo-gold"
    checked = check_folder(folder)
    assert (checked.faults, checked.paraphrased, checked.questions) == ((), 0, 2)
    data = load_folder(folder)
    cost, toll = data.questions
    assert (cost.text, cost.answerable, dict(cost.relevant), cost.must_not) == (ASKED, True, {PORT.id: 1}, (LENGTH,))
    assert [str(getattr(answer, "text", answer)) for answer in cost.answers] == [COST]
    assert (toll.text, toll.answerable) == ("부두의 통행료는?", False)
    assert len(data.articles) == 4


def test_refusals_alone_are_a_probe(app: FastAPI, tmp_path: Path) -> None:
    say(app, "부두의 통행료는?", "absent")
    with zipfile.ZipFile(io.BytesIO(call(app, "GET", "/v1/gold/set").content)) as archive:
        archive.extractall(tmp_path / "set")
    folder = tmp_path / "set" / "geungeo-gold"
    assert check_folder(folder).faults == ()
    assert [question.answerable for question in load_folder(folder).questions] == [False]


def test_the_last_word_counts_on_whether_there_is_an_answer(app: FastAPI, tmp_path: Path) -> None:
    """The page's 아니요, 있습니다 below a refusal names no sentence."""
    say(app, ASKED, "right", **place(COST))
    for verdict, questions in (("absent", 2), ("wrong", 1), ("absent", 2)):
        say(app, "부두의 통행료는?", verdict)
        with zipfile.ZipFile(io.BytesIO(call(app, "GET", "/v1/gold/set").content)) as archive:
            assert len(archive.read("geungeo-gold/queries.jsonl").splitlines()) == questions


def test_there_is_an_end_to_them(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.articles.gold.MOST", 1)
    assert say(app, ASKED, "absent").status_code == 201
    assert_problem(say(app, ASKED, "absent"), 409, "gold_full")


def test_a_damaged_row_is_worth_nothing(app: FastAPI, tmp_path: Path) -> None:
    store = Store(tmp_path, writable=True)
    store.add_gold(GoldRecord(0, "a", ASKED, "absent", None, 0, 0, "", "local", "2026-11-29T00:00:00"))
    with store.connection.transaction() as db:
        db.execute("UPDATE gold SET question = 'x'")
    assert store.gold() == []
    store.close()


def test_a_key_of_a_collection_fills_no_place_of_others_and_cannot_count_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.articles.gold.MOST_OF_ONE", 2)
    keys = KeyFile(tmp_path)
    bus, other = ({"X-API-Key": keys.create(name, [Scope.JUDGE], (name,))[1]} for name in ("교통", "세무"))
    everybody = {"X-API-Key": keys.create("모두", [Scope.JUDGE])[1]}
    app = make_service(tmp_path, Options(keys=keys, gold=True))
    body = {"question": ASKED, "verdict": "absent"}

    def said(headers: dict[str, str]) -> list[int]:
        return [call(app, "POST", "/v1/gold", body=body, headers=headers).status_code for _ in range(3)]

    assert (said(bus), said(other), said(everybody)) == ([201, 201, 409], [201, 201, 409], [201, 201, 201])
    assert (len(listed(app, **bus)), len(listed(app, **everybody))) == (2, 7)


def test_a_list_and_a_set_are_bounded_and_what_is_left_out_is_counted(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        say(app, f"{number}째 질문은?", "right", **place(COST))
    say(app, "축제에 온 사람은?", "right", article_id=FESTIVAL.id, start=0, end=16)
    monkeypatch.setattr("api.articles.gold.LISTED", 5)
    body = call(app, "GET", "/v1/gold").json()
    assert (len(body["judgements"]), body["left_out"]) == (5, 2)
    monkeypatch.setattr("api.articles.gold._LISTED_CHARACTERS", 80)
    body = call(app, "GET", "/v1/gold").json()
    assert (len(body["judgements"]), body["left_out"]) == (3, 4)
    assert body["judgements"][0]["question"] == "축제에 온 사람은?"
    monkeypatch.setattr("api.articles.gold._MOST_CHARACTERS", len(PORT.text))
    with zipfile.ZipFile(io.BytesIO(call(app, "GET", "/v1/gold/set").content)) as archive:
        archive.extractall(tmp_path / "set")
    data = load_folder(tmp_path / "set" / "geungeo-gold")
    assert [article.id for article in data.articles] == [PORT.id]
    assert len(data.questions) == 6


def test_what_waits_for_an_import_keeps_nobody_from_reading(app: FastAPI, tmp_path: Path) -> None:
    importing = ExitStack()

    async def step(client: httpx.AsyncClient) -> None:
        said = [
            asyncio.create_task(client.post("/v1/gold", json={"question": ASKED, "verdict": "absent"}))
            for _ in range(2)
        ]
        await asyncio.sleep(0.1)
        assert (await client.get(f"/v1/articles/{PORT.id}")).status_code == 200
        assert not any(one.done() for one in said)
        importing.close()
        assert {one.status_code for one in await asyncio.gather(*said)} == {201}

    with importing:
        importing.enter_context(write_lock(tmp_path))
        with_client(app, step)


def test_what_waits_too_long_for_an_import_is_refused(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.articles.gold._LOCK_SECONDS", 0.1)
    with write_lock(tmp_path):
        assert_problem(say(app, ASKED, "absent"), 503, "locked")
