"""The engine: exact filters, nothing deleted returned, one writer, and an index only for the encoder that made it."""

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
import pytest

from index.articles import Article
from index.doctor import examine
from index.engine import Engine, is_new
from index.errors import (
    CorruptIndexError,
    EncoderMismatchError,
    LockedError,
    NotFoundError,
    ReadOnlyError,
    StorageError,
)
from index.ingest import Ingestor, remove_articles
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.korean.terms import bigrams, word_terms
from index.search.filters import EVERYTHING, And, In, Range, Where
from index.search.generation import current_number
from index.search.lexical import LexicalQuery
from index.search.manifest import Manifest
from index.store import connection
from index.store.packing import pack_text
from index.store.store import DATABASE, Store, StoredArticle
from index.system.locking import write_lock
from index.truth.writing import publish
from tests.support.fakes import (
    ARTICLES,
    FESTIVAL,
    LIBRARY,
    PORT,
    UNDATED,
    HashEncoder,
    RegexSplitter,
    make_index,
    open_index,
)

ROOT = Path(__file__).parents[2]
QUESTION = "부산 축제에 온 사람은 몇 명?"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, splitter: SentenceSplitter) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_index(folder, splitter)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "data"))


def found(engine: Engine, splitter: SentenceSplitter, where: Where | None = None) -> tuple[set[str], set[str]]:
    """The articles whose passages a question finds: (dense, lexical)."""
    words = dict.fromkeys(word_terms(splitter.tokenize(QUESTION), QUESTION), 1.0)
    dense = engine.search_dense(HashEncoder().encode_queries([QUESTION]), 50, where)
    lexical = engine.search_lexical(LexicalQuery(words, bigrams(QUESTION)), 50, where)
    by_seq = engine.passages([seq for seq, _ in [*dense, *lexical]])
    return {by_seq[seq].article_id for seq, _ in dense}, {by_seq[seq].article_id for seq, _ in lexical}


class TestSearching:
    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (None, ARTICLES),
            (EVERYTHING, ARTICLES),
            (In("source", ("부산일보",)), (PORT, FESTIVAL)),
            (In("article_id", (LIBRARY.id, UNDATED.id)), (LIBRARY, UNDATED)),
            (Range("published_at", "2024-01-01", None), (PORT, LIBRARY)),
            (And((In("source", ("부산일보",)), Range("published_at", None, "2023-12-31"))), (FESTIVAL,)),
            (In("source", ("없는 신문",)), ()),
        ],
    )
    def test_filters_are_exact_in_both_halves(
        self, made: Path, splitter: SentenceSplitter, where: Where | None, expected: tuple[Article, ...]
    ) -> None:
        engine = open_index(made, splitter)
        unfiltered = found(engine, splitter)
        dense, lexical = found(engine, splitter, where)
        ids = {article.id for article in expected}
        assert dense == ids
        assert lexical == unfiltered[1] & ids
        assert unfiltered[1] >= {PORT.id, FESTIVAL.id}
        engine.close()

    def test_score_equals_search(self, made: Path, splitter: SentenceSplitter) -> None:
        engine = open_index(made, splitter)
        vector = HashEncoder().encode_queries([QUESTION])
        query = LexicalQuery({"부산": 1.0, "축제": 1.0}, bigrams(QUESTION))
        dense, lexical = dict(engine.search_dense(vector, 50)), dict(engine.search_lexical(query, 50))
        assert engine.score_dense(vector, list(dense)) == pytest.approx(dense)
        assert engine.score_lexical(query, list(dense)) == pytest.approx(lexical)
        assert engine.score_dense(vector, []) == {}
        engine.close()

    def test_a_passage_that_a_damaged_database_has_lost_is_noticed(
        self, folder: Path, splitter: SentenceSplitter
    ) -> None:
        """F8: a flipped bit in a row's number leaves everything readable, and nothing under the number."""
        database = apsw.Connection(str(folder / DATABASE))
        database.execute("UPDATE passages SET seq = seq + 1000 WHERE seq = 1")
        database.close()
        engine = open_index(folder, splitter)
        for read in (engine.passages, engine.read_passages):
            with pytest.raises(CorruptIndexError, match="1번이 없습니다"):
                read([1, 2])
            assert list(read([2])) == [2]
        engine.close()

    def test_everything_an_answer_needs(self, made: Path, splitter: SentenceSplitter) -> None:
        engine = open_index(made, splitter)
        assert engine.article(PORT.id) == PORT
        assert engine.recorded_sha256(PORT.id) == PORT.sha256
        ((seq, _),) = engine.search_lexical(LexicalQuery({"비빔밥": 1.0}, ()), 5)
        read = engine.read_passages([seq])[seq]
        passage, rows = read.passage, read.sentences
        assert engine.passages([seq]) == {seq: passage}
        assert passage.text == FESTIVAL.text[passage.start : passage.end]
        assert [row.sentence for row in rows] == list(passage.sentences)
        assert "#123456" in rows[1].words
        assert engine.spans(FESTIVAL.id)[0].start == 0
        assert engine.document_frequency("비빔밥") == 1
        with pytest.raises(NotFoundError):
            engine.article("없음")
        engine.close()


