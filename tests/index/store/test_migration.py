"""F31: an index made by an earlier release is brought up to date, wherever that is interrupted."""

import signal
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import apsw
import numpy as np
import pytest

from index.doctor import check_up, examine, repair
from index.encoders.bundled import BundledEncoder
from index.errors import CorruptIndexError, ReadOnlyError
from index.search.generation import current_number
from index.search.manifest import store_version_of
from index.store import connection as database
from index.store import migration
from index.store.checksums import crc_of, seal, unseal
from index.store.store import DATABASE, Store
from index.store.vector_codecs import PLAIN, packaged_coding, unit
from index.system import failpoints
from tests.support.fakes import ARTICLES, PORT, HashEncoder, RegexSplitter, make_index
from tests.support.killing import Killer, as_made, killer

FIXTURES = Path(__file__).parents[2] / "fixtures" / "indexes"
NONE = np.empty((1, 0), dtype=np.float32)
STEPS = [name for name in failpoints.NAMES if name.startswith(("migrate.", "publish.")) and name != "publish.link"]


@pytest.fixture(params=migration.EARLIER)
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Made by an earlier release (tests/support/fakes.py: three articles, then all four, one of them changed)."""
    return unpacked(tmp_path, request.param)


def unpacked(tmp_path: Path, number: str) -> Path:
    with tarfile.open(FIXTURES / f"format-{number}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / f"index-format-{number}"


@pytest.fixture(scope="module")
def forking() -> Iterator[Killer]:
    with killer() as running:
        yield running


def check(folder: Path) -> None:
    engine = as_made(folder)
    assert [engine.article(one.id) for one in ARTICLES] == list(ARTICLES)
    for one in ARTICLES:
        ((seq, score),) = engine.search_dense(HashEncoder().encode_queries([f"{one.title}\n{one.text}"]), 1)
        assert engine.passages([seq])[seq].article_id == one.id
        assert score > 0.9
    engine.close()
    assert examine(folder) == []


def test_the_format_before_opens(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert store_version_of(folder / "generations" / "000002") > 0
    check(folder)
    assert current_number(folder) == 3
    (said,) = [record.getMessage() for record in caplog.records if record.name == "index.store.connection"]
    assert "새 형식으로" in said
    assert str(folder / DATABASE) in said


def test_and_takes_new_articles(folder: Path) -> None:
    store = Store(folder, writable=True)
    store.delete([ARTICLES[0].id])
    store.close()
    engine = as_made(folder)
    assert engine.manifest.articles == len(ARTICLES) - 1
    engine.close()


@pytest.mark.parametrize("name", STEPS)
def test_killed_while_being_brought_up_to_date(folder: Path, forking: Killer, name: str) -> None:
    code, _ = forking.run("open_as_made", str(folder), failpoint=f"{name}:1:kill")
    assert code == -signal.SIGKILL
    check(folder)


def rows_of(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """All but the numbers, which depend on what there was before, and the checksums that are over numbers too."""
    db = apsw.Connection(str(folder / DATABASE), flags=apsw.SQLITE_OPEN_READONLY)
    queries = {
        "articles": "SELECT id, title, spans, meta, sha256, content_hash, crc FROM articles",
        "texts": "SELECT a.id, start, text FROM texts t JOIN articles a ON a.seq = t.article",
        "passages": 'SELECT start, "end", context, context_words, back, sentences, sentence_vectors, vector, crc FROM passages',
    }
    found = {name: sorted(db.execute(query)) for name, query in queries.items()}
    db.close()
    return found


def test_the_rows_are_those_that_are_written_today(folder: Path, tmp_path: Path) -> None:
    """The vectors too: the fixtures' are exact in int8 and float16."""
    make_index(tmp_path / "new", RegexSplitter())
    Store(folder).close()
    assert rows_of(folder) == rows_of(tmp_path / "new")


def test_a_disk_that_may_only_be_read_is_told_the_cure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def refused(*_: object) -> Iterator[None]:
        raise ReadOnlyError("읽기 전용", "read only")
        yield

    monkeypatch.setattr(database, "write_lock", refused)
    with pytest.raises(ReadOnlyError):
        Store(folder)
    assert meta(folder, "format") in migration.EARLIER


def meta(folder: Path, key: str) -> str | None:
    db = apsw.Connection(str(folder / DATABASE))
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    db.close()
    return row[0] if row else None


