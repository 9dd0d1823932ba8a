"""The most and the least: of a list's items or a table's rows, the one that a comparison asks for."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from index.korean.numbers import find_numbers
from index.korean.terms import bigrams, search_key
from index.structure.outline import Role, named_cells
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, read_meaning
from rag.question.asked import Asked, Asks
from rag.values.typed_values import Value, ValueKind

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
_BEGINS = r"(?:(?<![가-힣])|(?<=더)|(?<=가장)|(?<=제일))"  # 작은, but no 시작은
_DIRECTIONS: tuple[tuple[re.Pattern[str], int, frozenset[ValueKind]], ...] = (
    (re.compile(r"비싸|비싼|비쌉"), 1, frozenset({_K.MONEY})),
    (re.compile(r"(?<!비)(?:싸|싼|쌉)|저렴"), -1, frozenset({_K.MONEY})),
    (re.compile(r"늦"), 1, frozenset({_K.DATE, _K.TIME})),
    (re.compile(rf"{_BEGINS}(?:이르|이른)|일찍|먼저|빠르|빠른"), -1, frozenset({_K.DATE, _K.TIME, _K.PERIOD})),
    (
        re.compile(rf"{_BEGINS}(?:길(?=[고지다게까어었면며죠냐니])|긴(?![급장축밀]))|오래"),
        1,
        frozenset({_K.PERIOD, _K.MEASURE, _K.TIME}),
    ),
    (re.compile(r"짧"), -1, frozenset({_K.PERIOD, _K.MEASURE, _K.TIME})),
    (re.compile(rf"높(?!이)|많|{_BEGINS}(?:크(?=[고지다게나네면며죠냐])|큰)|최고|최다|최대"), 1, frozenset()),
    (
        re.compile(rf"{_BEGINS}(?:낮(?=[은을아았습고지다나네던게냐니죠])|적은|적습|적나|적었|작)|최저|최소"),
        -1,
        frozenset(),
    ),
)
_ORDERED = frozenset({_K.DATE, _K.TIME})
_COUNTED = frozenset({_K.MONEY, _K.COUNT, _K.RATE, _K.MEASURE})
_SIZES = frozenset({_K.PERIOD, *_COUNTED, *_ORDERED})
_UNSAID = frozenset({"KRW ", "%"})  # what is counted in them, and whatever a count counts, stands in a cell as a figure
_SECONDS = {"M": 2_629_800, "D": 86_400, "N": 86_400, "T": 1}  # of the letter of a period's key
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_ROLES = frozenset({Role.ROW, Role.ITEM})
_LOOKED_AT = 6

Measure = tuple[str, Decimal]  # what it is counted in, and how much: only what is counted alike is compared


def extreme_of(read: Asked, question: str, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the line with the most or least of what is compared, None where that cannot be told."""
    direction = _direction(question) if Asks.COMPARISON in read.kinds else None
    if direction is None:
        return None
    measures: dict[int, Measure | None] = {}
    for best in ranked[:_LOOKED_AT]:
        group = _named([at for at, other in enumerate(ranked) if _beside(best, other)], ranked, question)
        measures |= {at: _measure(ranked[at], question, direction[1]) for at in group if at not in measures}
        measured = [(measure, at) for at in group if (measure := measures[at]) is not None]
        if len(measured) > 1 and len({unit for (unit, _), _ in measured}) == 1:
            ordered = sorted(measured, key=lambda pair: pair[0], reverse=direction[0] > 0)
            return ordered[0][1] if ordered[0][0] != ordered[1][0] else None
    return None


def _direction(question: str) -> tuple[int, frozenset[ValueKind]] | None:
    """Return whether the most or the least is asked for, and of which kinds of value (empty for any)."""
    compares = next((match for form in _COMPARES if (match := form.search(question))), None)
    if compares is None:
        return None
    found = [(match.start(), sign, kinds) for form, sign, kinds in _DIRECTIONS for match in form.finditer(question)]
    found.sort(key=lambda word: word[0])
    behind = [word for word in found if word[0] >= compares.start()] or found[-1:]
    return behind[0][1:] if behind else None


def _beside(best: Evidence, other: Evidence) -> bool:
    own, its = best.standing.line, other.standing.line
    same = best.scope.article.id == other.scope.article.id and own.parent == its.parent and own.columns == its.columns
    return same and own.role is its.role and own.role in _ROLES


def _named(group: list[int], ranked: Sequence[Evidence], question: str) -> list[int]:
    """Return the lines of A and B where the question says "A와 B 중", else the whole group."""
    asked = search_key(question).replace(" ", "")
    labels = {at: search_key(ranked[at].standing.label).replace(" ", "").rstrip(":：") for at in group}
    named = [at for at in group if len(labels[at]) > 1 and labels[at] in asked]
    return named if len(named) > 1 else group


def _measure(sentence: Evidence, question: str, kinds: frozenset[ValueKind]) -> Measure | None:
    if sentence.standing.line.role is Role.ROW and sentence.standing.line.columns:
        return _cell(sentence, question)
    return next((_size(value) for value in sentence.meaning.values if value.kind in (kinds or _COUNTED)), None)


def _size(value: Value) -> Measure:
    """Return what a value is counted in and how much it is: a period in seconds, of a day or time its digits."""
    if value.kind in _ORDERED:
        return re.sub(r"\d", "0", value.key), Decimal(re.sub(r"\D", "", value.key) or 0)
    figure = next(iter(_FIGURE.findall(value.key)), "0")
    if value.kind is _K.PERIOD:
        return "", Decimal(figure) * _SECONDS[value.key[-1]]
    return value.key.replace(figure, "", 1), Decimal(figure)


def _cell(row: Evidence, question: str) -> Measure | None:
    """Return the row's value in the column whose name the question shares most with."""
    text, line = row.scope.article.text, row.standing.line
    cells = named_cells(text, row.scope.outline.lines, line)
    pairs = set(bigrams(question))
    shares = [len(pairs & set(bigrams(name))) for name, _ in cells]
    if max(shares[1:], default=0) == 0:
        return None
    cell = cells[max(range(1, len(shares)), key=lambda column: shares[column])][1]
    return _cell_size(text[cell.start : cell.end], day_of(row.scope.article.published_at))


def _cell_size(cell: str, published: date | None) -> Measure | None:
    value = next((value for value in read_meaning(cell, published).values if value.kind in _SIZES), None)
    if value is not None and value.kind is not _K.COUNT and _size(value)[0] not in _UNSAID:
        return _size(value)
    numbers = find_numbers(cell)
    if numbers:
        return "", numbers[0].value
    return ("", Decimal(0)) if value is not None and value.key == "KRW 0" else None  # 무료