class TestDeleting:
    def test_deleted_rows_are_never_returned(self, folder: Path, splitter: SentenceSplitter) -> None:
        assert remove_articles(folder, [FESTIVAL.id, "없음"]) == 1
        engine = open_index(folder, splitter)
        dense, lexical = found(engine, splitter)
        assert FESTIVAL.id not in dense | lexical
        assert dense == {PORT.id, LIBRARY.id, UNDATED.id}
        assert engine.document_frequency("비빔밥") == 0
        engine.close()

    def test_nor_by_a_generation_that_still_holds_them(self, folder: Path, splitter: SentenceSplitter) -> None:
        """A writer died between its commit and its publication, and its lock is not free yet."""
        store = Store(folder, writable=True)
        store.delete([FESTIVAL.id])
        store.close()
        with write_lock(folder):
            engine = open_index(folder, splitter)
            assert engine.manifest.generation == 1
            hits = engine.search_lexical(LexicalQuery({"비빔밥": 1.0}, ()), 5)
            assert len(hits) == 1
            assert engine.passages([seq for seq, _ in hits]) == {}
            engine.close()

    def test_no_word_of_a_deleted_article_stays_on_the_disk(self, folder: Path, splitter: SentenceSplitter) -> None:
        """F34: SQLite, FAISS, tantivy, and the generation before."""
        make_index(folder, splitter, [replace(PORT, title="제목을 고쳤다")])
        words = [word.encode() for word in ("비빔밥", "빔밥", FESTIVAL.title, FESTIVAL.id)]
        words.append(pack_text(FESTIVAL.text))
        held = [word for word in words for path in folder.rglob("*") if path.is_file() and word in path.read_bytes()]
        assert set(held) == set(words)
        remove_articles(folder, [FESTIVAL.id])
        for path in filter(Path.is_file, folder.rglob("*")):
            assert [word for word in words if word in path.read_bytes()] == [], path

    def test_all_deleted_is_an_empty_index_and_no_damage(self, folder: Path, splitter: SentenceSplitter) -> None:
        assert remove_articles(folder, [article.id for article in ARTICLES]) == 4
        engine = open_index(folder, splitter)
        assert found(engine, splitter) == (set(), set())
        assert (engine.manifest.articles, engine.manifest.passages) == (0, 0)
        engine.close()
        assert not is_new(folder)

    def test_a_reader_keeps_what_it_opened(self, folder: Path, splitter: SentenceSplitter) -> None:
        engine = open_index(folder, splitter)
        remove_articles(folder, [FESTIVAL.id])
        make_index(folder, splitter, [replace(PORT, text="아주 다른 글이다.")])
        assert not engine.is_current()
        assert found(engine, splitter)[0] == {article.id for article in ARTICLES}
        assert engine.article(PORT.id) == PORT
        engine.close()
        later = open_index(folder, splitter)
        assert later.is_current()
        assert later.article(PORT.id).text == "아주 다른 글이다."
        later.close()