class TestDamage:
    """A damaged row must not be sealed anew with what is wrong in it, nor take the others with it."""

    @pytest.mark.parametrize("number", ["2", "3"])
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE articles SET text = zeroblob(length(text))",
            "UPDATE articles SET text = CAST(x'ff' AS TEXT)",
            "UPDATE articles SET title = 'x'",
            "UPDATE articles SET spans = 'x'",
            "UPDATE sentences SET words = words || ' x'",
            "UPDATE sentences SET start = start + 1",
            "UPDATE sentences SET kind = 'x'",
            "UPDATE sentences SET vector = zeroblob(length(vector))",
            "UPDATE passages SET context_words = 'x'",
            "UPDATE passages SET vector = zeroblob(length(vector))",
            "UPDATE passages SET vector = x''",
        ],
    )
    def test_stays_refused(self, tmp_path: Path, statement: str, number: str) -> None:
        folder = unpacked(tmp_path, number)
        db = apsw.Connection(str(folder / DATABASE))
        ((article,),) = db.execute("SELECT seq FROM articles WHERE id = ?", (PORT.id,))
        column = "seq" if "articles" in statement else "article"
        seqs = [seq for (seq,) in db.execute("SELECT seq FROM passages WHERE article = ?", (article,))]
        db.execute(f"{statement} WHERE {column} = ?", (article,))
        db.close()
        store = Store(folder)
        with pytest.raises(CorruptIndexError):
            store.stored_article(PORT.id)
        with pytest.raises(CorruptIndexError):  # what a question reads
            store.vectors() if "passages SET vector" in statement else store.read_passages(seqs)
        for one in ARTICLES[1:]:
            assert store.stored_article(one.id).article == one
        store.close()

    def test_vectors_of_words_are_not_missed(self, tmp_path: Path) -> None:
        """They are not kept any more, so damage to them alone is none."""
        folder = unpacked(tmp_path, "2")
        db = apsw.Connection(str(folder / DATABASE))
        db.execute("UPDATE sentences SET word_vectors = zeroblob(length(word_vectors))")
        db.close()
        check(folder)

    def test_numbers_are_not_given_again(self, folder: Path) -> None:
        """A deleted passage's would come back to life in a generation made before."""
        db = apsw.Connection(str(folder / DATABASE))
        db.execute("UPDATE sqlite_sequence SET seq = 1000")
        db.close()
        store = Store(folder, writable=True)
        store.write([replace(store.stored_article(PORT.id), article=replace(PORT, id="새 글"))])
        assert int(store.passage_seqs()[-1]) > 1000
        store.close()


class TestPackagedEncoder:
    """What takes the room: vectors of the packaged encoder, written as any encoder's at first."""

    @pytest.fixture
    def large(self, tmp_path: Path) -> Path:
        """Format 2, with 384 components where the fixture has 64."""
        folder = unpacked(tmp_path, "2")
        db = apsw.Connection(str(folder / DATABASE))
        draw = np.random.default_rng(2)
        for rowid, words, start, end, kind in list(
            db.execute('SELECT rowid, words, start, "end", kind FROM sentences')
        ):
            values = (seal(random_bytes(draw, 384)), crc_of(start, end, kind, words, 64), rowid)
            db.execute("UPDATE sentences SET vector=?, word_dim=64, crc=? WHERE rowid=?", values)
        for (seq,) in list(db.execute("SELECT seq FROM passages")):
            scale = packaged_coding().scale
            vector = unit((scale.low + (63.5 + 12.5 * draw.standard_normal((1, 384))) * scale.step).astype(np.float32))
            db.execute("UPDATE passages SET vector=? WHERE seq=?", (seal(PLAIN.encode_passages(vector)), seq))
        db.execute("UPDATE meta SET value=? WHERE key='encoder'", (BundledEncoder.fingerprint,))
        db.execute("UPDATE meta SET value='384' WHERE key='dim'")
        db.close()
        return folder

    def test_its_vectors_are_coded(self, large: Path) -> None:
        db = apsw.Connection(str(large / DATABASE))
        query = """SELECT s.vector, min(p.seq) FROM sentences s JOIN passages p
                   ON p.article = s.article AND p.start <= s.start AND s."end" <= p."end" GROUP BY s.rowid ORDER BY s.rowid"""
        sentences = [(PLAIN.decode_sentences(unseal(vector), NONE), seq) for vector, seq in db.execute(query)]
        passages = {
            seq: PLAIN.decode_passages(unseal(one), 1) for seq, one in db.execute("SELECT seq, vector FROM passages")
        }
        db.close()
        Store(large).close()
        coding, number = packaged_coding(), bytes([packaged_coding().number])
        codes = {seq: coding.encode_passages(one) for seq, one in passages.items()}
        db = apsw.Connection(str(large / DATABASE))
        found = {seq: unseal(one) for seq, one in db.execute("SELECT seq, vector FROM passages")}
        assert found == {seq: number + code for seq, code in codes.items()}
        assert sorted(one for (one,) in db.execute("SELECT sentence_vectors FROM passages")) == sorted(
            number
            + b"".join(
                coding.encode_sentences(one, coding.decode_passages(code, 1))
                for one, seq in sentences
                if seq == passage
            )
            for passage, code in codes.items()
        )
        db.close()
        repair(large)
        assert examine(large) == []


