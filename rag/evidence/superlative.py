"""The most and the least: of a list's items, a table's rows or two that are named, the one that a comparison asks for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from index.structure.outline import Role
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of
from rag.evidence.rules.alike import Row, Rows, rows_of
from rag.evidence.rules.measures import Kinds, Measure, column_measures, text_measures
from rag.evidence.rules.pairs import Pair, named_pair, rows_meant
from rag.question.asked import Asked, Asks
from rag.values.typed_values import ValueKind

_K = ValueKind
# What compares, the surest mark first: the word that says by what stands behind it.
_COMPARES = tuple(
    re.compile(form)
    for form in (
        r"가장|제일|(?:(?<![가-힣])|(?<=[은는이가]))더\s?\S",  # no 무더위
        r"최[고다대저소장]",
        r"중(?:에서?|에)?\s?(?:어느|어디|누|뭐|무엇|어떤)|어느\s?(?:쪽|것|게|곳)",
    )
)
_OF_ALL = re.compile(r"가장|제일|최[고다대저소장]")
_NOT_FIRST = re.compile(r"(?:[두세네]|\d)\s?번째로?\s|얼마나?\s?더")  # the second, or by how much
_NONE_AT_ALL = re.compile(r"(?:하나도|전혀|한\s?[건명곳번]도)\s?없")
_BEGINS = r"(?:(?<![가-힣])|(?<=더)|(?<=가장)|(?<=제일))"  # 작은, but no 시작은
_DIRECTIONS: tuple[tuple[re.Pattern[str], int, Kinds], ...] = (
    (re.compile(r"비싸|비싼|비쌉"), 1, frozenset({_K.MONEY})),
    (re.compile(r"(?<!비)(?:싸|싼|쌉)|저렴"), -1, frozenset({_K.MONEY})),
    (re.compile(r"늦"), 1, frozenset({_K.DATE, _K.TIME})),
    (re.compile(r"오래된"), -1, frozenset({_K.DATE})),
    (re.compile(rf"{_BEGINS}(?:이르|이른)|일찍|먼저|빠르|빠른"), -1, frozenset({_K.DATE, _K.TIME, _K.PERIOD})),
    (
        re.compile(rf"{_BEGINS}(?:길(?=[고지다게까어었면며죠냐니])|긴(?![급장축밀]))|오래(?!된)"),
        1,
        frozenset({_K.PERIOD, _K.MEASURE}),
    ),
    (re.compile(r"짧"), -1, frozenset({_K.PERIOD, _K.MEASURE})),
    (re.compile(r"넓|무거|무겁|두꺼|두껍|깊"), 1, frozenset({_K.MEASURE})),
    (re.compile(r"좁|가벼|가볍|얇|얕"), -1, frozenset({_K.MEASURE})),
    (re.compile(rf"높(?!이)|많|{_BEGINS}(?:크(?=[고지다게나네면며죠냐])|큰)|최고|최다|최대"), 1, frozenset()),
    (
        re.compile(rf"{_BEGINS}(?:낮(?=[은을아았습고지다나네던게냐니죠])|적은|적습|적나|적었|작)|최저|최소"),
        -1,
        frozenset(),
    ),
)
_IN_BRACKETS = re.compile(r"\(.*?\)")
_LOOKED_AT = 6


@dataclass(frozen=True, slots=True)
class _Direction:
    """``sign`` is 1 where the most is asked for, -1 for the least, ``kinds`` those of value; ``none`` where nothing at all."""

    sign: int
    kinds: Kinds
    none: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines of one article, all of ``role``, that may be compared; ``where`` a row's line stands among what was ranked."""

    rows: Rows
    where: Mapping[int, int]
    role: Role
    published: date | None


def extreme_of(read: Asked, question: str, ranked: Sequence[Evidence]) -> list[int]:
    """Return the place among ``ranked`` of the line with the most or least of what is compared, and, of two named, of the other.

    Nothing where that cannot be told.
    """
    pair = named_pair(read.core)
    direction = _direction(question, pair)
    if direction is None or Asks.REASON in read.kinds or _NOT_FIRST.search(question):
        return []
    if pair is not None:
        found = next((found for group in _groups(ranked) if (found := _better(pair, group, direction, read.core))), [])
        if found or not _OF_ALL.search(question):
            return found
    if Asks.COMPARISON not in read.kinds and not direction.none:
        return []
    told = (_most(group, direction, read.core) for group in _groups(ranked) if group.role is not Role.TEXT)
    return next((found for found in told if found is not None), [])


