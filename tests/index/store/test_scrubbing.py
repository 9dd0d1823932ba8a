"""F34: what SQLite's ``secure_delete`` leaves in the middle of its pages is overwritten, and nothing else is."""

import random
import uuid
from pathlib import Path

import apsw
import pytest

from index.store.connection import DATABASE
from index.store.scrubbing import scrub

_TABLES = """
CREATE TABLE a (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, t TEXT);
CREATE TABLE x (a INT, s INT, t BLOB, PRIMARY KEY (a, s)) WITHOUT ROWID;
CREATE TABLE p (seq INTEGER PRIMARY KEY AUTOINCREMENT, a INT, v BLOB);
CREATE INDEX i ON p (a);
"""


def _fill(path: Path, draw: random.Random, page: int) -> tuple[list[bytes], list[bytes]]:
    """(words that are in the database, words that were deleted): rows of all lengths come and go."""
    db, live, dead = apsw.Connection(str(path)), dict[int, str](), list[str]()
    for pragma in (f"page_size = {page}", "journal_mode = WAL", "secure_delete = ON", "synchronous = OFF"):
        list(db.execute(f"PRAGMA {pragma}"))
    db.execute(_TABLES)
    for number in range(600):
        word = uuid.UUID(int=draw.getrandbits(128)).hex
        with db:
            db.execute("INSERT INTO a (id, t) VALUES (?, ?)", (f"{draw.random()}{word}", word * draw.randrange(1, 10)))
            seq = db.last_insert_rowid()
            live[seq] = word
            for part in range(draw.randrange(1, 4)):
                db.execute("INSERT INTO x VALUES (?, ?, ?)", (seq, part, (word * draw.randrange(1, 120)).encode()))
            for _ in range(draw.randrange(1, 6)):
                db.execute("INSERT INTO p (a, v) VALUES (?, ?)", (seq, (word * draw.randrange(5, 40)).encode()))
            if number % 2:
                gone = draw.choice(list(live))
                dead.append(live.pop(gone))
                for query in ("DELETE FROM a WHERE seq = ?", "DELETE FROM x WHERE a = ?", "DELETE FROM p WHERE a = ?"):
                    db.execute(query, (gone,))
    list(db.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    db.close()
    return [word.encode() for word in live.values()], [word.encode() for word in dead]


def _content(path: Path) -> list[object]:
    db = apsw.Connection(str(path))
    assert list(db.execute("PRAGMA integrity_check")) == [("ok",)]
    rows: list[object] = [list(db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")) for table in "axp"]
    db.close()
    return rows


@pytest.mark.parametrize("page", [4_096, 16_384])
@pytest.mark.parametrize("seeds", [1, pytest.param(3, marks=pytest.mark.full)])
def test_f34_no_word_of_a_deleted_row_is_in_the_file(tmp_path: Path, page: int, seeds: int) -> None:
    path, left = tmp_path / DATABASE, 0
    for seed in range(seeds):
        path.unlink(missing_ok=True)
        live, dead = _fill(path, random.Random(seed), page)
        before = _content(path)
        left += sum(word in path.read_bytes() for word in dead)
        assert scrub(tmp_path)
        data = path.read_bytes()
        assert not any(word in data for word in dead)
        assert all(word in data for word in live)
        assert _content(path) == before
    assert left or page < 16_384  # or this would test nothing


def test_not_while_there_is_anything_in_the_log(tmp_path: Path) -> None:
    _fill(tmp_path / DATABASE, random.Random(1), 4_096)
    reader = apsw.Connection(str(tmp_path / DATABASE))
    reader.execute("BEGIN; SELECT * FROM a")
    writer = apsw.Connection(str(tmp_path / DATABASE))
    writer.execute("DELETE FROM a WHERE seq % 7 = 1")
    before = (tmp_path / DATABASE).read_bytes()
    assert not scrub(tmp_path)
    assert (tmp_path / DATABASE).read_bytes() == before
    reader.close()
    writer.execute("BEGIN IMMEDIATE")
    assert not scrub(tmp_path)
    writer.execute("ROLLBACK")
    writer.close()


def test_the_locks_of_this_process_outlive_it(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops the process's locks on it; another process would then end the log in use."""
    _fill(tmp_path / DATABASE, random.Random(1), 4_096)
    held = apsw.Connection(str(tmp_path / DATABASE))
    assert held.execute("SELECT count(*) FROM a").fetchone()
    inode = str((tmp_path / DATABASE).stat().st_ino)
    before = [line.split()[4:] for line in Path("/proc/locks").read_text().splitlines() if f":{inode} " in line]
    assert scrub(tmp_path)
    after = [line.split()[4:] for line in Path("/proc/locks").read_text().splitlines() if f":{inode} " in line]
    assert after == before
    held.close()
