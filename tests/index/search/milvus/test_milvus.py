"""What only a Milvus can do wrong: be away, lose rows, be written to by others, and be left half written."""

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace

import numpy as np
import pytest

from index.articles import Article
from index.doctor import examine, repair
from index.engine import Engine
from index.errors import CorruptIndexError, EngineAwayError, UsageError
from index.ingest import remove_articles
from index.search.generation import open_current
from index.search.lexical import LexicalQuery
from index.search.manifest import read_manifest, write_manifest
from index.search.milvus import collection as collections
from index.search.milvus import publication, searching, turns, verifying
from index.search.milvus.address import EMBEDDED, Address, attach, engine_of, read_address
from index.search.milvus.collection import Collection, Note, Row, has_sparse
from index.search.milvus.expressions import both, id_of
from index.search.milvus.publication import MilvusMaker
from index.search.milvus.searching import MilvusIndex
from index.search.shards import plan_shards
from rag.cli import main
from tests.index.search.milvus.lite import milvus
from tests.support.fakes import ARTICLES, PORT, HashEncoder, RegexSplitter, make_index, open_index

__all__ = ["milvus"]
SPLITTER = RegexSplitter()
QUESTION = HashEncoder().encode_queries(["부산항 부두"])
WORDS = LexicalQuery({"부두를": 1.0, "축제가": 1.0}, ())
NEW = Article("새글", "두루미", "두루미가 왔다.")


@pytest.fixture
def folder(tmp_path: Path, milvus: str) -> Path:
    folder = tmp_path / "data"
    attach(folder, milvus)
    make_index(folder, SPLITTER)
    return folder


def collection_of(folder: Path) -> Collection:
    generation = open_current(folder)
    assert generation is not None
    assert isinstance(generation.index, MilvusIndex)
    return generation.index._collection


def found(folder: Path) -> tuple[list[int], list[int]]:
    with closing(open_index(folder, SPLITTER)) as engine:
        return _numbers(engine)


def _numbers(engine: Engine) -> tuple[list[int], list[int]]:
    dense, lexical = engine.search_dense(QUESTION, 9), engine.search_lexical(WORDS, 9)
    return [seq for seq, _ in dense], sorted(seq for seq, _ in lexical)


