"""What the rows are read from and written to: a connection that takes SQL with ``?`` for each value.

SQLite's own connection is one; :mod:`index.postgres.database` is the other.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement gives, once through. A statement that changes something does so at the latest when it is read."""

    def __iter__(self) -> Iterator[Any]:
        """Yield a tuple a row."""

    def fetchone(self) -> Any:  # noqa: ANN401  (a tuple of whatever the columns hold, or None)
        """Return the next row, None after the last."""


class Database(Protocol):
    """Runs statements that both databases understand."""

    def execute(self, statement: str, values: Any = (), /) -> Rows:  # noqa: ANN401
        """Run one statement."""

    def executemany(self, statement: str, rows: Iterable[Any], /) -> object:
        """Run one statement for each row of values."""


class Handle(Protocol):
    """An open database, for one thread at a time; its errors come out as ours."""

    def guard(self) -> AbstractContextManager[Database]:
        """Give the database for reading."""

    def transaction(self) -> AbstractContextManager[Database]:
        """Give the database for writing: all or nothing, and durable when it ends."""

    def check(self) -> list[str]:
        """Return the database's own complaints about itself."""

    def close(self) -> None:
        """Let go of it."""