def _direction(question: str, pair: Pair | None) -> _Direction | None:
    """Return whether the most or the least is asked for, None for neither; of two that are named, a bare 많은 tells too."""
    if _NONE_AT_ALL.search(question):
        return _Direction(-1, frozenset(), none=True)
    compares = next((match for form in _COMPARES if (match := form.search(question))), None)
    if compares is None and pair is None:
        return None
    found = [(match.start(), sign, kinds) for form, sign, kinds in _DIRECTIONS for match in form.finditer(question)]
    found.sort(key=lambda word: word[0])
    behind = [word for word in found if compares and word[0] >= compares.start()] or found[-1:]
    return _Direction(*behind[0][1:]) if behind else None


def _groups(ranked: Sequence[Evidence]) -> Iterator[_Group]:
    """Yield the tables that the first lines are of, each once; of lists and sentences only those of the very first."""
    seen: set[tuple[str, int]] = set()
    for at, best in enumerate(ranked[:_LOOKED_AT]):
        article, rows = best.scope.article, rows_of(best)
        published = day_of(article.published_at)
        if rows is None and at == 0:
            beside = {at: Row(at, (other.text,)) for at, other in enumerate(ranked) if _is_beside(best, other)}
            yield _Group(
                Rows(("",), tuple(beside.values())), {at: at for at in beside}, best.standing.line.role, published
            )
        elif rows is not None and (article.id, rows.rows[0].place) not in seen:
            seen.add((article.id, rows.rows[0].place))
            own = [at for at, other in enumerate(ranked) if other.scope.article.id == article.id]
            yield _Group(rows, {ranked[at].standing.place: at for at in reversed(own)}, Role.ROW, published)


def _is_beside(best: Evidence, other: Evidence) -> bool:
    """Return whether two are sentences of an article, items of a list, or one the heading of the other."""
    own, its = best.standing.line, other.standing.line
    if best.scope.article.id != other.scope.article.id:
        return False
    if its.role is Role.ITEM:
        return its.parent == (own.parent if own.role is Role.ITEM else best.standing.place)
    return own.role is its.role is Role.TEXT


def _better(pair: Pair, group: _Group, direction: _Direction, question: str) -> list[int]:
    """Return where the better of the two named stands, and the other; none where either is not told or both are alike."""
    sides = rows_meant(pair, group.rows)
    measures = _measures(group, [row for side in sides for row in side], direction, question)
    told = [{measures[row.place] for row in side if row.place in measures} for side in sides]
    if any(len(side) != 1 for side in told) or told[0] == told[1]:
        return []
    ordered = sorted(zip(told, sides, strict=True), key=lambda side: min(side[0]), reverse=direction.sign > 0)
    places = [
        min((group.where[row.place] for row in side if row.place in group.where), default=-1) for _, side in ordered
    ]
    return places if min(places) >= 0 else []


def _most(group: _Group, direction: _Direction, question: str) -> list[int] | None:
    """Return where the line with the most or least stands, nothing where it is not told, None where nothing is compared.

    Where the question names rows, only those are compared.
    """
    named = [row for row in group.rows.rows if group.role is Role.ROW and _is_named(row, question)]
    measures = _measures(group, named or group.rows.rows, direction, question)
    if len(measures) < 2:
        return [] if named else None
    ordered = sorted(measures.items(), key=lambda line: line[1], reverse=direction.sign > 0)
    (first, most), (_, second) = ordered[:2]
    told = most != second and not (direction.none and most[1]) and first in group.where
    return [group.where[first]] if told else []


def _is_named(row: Row, question: str) -> bool:
    name = re.sub(r"\W", "", _IN_BRACKETS.sub("", row.cells[0]))
    return len(name) > 1 and not name.isdigit() and name in re.sub(r"\W", "", question)


def _measures(group: _Group, compared: Sequence[Row], direction: _Direction, question: str) -> dict[int, Measure]:
    if group.role is Role.ROW:
        return column_measures(group.rows, compared, question, direction.kinds, group.published)
    return text_measures(compared, question, direction.kinds, group.published)
