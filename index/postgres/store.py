"""The store in PostgreSQL's tables; see :class:`index.store.truth.Truth`."""

from collections.abc import Sequence

from index.postgres.address import Address
from index.postgres.connection import PostgresConnection, Purpose
from index.postgres.schema import STATES_KEPT
from index.store.database import Database
from index.store.store import SqlStore


class PostgresStore(SqlStore):
    """Opened for a ``snapshot``, later writes do not change it; for anything else, each read sees what is there now."""

    connection: PostgresConnection

    def __init__(self, address: Address, purpose: Purpose = "snapshot") -> None:
        super().__init__(PostgresConnection(address, purpose))

    def _note_gone(self, db: Database, version: int, numbers: Sequence[int]) -> None:
        db.executemany("INSERT INTO gone VALUES (?, ?)", [(version, number) for number in numbers])
        db.execute("DELETE FROM gone WHERE version <= ?", (version - STATES_KEPT,))
