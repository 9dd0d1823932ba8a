"""Why a question is not answered, and what it names that the articles lack: another year, grade or weekday."""

import re
from collections.abc import Sequence

from index.korean.terms import search_key
from rag.answers import Absent, Hit, Reason
from rag.evidence.evidence import Evidence
from rag.question.asked import Asked
from rag.ranking.matching import Prepared
from rag.values.qualifiers import Qualifier, QualifierKind, find_qualifiers, judge

_LOOKED_AT = 5  # sentences, for what they say in place of what was asked
_LONGEST_LINE = 2_000  # letters that are read of a line above: a table's header may be an article long
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


_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열"), 1)
}
_COUNTED = re.compile(
    rf"(?<![\d.,가-힣])(?P<number>\d{{1,5}}|{'|'.join(_NUMBER_WORDS)})\s?(?P<unit>자녀|아이|개월|학점|인승|학기|년)"
    r"(?:\s?(?P<bound>이상|이하|이내|미만|초과))?\s?(?:인\s|의\s)?(?P<of>[가-힣]{2,6})"
)
_LOWEST, _HIGHEST = frozenset({"이상", "초과"}), frozenset({"이하", "이내", "미만"})


def absent_figures(asked: Asked, ranked: Sequence[Evidence]) -> Absent | None:
    """Return what the question counts off that the first sentence's document counts otherwise: 24개월 유지, 12개월 유지."""
    if not ranked:
        return None
    text, first = ranked[0].scope.article.text, ranked[0].text
    for wanted in _COUNTED.finditer(asked.core):
        held = [other for other in _COUNTED.finditer(first) if _alike(wanted, other)]
        others = [other for other in _COUNTED.finditer(text) if other["unit"] == wanted["unit"]]
        if held and not _says(text, wanted) and all(_excludes(wanted, other) for other in others):
            return Absent((_phrase(wanted),), tuple(dict.fromkeys(map(_phrase, held))))
    return None


def _says(text: str, wanted: re.Match[str]) -> bool:
    """Return whether the number asked for stands before its unit, in figures or as a word."""
    words = [word for word, number in _NUMBER_WORDS.items() if number == _number(wanted)]
    return re.search(rf"(?<![\d.,])(?:{'|'.join([str(_number(wanted)), *words])})\s?{wanted['unit']}", text) is not None


def _alike(wanted: re.Match[str], other: re.Match[str]) -> bool:
    """Return whether both count the same thing: the words behind them begin alike."""
    return other["unit"] == wanted["unit"] and other["of"][:2] == wanted["of"][:2]


def _excludes(wanted: re.Match[str], other: re.Match[str]) -> bool:
    """Return whether what is counted off cannot be the number asked for."""
    if other["bound"] in _LOWEST:
        return _number(wanted) < _number(other)
    return other["bound"] not in _HIGHEST or _number(wanted) > _number(other)


def _number(match: re.Match[str]) -> int:
    return _NUMBER_WORDS.get(match["number"]) or int(match["number"])


def _phrase(match: re.Match[str]) -> str:
    return " ".join(match.group().split())


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
            *(sentence.scope.text_of(at)[:_LONGEST_LINE] for at in sentence.standing.path),
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
