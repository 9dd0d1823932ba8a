"""Nodes that share one PostgreSQL: what one writes the others have, as if each had written it itself."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from index.articles import Article
from index.engine import Engine, is_new
from index.errors import LockedError, ReadOnlyError, StorageError, TruthAwayError, UsageError
from index.folders import known_files
from index.ingest import Ingestor, remove_articles
from index.korean.parsing import analysis_fingerprint
from index.postgres.address import read_address
from index.search.generation import current_number
from index.search.manifest import read_manifest
from index.store.connection import OlderFormatError
from index.store.store import Store
from index.system.locking import write_lock
from index.truth.attachment import MARKER, address_of, attach
from index.truth.documents import shared_file, take_documents
from index.truth.writing import catch_up, reading, writing
from tests.support.fakes import ARTICLES, FESTIVAL, LIBRARY, PORT, HashEncoder, RegexSplitter
from tests.support.postgres import Server
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from index.truth.following import Follower

NODES = 2


class Node:
    """A folder that shares a truth, and what writes and reads there."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        self.folder = folder
        self.encoder = HashEncoder()
        self.ingestor = Ingestor(folder, self.encoder, RegexSplitter())
        if address is not None:
            attach(folder, address)

    def put(self, *articles: Article, **more: object) -> None:
        self.ingestor.ingest(articles, **more)  # type: ignore[arg-type]

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        analysis = analysis_fingerprint(RegexSplitter())
        with closing(Engine.open(self.folder, encoder=self.encoder.fingerprint, analysis=analysis)) as engine:
            yield engine

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything a question reads, as it lies in the node's copy."""
        tables = ("articles", "texts", "passages", "structures", "layouts")
        with closing(Store(self.folder)) as store, store.connection.guard() as db:
            return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}

    def state(self) -> str:
        with closing(Store(self.folder)) as store:
            return store.state


@pytest.fixture
def nodes(tmp_path: Path, database: str) -> list[Node]:
    return [Node(tmp_path / str(number), database) for number in range(NODES)]


def test_a_copy_is_what_an_embedded_store_would_be_row_for_row(nodes: list[Node], tmp_path: Path) -> None:
    here, there = nodes
    alone = Node(tmp_path / "alone")
    for one in (here, alone):
        one.put(*ARTICLES)
        one.put(replace(PORT, title="다른 제목"), replace(LIBRARY, collection="모음"))
        remove_articles(one.folder, [FESTIVAL.id])
    assert catch_up(there.folder)
    assert here.rows() == there.rows() == alone.rows()
    with here.engine() as first, there.engine() as second, alone.engine() as third:
        question = here.encoder.encode_queries(["부두의 길이"])
        found = [one.search_dense(question, 5) for one in (first, second, third)]
        assert found[0] == found[1] == found[2]
        assert [one.manifest.passages for one in (first, second, third)] == [3, 3, 3]


