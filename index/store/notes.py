"""Single facts noted in a database's meta, whatever its format, for those who do not otherwise open it."""

from collections.abc import Callable
from pathlib import Path

import apsw

from index.store.connection import DATABASE
from index.store.schema import meta_of, put_meta

_BUSY_MS = 1_000


def note_fact(folder: Path, key: str) -> bool:
    """Note ``key`` and return whether it is noted now; False where there is no database that can be written."""

    def work(db: apsw.Connection) -> bool:
        if meta_of(db, key) is None:
            put_meta(db, key, "1")
        return True

    return _with_database(folder, work)


def fact_is_noted(folder: Path, key: str) -> bool:
    """Return whether ``key`` was noted; False where there is no database that can be read."""
    return _with_database(folder, lambda db: meta_of(db, key) is not None)


def _with_database(folder: Path, work: Callable[[apsw.Connection], bool]) -> bool:
    path = folder / DATABASE
    for flags in (apsw.SQLITE_OPEN_READWRITE, apsw.SQLITE_OPEN_READONLY):
        try:
            db = apsw.Connection(str(path), flags=flags)
            try:
                db.set_busy_timeout(_BUSY_MS)
                return work(db)
            finally:
                db.close()
        except (apsw.Error, ValueError, TypeError):
            continue
    return False
