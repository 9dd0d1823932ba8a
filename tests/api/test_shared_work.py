"""Jobs and replies of services that share a PostgreSQL: any node knows them, and goes on with those whose node is gone."""

import errno
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import Options, create_app
from api.articles import shared_jobs
from api.articles.jobs import Job
from api.articles.library import Library
from api.articles.writer import Work
from api.http import idempotency
from api.problems.problems import ProblemError
from api.routes import jobs
from index.errors import StorageError
from index.truth.shared_work import KeptJob, KeptReply, SharedWork
from tests.support.service_fakes import make_shared_backend, with_client
from tests.support.waiting import wait_until

ARTICLE = {"id": "bridge", "title": "새 다리", "text": "울산에 새 다리가 놓인다. 다리의 길이는 3㎞다."}
BATCH = {"articles": [ARTICLE, {"id": "bad", "text": ""}]}
UPLOAD = [("files", ("다리 공고.txt", "부두의 길이는 5㎞다.".encode()))]
LATER = {"Prefer": "respond-async"}


class Node:
    """One service over a folder that shares a truth; ``is_stuck`` keeps its writer from ever doing what it is given."""

    def __init__(self, folder: Path, address: str, *, is_stuck: bool = False) -> None:
        self.address = address
        self.backend = make_shared_backend(folder, address, follows=False)
        self.app: FastAPI = create_app(self.backend, Options())
        self.services = self.app.state.services
        if is_stuck:
            self.services.writer.submit = lambda job, work, size=0: None

    @property
    def library(self) -> Library:
        library = self.backend.library
        assert library is not None
        return library

    def look(self) -> None:
        self.services.shared_jobs.look(self.library)

    def die(self) -> None:
        """As a killed node does: its connection is cut, and nobody is told anything. Back once the server has noticed."""
        shared = self.library.shared
        assert shared is not None
        process = shared._truth and shared._truth.connection._connection.info.backend_pid
        shared.close()
        wait_until(lambda: not _runs(self.address, process))

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def step(client: httpx.AsyncClient) -> httpx.Response:
            return await client.request(method, path, **more)

        response: httpx.Response = with_client(self.app, step)
        return response

    def job(self, path: str) -> dict[str, Any]:
        response = self.send("GET", path)
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    def ended(self, path: str) -> dict[str, Any]:
        def is_over() -> bool:
            self.look()
            return self.job(path)["state"] in ("done", "failed")

        wait_until(is_over)
        return self.job(path)


def _runs(address: str, process: int | None) -> bool:
    """Whether PostgreSQL still has the process of a connection; a server that is away has none."""
    import psycopg

    try:
        with psycopg.connect(address) as connection:
            row = connection.execute("SELECT FROM pg_stat_activity WHERE pid = %s", (process,)).fetchone()
            return row is not None
    except psycopg.OperationalError:
        return False


@pytest.fixture
def new_node(tmp_path: Path) -> Iterator[Callable[..., Node]]:
    with ExitStack() as undo:
        names = iter("abcdef")

        def make(address: str, **more: bool) -> Node:
            node = Node(tmp_path / next(names), address, **more)
            undo.callback(node.backend.close)
            undo.callback(node.die)
            return node

        yield make


