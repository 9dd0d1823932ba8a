"""Filters as Milvus expressions. What people wrote is in none of them: an id, a source, a collection stands as its hash."""

from collections.abc import Iterable
from hashlib import blake2b

from index.search.filters import In, Range, Where, date_number

KEY_LETTERS = 24
_COLUMNS = {"article_id": "article", "source": "source", "collection": "collection", "published_at": "day"}
_DIGITS = 12
_NOTHING = 'id == ""'


def key_of(value: str | None) -> str:
    """Return what stands for a value; empty where there is none."""
    if value is None:
        return ""
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=KEY_LETTERS // 2).hexdigest()


def id_of(seq: int) -> str:
    """Return a passage's number as an id: as strings they have the order of the numbers."""
    return f"{seq:0{_DIGITS}d}"


def to_expression(where: Where) -> str:
    """Return an expression; an empty one lets everything through."""
    if isinstance(where, In):
        if where.field == "published_at":
            values = [str(date_number(value)) for value in where.values]
        else:
            values = [f'"{key_of(value)}"' for value in where.values]
        return f"{_COLUMNS[where.field]} in [{', '.join(values)}]" if values else _NOTHING
    if isinstance(where, Range):
        low, high = date_number(where.low) or 1, date_number(where.high) or 99_991_231
        return f"{_COLUMNS[where.field]} >= {low} and {_COLUMNS[where.field]} <= {high}"
    return both(*map(to_expression, where.parts))


def both(*expressions: str) -> str:
    """Return what lets through what all of them do."""
    return " and ".join(f"({expression})" for expression in expressions if expression)


def between(low: int, high: int) -> str:
    """Return what lets the passages ``low < seq <= high`` through."""
    return f'id > "{id_of(low)}" and id <= "{id_of(high)}"'


def up_to(high: int) -> str:
    """Return what lets all passages up to the number ``high`` through."""
    return f'id <= "{id_of(high)}"'


def among(seqs: Iterable[int]) -> str:
    """Return what lets the passages of these numbers through."""
    ids = ", ".join(f'"{id_of(seq)}"' for seq in seqs)
    return f"id in [{ids}]"
