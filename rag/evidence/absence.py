"""What a question names and the articles lack: another year, grade or weekday than the one asked about."""

from collections.abc import Sequence

from rag.answers import Absent
from rag.evidence.evidence import Evidence
from rag.question.asked import Asked
from rag.values.qualifiers import Qualifier, QualifierKind, find_qualifiers, judge

_LOOKED_AT = 5  # sentences, for what they say in place of what was asked
_SHOWN = 4
_BY_FORM = frozenset({QualifierKind.PERSON, QualifierKind.ORGANISATION})  # told by form alone, too often wrongly


def absent_qualifiers(asked: Asked, ranked: Sequence[Evidence]) -> Absent | None:
    """What the question names that no sentence near it holds, where the nearest say something else in its place."""
    if not asked.qualifiers or not ranked:
        return None
    held: list[Qualifier] = []
    written: dict[Qualifier, str] = {}
    for one in ranked[:_LOOKED_AT]:
        for text in (one.text, one.scope.article.title, *(one.scope.text_of(at) for at in one.standing.path)):
            found = find_qualifiers(text)
            written |= {qualifier: text[qualifier.start : qualifier.end] for qualifier in found}
            held += found
    verdict = judge([one for one in asked.qualifiers if one.kind not in _BY_FORM], held)
    if not verdict.contradicted:
        return None
    missing = tuple(dict.fromkeys(asked.core[one.start : one.end] for one in verdict.contradicted))
    instead = tuple(dict.fromkeys(written.get(one, one.key) for one in verdict.instead))
    return Absent(missing, instead[:_SHOWN])
