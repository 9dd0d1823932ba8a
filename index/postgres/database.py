"""PostgreSQL behind the statements that the store is written in: ``?`` for each value, texts with any letter in them.

PostgreSQL's texts cannot hold U+0000. It is written as two characters behind U+0010, DATA LINK ESCAPE, and so is that.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import psycopg

_ESCAPE, _ZERO = "\x10", "\x00"
_WRITTEN = ((_ESCAPE, _ESCAPE + _ESCAPE), (_ZERO, f"{_ESCAPE}0"))


class PostgresRows:
    """See :class:`index.store.database.Rows`."""

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return map(_read, self._cursor)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row, None after the last."""
        row = self._cursor.fetchone()
        return None if row is None else _read(row)


class PostgresDatabase:
    """See :class:`index.store.database.Database`."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> PostgresRows:
        """Run one statement."""
        cursor = self._connection.cursor(binary=True)
        cursor.execute(_marked(statement), [_writable(value) for value in values])
        return PostgresRows(cursor)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Run one statement for each row of values, sent together."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_marked(statement), [[_writable(value) for value in row] for row in rows])

    def stream(self, statement: str, values: Sequence[Any] = (), /, *, at_once: int) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query as they come, ``at_once`` in memory. Inside a transaction only."""
        with self._connection.cursor(name="geungeo_rows", binary=True) as cursor:
            cursor.itersize = at_once
            cursor.execute(_marked(statement), [_writable(value) for value in values])
            yield from map(_read, cursor)

    def copy_in(self, statement: str, rows: Iterable[Sequence[Any]], /) -> None:
        """Write rows by COPY, the quickest there is."""
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([_writable(value) for value in row])


@cache
def _marked(statement: str) -> Any:  # noqa: ANN401  (psycopg wants a literal, or SQL of its own making)
    """Return a statement as psycopg takes it.

    No statement of the store holds a question mark or a per cent sign in a literal.
    """
    return statement.replace("?", "%s").encode()


def _writable(value: Any) -> Any:  # noqa: ANN401
    if type(value) is str and (_ESCAPE in value or _ZERO in value):
        for letter, written in _WRITTEN:
            value = value.replace(letter, written)
    return value


def _read(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_unescaped(value) if type(value) is str and _ESCAPE in value else value for value in row)


def _unescaped(text: str) -> str:
    parts, place = [], 0
    while (found := text.find(_ESCAPE, place)) >= 0:
        parts += [text[place:found], _ZERO if text[found + 1 : found + 2] == "0" else text[found + 1 : found + 2]]
        place = found + 2
    return "".join([*parts, text[place:]])
