"""Where documents disagree: another value for what is asked, in another edition or in the same words elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.evidence.citing import values_asked
from rag.evidence.editions import read_edition
from rag.evidence.evidence import Evidence
from rag.evidence.rules.counterparts import (
    above_of,
    are_of_one_house,
    heads_of,
    is_of_same,
    says_of_all,
    shapes_of,
    text_shape,
)
from rag.question.asked import Asked
from rag.ranking.matching import Values
from rag.values.typed_values import Value, ValueKind, same_value

_Stretch = list[Value]  # values with nothing but a joint between them: a day and its time, both ends of a range
_MARGIN = 3.0  # in logits: how much worse a sentence in other words may be
_MOST = 3
_JOINT = re.compile(r"(?:\s|[~∼–\-]|부터|에서|\([월화수목금토일]\))*")
_K = ValueKind
_COUNTED = frozenset({_K.COUNT, _K.MEASURE})


@dataclass(frozen=True, slots=True)
class OtherValue:
    """What another article gives for what is asked: ``text`` as it stands in ``evidence``, a range whole."""

    text: str
    evidence: Evidence


def find_conflicts(read: Asked, ranked: Sequence[Evidence], scores: Values) -> list[OtherValue]:
    """Return the other values, one an article, best first: of editions of one notice, or of sentences in the same words.

    An article that is of another year, grade or name than the question names disagrees with nothing, nor does one that
    gives the same value as well.
    """
    own = _told(read, ranked[0]) if ranked else []
    found: list[OtherValue] = []
    for lines in _others(ranked, scores) if own else ():
        if len(found) == _MOST:
            break
        told = [(line, stretch) for line in _counterparts(read, ranked[0], lines) for stretch in _told(read, line)]
        differ = [(line, stretch) for line, stretch in told if any(_comparable(stretch, held) for held in own)]
        if differ and not any(_agree(stretch, held) for _, stretch in differ for held in own):
            line, stretch = differ[0]
            found.append(OtherValue(line.text[stretch[0].start : max(value.end for value in stretch)], line))
    return found


@dataclass(slots=True)
class _Lines:
    """The lines of one article, best first: ``every`` of them, and those ``near`` the best line of all."""

    every: list[Evidence]
    near: list[Evidence]


def _others(ranked: Sequence[Evidence], scores: Values) -> list[_Lines]:
    """Return the lines of each other article, the best article first."""
    articles: dict[str, _Lines] = {}
    for line, score in zip(ranked, scores, strict=True):
        lines = articles.setdefault(line.scope.article.id, _Lines([], []))
        lines.every.append(line)
        if score >= scores[0] - _MARGIN:
            lines.near.append(line)
    return [lines for article_id, lines in articles.items() if article_id != ranked[0].scope.article.id]


def _counterparts(read: Asked, best: Evidence, lines: _Lines) -> list[Evidence]:
    """Return the lines of another article that say of the same thing what the best line says.

    In another edition that is the line with the same words or label, under the same headings where one is, however far behind
    it was found; without one, and elsewhere in the same words alone, a line near the best.
    """
    edition = read_edition(lines.every[0].scope.article).series == read_edition(best.scope.article).series
    if edition:
        shapes = shapes_of(best)
        same = [line for line in lines.every if not shapes.isdisjoint(shapes_of(line))]
        chosen = [line for line in same if above_of(line) == above_of(best)] or same or lines.near
    else:
        shape = text_shape(best, names=False)
        same = [line for line in lines.near if shape and text_shape(line, names=False) == shape]
        chosen = same or _in_other_words(read, best, lines.every)
    return [line for line in chosen if is_of_same(read, best, line, edition=edition)]


def _in_other_words(read: Asked, best: Evidence, lines: Sequence[Evidence]) -> list[Evidence]:
    """Return the lines that say all that is asked about, as the best one does, and call their value as that does.

    What was planned, and what became of it: 예산: 1,200만원 and 예산은 1,500만원으로 늘리기로 함.
    """
    if not (are_of_one_house(best, lines[0]) and says_of_all(read, best)):
        return []
    heads = heads_of(read, best)
    return [line for line in lines if not heads.isdisjoint(heads_of(read, line)) and says_of_all(read, line)]


def _told(read: Asked, evidence: Evidence) -> list[_Stretch]:
    """Return the values of a line that are asked for, those that are one thing together."""
    stretches: list[_Stretch] = []
    for value in values_asked(read, evidence):
        end = max(held.end for held in stretches[-1]) if stretches else 0
        if stretches and (value.start < end or _JOINT.fullmatch(evidence.text, end, value.start)):
            stretches[-1].append(value)
        else:
            stretches.append([value])
    return stretches


def _agree(one: _Stretch, other: _Stretch) -> bool:
    """Return whether all that the shorter of the two says in values of their common kinds stands in the longer."""
    common = [value for value in one if any(_alike(value, held) for held in other)]
    held = [value for value in other if any(_alike(value, mine) for mine in one)]
    fewer, more = sorted((common, held), key=len)
    return bool(fewer) and all(any(same_value(value, of_more) for of_more in more) for value in fewer)


def _comparable(one: _Stretch, other: _Stretch) -> bool:
    return any(_alike(value, held) for value in one for held in other)


def _alike(one: Value, other: Value) -> bool:
    """Return whether two values are of one kind and unit: 20명 and 3개 say nothing of each other, nor do 한 달 and 30일."""
    if one.kind is not other.kind:
        return False
    if one.kind in _COUNTED:
        return one.key.partition(" ")[2] == other.key.partition(" ")[2] or "" in (one.unit, other.unit)
    return one.kind not in (_K.PERIOD, _K.RATE) or one.key[-1] == other.key[-1]
