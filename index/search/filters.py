"""A small filter tree over article fields, compiled by each engine for itself: no user string reaches its syntax."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import tantivy

Field = Literal["article_id", "source", "collection", "published_at"]
_COLUMNS: dict[Field, str] = {
    "article_id": "a.id",
    "source": "a.source",
    "collection": "a.collection",
    "published_at": "a.published_at",
}
_FIRST, _WHOLE = "-01-01", len("2024-10-10")


@dataclass(frozen=True, slots=True)
class In:
    """The field is one of ``values``; with none of them, nothing matches."""

    field: Field
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """``low <= field <= high`` for ISO dates, either end open with None. An article without the field is outside.

    A month or a year counts as its first day.
    """

    field: Field
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class And:
    """Every part matches; with no part, everything does."""

    parts: tuple["Where", ...] = ()


Where = In | Range | And
EVERYTHING = And()


def to_sql(where: Where) -> tuple[str, list[str]]:
    """Return (clause over the articles alias ``a``, parameters)."""
    if isinstance(where, In):
        marks = ", ".join("?" * len(where.values)) or "NULL"  # which nothing is equal to
        return f"{_COLUMNS[where.field]} IN ({marks})", list(where.values)
    if isinstance(where, Range):
        column, clauses, parameters = _COLUMNS[where.field], [f"{_COLUMNS[where.field]} IS NOT NULL"], []
        for operator, bound in ((">=", where.low), ("<=", where.high)):
            if bound is not None:
                clauses.append(f"substr({column} || ?, 1, {_WHOLE}) {operator} ?")
                parameters += [_FIRST, bound]
        return " AND ".join(clauses), parameters
    compiled = [to_sql(part) for part in where.parts]
    clause = " AND ".join(f"({clause})" for clause, _ in compiled) or "TRUE"
    return clause, [parameter for _, parameters in compiled for parameter in parameters]


def to_tantivy(where: Where, schema: "tantivy.Schema") -> "tantivy.Query":
    """Return a query that scores nothing."""
    import tantivy

    if isinstance(where, In):
        is_date = where.field == "published_at"
        values = [date_number(value) if is_date else value for value in where.values]
        return tantivy.Query.term_set_query(schema, where.field, values)
    if isinstance(where, Range):
        low, high = date_number(where.low) or 1, date_number(where.high) or 99_991_231
        return tantivy.Query.range_query(schema, where.field, tantivy.FieldType.Unsigned, low, high)
    everything = (tantivy.Occur.Must, tantivy.Query.all_query())
    parts: Sequence[tantivy.Query] = [to_tantivy(part, schema) for part in where.parts]
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in parts] or [everything])


def date_number(date: str | None) -> int:
    """Return a date as a number, ``2024-10-10`` as 20241010; 0 where there is none."""
    return int(first_day(date).replace("-", "")) if date else 0


def first_day(date: str) -> str:
    """Return ``2024-10`` and ``2024`` made whole, so that dates of any exactness compare."""
    return (date + _FIRST)[:_WHOLE]
