"""Questions with what a person has said of their answers.

A sentence is kept as its place alone, so that no word of an article stands twice; the place is good for the text of its
hash.

Every function works inside the caller's :meth:`index.store.connection.Connection.guard` or ``transaction``.
"""

from typing import NamedTuple

from index.store.checksums import crc_of
from index.store.database import Database
from index.store.schema import columns, insertion

VERDICTS = ("right", "wrong", "absent")


class GoldRecord(NamedTuple):
    """A row of ``gold``: ``verdict`` is one of ``VERDICTS``; without an article, nothing was cited."""

    crc: int
    id: str
    question: str
    verdict: str
    article: str | None
    start: int
    end: int
    sha256: str
    owner: str
    created_at: str

    def is_whole(self) -> bool:
        """Return whether this is what was written; a row that is not is worth nothing."""
        return self.crc == crc_of(*self[1:])


def insert_gold(db: Database, record: GoldRecord) -> None:
    """Insert the row, sealed."""
    db.execute(insertion("gold", GoldRecord._fields), record._replace(crc=crc_of(*record[1:])))


def read_gold(db: Database) -> list[GoldRecord]:
    """Return the rows that are as they were written, the oldest first."""
    query = f"SELECT {columns(GoldRecord._fields)} FROM gold ORDER BY created_at, id"
    return [record for record in (GoldRecord(*row) for row in db.execute(query)) if record.is_whole()]


def delete_gold(db: Database, key: str) -> int:
    """Delete the row with this id and return how many there were: 1 or 0."""
    return len(list(db.execute("DELETE FROM gold WHERE id = ? RETURNING id", (key,))))