class TestJournal:
    """F17: the write-ahead log of a long import stays small though a server is reading all the time."""

    @pytest.mark.parametrize(("mebibytes", "writes"), [(1, 40), pytest.param(16, 60, marks=pytest.mark.full)])
    def test_a_reader_that_moves_on_keeps_it_small(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mebibytes: int, writes: int
    ) -> None:
        """With every size a sixteenth of what it is, and as it is; with nobody moving on it is as large as all that is written."""
        monkeypatch.setattr(connection, "_JOURNAL_LIMIT", mebibytes << 20)
        monkeypatch.setattr("index.engine._SETTLING_SECONDS", 0.0)  # the import goes on for longer than anybody waits
        splitter = RegexSplitter()
        make_index(tmp_path, splitter)
        store = Store(tmp_path, writable=True)
        pages = (mebibytes << 20) // connection._PAGE_BYTES  # SQLite's own thousand are 16 MiB
        list(store.connection._db.execute(f"PRAGMA wal_autocheckpoint = {pages}"))
        engine, reopened, largest = open_index(tmp_path, splitter), 0, 0
        for number in range(writes):
            text = random.Random(number).randbytes(62_500 * mebibytes).hex()  # which packing does not make small
            store.write([StoredArticle(Article(f"글-{number}", "", text), "", (), (), ())])
            largest = max(largest, (tmp_path / f"{DATABASE}-wal").stat().st_size)
            for _ in range(2):  # looked at once a second, and a batch takes ten
                if not engine.is_current():
                    with write_lock(tmp_path):  # as while an import is running
                        newer = open_index(tmp_path, splitter)
                    engine.close()
                    engine, reopened = newer, reopened + 1
        store.close()
        assert engine.article(PORT.id) == PORT
        assert reopened >= 5
        assert largest < 2 * mebibytes << 20
        engine.close()

    def test_a_reader_is_not_disturbed_by_a_small_one(self, folder: Path, splitter: SentenceSplitter) -> None:
        engine = open_index(folder, splitter)
        store = Store(folder, writable=True)
        store.set_meta("무엇", "값")
        store.close()
        assert engine.is_current()
        engine.close()