def test_what_changed_is_copied_and_nothing_else(nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
    from index.truth import copying

    here, there = nodes
    here.put(*ARTICLES)
    catch_up(there.folder)
    here.put(replace(PORT, text=f"{PORT.text} 한 문장 더."))
    remove_articles(here.folder, [FESTIVAL.id])
    copied: list[tuple[Any, object]] = []
    rows = copying._rows

    def watched(*arguments: object) -> Iterator[tuple[object, ...]]:
        for row in rows(*arguments):  # type: ignore[arg-type]
            copied.append((arguments[1], row))
            yield row

    monkeypatch.setattr(copying, "_rows", watched)
    catch_up(there.folder)
    assert [table.name for table, _ in copied] == ["articles", "texts", "passages", "structures"]
    assert here.rows() == there.rows()


def test_a_node_that_missed_more_than_is_remembered_copies_everything(
    nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = nodes
    here.put(PORT)
    catch_up(there.folder)
    monkeypatch.setattr("index.store.store._STATES_KEPT", 1)
    monkeypatch.setattr("index.postgres.store.STATES_KEPT", 1)
    remove_articles(here.folder, [PORT.id])
    for one in (LIBRARY, FESTIVAL):
        here.put(one)
    catch_up(there.folder)
    assert here.rows() == there.rows()


def test_a_truth_set_back_is_believed_and_not_the_copy(nodes: list[Node], new_database: Callable[[], str]) -> None:
    """A restored backup is older than the nodes that followed what came after it."""
    here, there = nodes
    here.put(*ARTICLES)
    here.put(replace(PORT, title="다른 제목"))
    shutil.rmtree(there.folder)
    there = Node(there.folder, new_database())
    there.put(LIBRARY)
    attach(here.folder, _address(there))
    catch_up(here.folder)
    assert here.rows() == there.rows()
    assert here.state() == there.state()
    manifests = [read_manifest(path) for path in (here.folder / "generations").iterdir()]
    assert [one.store_state for one in manifests] == [here.state()]


def _address(node: Node) -> str:
    address = address_of(node.folder)
    assert address is not None
    return address.uri


def test_the_same_article_on_two_nodes_is_one_article(nodes: list[Node]) -> None:
    for one in nodes:
        one.put(PORT, LIBRARY)
    assert nodes[1].encoder.calls == 0  # the second saw that they are there
    with reading(nodes[0].folder) as truth:
        assert truth.counts() == (2, 2)
        assert truth.version == 1


def test_one_writer_at_a_time_whatever_its_node(nodes: list[Node]) -> None:
    here, there = nodes
    with writing(here.folder):
        with pytest.raises(LockedError), writing(there.folder):
            pass
        with pytest.raises(LockedError), writing(there.folder, 0.2):
            pass
    with writing(there.folder):
        pass


def test_who_waits_for_the_lock_gets_it_when_its_holder_is_gone(nodes: list[Node]) -> None:
    here, there = nodes
    with writing(there.folder):
        waiting = threading.Thread(target=lambda: here.put(PORT, wait=30.0))
        waiting.start()
        with pytest.raises(LockedError), writing(here.folder):
            pass
    waiting.join(30.0)
    catch_up(there.folder)
    assert there.rows()["articles"]
    assert here.rows() == there.rows()


def test_who_waited_to_copy_does_not_set_the_copy_back(nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads of a node follow: the one that comes second to the copy must not bring what it saw before."""
    from index.truth import copying

    here, there = nodes
    here.put(PORT)
    catch_up(there.folder)
    lock, waited = write_lock, []

    @contextmanager
    def slowly(folder: Path, wait: float) -> Iterator[None]:
        if folder == there.folder and not waited:
            waited.append(True)
            here.put(LIBRARY)
            catch_up(there.folder)
        with lock(folder, wait):
            yield

    monkeypatch.setattr(copying, "write_lock", slowly)
    catch_up(there.folder)
    assert waited
    assert there.rows() == here.rows()


def test_a_rebuild_under_way_is_waited_for(nodes: list[Node]) -> None:
    here, there = nodes
    here.put(PORT)
    catch_up(there.folder)
    before = current_number(there.folder)
    with writing(here.folder) as truth:
        truth.set_meta("encoder", "unfinished rebuild")
        truth.write([truth.stored_article(PORT.id)], encoder="other")
        assert catch_up(there.folder)
        assert current_number(there.folder) == before
        truth.set_meta("encoder", here.encoder.fingerprint)
    catch_up(there.folder)
    assert current_number(there.folder) == before + 1


def test_files_of_folders_are_known_on_every_node(nodes: list[Node]) -> None:
    here, there = nodes
    here.put(PORT)
    with writing(here.folder) as truth:
        truth.note_files([("d", "a", PORT.id, "1", truth.content_hash(PORT.id) or "")])
    with reading(there.folder) as truth:
        assert [row.article for row in truth.files("d")] == [PORT.id]
        assert callable(known_files(truth))


class TestAttaching:
    def test_the_folder_says_what_it_is_of_but_not_the_password(self, tmp_path: Path) -> None:
        address = attach(tmp_path, "postgresql://u:s3cret%20word@h:5/d?sslmode=require&password=other7")
        said = (tmp_path / MARKER).read_text()
        assert "s3cret" not in said
        assert "other7" not in said
        assert "sslmode=require" in said
        assert address_of(tmp_path) == address
        assert "s3cret" not in repr(address)
        assert address_of(tmp_path / "none") is None

    def test_a_folder_with_articles_of_its_own_is_left_alone(self, tmp_path: Path) -> None:
        Node(tmp_path).put(PORT)
        with pytest.raises(UsageError, match="migrate-truth"):
            attach(tmp_path, "postgresql://h/d")
        assert address_of(tmp_path) is None

    @pytest.mark.parametrize(
        "given",
        [
            "",
            "mysql://h/d",
            "h:5432/d",
            "postgresql://",
            "postgresql://u:p4ssw0rd@h /d",
            "postgresql://[u:p4ssw0rd@h/d",
            "postgresql://u:p4ssw0rd/1@h/d",
            "postgresql://u:1/p4ssw0rd@h/d",
            "postgresql://u:1@p4ssw0rd/2@h/d",
            "postgresql://u/x:p4ssw0rd@h/d",
            "postgresql://u:p4ssw0rd?1@h/d",
            "postgresql://u:1?p4ssw0rd@h/d",
            "postgresql://u:1?2=p4ssw0rd@h/d",
            "postgresql://u:p4ssw0rd#1@h/d",
            "postgresql://u:1#p4ssw0rd@h/d",
            "postgresql://u:p4ssw0rd",
            "postgresql:u:p4ssw0rd@h/d",
            "postgresql://h/d?pasword=p4ssw0rd",
            "postgresql://h/d?PASSWORD=p4ssw0rd",
            "postgresql://h/d?password=1&p4ssw0rd",
        ],
    )
    def test_what_is_no_address_is_not_repeated(self, tmp_path: Path, given: str) -> None:
        with pytest.raises(UsageError) as caught:
            attach(tmp_path, given)
        assert "p4ssw0rd" not in caught.value.korean + caught.value.english
        assert not (tmp_path / MARKER).exists()

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("postgres://u@h/d", "postgresql://u@h/d"),
            ("postgresql:///d", None),
            ("postgresql:///d?host=/tmp", "postgresql:///d?host=%2Ftmp"),
            ("postgresql:///d?host=@abstract&port=5433", "postgresql:///d?host=%40abstract&port=5433"),
            ("postgresql://%2Fvar%2Frun:5433/d", None),
            ("postgresql://u@db1:5432,db2,:5433/d?target_session_attrs=read-write", None),
            ("postgresql://u@[2001:db8::1]:5432/d", None),
            ("postgresql://u@[fe80::1%25eth0],h:5/d", None),
            ("postgresql://h:/a%40b", None),
            ("postgresql://h/a@b", None),
            ("postgresql://h:5432/d?user=u@server&options=-csearch_path=x",
             "postgresql://h:5432/d?user=u%40server&options=-csearch_path%3Dx"),
            ("postgresql://u:p%2F4%3Fs%40s%23%25@h/d", "postgresql://u@h/d"),
            ("postgresql://u:p4@ss:w0rd@h/d", "postgresql://u@h/d"),
            ("postgresql://h/d?password=p4ss=/?w0rd", "postgresql://h/d"),
            ("postgresql://h/d?oauth_client_id=i&oauth_client_secret=p4ss", "postgresql://h/d?oauth_client_id=i"),
        ],
    )  # fmt: skip
    def test_what_is_an_address_is_read_back(self, tmp_path: Path, given: str, kept: str | None) -> None:
        assert attach(tmp_path, given).uri == (kept or given)
        marked = address_of(tmp_path)
        assert marked is not None
        assert marked.uri == (kept or given)
        assert "p4" not in (tmp_path / MARKER).read_text() + marked.name

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_every_parameter_of_libpq_is_known(self) -> None:
        from psycopg.pq import Conninfo

        for name in (one.keyword.decode() for one in Conninfo.get_defaults()):
            read_address(f"postgresql://h/d?{name}=1")

    def test_nothing_was_ever_written(self, nodes: list[Node]) -> None:
        assert not catch_up(nodes[0].folder)
        assert is_new(nodes[0].folder)


class TestAway:
    @pytest.fixture
    def own_server(self, postgres: Server) -> Iterator[Server]:
        one = Server().start()
        yield one
        one.remove()

    def test_nothing_is_written_and_the_copy_goes_on(self, own_server: Server, tmp_path: Path) -> None:
        node = Node(tmp_path, own_server.uri())
        node.put(PORT)
        own_server.kill()
        for work in (
            lambda: node.put(LIBRARY),
            lambda: remove_articles(tmp_path, [PORT.id]),
            lambda: catch_up(tmp_path),
        ):
            with pytest.raises(TruthAwayError):
                work()
        with node.engine() as engine:
            assert engine.article(PORT.id) == PORT
        own_server.start()
        node.put(LIBRARY)
        with node.engine() as engine:
            assert engine.article(LIBRARY.id) == LIBRARY

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_a_password_is_in_no_error(self, tmp_path: Path) -> None:
        attach(tmp_path, "postgresql://u:p4ssw0rd@127.0.0.1:1/d")
        with pytest.raises(TruthAwayError) as caught:
            catch_up(tmp_path)
        error = caught.value
        assert "127.0.0.1" in error.korean
        assert "p4ssw0rd" not in f"{error.korean}{error.english}{error.__cause__!r}"


class FrozenTruth:
    """What the truth is first asked for, which it answers, or fails at, only while ``answers`` is set."""

    def __init__(self, take_documents: Callable[..., None]) -> None:
        self._take_documents = take_documents
        self.asked, self.answers = threading.Event(), threading.Event()
        self.answers.set()
        self.error: TruthAwayError | None = None
        self.times = 0

    def take_documents(self, *given: object) -> None:
        self.times += 1
        self.asked.set()
        self.answers.wait(30.0)
        if self.error is not None:
            raise self.error
        self._take_documents(*given)


class TestFollower:
    def test_hears_of_what_others_write(self, nodes: list[Node]) -> None:
        from index.truth.following import Follower

        here, there = nodes
        heard = threading.Event()
        address = address_of(there.folder)
        assert address is not None
        follower = Follower(there.folder, address, heard.set)
        follower.start()
        try:
            here.put(PORT)
            assert heard.wait(30.0)
            assert here.rows() == there.rows()
            assert not follower.is_away
            heard.clear()
            here.put(LIBRARY)
            follower.require_current()
            assert here.rows() == there.rows()
        finally:
            follower.close()

    def test_a_connection_that_ended_while_nobody_asked_is_no_absence(
        self, nodes: list[Node], postgres: Server
    ) -> None:
        """As after a restart of the PostgreSQL, or a router that forgets who is silent."""
        import psycopg

        from index.truth.following import Follower

        here, there = nodes
        address = address_of(there.folder)
        assert address is not None
        follower = Follower(there.folder, address, lambda: None)
        here.put(PORT)
        follower.require_current()
        here.put(LIBRARY)
        with psycopg.connect(postgres.uri(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = 'geungeo'"
            )
        follower.require_current()
        assert here.rows() == there.rows()
        follower.close()

    def test_goes_on_after_a_panic_of_a_library(self, nodes: list[Node]) -> None:
        from index.truth.following import Follower

        class PanicException(BaseException):
            """What a Rust library raises where it gives up."""

        here, there = nodes
        panicked, heard = threading.Event(), threading.Event()

        def published() -> None:
            if not panicked.is_set():
                panicked.set()
                raise PanicException
            heard.set()

        address = address_of(there.folder)
        assert address is not None
        follower = Follower(there.folder, address, published)
        follower.start()
        try:
            here.put(PORT)
            assert panicked.wait(30.0)
            here.put(LIBRARY)
            assert heard.wait(30.0)
        finally:
            follower.close()

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_a_truth_that_is_away_is_said_to_be(self, tmp_path: Path) -> None:
        from index.truth.following import Follower

        address = attach(tmp_path, "postgresql://u@127.0.0.1:1/d")
        follower = Follower(tmp_path, address, lambda: None)
        follower.start()
        try:
            wait_until(lambda: follower.is_away)
            with pytest.raises(TruthAwayError):
                follower.require_current()
        finally:
            follower.close()

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_what_fails_here_is_no_absence_of_the_truth(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A disk that is full once the PostgreSQL is back: it answers, and can be written to."""
        from index.truth.following import Follower

        follower, seen = Follower(tmp_path, read_address("postgresql://u@127.0.0.1:1/d"), lambda: None), list[bool]()

        def follow() -> None:
            seen.append(follower.is_away)
            if len(seen) == 1:
                raise TruthAwayError("", "away")
            if len(seen) == 2:
                raise StorageError("", "the disk is full")
            follower._closed.set()

        monkeypatch.setattr(follower, "_follow", follow)
        follower._run()
        assert seen == [False, True, False]

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_what_was_there_again_is_tried_again_soon(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from index.truth import following

        pauses = list[float]()
        follower = following.Follower(tmp_path, read_address("postgresql://u@127.0.0.1:1/d"), lambda: None)
        closed = follower._closed

        class Truth:
            """Away, but for the fourth time: then it goes away when it has answered."""

            def __init__(self, *given: object) -> None:
                if len(pauses) != 3:
                    raise TruthAwayError("", "away")
                self.connection = self

            def listen(self) -> None:
                pass

            def close(self) -> None:
                pass

            def wait(self, seconds: float) -> None:
                raise TruthAwayError("", "gone")

        def wait(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 5:
                closed.set()

        monkeypatch.setattr(following, "PostgresStore", Truth)
        monkeypatch.setattr(follower, "_is_behind", lambda truth: False)
        monkeypatch.setattr(closed, "wait", wait)
        follower._run()
        assert pauses == [0.2, 0.4, 0.8, 0.2, 0.4]

    @pytest.mark.skipif(find_spec("psycopg") is None, reason="psycopg is not installed: pip install '.[postgres]'")
    def test_who_asks_while_much_is_copied_is_not_told_that_the_truth_is_silent(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from index.truth import following

        follower = following.Follower(tmp_path, read_address("postgresql://u@127.0.0.1:1/d"), lambda: None)
        copies, goes_on = threading.Event(), threading.Event()

        def copy(_: object) -> None:
            copies.set()
            goes_on.wait(30.0)

        monkeypatch.setattr(following, "_PATIENCE", 0.2)
        monkeypatch.setattr(following, "PostgresStore", lambda *_: mock.Mock())
        monkeypatch.setattr(follower, "_is_behind", lambda truth: not goes_on.is_set())
        monkeypatch.setattr(follower, "_copy", copy)
        first = threading.Thread(target=follower.require_current)
        first.start()
        assert copies.wait(30.0)
        with pytest.raises(LockedError, match="복사하고 있습니다"):
            follower.require_current()
        goes_on.set()
        first.join(30.0)
        follower.require_current()


class TestFrozen:
    """A machine that is paused, or a disk that hangs: connections stay, and nothing comes on them."""

    @pytest.fixture
    def follower(self, nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple["Follower", FrozenTruth]]:
        from index.truth import following

        nodes[0].put(LIBRARY)
        frozen = FrozenTruth(take_documents)
        monkeypatch.setattr(following, "take_documents", frozen.take_documents)
        for name in ("_PATIENCE", "_SILENCE"):
            monkeypatch.setattr(following, name, 0.2)
        address = address_of(nodes[1].folder)
        assert address is not None
        follower = following.Follower(nodes[1].folder, address, lambda: None)
        yield follower, frozen
        frozen.answers.set()
        follower.close()

    def test_who_asks_behind_another_is_refused_soon(self, follower: tuple["Follower", FrozenTruth]) -> None:
        following, frozen = follower
        frozen.answers.clear()
        first = threading.Thread(target=following.require_current)
        first.start()
        assert frozen.asked.wait(30.0)
        with pytest.raises(TruthAwayError):
            following.require_current()
        frozen.answers.set()
        first.join(30.0)
        following.require_current()

    def test_who_waited_is_refused_with_the_one_it_waited_for(
        self, follower: tuple["Follower", FrozenTruth], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.truth.following._PATIENCE", 30.0)
        following, frozen = follower
        frozen.answers.clear()
        frozen.error = TruthAwayError("", "away")
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(following.require_current) for _ in range(4)]
            assert frozen.asked.wait(30.0)
            wait_until(lambda: all(one.running() for one in asked))
            time.sleep(0.2)  # so that they wait
            frozen.answers.set()
            assert all(isinstance(one.exception(30.0), TruthAwayError) for one in asked)
        assert frozen.times == 1
        frozen.error = None
        following.require_current()

    def test_it_is_said_to_be_away(self, follower: tuple["Follower", FrozenTruth]) -> None:
        following, frozen = follower
        following.start()
        wait_until(lambda: frozen.times > 0 and not following.is_away)
        frozen.answers.clear()
        wait_until(lambda: following.is_away)
        frozen.answers.set()
        wait_until(lambda: not following.is_away)

    def test_jobs_and_replies_do_not_queue_behind_it(self, nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
        from index.truth import shared_work

        monkeypatch.setattr(shared_work, "_PATIENCE", 0.2)
        work = shared_work.SharedWork(nodes[0].folder)
        hangs, goes_on = threading.Event(), threading.Event()

        def pieces() -> Iterator[bytes]:
            hangs.set()
            goes_on.wait(30.0)
            yield b"body"

        job = shared_work.KeptJob("1", "local", "2024", False, 1, b"{}", None)
        keeping = threading.Thread(target=work.keep, args=(job, [("part", pieces())]))
        keeping.start()
        assert hangs.wait(30.0)
        with pytest.raises(TruthAwayError):
            work.job("1")
        work.close()
        assert keeping.is_alive()
        goes_on.set()
        keeping.join(30.0)
        assert work.job("1") == job
        work.close()


class TestRights:
    """docs/postgresql.md: one role makes the tables, another with fewer rights is the nodes'."""

    @pytest.fixture(scope="class")
    @classmethod
    def addresses(cls, postgres: Server) -> tuple[str, str]:
        """Those of owner and nodes, made by the statements of the page as its reader would make them."""
        import psycopg

        page = (Path(__file__).parents[3] / "docs" / "postgresql.md").read_text("utf-8")
        (block,) = re.findall(r"^```sql\n(.+?)^```", page, re.M | re.S)
        for theirs, ours in (("geungeo_owner", "rights_owner"), (r"geungeo", "rights")):
            block = re.sub(rf"\b{theirs}\b", ours, block)
        in_cluster, in_database = block.split("\\c rights\n")
        for database, statements in (("postgres", in_cluster), ("rights", in_database)):
            with psycopg.connect(postgres.uri(database), autocommit=True) as connection:
                for statement in re.findall(r"^[A-Z].+;", statements, re.M):
                    connection.execute(statement)
        address = postgres.uri("rights")
        return address.replace("geungeo@", "rights_owner@"), address.replace("geungeo@", "rights@")

    def test_are_enough_and_no_more(self, addresses: tuple[str, str], tmp_path: Path) -> None:
        owner, role = addresses
        with pytest.raises(ReadOnlyError):
            Node(tmp_path / "early", role).put(PORT)
        Node(tmp_path / "owner", owner).put(PORT)
        node = Node(tmp_path / "node", role)
        catch_up(node.folder)
        node.put(LIBRARY)
        node.put(replace(LIBRARY, title="다른 제목"))
        remove_articles(node.folder, [PORT.id])
        with shared_file(node.folder, "keys.json"):
            (node.folder / "keys.json").write_bytes(b"keys")
        with reading(node.folder) as truth:
            assert [one.id for one in truth.list_articles()] == [LIBRARY.id]

    def test_a_newer_release_is_made_ready_by_the_owner(self, addresses: tuple[str, str], tmp_path: Path) -> None:
        """The nodes' role may not make the new tables, and has rights on them once they are made."""
        import psycopg

        owner, role = addresses
        Node(tmp_path / "owner", owner).put(PORT)
        node = Node(tmp_path / "node", role)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("DROP TABLE embedding; UPDATE meta SET value = '4' WHERE key = 'step'")
        with pytest.raises(OlderFormatError):
            catch_up(node.folder)
        with pytest.raises(ReadOnlyError):
            node.put(LIBRARY)
        Node(tmp_path / "owner", owner).put(PORT)  # is there already: opening it was enough
        node.put(LIBRARY)
        with psycopg.connect(role) as connection:
            assert connection.execute("SELECT count(*) FROM embedding").fetchone() == (0,)
