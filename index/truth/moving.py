"""From a folder's own SQLite into a PostgreSQL that nodes can share, and back: every row under its number, vectors as coded."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import CorruptIndexError, UsageError
from index.postgres.address import Address
from index.search.milvus.publication import SHARED
from index.search.publication import publish_store
from index.store.database import Database
from index.store.gold_rows import GoldRecord
from index.store.schema import FileRecord, columns, insertion, put_meta
from index.store.store import DATABASE, Store
from index.system.locking import write_lock
from index.truth.attachment import address_of
from index.truth.copying import TABLES, copy_everything
from index.truth.documents import take_documents

if TYPE_CHECKING:
    from index.postgres.database import PostgresDatabase

_BESIDE = (("files", FileRecord._fields), ("gold", GoldRecord._fields))
_NUMBERED = ("articles", "passages")
_DOCUMENTS = ("keys.json",)
_OWN_FACTS = ("format", "step")  # of the database, not of what is in it


def move_to_shared(folder: Path, address: Address, wait: float = 0.0) -> tuple[int, int]:
    """Copy all that a folder holds into an empty PostgreSQL, in one transaction, and return (articles, passages).

    The folder stays as it is. Raises UsageError where there is something in the PostgreSQL, or nothing in the folder.
    """
    from index.postgres.store import PostgresStore

    _require_own(folder)
    with write_lock(folder, wait), closing(Store(folder)) as own, closing(PostgresStore(address, "write")) as shared:
        shared.connection.lock(wait)
        if shared.version:
            raise _not_empty(address.name)
        with own.connection.guard() as source, shared.connection.transaction() as db:
            # Nodes share documents before there is any article.
            if db.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is not None:
                raise _not_empty(address.name)
            _move_rows(source, db)
            for name in _DOCUMENTS:
                if (folder / name).exists():
                    db.execute("INSERT INTO documents VALUES (?, ?)", (name, (folder / name).read_bytes()))
        if (shared.state, shared.counts()) != (own.state, own.counts()):
            raise CorruptIndexError(
                f"옮긴 것이 다릅니다: {address.name}. 빈 데이터베이스로 다시 옮기세요.",
                f"what was moved differs: {address.name}. Move it again, into an empty database.",
            )
        return own.counts()


def move_to_folder(address: Address, folder: Path, wait: float = 0.0) -> tuple[int, int]:
    """Copy all that a PostgreSQL holds into an empty folder, which shares nothing then, and return (articles, passages).

    Raises UsageError where there is something in the folder, EmptyStoreError, TruthAwayError.
    """
    from index.postgres.store import PostgresStore

    _require_empty(folder)
    with closing(PostgresStore(address)) as shared, write_lock(folder, wait):
        _require_empty(folder)  # still, whoever held the lock
        with closing(Store(folder, writable=True)) as own:
            with shared.connection.snapshot() as db:
                copy_everything(db, own)
                with own.connection.transaction() as target:
                    _move_beside(db, target)
            take_documents(folder, shared)
            publish_store(folder, own)
            return own.counts()


def _move_rows(source: Database, db: "PostgresDatabase") -> None:
    for copied in TABLES:
        rows = source.execute(f"SELECT {columns(copied.columns)} FROM {copied.name} ORDER BY 1, 2")
        db.copy_in(_copy(copied.name, copied.columns), rows)
    for table, names in _BESIDE:
        db.copy_in(_copy(table, names), source.execute(f"SELECT {columns(names)} FROM {table}"))
    for key, value in source.execute("SELECT key, value FROM meta"):
        if key not in _OWN_FACTS:
            put_meta(db, key, value)
    for table, last in source.execute("SELECT name, seq FROM sqlite_sequence"):
        if table in _NUMBERED and last:
            db.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'seq'), ?)", (last,))


def _move_beside(db: "PostgresDatabase", target: Database) -> None:
    for table, names in _BESIDE:
        rows: list[tuple[Any, ...]] = list(db.execute(f"SELECT {columns(names)} FROM {table}"))
        target.executemany(insertion(table, names), rows)
    # What goes its own way from here on has a collection of its own.
    target.execute("DELETE FROM meta WHERE key = ?", (SHARED,))
    for table in _NUMBERED:  # the number of one that was deleted is not given again
        query = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(?, 'seq')), 0)"
        ((last,),) = db.execute(query, (table,))
        target.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table))


def _copy(table: str, names: Sequence[str]) -> str:
    return f"COPY {table} ({columns(names)}) FROM STDIN"


def _require_own(folder: Path) -> None:
    if address_of(folder) is not None:
        raise UsageError(
            f"{folder}의 글은 이미 PostgreSQL에 있습니다. 폴더를 그대로 쓰세요.",
            f"the articles of {folder} are in a PostgreSQL already. Use the folder as it is.",
        )
    if not (folder / DATABASE).exists():
        raise UsageError(
            f"옮길 글이 없습니다: {folder}. --data로 글이 있는 폴더를 정하세요.",
            f"there is nothing to move in {folder}. Choose a folder with articles with --data.",
        )


def _require_empty(folder: Path) -> None:
    if (folder / DATABASE).exists() or address_of(folder) is not None:
        raise _not_empty(str(folder))


def _not_empty(where: str) -> UsageError:
    return UsageError(
        f"비어 있지 않은 곳으로는 옮기지 않습니다: {where}. 빈 데이터베이스나 빈 폴더를 정하세요.",
        f"{where} is not empty: nothing is moved onto what is there. Name an empty database or folder.",
    )
