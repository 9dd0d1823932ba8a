"""Why a question is not answered, and what it names that the articles lack: another year, grade or weekday."""

from collections.abc import Sequence

from index.korean.terms import search_key
from rag.answers import Absent, Hit, Reason
from rag.evidence.evidence import Evidence
from rag.evidence.standing import LONGEST_LINE
from rag.question.asked import Asked
from rag.ranking.matching import Prepared
from rag.values.qualifiers import Qualifier, QualifierKind, find_qualifiers, judge

_LOOKED_AT = 5  # sentences, for what they say in place of what was asked
_SHOWN = 4
_BY_FORM = frozenset({QualifierKind.PERSON, QualifierKind.ORGANISATION})  # told by form alone, too often wrongly
_NEAR_COSINE = 0.80  # below it, with no word in common, nothing in the index is near the question
_SHARED_WEIGHT = 0.25


def why_not_answered(prepared: Prepared, hits: Sequence[Hit], absent: Absent | None) -> Reason:
    """Return the reason told for an abstention."""
    if not hits:
        return Reason.INDEX_EMPTY
    if absent is not None:
        return Reason.QUALIFIER_ABSENT
    nearest = max((hit.scores.dense or 0.0) for hit in hits)
    met = [float(prepared.matcher.match((), search_key(hit.passage.text)) @ prepared.weights) for hit in hits]
    near = nearest >= _NEAR_COSINE or max(met) > _SHARED_WEIGHT * float(prepared.weights.sum())
    return Reason.LOW_SUPPORT if near else Reason.NO_MATCH


def absent_qualifiers(asked: Asked, ranked: Sequence[Evidence]) -> Absent | None:
    """Return what the question names that no sentence near it holds, where the nearest say something else in its place."""
    if not asked.qualifiers or not ranked:
        return None
    held: list[Qualifier] = []
    written: dict[Qualifier, str] = {}
    for sentence in ranked[:_LOOKED_AT]:
        for text in (
            sentence.text,
            sentence.scope.article.title,
            *(sentence.scope.text_of(at)[:LONGEST_LINE] for at in sentence.standing.path),
        ):
            found = find_qualifiers(text)
            written |= {qualifier: text[qualifier.start : qualifier.end] for qualifier in found}
            held += found
    verdict = judge([qualifier for qualifier in asked.qualifiers if qualifier.kind not in _BY_FORM], held)
    if not verdict.contradicted:
        return None
    missing = tuple(dict.fromkeys(asked.core[qualifier.start : qualifier.end] for qualifier in verdict.contradicted))
    instead = tuple(dict.fromkeys(written.get(qualifier, qualifier.key) for qualifier in verdict.instead))
    return Absent(missing, instead[:_SHOWN])
