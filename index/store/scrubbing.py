"""What SQLite's ``secure_delete`` leaves: where it moves rows to other pages, copies stay in the unused middle of the old.

A page of a B-tree has its rows at the end, their places at the beginning, and between them bytes that nobody reads. These
are overwritten in the file itself: SQLite has no call for it. That is safe while nothing is in the write-ahead log and
nothing can be put into it, for then no other process writes to the file, and a half-done overwriting harms nothing.
"""

from collections.abc import Iterator
from pathlib import Path

import apsw

from index.store.connection import DATABASE, journal_stamp

_KINDS = {2: 12, 5: 12, 10: 8, 13: 8}  # of a B-tree's page: the length of its head
_FILE_HEAD = 100  # bytes, on the first page
_LARGEST_PAGE = 65_536


def scrub(folder: Path) -> bool:
    """Scrub the database and return whether that was done. The caller holds the write lock and has emptied the log."""
    path = folder / DATABASE
    if not path.is_file():
        return True
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            db.execute("BEGIN IMMEDIATE")
            empty = not journal_stamp(path)[0]
            if empty:
                ((size,),) = db.execute("PRAGMA page_size")
                _scrub_pages(path, size)
            db.execute("ROLLBACK")
            return empty
        finally:
            db.close()
    except apsw.Error:
        return False


def _scrub_pages(path: Path, size: int) -> None:
    """Overwrite unused bytes by SQLite's own file methods.

    Closing a file that was opened otherwise would drop the locks that this process has on it.
    """
    flags = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE
    file = apsw.VFSFile("", str(path), [flags, 0])
    try:
        written = False
        for at in range(0, file.xFileSize() // size * size, size):
            for start, end in _unused(file.xRead(size, at), _FILE_HEAD if at == 0 else 0):
                file.xWrite(bytes(end - start), at + start)
                written = True
        if written:
            file.xSync(apsw.SQLITE_SYNC_FULL)
    finally:
        file.xClose()


def _unused(page: bytes, head: int) -> Iterator[tuple[int, int]]:
    """Yield where the page has bytes that belong to nothing, unless they are zeros; pages of other kinds have none."""
    length = _KINDS.get(page[head])
    if length is None:
        return
    cells = int.from_bytes(page[head + 3 : head + 5], "big")
    end = int.from_bytes(page[head + 5 : head + 7], "big") or _LARGEST_PAGE
    start = head + length + 2 * cells
    if start < end <= len(page) and page[start:end].strip(b"\0"):
        yield start, end