def test_killed_between_writing_and_publishing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*given: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(MilvusMaker, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            make_index(folder, SPLITTER, [NEW, Article(PORT.id, PORT.title, "부산항에 갈매기가 산다.")])
    assert len(collection_of(folder).checksums(0, 99)) == 6  # the new ones beside what they replace
    numbers, _ = found(folder)
    assert set(numbers) == {2, 3, 4, 5, 6}
    assert collection_of(folder).checksums(0, 99).keys() == {2, 3, 4, 5, 6}
    assert examine(folder) == []


class Kept(Collection):
    """A collection in memory, of what a maker writes: checksums by number, and a note."""

    rows: dict[int, int]
    noted: Note | None = None

    def exists(self) -> bool:
        return "rows" in type(self).__dict__

    def create(self, dim: int) -> None:
        type(self).rows = {}

    def upsert(self, rows: Iterable[Row]) -> None:
        self.rows.update({row.seq: row.crc for row in rows})

    def delete(self, seqs: Sequence[int]) -> None:
        for seq in seqs:
            self.rows.pop(seq, None)

    def checksums(self, low: int, high: int) -> dict[int, int]:
        return {seq: crc for seq, crc in self.rows.items() if low < seq <= high}

    def note(self, *, strong: bool = True) -> Note | None:
        return self.noted

    def write_note(self, note: Note, dim: int) -> None:
        type(self).noted = note

    def has_all_of(self, note: Note) -> bool:
        return len(self.rows) >= note.passages


def test_of_a_shard_that_is_gone_no_row_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in no plan any more, so nobody writes its range and sees on the way what is there."""
    monkeypatch.setattr(publication, "Collection", type("Own", (Kept,), {}))
    monkeypatch.setitem(plan_shards.__kwdefaults__, "capacity", 1)
    attach(tmp_path, "milvus://127.0.0.1:9/kept")
    make_index(tmp_path, SPLITTER)
    rows = publication.Collection.rows  # type: ignore[attr-defined]
    assert rows.keys() == {1, 2, 3, 4}
    remove_articles(tmp_path, [ARTICLES[1].id])
    assert rows.keys() == {1, 3, 4}
    remove_articles(tmp_path, [ARTICLES[3].id])
    assert rows.keys() == {1, 3}
    make_index(tmp_path, SPLITTER, [NEW])
    remove_articles(tmp_path, [ARTICLES[0].id, ARTICLES[2].id, NEW.id])
    assert rows == {}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is searched in a milvus-lite whose path has a blank."""
    monkeypatch.setattr(publication, "Collection", type("Own", (Kept,), {}))
    attach(tmp_path, "milvus:///my data/x.db")
    make_index(tmp_path, SPLITTER)
    return tmp_path


def rename_in_manifest(folder: Path, old: str, new: str) -> None:
    (path,) = (folder / "generations").iterdir()
    manifest = read_manifest(path)
    assert old in manifest.lexical
    write_manifest(path, replace(manifest, lexical=manifest.lexical.replace(old, new)))


def test_a_path_with_a_blank(kept: Path) -> None:
    assert collection_of(kept)._address == engine_of(kept)
    rename_in_manifest(kept, "my%20data", "my data")  # as earlier releases wrote it
    assert collection_of(kept)._address == engine_of(kept)


def test_a_manifest_that_names_no_milvus(kept: Path) -> None:
    rename_in_manifest(kept, "/my%20data/x.db", "::1:19530/news")  # as earlier releases wrote IPv6
    assert open_current(kept) is None  # passed over, as any that is damaged


def test_what_it_has_lost_is_noticed_and_filled_again(folder: Path) -> None:
    collection_of(folder).delete([2])
    with closing(open_index(folder, SPLITTER)) as engine, pytest.raises(EngineAwayError, match="doctor --repair"):
        engine.search_dense(QUESTION, 3)
    assert [type(error) for error in examine(folder)] == [CorruptIndexError]
    with pytest.raises(EngineAwayError, match="doctor --repair"):
        make_index(folder, SPLITTER, [NEW])
    repair(folder)
    assert examine(folder) == []
    assert set(found(folder)[0]) == {1, 2, 3, 4, 5}


def show_only(monkeypatch: pytest.MonkeyPatch, seqs: set[int], *, note: bool = True) -> None:
    """As a server of a cluster that has just taken over for a lost one: without an error, of the rows only the newest."""
    newest = [*map(id_of, seqs), *(["state"] if note else [])]
    call = Collection._read, Collection._search

    def read(self: Collection, expression: str, *given: object, **more: object) -> object:
        return call[0](self, both(expression, f"id in {newest}"), *given, **more)  # type: ignore[arg-type]

    def search(self: Collection, field: str, asked: object, k: int, expression: str) -> list[tuple[int, float]]:
        return call[1](self, field, asked, k, both(expression, f"id in {newest}"))

    monkeypatch.setattr(Collection, "_read", read)
    monkeypatch.setattr(Collection, "_search", search)


def test_no_answer_of_a_part(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part was found in a cluster for eight seconds after its query node was killed, by searches and Strong counts alike."""
    with closing(open_index(folder, SPLITTER)) as engine:
        whole = _numbers(engine)
        with monkeypatch.context() as patched:
            show_only(patched, {4})
            patched.setattr(searching, "_WHOLE_SECONDS", 0.0)
            with pytest.raises(EngineAwayError):
                engine.search_dense(QUESTION, 1)
            with pytest.raises(EngineAwayError):
                engine.search_lexical(WORDS, 1)
        assert _numbers(engine) == whole


def test_no_answer_of_a_part_after_somebody_wrote(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That fewer are there is explained by what was deleted since, but only as far as that goes."""
    with closing(open_index(folder, SPLITTER)) as engine:
        make_index(folder, SPLITTER, [NEW])
        with monkeypatch.context() as patched:
            show_only(patched, {5})
            with pytest.raises(EngineAwayError):
                engine.search_dense(QUESTION, 1)
        assert set(_numbers(engine)[0]) == {1, 2, 3, 4}


def test_a_view_of_before_the_state_is_not_searched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is seconds behind has as many rows where an article was replaced: the note tells, and a Strong read waits for it."""
    with closing(open_index(folder, SPLITTER)) as engine:
        engine.search_dense(QUESTION, 1)
        reads, read, note = list[bool](), Collection._read, Collection.note

        def noted(self: Collection, *given: object, strong: bool = True, **more: object) -> object:
            reads.append(strong)
            return read(self, *given, strong=strong, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(searching, "_WHOLE_SECONDS", 0.0)
        monkeypatch.setattr(Collection, "_read", noted)
        engine.search_dense(QUESTION, 1)
        assert reads == [False, False]  # quick: nothing is waited for
        before = Note(1, "before", 4)
        monkeypatch.setattr(Collection, "note", lambda self, strong=True: note(self) if strong else before)
        engine.search_dense(QUESTION, 1)
        assert reads[2:] == [True]


@pytest.mark.parametrize("note", [True, False])
def test_nothing_is_written_of_a_part(folder: Path, monkeypatch: pytest.MonkeyPatch, *, note: bool) -> None:
    """Else rows that are gone would stay, and a copy of the folder would not see whose the collection is."""
    with monkeypatch.context() as patched:
        show_only(patched, {4}, note=note)
        with pytest.raises(EngineAwayError):
            remove_articles(folder, [PORT.id])
    assert set(collection_of(folder).checksums(0, 99)) == {1, 2, 3, 4}
    assert set(found(folder)[0]) == {2, 3, 4}
    assert set(collection_of(folder).checksums(0, 99)) == {2, 3, 4}


def test_what_was_deleted_since_is_no_loss(folder: Path) -> None:
    with closing(open_index(folder, SPLITTER)) as engine:  # not asked anything yet
        remove_articles(folder, [PORT.id])
        assert set(_numbers(engine)[0]) == {2, 3, 4}


def test_what_somebody_else_wrote_there_is_never_answered(folder: Path) -> None:
    foreign = Row(5, QUESTION[0], {1: 9.0}, ("", "", ""), 0, 1)
    collection_of(folder).upsert([foreign, Row(0, QUESTION[0], {1: 9.0}, ("", "", ""), 0, 1)])
    assert set(found(folder)[0]) == {1, 2, 3, 4}
    collection_of(folder).upsert([Row(2, QUESTION[0], {1: 9.0}, ("", "", ""), 0, 1)])
    assert [type(error) for error in examine(folder)] == [CorruptIndexError]
    repair(folder)
    assert examine(folder) == []


def test_a_copy_of_the_folder_goes_its_own_way(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    make_index(folder, SPLITTER, [NEW])
    make_index(copy, SPLITTER, [Article("딴글", "고래", "고래가 왔다.")])
    assert collection_of(folder).name != collection_of(copy).name
    for one, word in ((folder, "두루미가"), (copy, "고래가")):
        with closing(open_index(one, SPLITTER)) as engine:
            assert [seq for seq, _ in engine.search_lexical(LexicalQuery({word: 1.0}, ()), 9)] == [5]
        assert examine(one) == []


def test_there_and_back(tmp_path: Path, milvus: str) -> None:
    make_index(tmp_path, SPLITTER)
    embedded = found(tmp_path)
    attach(tmp_path, milvus)
    assert found(tmp_path) == embedded
    assert collection_of(tmp_path).count("") == len(ARTICLES) + 1  # and the note whose they are
    attach(tmp_path, EMBEDDED)
    assert found(tmp_path) == embedded
    assert (tmp_path / "generations/000003/lexical").exists()


def test_no_letter_of_an_article_is_there(folder: Path) -> None:
    collection = collection_of(folder)
    fields = ["id", "article", "source", "collection", "day", "crc", "sparse"]
    rows = collection._read('id < "9"', fields)
    assert len(rows) == len(ARTICLES)
    said = " ".join(map(str, rows))
    assert said.isascii()
    assert "sparse" in said


def test_while_it_is_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3cret-word"
    monkeypatch.setattr(collections, "CONNECT_SECONDS", 0.5)
    address = f"milvus://admin:{secret}@127.0.0.1:9/news"
    with closing(open_index(folder, SPLITTER)) as engine:
        engine._generation.index._collection._address = read_address(address)  # type: ignore[attr-defined]
        with pytest.raises(EngineAwayError) as away:
            engine.search_dense(QUESTION, 3)
    assert secret not in away.value.korean + away.value.english
    assert "127.0.0.1:9" in away.value.english
    before = found(folder)
    attach(folder, address)
    assert found(folder) == before  # of the generation at hand: nothing was derived that could not be


def test_a_call_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a proxy is killed pymilvus tries again within the time-out, each try with the whole of it, and one behind another."""
    pytest.importorskip("pymilvus")

    class Hanging:
        ended = threading.Event()

        def search(self, name: str, **given: object) -> list[list[object]]:
            assert self.ended.wait(60)
            return [[]]

    monkeypatch.setattr(collections, "connect", lambda address: Hanging())
    collection = Collection(read_address("milvus://127.0.0.1:9/hangs"), "hangs")
    with pytest.raises(EngineAwayError, match="no answer within"), turns.at_most(0.1):
        collection.nearest(QUESTION[0], 3, "")
    Hanging.ended.set()
    assert collection.nearest(QUESTION[0], 3, "") == []


@pytest.mark.parametrize(("allowed", "left"), [(60.0, 1.0), (4.5, 0.5), (3.0, 0.0)])
def test_waiting_for_a_place_is_part_of_the_time(monkeypatch: pytest.MonkeyPatch, allowed: float, left: float) -> None:
    now, waited = [100.0], list[float]()

    class Places:
        def acquire(self, timeout: float) -> bool:
            waited.append(timeout)
            now[0] += 4.0
            return True

        def release(self) -> None:
            pass

    class Watched(Future[object]):
        def result(self, timeout: float | None = None) -> object:
            assert timeout is not None
            waited.append(timeout)
            return super().result(60.0)

    monkeypatch.setattr(turns, "_calls", Places())
    monkeypatch.setattr(turns, "Future", Watched)
    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with turns.at_most(allowed):
        assert turns.within(5.0, lambda: "found") == "found"
    assert waited == [min(5.0, allowed), left]


def test_a_thread_that_does_not_start_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread:
        def __init__(self, **given: object) -> None:
            pass

        def start(self) -> None:
            raise RuntimeError

    monkeypatch.setattr(turns, "_calls", threading.BoundedSemaphore(1))
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Thread", NoThread)
        with pytest.raises(RuntimeError):
            turns.within(5.0, lambda: None)
    assert turns.within(60.0, lambda: "found") == "found"


def test_a_question_is_given_up_as_a_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not each of its calls by itself: the time is over when the first has used it up."""
    left = list[float]()
    within = turns.within

    def slow(seconds: float, call: Callable[[], object]) -> object:
        found = within(seconds, call)
        left.append(turns._until.get() - monotonic())
        turns._until.set(0.0)
        return found

    with closing(open_index(folder, SPLITTER)) as engine:
        monkeypatch.setattr(collections, "within", slow)
        monkeypatch.setattr(searching, "_WHOLE_SECONDS", 0.0)
        for ask in (lambda: engine.search_dense(QUESTION, 1), lambda: engine.search_lexical(WORDS, 1)):
            with pytest.raises(EngineAwayError):
                ask()
        assert len(left) == 2
        assert max(left) <= collections.READ_SECONDS


def test_who_waits_while_another_connects_in_vain_does_not_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs takes the whole time-out; questions that came meanwhile must not wait in line for theirs."""
    pytest.importorskip("pymilvus")
    tries, came, address = list[object](), list[float](), read_address("milvus://127.0.0.1:9/hangs")

    def connect(address: Address) -> object:
        tries.append(address)
        while len(came) < 3:
            sleep(0.01)
        raise EngineAwayError("", "hangs")

    def clock() -> float:
        came.append(monotonic())
        return came[-1]

    monkeypatch.setattr(collections, "_new_connection", connect)
    monkeypatch.setattr(time, "monotonic", clock)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(collections.connect, address) for _ in range(3)]
    assert [type(one.exception()) for one in asked] == [EngineAwayError] * 3
    assert len(tries) == 1
    with pytest.raises(EngineAwayError):
        collections.connect(address)
    assert len(tries) == 2


def test_verified_on_one_that_does_it_all(milvus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engine", "verify", milvus, "--passages", "200", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert said.count("✓") == 10
    assert "it can be used" in said


def test_verified_on_one_that_does_not_delete(milvus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Collection, "delete", lambda self, seqs: None)
    checks = list(verifying.verify(read_address(milvus), 100))
    assert [check.name for check in checks if check.holds is False] == ["delete"]


def test_verified_on_one_without_sparse_vectors(
    milvus: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verifying, "server_version", lambda address: "v2.3.5")
    assert main(["engine", "verify", milvus, "--passages", "100", "--lang", "en"]) == 6
    said = capsys.readouterr().out
    assert (said.count("✓"), said.count("–")) == (8, 2)
    assert "Milvus 2.4" in said


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError):
        collections.require_pymilvus()
    assert main(["list", "--data", str(tmp_path), "--engine", "milvus://db", "--lang", "en"]) == UsageError.exit_code
    assert "geungeo[milvus]" in capsys.readouterr().err
    assert engine_of(tmp_path) is None


@pytest.mark.parametrize(("version", "has"), [("v2.3.5", False), ("2.4.1", True), ("v2.6.0-rc1", True), ("", True)])
def test_which_servers_have_sparse_vectors(version: str, has: bool) -> None:
    assert has_sparse(version) == has


def test_more_are_asked_for_where_what_is_found_is_gone(folder: Path) -> None:
    """So many deleted ones before the first that is left that one look does not reach it."""
    ghosts = [Row(0, QUESTION[0], {1: 1.0}, ("", "", ""), 0, 0)]
    collection = collection_of(folder)
    with closing(open_index(folder, SPLITTER)) as engine:
        index = engine._generation.index
        assert isinstance(index, MilvusIndex)
        index._high = 500
        collection.upsert([Row(seq, QUESTION[0], {1: 1.0}, ("", "", ""), 0, 0) for seq in range(10, 60)] + ghosts)
        assert [seq for seq, _ in index.search_dense(QUESTION, 4, engine._store)] == found_before(engine)


def found_before(engine: Engine) -> list[int]:
    seqs, rows = engine._store.vectors()
    return [int(seqs[place]) for place in np.argsort(-(rows @ QUESTION[0]), kind="stable")]
