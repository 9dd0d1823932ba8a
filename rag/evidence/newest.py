"""The newest edition: of a line that several editions of a notice hold, that of the newest answers where none is named."""

import re
from collections.abc import Sequence

from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.question.asked import Asked
from rag.values.qualifiers import QualifierKind

_K = QualifierKind
_NAMES_AN_EDITION = frozenset({_K.YEAR, _K.ORDINAL, _K.HALF, _K.QUARTER, _K.SEASON, _K.MONTH, _K.DAY, _K.WEEKDAY})
_VALUE = re.compile(r"\d[\d,.:~\-]*|\([월화수목금토일]\)|\s")


def newest_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the first line as the newest edition has it, None where that is the first already.

    None too where the question names an edition, a day or an amount.
    """
    if not ranked or read.values or any(qualifier.kind in _NAMES_AN_EDITION for qualifier in read.qualifiers):
        return None
    first, same = read_edition(ranked[0].scope.article), _shape(ranked[0])
    newer = [
        (edition.date, -row)
        for row, other in enumerate(ranked)
        if (edition := read_edition(other.scope.article)).series == first.series
        and edition.date > first.date
        and _shape(other) == same
    ]
    return -max(newer)[1] if newer else None


def _shape(evidence: Evidence) -> str:
    """Return the line without its values."""
    return _VALUE.sub("", evidence.text)
