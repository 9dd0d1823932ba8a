"""The newest edition: of a line that several editions of a notice hold, that of the newest answers where none is named."""

import re
from collections.abc import Sequence

from index.structure.outline import Role
from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.question.asked import Asked
from rag.values.qualifiers import QualifierKind

_K = QualifierKind
_NAMES_AN_EDITION = frozenset({_K.YEAR, _K.ORDINAL, _K.HALF, _K.QUARTER, _K.SEASON, _K.MONTH, _K.DAY, _K.WEEKDAY})
_ONCE = re.compile(
    r"(?<=에 )[한두세]\s?(?:번|차례)|(?<=에)[한두세]\s?(?:번|차례)"
)  # 몇 년에 한 번: asks, names nothing
_VALUE = re.compile(r"\d[\d,.:~\-]*|\([월화수목금토일]\)|\s")


def newest_of(read: Asked, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the first line as the newest edition has it, None where that is the first already.

    None too where the question names an edition, a day or an amount.
    """
    named = [value for value in read.values if not _ONCE.match(read.core, value.start)]
    if not ranked or named or any(qualifier.kind in _NAMES_AN_EDITION for qualifier in read.qualifiers):
        return None
    first, same = read_edition(ranked[0].scope.article), _shapes(ranked[0])
    newer = [
        (edition.date, -row)
        for row, other in enumerate(ranked)
        if (edition := read_edition(other.scope.article)).series == first.series
        and edition.date > first.date
        and not same.isdisjoint(_shapes(other))
    ]
    return -max(newer)[1] if newer else None


def _shapes(evidence: Evidence) -> set[str]:
    """Return what tells that a line is another edition's: the line without its values, its label with what it stands under."""
    shapes = {_VALUE.sub("", evidence.text)}
    if evidence.standing.label and evidence.standing.line.role is not Role.ROW:
        above = [evidence.scope.text_of(at) for at in evidence.standing.path]
        shapes.add(_VALUE.sub("", "\n".join([*above, evidence.standing.label])))
    return shapes
