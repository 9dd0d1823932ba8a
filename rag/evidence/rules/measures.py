"""How much a line has of what is compared: the first value of the kind, or the cell in the column that is named."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise

from index.korean.numbers import find_numbers
from rag.evidence.expected import read_meaning
from rag.evidence.rules.alike import Row, Rows
from rag.values.typed_values import Value, ValueKind

Measure = tuple[str, Decimal]  # what it is counted in, and how much: only what is counted alike is compared
Kinds = frozenset[ValueKind]  # empty for any

_K = ValueKind
_ORDERED = frozenset({_K.DATE, _K.TIME})
_COUNTED = frozenset({_K.MONEY, _K.COUNT, _K.RATE, _K.MEASURE})
_SIZES = frozenset({_K.PERIOD, *_COUNTED, *_ORDERED})
_UNSAID = frozenset({"KRW ", "%"})  # what is counted in them, and whatever a count counts, stands in a cell as a figure
_SECONDS = {"M": 2_629_800, "D": 86_400, "N": 86_400, "T": 1}  # of the letter of a period's key
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_BELOW_ZERO = ("-", "−", "△", "▲")
_WORD = re.compile(r"[가-힣A-Za-z0-9]+")
_UNIT_OF_COLUMN = re.compile(r"\(.*?\)")
_WORD_BEFORE = re.compile(r"([가-힣]{2,})\s?[:：]?\s?$")
_COLUMNS_OF = {
    _K.MONEY: re.compile(r"원\)|값|가격|요금|금액|[료비]$|운임|단가"),
    _K.PERIOD: re.compile(r"걸린|기간|날\W|일수"),
    _K.DATE: re.compile(r"(?:^|\s)해$|[연년]도|날짜|일자"),
}
_IS_NAMED = 0.5  # of a column's name that the question holds
_LOOKED_INTO = 3  # cells that tell what a column holds


def text_measures(rows: Sequence[Row], question: str, kinds: Kinds, published: date | None) -> dict[int, Measure]:
    """Return how much lines of text have, by place; nothing where they are not all counted alike."""
    return _alike({row.place: _measure(row.cells[0], question, kinds, published) for row in rows})


def column_measures(
    table: Rows, compared: Sequence[Row], question: str, kinds: Kinds, published: date | None
) -> dict[int, Measure]:
    """Return how much some rows of a table have, by place, in the column that is compared.

    That is the one that the question names best, or the only one of the kinds; nothing where there are several or it does not
    count them alike.
    """
    for columns in _by_likelihood(table, compared, question, kinds):
        told = [
            measures
            for column in columns
            if (measures := _alike({row.place: _cell(row.cells[column], published) for row in compared}))
        ]
        if told:
            return told[0] if len(told) == 1 else {}
    return {}


def _by_likelihood(table: Rows, compared: Sequence[Row], question: str, kinds: Kinds) -> Iterator[list[int]]:
    """Yield the columns that the question names, the best first and those alike at once, and those of the kinds last."""
    shares = {column: _fit(question, name) for column, name in enumerate(table.names) if column}
    named = [column for column, (share, _) in shares.items() if share >= _IS_NAMED]
    named.sort(key=shares.__getitem__, reverse=True)
    yield from (list(columns) for _, columns in groupby(named, key=shares.__getitem__))
    cells = [row.cells for row in compared[:_LOOKED_INTO]]
    yield [column for column in shares if _is_of(kinds, table.names[column], [row[column] for row in cells])]


def _is_of(kinds: Kinds, name: str, cells: Sequence[str]) -> bool:
    """Return whether a column holds what a word like 비싼 or 오래된 compares."""
    if any(kind in kinds and form.search(name) for kind, form in _COLUMNS_OF.items()):
        return True
    return any(value.kind in kinds for cell in cells for value in read_meaning(cell, None).values)


def _fit(question: str, name: str) -> tuple[float, int]:
    """Return how much of a column's name the question holds, of each of its words alike, and the letters of those held whole."""
    held = {word: _held(word, question) for word in _WORD.findall(_UNIT_OF_COLUMN.sub(" ", name))}
    whole = sum(len(word) for word, share in held.items() if share == 1.0)
    return (sum(held.values()) / len(held), whole) if held else (0.0, 0)


def _held(word: str, question: str) -> float:
    """Return the share of a word's pairs of letters that the question holds; one letter counts where it begins a word."""
    if len(word) == 1:
        return float(re.search(rf"(?<![가-힣A-Za-z0-9]){word}", question) is not None)
    asked = re.sub(r"\W", "", question)
    return sum(first + second in asked for first, second in pairwise(word)) / (len(word) - 1)


def _alike(measures: Mapping[int, Measure | None]) -> dict[int, Measure]:
    """Return those that are told, nothing where they are counted in several ways or there is but one."""
    told = {place: measure for place, measure in measures.items() if measure is not None}
    return told if len(told) > 1 and len({unit for unit, _ in told.values()}) == 1 else {}


def _measure(text: str, question: str, kinds: Kinds, published: date | None) -> Measure | None:
    """Return the first value of the kinds; of several the first behind a word of the question: 소음 79dB."""
    held = [value for value in read_meaning(text, published).values if value.kind in (kinds or _COUNTED)]
    named = [value for value in held if (word := _WORD_BEFORE.search(text[: value.start])) and word[1] in question]
    return _size((named or held)[0]) if held else None


def _size(value: Value) -> Measure:
    """Return what a value is counted in and how much it is: a period in seconds, of a day or time its digits."""
    if value.kind in _ORDERED:
        return re.sub(r"\d", "0", value.key), Decimal(re.sub(r"\D", "", value.key) or 0)
    figure = next(iter(_FIGURE.findall(value.key)), "0")
    if value.kind is _K.PERIOD:
        return "", Decimal(figure) * _SECONDS[value.key[-1]]
    return value.key.replace(figure, "", 1), Decimal(figure)


def _cell(cell: str, published: date | None) -> Measure | None:
    value = next((value for value in read_meaning(cell, published).values if value.kind in _SIZES), None)
    if value is not None and value.kind is not _K.COUNT and _size(value)[0] not in _UNSAID:
        return _size(value)
    numbers = find_numbers(cell)
    if numbers:
        return "", -numbers[0].value if cell.startswith(_BELOW_ZERO) else numbers[0].value
    return ("", Decimal(0)) if value is not None and value.key == "KRW 0" else None  # 무료
