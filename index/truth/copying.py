"""A node's copy of a shared truth: the same rows under the same numbers in its own SQLite, and a generation made of them.

So a node answers from its own disk, as fast as one that shares nothing, and goes on while the truth is away. What it has
missed is copied row by row; where it cannot tell what that is, everything.
"""

import shutil
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import CorruptIndexError
from index.search.generation import FOLDER, KEPT, collect_garbage, current_number, path_of
from index.search.manifest import Manifest, read_manifest
from index.search.milvus.publication import SHARED
from index.search.publication import UNFINISHED, publish_store
from index.store.database import Database
from index.store.erasing import expect_erasing
from index.store.schema import (
    ArticleRecord,
    LayoutRecord,
    PassageRecord,
    StructureRecord,
    TextRecord,
    columns,
    insertion,
    meta_of,
    put_meta,
)
from index.store.store import DATABASE, Store
from index.system.locking import write_lock

if TYPE_CHECKING:
    from index.postgres.database import PostgresDatabase
    from index.postgres.store import PostgresStore


class CopiedTable(NamedTuple):
    """A table that a copy has too. ``key``: the columns that order its rows, the article's number first."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


# In this order: an article is there before what belongs to it.
TABLES = (
    CopiedTable("articles", ("seq",), ArticleRecord._fields),
    CopiedTable("texts", ("article", "start"), TextRecord._fields),
    CopiedTable("passages", ("article", "seq"), PassageRecord._fields),
    CopiedTable("structures", ("article",), StructureRecord._fields),
    CopiedTable("layouts", ("article",), LayoutRecord._fields),
)
_FACTS = ("encoder", "analysis", "dim", "deleted_at", "version", "state", SHARED)
_STATES_KEPT = 1_000
_AT_ONCE = 5_000  # rows
_TOGETHER = 4 * _AT_ONCE  # rows in one transaction of a whole copy: a larger one would double the disk it takes
_COPYING = "copying"  # instead of a state, until a whole copy is whole
_LOCK_SECONDS = 30.0  # for another process of this node that is at the same


def follow(folder: Path, truth: "PostgresStore") -> Manifest | None:
    """Bring the folder to what the truth holds now and publish it; None where nothing was ever written to the truth.

    While a rebuild is under way, whose vectors are of two encoders, the folder stays as it is.
    """
    with (
        write_lock(folder, _LOCK_SECONDS),  # first: nobody copies something newer after this one's snapshot was taken
        truth.connection.snapshot() as db,
    ):
        encoder = meta_of(db, "encoder")
        if not truth.version or encoder is None:
            return None
        if encoder == UNFINISHED:
            return _newest(folder)
        with closing(Store(folder, writable=True)) as copy:
            whole = _copy(folder, truth, db, copy)
            return _published(folder, copy, whole=whole)


def renew(folder: Path, truth: "PostgresStore") -> Manifest | None:
    """Throw the copy away, whatever is wrong with it, and copy everything. As :func:`follow`."""
    with write_lock(folder, _LOCK_SECONDS):
        for side in ("", "-wal", "-shm"):
            (folder / f"{DATABASE}{side}").unlink(missing_ok=True)
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
    return follow(folder, truth)


def is_followed(folder: Path, truth: "PostgresStore") -> bool:
    """Return whether the newest generation is of what the truth holds now, as far as can be told from outside."""
    newest = _newest(folder)
    if newest is None or not (folder / DATABASE).exists():
        return False
    made_of = newest.store_state, newest.encoder, newest.analysis
    with truth.connection.snapshot() as db:
        return made_of == tuple(meta_of(db, key) for key in ("state", "encoder", "analysis"))


def _newest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(path_of(folder, current_number(folder)))
    except CorruptIndexError:
        return None


def _copy(folder: Path, truth: "PostgresStore", db: "PostgresDatabase", copy: Store) -> bool:
    """Copy what is missing, and return whether that was everything."""
    facts = _facts(db)
    with copy.connection.guard() as own:
        known = _facts(own)
    if known == facts:
        return False
    if copy.version and truth.was_in_state(copy.version, copy.state):
        _copy_changes(folder, db, copy, facts)
        return False
    if copy.version:
        expect_erasing(folder)
    copy_everything(db, copy)
    return True


def _copy_changes(folder: Path, db: "PostgresDatabase", copy: Store, facts: dict[str, str]) -> None:
    """Copy what changed in one transaction, so that the copy is always of one state."""
    before = copy.version
    gone = [number for (number,) in db.execute("SELECT article FROM gone WHERE version > ?", (before,))]
    if gone:
        expect_erasing(folder)
    with copy.connection.transaction() as own:
        ((last,),) = own.execute("SELECT coalesce(max(seq), 0) FROM articles")
        for number in gone:
            own.execute("DELETE FROM articles WHERE seq = ?", (number,))
        for table in TABLES:
            for rows in _batches(_rows(db, table, last)):
                own.executemany(insertion(table.name, table.columns), rows)
        _note(own, db, facts, before)


def _facts(db: Database) -> dict[str, str]:
    return {key: value for key in _FACTS if (value := meta_of(db, key)) is not None}


def copy_everything(db: "PostgresDatabase", copy: Store) -> None:
    """Make ``copy`` what the truth is, whatever it was; killed before its end, it is of no state and begun anew."""
    with copy.connection.transaction() as own:
        for table in reversed(TABLES):
            own.execute(f"DELETE FROM {table.name}")
        own.execute("DELETE FROM meta WHERE key LIKE 'state@%'")
        put_meta(own, "version", "0")
        put_meta(own, "state", _COPYING)
    for table in TABLES:
        for rows in _batches(_rows(db, table, 0), _TOGETHER):
            with copy.connection.transaction() as own:
                own.executemany(insertion(table.name, table.columns), rows)
    with copy.connection.transaction() as own:
        _note(own, db, _facts(db), 0)


def _rows(db: "PostgresDatabase", table: CopiedTable, last: int) -> Iterator[tuple[Any, ...]]:
    article, order = columns(table.key[:1]), columns(table.key)
    query = f"SELECT {columns(table.columns)} FROM {table.name} WHERE {article} > ? ORDER BY {order}"
    return db.stream(query, (last,), at_once=_AT_ONCE)


def _batches(rows: Iterator[tuple[Any, ...]], size: int = _AT_ONCE) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, size)):
        yield batch


def _note(own: Database, db: "PostgresDatabase", facts: dict[str, str], before: int) -> None:
    """Note what the copy is of now, and which states it has come through, inside the caller's transaction."""
    version = int(facts["version"])
    for passed in range(max(before, version - _STATES_KEPT) + 1, version + 1):
        if (state := meta_of(db, f"state@{passed}")) is not None:
            put_meta(own, f"state@{passed}", state)
    for old in range(max(before - _STATES_KEPT, 0) + 1, version - _STATES_KEPT + 1):
        own.execute("DELETE FROM meta WHERE key = ?", (f"state@{old}",))
    for key, value in facts.items():
        put_meta(own, key, value)


def _published(folder: Path, copy: Store, *, whole: bool) -> Manifest:
    newest = _newest(folder)
    made_of = (copy.state, copy.meta("encoder"), copy.meta("analysis"))
    if newest is not None and (newest.store_state, newest.encoder, newest.analysis) == made_of:
        return newest
    manifest = publish_store(folder, copy)
    if whole:  # what was made of another truth, or of this one before it was set back, must not outlive this
        collect_garbage(folder, kept=1)
    else:
        collect_garbage(folder, kept=KEPT)
    return manifest
