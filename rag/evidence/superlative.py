"""The most and the least: of a list's items or a table's rows, the one that a comparison asks for."""

import re
from collections.abc import Sequence
from decimal import Decimal

from index.korean.numbers import find_numbers
from index.korean.terms import bigrams, search_key
from index.structure.outline import Role, row_cells
from rag.evidence.evidence import Evidence
from rag.evidence.expected import day_of, read_meaning
from rag.question.asked import Asked, Asks
from rag.values.typed_values import ValueKind

_K = ValueKind
_COMPARES = re.compile(
    r"가장|제일|최[고다대저소장]|더\s?\S|중(?:에서?|에)?\s?(?:어느|어디|누|뭐|무엇|어떤)|어느\s?(?:쪽|것|게|곳)"
)
_DIRECTIONS: tuple[tuple[re.Pattern[str], int, frozenset[ValueKind]], ...] = (
    (re.compile(r"비싸|비싼|비쌉"), 1, frozenset({_K.MONEY})),
    (re.compile(r"싸|싼|저렴|쌉"), -1, frozenset({_K.MONEY})),
    (re.compile(r"늦"), 1, frozenset({_K.DATE, _K.TIME})),
    (re.compile(r"이르|이른|일찍|먼저|빠르|빠른"), -1, frozenset({_K.DATE, _K.TIME, _K.PERIOD})),
    (re.compile(r"길|긴|오래"), 1, frozenset({_K.PERIOD, _K.MEASURE, _K.TIME})),
    (re.compile(r"짧"), -1, frozenset({_K.PERIOD, _K.MEASURE, _K.TIME})),
    (re.compile(r"높|많|크|큰|최고|최다|최대"), 1, frozenset()),
    (re.compile(r"낮|적은|적습|적나|적었|작|최저|최소"), -1, frozenset()),
)
_ORDERED = frozenset({_K.DATE, _K.TIME})
_ROLES = frozenset({Role.ROW, Role.ITEM})
_LOOKED_AT = 6

Measure = Decimal | str


def extreme_of(read: Asked, question: str, ranked: Sequence[Evidence]) -> int | None:
    """Return the place among ``ranked`` of the line with the most or least of what is compared, None where that cannot be told."""
    direction = _direction(question) if Asks.COMPARISON in read.kinds else None
    if direction is None:
        return None
    for best in ranked[:_LOOKED_AT]:
        group = _named([at for at, other in enumerate(ranked) if _beside(best, other)], ranked, question)
        measured = [
            (measure, at) for at in group if (measure := _measure(ranked[at], question, direction[1])) is not None
        ]
        if len(measured) > 1 and len({type(measure) for measure, _ in measured}) == 1:
            ordered = sorted(measured, key=lambda pair: pair[0], reverse=direction[0] > 0)
            return ordered[0][1] if ordered[0][0] != ordered[1][0] else None
    return None


def _direction(question: str) -> tuple[int, frozenset[ValueKind]] | None:
    if not _COMPARES.search(question):
        return None
    found = [(match.start(), sign, kinds) for form, sign, kinds in _DIRECTIONS for match in form.finditer(question)]
    return max(found, key=lambda match: match[0])[1:] if found else None


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
    values = read_meaning(sentence.text, day_of(sentence.scope.article.published_at)).values
    for value in values:
        if value.kind in _ORDERED and value.kind in kinds:
            return value.key
        if value.kind in kinds or (not kinds and value.kind in (_K.MONEY, _K.COUNT, _K.RATE, _K.MEASURE)):
            return _amount(value.key if value.kind is _K.MONEY else sentence.text[value.start : value.end])
    return None


def _cell(row: Evidence, question: str) -> Measure | None:
    """Return the row's value in the column whose name the question shares most with."""
    text, outline = row.scope.article.text, row.scope.outline
    head = row_cells(text, outline.lines[row.standing.line.columns[-1]])
    cells = row_cells(text, row.standing.line)
    pairs = set(bigrams(question))
    shares = [len(pairs & set(bigrams(text[cell.start : cell.end]))) for cell in head]
    if len(head) != len(cells) or not shares or max(shares[1:], default=0) == 0:
        return None
    at = max(range(1, len(shares)), key=lambda column: shares[column])
    return _amount(text[cells[at].start : cells[at].end])


def _amount(text: str) -> Decimal | None:
    numbers = find_numbers(text)
    return numbers[0].value if numbers else None