class TestOpening:
    def test_a_stale_generation_is_derived_again(self, folder: Path, splitter: SentenceSplitter) -> None:
        store = Store(folder, writable=True)
        store.delete([FESTIVAL.id])
        store.close()
        engine = open_index(folder, splitter)
        assert (engine.manifest.generation, engine.manifest.articles) == (2, 3)
        assert FESTIVAL.id not in found(engine, splitter)[0]
        engine.close()

    @pytest.mark.parametrize("name", ["vectors/*.faiss", "manifest.json", "lexical/meta.json", "lexical/*.idx"])
    def test_a_damaged_only_generation_is_derived_again(
        self, folder: Path, splitter: SentenceSplitter, name: str
    ) -> None:
        whole = open_index(folder, splitter)
        expected = found(whole, splitter)
        whole.close()
        del whole  # what a process holds in memory, it need not read again
        for path in (folder / "generations" / "000001").glob(name):
            path.unlink()  # cut off in place it would end a thread of tantivy's that still reads it, and us with it
            path.write_bytes(b"junk")
        engine = open_index(folder, splitter)
        assert engine.manifest.generation == 2
        assert found(engine, splitter) == expected
        engine.close()

    def test_it_is_not_derived_while_another_writes_and_nothing_else_is_whole(
        self, folder: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("index.engine._DERIVING_SECONDS", 0.2)
        shutil.rmtree(folder / "generations")
        with write_lock(folder), pytest.raises(LockedError):
            open_index(folder, splitter)

    def test_what_another_is_about_to_publish_is_waited_for(
        self, folder: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Else what it replaced would be found by nobody: its passages are new in the store, and old in the generation."""
        committed, waited_for = threading.Event(), threading.Event()

        def when_waited_for(*given: Any) -> Manifest:
            committed.set()
            assert waited_for.wait(30)
            return publish(*given)

        def waits(seconds: float) -> None:
            waited_for.set()
            time.sleep(seconds)

        monkeypatch.setattr("index.ingest.publish", when_waited_for)
        monkeypatch.setattr("index.engine._SETTLING_SECONDS", 30.0)
        monkeypatch.setattr("index.engine.time", SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=waits))
        ingestor = Ingestor(folder, HashEncoder(), splitter)
        with ThreadPoolExecutor() as pool:
            writing = pool.submit(ingestor.edit, FESTIVAL.id, {"title": "새 제목"})
            assert committed.wait(30)
            engine = open_index(folder, splitter)
            assert writing.result()
        assert engine.manifest.generation == 2
        assert FESTIVAL.id in found(engine, splitter)[0]
        engine.close()

    def test_one_that_dies_meanwhile_is_caught_up_with(
        self, folder: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with ExitStack() as undo:
            undo.enter_context(write_lock(folder))
            store = Store(folder, writable=True)
            store.delete([FESTIVAL.id])
            store.close()

            def dies(_: float) -> None:
                undo.close()
                monkeypatch.setattr("index.engine._SETTLING_SECONDS", 0.0)

            monkeypatch.setattr(
                "index.engine.time", SimpleNamespace(time=time.time, monotonic=time.monotonic, sleep=dies)
            )
            engine = open_index(folder, splitter)
        assert (engine.manifest.generation, engine.manifest.articles) == (2, 3)
        engine.close()

    def test_one_that_writes_again_and_again_is_waited_for_no_longer_than_a_moment(
        self, folder: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever the clock says of its last commit, as after one that was set back."""
        monkeypatch.setattr("index.engine._SETTLING_SECONDS", 0.1)
        with write_lock(folder):
            store = Store(folder, writable=True)
            store.delete([FESTIVAL.id])
            store.close()
            late = time.time() + 3600
            os.utime(folder / DATABASE, (late, late))
            engine = open_index(folder, splitter)
        assert engine.manifest.generation == 1
        engine.close()

    def test_a_generation_of_another_corpus_is_never_used(self, folder: Path, splitter: SentenceSplitter) -> None:
        """F10: whole, of the same encoder, of as many writes and passages; only not of this store."""
        swapped = [replace(article, text=article.text.replace("부산", "목포")) for article in ARTICLES[::-1]]
        make_index(folder / "other", splitter, swapped)
        shutil.rmtree(folder / "generations")
        shutil.move(folder / "other" / "generations", folder / "generations")
        engine = open_index(folder, splitter)
        assert engine.manifest.generation == 2
        assert engine.search_lexical(LexicalQuery({"목포": 1.0}, ()), 5) == []
        for article in ARTICLES:
            ((seq, _),) = engine.search_dense(HashEncoder().encode_queries([f"{article.title}\n{article.text}"]), 1)
            assert engine.passages([seq])[seq].article_id == article.id
        engine.close()

    def test_an_older_copy_of_the_database_is_never_taken_for_the_new_one(
        self, folder: Path, splitter: SentenceSplitter
    ) -> None:
        before = (folder / DATABASE).read_bytes()
        make_index(folder, splitter, [Article("새-글", "새 글", "새 글이 왔다.")])
        (folder / DATABASE).write_bytes(before)
        with pytest.raises(CorruptIndexError, match="doctor --repair"):
            open_index(folder, splitter)

    def test_no_index(self, tmp_path: Path, splitter: SentenceSplitter) -> None:
        with pytest.raises(StorageError):
            open_index(tmp_path, splitter)


class TestFingerprints:
    """F30: an index answers only to what made it; ``--rebuild`` is the cure, and the message says so."""

    @pytest.mark.parametrize("encoder", [HashEncoder("other"), HashEncoder(dim=32), HashEncoder(word_dim=8)])
    def test_another_encoder(self, folder: Path, splitter: SentenceSplitter, encoder: HashEncoder) -> None:
        with pytest.raises(EncoderMismatchError, match="--rebuild") as caught:
            open_index(folder, splitter, encoder)
        assert HashEncoder().fingerprint in caught.value.english
        assert encoder.fingerprint in caught.value.english
        with pytest.raises(EncoderMismatchError, match="--rebuild"):
            Ingestor(folder, encoder, splitter).ingest([Article("새-글", "", "새 글.")])
        assert current_number(folder) == 1

    def test_another_dictionary(self, folder: Path, splitter: SentenceSplitter) -> None:
        other = SentenceSplitter(["소버린 AI"])
        assert analysis_fingerprint(other) != analysis_fingerprint(splitter)
        with pytest.raises(EncoderMismatchError, match="--rebuild"):
            open_index(folder, other)
        with pytest.raises(EncoderMismatchError, match="--rebuild"):
            make_index(folder, other)

    @pytest.mark.parametrize("part", ["CLEANING_VERSION", "PASSAGE_TOKENS", "PASSAGES_VERSION", "TERMS_VERSION"])
    def test_another_release_of_our_own_analysis(
        self, folder: Path, splitter: SentenceSplitter, monkeypatch: pytest.MonkeyPatch, part: str
    ) -> None:
        monkeypatch.setattr(f"index.korean.parsing.{part}", 9999)
        with pytest.raises(EncoderMismatchError, match="9999"):
            open_index(folder, splitter)


class TestIsNew:
    def test_a_folder_never_written_to(self, tmp_path: Path) -> None:
        assert is_new(tmp_path)
        assert is_new(tmp_path / "없음")
        assert not (tmp_path / "없음").exists()

    @pytest.mark.parametrize("left", [b"", None])
    def test_a_first_ingest_that_never_committed(self, tmp_path: Path, left: bytes | None) -> None:
        if left is None:
            Store(tmp_path, writable=True).close()
        else:
            (tmp_path / DATABASE).write_bytes(left)
        assert is_new(tmp_path)

    def test_an_index(self, made: Path) -> None:
        assert not is_new(made)

    @pytest.mark.parametrize("gone", [Path.unlink, lambda path: path.write_bytes(b"")])
    def test_an_index_whose_database_is_gone_is_not_new(self, folder: Path, splitter: SentenceSplitter, gone) -> None:
        """The seeds must not quietly take its place."""
        gone(folder / DATABASE)
        with pytest.raises(CorruptIndexError):
            is_new(folder)
        with pytest.raises(CorruptIndexError):
            make_index(folder, splitter, [Article("새-글", "", "새 글.")])
        with pytest.raises(CorruptIndexError):
            is_new(folder)


HOLD = """
import sys, time
from pathlib import Path
from index.system.locking import write_lock
with write_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


class TestLock:
    """F15: one writer; the kernel frees the lock of a process that dies."""

    @pytest.fixture
    def holder(self, folder: Path):
        process = subprocess.Popen([sys.executable, "-c", HOLD, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()
        process.wait()
        process.stdout.close()

    def test_a_second_writer_is_told_and_the_lock_is_free_once_the_first_is_killed(
        self, folder: Path, splitter: SentenceSplitter, holder: subprocess.Popen[str]
    ) -> None:
        started = time.monotonic()
        for write in (
            lambda: make_index(folder, splitter, [Article("새-글", "", "새 글.")]),
            lambda: remove_articles(folder, [PORT.id]),
        ):
            with pytest.raises(LockedError, match="--wait") as caught:
                write()
            assert caught.value.exit_code == 7
        with pytest.raises(LockedError):
            remove_articles(folder, [PORT.id], wait=0.3)
        assert (
            0.3 <= time.monotonic() - started < 30
        )  # the test's own waits are short, a lock's is for as long as it is held
        engine = open_index(folder, splitter)  # readers need no lock
        assert engine.article(PORT.id) == PORT
        engine.close()
        holder.kill()
        assert remove_articles(folder, [PORT.id], wait=60.0) == 1

    def test_waiting_is_rewarded(self, folder: Path, holder: subprocess.Popen[str]) -> None:
        holder.terminate()
        with write_lock(folder, wait=60.0):
            pass

    def test_two_writers_in_one_process_exclude_each_other_too(self, tmp_path: Path) -> None:
        with write_lock(tmp_path), pytest.raises(LockedError), write_lock(tmp_path):
            pass
        with write_lock(tmp_path):
            pass

    @pytest.mark.parametrize("error", [PermissionError("남의 파일"), FileExistsError(), KeyboardInterrupt()])
    def test_what_goes_wrong_under_the_lock_is_not_blamed_on_it(self, tmp_path: Path, error: BaseException) -> None:
        with pytest.raises(type(error)) as caught, write_lock(tmp_path):
            raise error
        assert caught.value is error
        with write_lock(tmp_path):
            pass

    def test_a_folder_that_cannot_be_one(self, tmp_path: Path) -> None:
        (tmp_path / "파일").write_text("글", "utf-8")
        with pytest.raises(StorageError, match="--data"), write_lock(tmp_path / "파일"):
            pass
        with pytest.raises(StorageError, match="--data"), write_lock(tmp_path / "파일" / "안"):
            pass
        with pytest.raises(StorageError, match="--data"), write_lock(Path("/proc/없음")):
            pass


@contextmanager
def unwritable(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The folder where nobody can write to it; root, whom no permission stops, gets it on a read-only mount."""
    if os.geteuid():
        inside = [folder, *folder.rglob("*")]
        for path in inside:
            path.chmod(path.stat().st_mode & ~0o222)
        yield folder
        for path in inside:
            path.chmod(path.stat().st_mode | 0o200)
        return
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "--bind", folder, place], capture_output=True, check=False).returncode:
        pytest.skip("root, and nothing can be mounted")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_folder_that_may_only_be_read_answers_and_refuses_writes(
    folder: Path, splitter: SentenceSplitter, tmp_path: Path
) -> None:
    """F14: neither SQLite's log nor tantivy's lock can be made there."""
    engine = open_index(folder, splitter)
    expected = found(engine, splitter)
    engine.close()
    with unwritable(folder, tmp_path) as place:
        engine = open_index(place, splitter)
        assert found(engine, splitter) == expected
        assert [engine.article(article.id) for article in ARTICLES] == list(ARTICLES)
        assert engine.is_current()
        engine.close()
        assert examine(place) == []
        with pytest.raises(ReadOnlyError):
            make_index(place, splitter, [replace(PORT, text="다른 글이다.")])
        with pytest.raises(ReadOnlyError):
            remove_articles(place, [PORT.id])


def test_a_log_that_may_only_be_read_is_never_left_out(
    folder: Path, splitter: SentenceSplitter, tmp_path: Path
) -> None:
    """What it holds was acknowledged: better no answer than one without it."""
    writer = Store(folder, writable=True)
    writer.delete([PORT.id])
    kept = Path(shutil.copytree(folder, tmp_path / "kept"))
    writer.close()
    (kept / f"{DATABASE}-shm").unlink()
    assert (kept / f"{DATABASE}-wal").stat().st_size
    with unwritable(kept, tmp_path) as place, pytest.raises(StorageError):
        open_index(place, splitter)
