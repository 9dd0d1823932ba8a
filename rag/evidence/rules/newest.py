"""The newest edition: of a line that several editions of a notice hold, that of the newest answers where none is named."""

from collections.abc import Sequence

from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.rules.counterparts import above_of, heads_of, is_of_same, meanings_of, shapes_of
from rag.question.asked import Asked
from rag.values.typed_values import Value, same_value


def newest_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the first line as the newest edition has it, None where that is the first already.

    An edition that the question does not mean, because it lacks a year, day or amount that it names, leads nothing.
    """
    if not ranked:
        return None
    first, own = ranked[0], read_edition(ranked[0].scope.article)
    shapes, heads = shapes_of(first), heads_of(read, first)
    newer = [
        (edition.order, above_of(other) == above_of(first), -row)
        for row, other in enumerate(ranked)
        if (edition := read_edition(other.scope.article)).series == own.series
        and edition.order > own.order
        and (not shapes.isdisjoint(shapes_of(other)) or not heads.isdisjoint(heads_of(read, other)))
        and _is_meant(read, first, other)
    ]
    return -max(newer)[2] if newer else None


def _is_meant(read: Asked, first: Evidence, other: Evidence) -> bool:
    """Return whether the line of another edition is of the same as the first, and holds what that holds of what is named."""
    named = all(_holds(other, value, read.core) or not _holds(first, value, read.core) for value in read.values)
    return named and is_of_same(read, first, other, edition=True)


def _holds(evidence: Evidence, named: Value, core: str) -> bool:
    """Return whether the line, what it stands under or any other of its article says what the question names."""
    held = any(same_value(named, value) for meaning in meanings_of(evidence) for value in meaning.values)
    return held or core[named.start : named.end] in evidence.scope.article.text
