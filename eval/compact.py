"""A report's rows without any text: what a later comparison needs of them, and nothing that a licence forbids."""

from collections.abc import Mapping
from typing import Any

from eval.results import Cited, Row

COMPACT = "geungeo-baseline-1"
_DIGITS = 4


def compact_row(row: Row) -> dict[str, Any]:
    """Id, verdicts and values; ``cited`` is how many citations were exact, of how many."""
    return {
        "id": row.id,
        "answerable": row.answerable,
        "asked": row.asked,
        "answered": row.answered,
        "confidence": round(row.confidence, _DIGITS),
        "right": row.right,
        "cited": [sum(cited.exact for cited in row.citations), len(row.citations)],
        "values": {key: round(value, _DIGITS) for key, value in row.values.items()},
    }


def row_from_compact(record: Mapping[str, Any]) -> Row:
    """A row with those numbers and no text. Raises TypeError, KeyError or ValueError where it is no such row."""
    exact, total = record["cited"]
    return Row(
        id=record["id"],
        question="",
        half=None,
        type=None,
        tags=(),
        answerable=record["answerable"],
        why="",
        relevant={},
        expected=(),
        ranking=(),
        asked=record["asked"],
        answered=record["answered"],
        confidence=record["confidence"],
        timed=False,
        citations=tuple(Cited("", "", 0, 0, "", place < exact, None) for place in range(total)),
        right=record["right"],
        values=record["values"],
    )
