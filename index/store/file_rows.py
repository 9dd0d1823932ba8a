"""Which file of which folder each article was read from, so that a file that is gone, renamed or unchanged is known as such.

Every function works inside the caller's :meth:`index.store.connection.Connection.guard` or ``transaction``.
"""

from collections.abc import Iterable

from index.store.checksums import crc_of
from index.store.database import Database
from index.store.schema import FileRecord, FileRow, columns, insertion


def insert_files(db: Database, rows: Iterable[FileRow]) -> None:
    """Insert the rows, each in place of one of the same folder, path and article."""
    statement = f"""{insertion("files", FileRecord._fields)} ON CONFLICT (folder, path, article) DO UPDATE
        SET crc = excluded.crc, digest = excluded.digest, content_hash = excluded.content_hash"""
    for row in rows:
        db.execute(statement, (crc_of(*row), *row))


def read_files(db: Database, folder: str, path: str | None = None) -> list[FileRecord]:
    """Return the rows of a folder, or of one file of it, that are as they were written, by path."""
    query = f"SELECT {columns(FileRecord._fields)} FROM files WHERE folder = ?{'' if path is None else ' AND path = ?'}"
    values = (folder,) if path is None else (folder, path)
    records = [FileRecord(*row) for row in db.execute(f"{query} ORDER BY path", values)]
    return [record for record in records if record.is_whole()]


def read_files_of(db: Database, article_id: str) -> list[FileRecord]:
    """Return the rows of an article that are as they were written."""
    rows = db.execute(f"SELECT {columns(FileRecord._fields)} FROM files WHERE article = ?", (article_id,))
    return [record for record in (FileRecord(*row) for row in rows) if record.is_whole()]


def delete_files(db: Database, rows: Iterable[tuple[str, str, str]]) -> None:
    """Forget these (folder, path, article)."""
    for row in rows:
        db.execute("DELETE FROM files WHERE folder = ? AND path = ? AND article = ?", row)


def is_elsewhere(db: Database, article_id: str, folder: str) -> bool:
    """Return whether an article is known from another folder too."""
    query = "SELECT 1 FROM files WHERE article = ? AND folder != ? LIMIT 1"
    return db.execute(query, (article_id, folder)).fetchone() is not None