def test_an_unfinished_rebuild_by_an_encoder_of_another_width(tmp_path: Path) -> None:
    """Vectors of two widths; rebuilding, the only cure, needs the articles alone."""
    folder = unpacked(tmp_path, "2")
    db = apsw.Connection(str(folder / DATABASE))
    draw = np.random.default_rng(3)
    query = (
        'SELECT rowid, words, start, "end", kind FROM sentences WHERE article = (SELECT max(article) FROM sentences)'
    )
    for rowid, words, start, end, kind in list(db.execute(query)):
        values = (seal(random_bytes(draw, 128)), 32, crc_of(start, end, kind, words, 32), rowid)
        db.execute("UPDATE sentences SET vector=?, word_dim=?, crc=? WHERE rowid=?", values)
    db.close()
    store = Store(folder)
    assert [store.article(one.id) for one in ARTICLES] == list(ARTICLES)
    assert {len(row.vector) for one in ARTICLES for row in store.sentences(one.id, 0, len(one.text))} == {64, 128}
    store.close()


class TestRoom:
    """What the migration wins is given back to the disk where that can be done, and said where it cannot."""

    def sizes(self, folder: Path) -> tuple[int, int]:
        """(bytes of the database with its log, free pages)."""
        db = apsw.Connection(str(folder / DATABASE))
        ((free,),) = db.execute("PRAGMA freelist_count")
        db.close()
        return sum(path.stat().st_size for path in folder.glob(f"{DATABASE}*")), free

    def test_given_back(self, folder: Path) -> None:
        db = apsw.Connection(str(folder / DATABASE))
        db.execute("CREATE TABLE filler (data)")
        db.execute("INSERT INTO filler VALUES (zeroblob(1000000))")
        db.execute("DROP TABLE filler")
        db.close()
        before, _ = self.sizes(folder)
        Store(folder).close()
        after, free = self.sizes(folder)
        assert (before - after > 900_000, free) == (True, 0)
        assert meta(folder, migration.SPARSE) is None

    def test_left_while_another_reads(self, folder: Path) -> None:
        reading = apsw.Connection(str(folder / DATABASE))
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM articles").fetchone()
        Store(folder).close()
        assert meta(folder, migration.SPARSE) == "1"
        reading.close()
        repair(folder)
        assert meta(folder, migration.SPARSE) is None

    @pytest.mark.parametrize("error", [apsw.BusyError, apsw.FullError])
    def test_left_for_the_doctor(self, folder: Path, error: type[apsw.Error], monkeypatch: pytest.MonkeyPatch) -> None:
        execute = apsw.Connection.execute

        class Unwilling(apsw.Connection):
            def execute(self, statement: str, *more: object) -> apsw.Cursor:  # type: ignore[override]
                if statement == "VACUUM":
                    raise error
                return execute(self, statement, *more)

        with monkeypatch.context() as patch:
            patch.setattr(apsw, "Connection", Unwilling)
            check(folder)
            assert any("frees disk" in one.detail for one in check_up(folder))
        repair(folder)
        assert meta(folder, migration.SPARSE) is None
        assert not any("frees disk" in one.detail for one in check_up(folder))


def random_bytes(draw: np.random.Generator, count: int) -> bytes:
    """Components of which one in each 64 is the largest there is, as int8 is written."""
    values = draw.integers(-100, 100, count).astype(np.int8)
    values[::64] = 127
    return values.tobytes()