class TestJobs:
    def test_every_node_tells_of_it(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = new_node(database), new_node(database)
        accepted = here.send("POST", "/v1/articles", json=BATCH, headers=LATER)
        assert accepted.status_code == 202
        place = accepted.headers["location"]
        own = here.ended(place)
        here.look()
        assert there.job(place) == own | {"results": own["results"]}
        assert [result["status"] for result in own["results"]] == ["created", "failed"]
        assert [job["id"] for job in there.send("GET", "/v1/jobs").json()["jobs"]] == [own["id"]]
        assert there.send("GET", "/v1/jobs/nothing").status_code == 404

    def test_what_others_tell_is_read_beside_the_event_loop(
        self, new_node: Callable[..., Node], database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody else is answered while the event loop reads fifty long reports."""
        here, there = new_node(database), new_node(database)
        place = here.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
        threads = list[threading.Thread]()

        def noting(kept: KeptJob) -> Job:
            threads.append(threading.current_thread())
            return shared_jobs.read_job(kept)

        monkeypatch.setattr(jobs, "read_job", noting)
        assert there.send("GET", "/v1/jobs").json()["jobs"]
        assert there.job(place)
        assert len(threads) == 2
        assert threading.current_thread() not in threads

    def test_a_batch_survives_its_node(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = new_node(database, is_stuck=True), new_node(database)
        place = here.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
        there.look()
        assert there.job(place)["state"] == "queued", "its node is alive and at it"
        here.die()
        there.look()
        done = there.ended(place)
        assert [(result["id"], result["status"]) for result in done["results"]] == [
            ("bridge", "created"),
            ("bad", "failed"),
        ]
        assert there.send("GET", "/v1/articles/bridge").status_code == 200

    def test_a_batch_that_took_too_long_to_wait_for_survives_too(
        self, new_node: Callable[..., Node], database: str
    ) -> None:
        here, there = new_node(database, is_stuck=True), new_node(database)
        object.__setattr__(here.services.limits, "write_seconds", 0.05)
        accepted = here.send("POST", "/v1/articles", json=BATCH)
        assert accepted.status_code == 202
        here.die()
        there.look()
        assert there.ended(accepted.headers["location"])["state"] == "done"

    def test_an_upload_survives_its_node_with_files_names_and_fields(
        self, new_node: Callable[..., Node], database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shared_jobs, "PIECE", 1000)
        here, there = new_node(database, is_stuck=True), new_node(database)
        large = "\n".join(f"{number}째 다리의 길이는 3㎞다." for number in range(100))
        files = [
            ("files", ("다리 공고.txt", "부두의 길이는 5㎞다.".encode())),
            ("files", ("긴 글.txt", large.encode())),  # of more than one piece
        ]
        accepted = here.send("POST", "/v1/files", files=files, data={"source": "울산시"})
        assert accepted.status_code == 202
        here.die()
        there.look()
        done = there.ended(accepted.headers["location"])
        assert [result["id"] for result in done["results"]] == ["다리 공고", "긴 글"], done
        stored = there.send("GET", "/v1/articles/긴 글").json()
        assert (stored["source"], stored["text"]) == ("울산시", large)

    def test_an_upload_that_was_refused_is_stored_by_nobody(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = new_node(database), new_node(database)

        def refuse(job: Job, work: Work) -> None:
            raise ProblemError("busy")

        here.services.writer.submit = refuse
        refused = here.send("POST", "/v1/files", files=UPLOAD)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        here.look()
        here.die()
        there.look()
        told = [(job["state"], job["error"]["code"]) for job in there.send("GET", "/v1/jobs").json()["jobs"]]
        assert told == [("failed", "busy")]
        assert there.send("GET", "/v1/articles/다리 공고").status_code == 404

    def test_what_ends_every_node_is_given_up(self, new_node: Callable[..., Node], database: str) -> None:
        place = ""
        for _ in range(3):
            node = new_node(database, is_stuck=True)
            if not place:
                place = node.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
            node.look()
            node.die()
        last = new_node(database)
        last.look()
        assert (last.job(place)["state"], last.job(place)["error"]["code"]) == ("failed", "internal")

    @pytest.mark.parametrize("lacks", [ProblemError("busy"), StorageError("가득", "full")])
    def test_a_node_without_room_leaves_it_and_that_is_no_try(
        self, new_node: Callable[..., Node], database: str, lacks: Exception
    ) -> None:
        here, full, there = new_node(database, is_stuck=True), new_node(database), new_node(database)
        place = here.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
        here.die()

        def refuse(job: Job, work: Work) -> None:
            raise lacks

        full.services.shared_jobs._submit = refuse
        for _ in range(5):
            full.look()
        assert there.ended(place)["state"] == "done"

    def test_a_node_whose_disk_is_full_leaves_an_upload_to_the_others(
        self, new_node: Callable[..., Node], database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here, full, there = new_node(database, is_stuck=True), new_node(database), new_node(database)
        place = here.send("POST", "/v1/files", files=UPLOAD).headers["location"]
        here.die()
        opened = Path.open

        def no_space(path: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
            if mode == "xb":
                raise OSError(errno.ENOSPC, "No space left on device")
            return opened(path, mode, *more, **named)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "open", no_space)
            for _ in range(5):
                full.look()
        assert there.ended(place)["state"] == "done"

    def test_a_node_that_stops_hands_over_what_waits(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = new_node(database), new_node(database)
        blocked: list[Work] = []
        here.services.writer._do = lambda job, work: blocked.append(work)  # the first job is at work for ever
        places = [
            here.send("POST", "/v1/articles", json={"articles": [ARTICLE | {"id": name}]}, headers=LATER).headers[
                "location"
            ]
            for name in ("one", "two")
        ]
        wait_until(lambda: blocked)
        here.look()
        here.services.writer.close(0.0)
        here.services.shared_jobs.close()
        there.look()
        assert [there.ended(place)["state"] for place in places] == ["done", "done"]

    def test_parts_go_with_the_end_of_the_job(self, new_node: Callable[..., Node], database: str) -> None:
        node = new_node(database)
        place = node.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
        shared = node.library.shared
        assert shared is not None
        assert shared.parts(place.rpartition("/")[2]) == [""]
        node.ended(place)
        node.look()
        assert shared.parts(place.rpartition("/")[2]) == []

    def test_a_node_that_was_cut_off_does_not_take_up_its_own(
        self, new_node: Callable[..., Node], database: str
    ) -> None:
        here, there = new_node(database, is_stuck=True), new_node(database, is_stuck=True)
        place = here.send("POST", "/v1/articles", json=BATCH, headers=LATER).headers["location"]
        here.die()
        here.look()
        there.look()
        assert here.job(place)["state"] == "queued"
        kept = here.library.shared and here.library.shared.job(place.rpartition("/")[2])
        assert kept is not None
        assert kept.tries == 1

    def test_without_a_shared_truth_nothing_is_kept(self, tmp_path: Path) -> None:
        from tests.support.service_fakes import make_backend

        backend = make_backend(tmp_path)
        app = create_app(backend)
        app.state.services.shared_jobs.look(backend.library)
        assert backend.library is not None
        assert backend.library.shared is None
        backend.close()


class TestReplies:
    def test_a_request_sent_again_to_another_node_gets_the_reply_it_had(
        self, new_node: Callable[..., Node], database: str
    ) -> None:
        here, there = new_node(database), new_node(database)
        once = {"headers": {"Idempotency-Key": "one"}, "content": json.dumps(BATCH).encode()}
        once["headers"] |= {"Content-Type": "application/json"}  # type: ignore[operator]
        first = here.send("POST", "/v1/articles", **once)
        again = there.send("POST", "/v1/articles", **once)
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.content == first.content
        assert again.headers["idempotency-replayed"] == "true"
        assert "idempotency-replayed" not in first.headers
        other = once | {"content": json.dumps({"articles": [ARTICLE]}).encode()}
        refused = there.send("POST", "/v1/articles", **other)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")

    def test_a_body_is_counted_while_another_node_is_waited_for(
        self, new_node: Callable[..., Node], database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node, held = new_node(database), list[int]()
        asked, bodies = idempotency._answered_elsewhere, node.services.bodies

        async def noting(*given: Any) -> idempotency.Reply | None:
            held.append(bodies.held)
            return await asked(*given)

        monkeypatch.setattr(idempotency, "_answered_elsewhere", noting)
        content = json.dumps(BATCH).encode()
        headers = {"Idempotency-Key": "one", "Content-Type": "application/json"}
        assert node.send("POST", "/v1/articles", content=content, headers=headers).status_code == 200
        assert (held, bodies.held) == ([len(content)], 0)

    def test_what_failed_may_be_tried_again_anywhere(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = new_node(database), new_node(database)
        more = {
            "headers": {"Idempotency-Key": "one", "Content-Type": "application/json"},
            "content": b'{"articles": 1}',
        }
        assert [node.send("POST", "/v1/articles", **more).status_code for node in (here, there)] == [422, 422]
        assert [
            node.send("POST", "/v1/articles", **more).headers.get("idempotency-replayed") for node in (here, there)
        ] == [None, None]

    def test_one_node_at_a_time_and_the_next_once_it_is_gone(
        self, new_node: Callable[..., Node], database: str
    ) -> None:
        here, there = (node.library.shared for node in (new_node(database), new_node(database)))
        assert here is not None
        assert there is not None
        assert here.begin_reply("a", "key", b"1") is None
        at_it = there.begin_reply("a", "key", b"1")
        assert at_it is not None
        assert at_it.status == 0
        here.close()
        wait_until(lambda: there.begin_reply("a", "key", b"1") is None)  # once the server has noticed
        there.keep_reply("a", "key", KeptReply(b"", 200, b"{}", b"done"))
        assert here.begin_reply("a", "key", b"1") == KeptReply(b"1", 200, b"{}", b"done")
        assert here.begin_reply("b", "key", b"2") is None, "another caller's key is another key"

    def test_names_do_not_run_into_one_another(self, new_node: Callable[..., Node], database: str) -> None:
        here, there = (node.library.shared for node in (new_node(database), new_node(database)))
        assert here is not None
        assert there is not None
        assert here.begin_reply("a b", "c", b"") is None
        assert there.begin_reply("a", "b c", b"") is None


def test_work_of_a_truth_that_is_away_is_refused(new_node: Callable[..., Node]) -> None:
    from tests.support.postgres import Server

    server = Server().start()
    try:
        node = new_node(server.uri())
        server.kill()
        refused = node.send("POST", "/v1/articles", json=BATCH, headers=LATER)
        assert (refused.status_code, refused.json()["code"]) == (503, "truth_away")
        node.look()  # says nothing, and tries again the next time
        assert node.send("GET", "/v1/jobs").status_code == 200, "its own are told all the same"
        server.start()
        assert node.send("POST", "/v1/articles", json=BATCH, headers=LATER).status_code == 202
    finally:
        server.remove()


def test_shared_work_needs_a_folder_that_shares(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        SharedWork(tmp_path).newest(1, None)
