"""Services that share a PostgreSQL: what one acknowledged the others answer from, and what they do while it is away."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from api.access.keys import KeyFile, Scope
from api.app import Options, create_app
from index.errors import NotFoundError
from index.truth.attachment import attach
from index.truth.writing import take_documents_or_go_on
from tests.support.fakes import PORT
from tests.support.postgres import Server
from tests.support.rag_support import build_index
from tests.support.service_fakes import make_backend, make_shared_backend, with_client
from tests.support.waiting import wait_until

ARTICLE = {"title": "새 다리", "text": "울산에 새 다리가 놓인다. 다리의 길이는 3㎞다."}
ASKED = {"question": "다리의 길이는?", "own_writes": True}


class Node:
    """One service over a folder that shares a truth; ``follows`` leaves out the thread that would hear of others' writes."""

    def __init__(self, folder: Path, address: str, *, follows: bool = False) -> None:
        self.backend = make_shared_backend(folder, address, follows=follows)
        self.app: FastAPI = create_app(self.backend, Options(gold=True))

    def close(self) -> None:
        self.backend.close()

    def send(self, method: str, path: str, body: object = None) -> httpx.Response:
        async def step(client: httpx.AsyncClient) -> httpx.Response:
            return await client.request(method, path, json=body)

        response: httpx.Response = with_client(self.app, step)
        return response


@pytest.fixture
def new_node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    with ExitStack() as undo:
        names = iter("abcdef")

        def make(address: str, **more: bool) -> Node:
            node = Node(tmp_path / next(names), address, **more)
            undo.callback(node.close)
            return node

        yield make


def _found(response: httpx.Response) -> set[str]:
    assert response.status_code == 200, response.text
    return {one["article_id"] for one in response.json()["passages"]}


def test_own_writes_are_seen_at_once_on_every_node(new_node: Callable[..., Node], database: str) -> None:
    here, there = new_node(database), new_node(database)  # nobody tells them anything
    assert here.send("PUT", "/v1/articles/bridge", ARTICLE).status_code == 201
    assert "bridge" not in _found(there.send("POST", "/v1/search", {**ASKED, "own_writes": False}))
    assert "bridge" in _found(there.send("POST", "/v1/search", ASKED))
    assert there.send("DELETE", "/v1/articles/bridge").status_code in (202, 204)
    for path in ("/v1/search", "/v1/query"):
        assert "bridge" not in _found(here.send("POST", path, ASKED))
    assert '"bridge"' not in here.send("POST", "/v1/query/stream", ASKED).text


def test_others_hear_of_a_write_by_themselves(new_node: Callable[..., Node], database: str) -> None:
    here, there = new_node(database), new_node(database, follows=True)
    here.send("PUT", "/v1/articles/bridge", ARTICLE)
    wait_until(lambda: there.send("GET", "/v1/articles/bridge").status_code == 200)
    assert there.send("GET", "/readyz").json() == {"status": "ready", "truth": "shared"}


def test_answers_are_the_same_on_every_node(new_node: Callable[..., Node], database: str) -> None:
    nodes = [new_node(database), new_node(database)]
    nodes[0].send("PUT", "/v1/articles/bridge", ARTICLE)
    bodies = [one.send("POST", "/v1/query", ASKED).json() for one in nodes]
    for body in bodies:
        body.pop("timings_ms")
        body["index"].pop("generation")
    assert bodies[0] == bodies[1]


def test_verdicts_are_everybodys(new_node: Callable[..., Node], database: str) -> None:
    here, there = new_node(database), new_node(database)
    said = {"question": "다리의 길이는?", "verdict": "absent"}
    assert here.send("POST", "/v1/gold", said).status_code in (200, 201)
    assert [one["verdict"] for one in there.send("GET", "/v1/gold").json()["judgements"]] == ["absent"]


def test_without_the_truth_it_answers_and_says_so_and_refuses_writes(
    new_node: Callable[..., Node], postgres: Server
) -> None:
    own = Server().start()
    try:
        node = new_node(own.uri(), follows=True)
        wait_until(lambda: node.send("GET", "/readyz").json()["truth"] == "shared")
        assert "geungeo-truth" not in node.send("GET", "/healthz").headers
        own.kill()
        wait_until(lambda: node.send("GET", "/readyz").json()["truth"] == "away")
        answered = node.send("POST", "/v1/query", {"question": "부두의 길이는?"})
        assert (answered.status_code, answered.headers["geungeo-truth"]) == (200, "away")
        for method, path, body in (
            ("PUT", "/v1/articles/bridge", ARTICLE),
            ("DELETE", f"/v1/articles/{PORT.id}", None),
            ("POST", "/v1/articles", {"articles": [{"id": "bridge", **ARTICLE}]}),
            ("POST", "/v1/query", ASKED),
            ("POST", "/v1/gold", {"question": "다리의 길이는?", "verdict": "absent"}),
        ):
            refused = node.send(method, path, body)
            assert (refused.status_code, refused.json()["code"]) == (503, "truth_away"), path
            assert refused.headers["retry-after"]
        own.start()
        wait_until(lambda: node.send("GET", "/readyz").json()["truth"] == "shared")
        assert node.send("PUT", "/v1/articles/bridge", ARTICLE).status_code == 201
    finally:
        own.remove()


def test_own_writes_without_a_shared_truth_sees_what_another_process_wrote(tmp_path: Path) -> None:
    backend = make_backend(tmp_path)
    build_index(tmp_path, [PORT])

    async def step(client: httpx.AsyncClient) -> httpx.Response:
        return await client.post("/v1/search", json=ASKED)

    assert with_client(create_app(backend), step).status_code == 200
    backend.close()


class TestKeys:
    def test_made_on_one_node_known_on_all_and_revoked_for_all(self, tmp_path: Path, database: str) -> None:
        folders = [tmp_path / "a", tmp_path / "b"]
        for folder in folders:
            attach(folder, database)
        here, there = (KeyFile(folder) for folder in folders)
        key, token = here.create("이름", [Scope.ASK])
        other, second = there.create("둘째", [Scope.WRITE])
        for folder in folders:
            take_documents_or_go_on(folder)
        assert [one.id for one in here.all()] == [one.id for one in there.all()] == [key.id, other.id]
        there.revoke(key.id)
        take_documents_or_go_on(folders[0])
        assert here.find(token.encode()) is None
        assert here.find(second.encode()) == other

    def test_a_new_node_lets_nobody_in_without_a_key(self, tmp_path: Path, database: str) -> None:
        for name in ("a", "b"):
            attach(tmp_path / name, database)
        KeyFile(tmp_path / "a").create("이름", [Scope.ASK])
        take_documents_or_go_on(tmp_path / "b")
        assert KeyFile(tmp_path / "b").needed()

    def test_one_that_is_not_there(self, tmp_path: Path, database: str) -> None:
        attach(tmp_path, database)
        with pytest.raises((NotFoundError, FileNotFoundError)):
            KeyFile(tmp_path).revoke("00")
