"""Lines that say the same things in the same order: the rows of a table, in whichever notation it was typed.

Besides the rows that the outline knows: lines parted by slashes, semicolons or commas, and lines that end in a figure, where the
line above them names what stands there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.structure.outline import Line, Role, named_cells, row_cells
from index.structure.tables import Cell
from rag.evidence.evidence import Evidence
from rag.evidence.standing import LONGEST_LINE, Scope

_SEPARATORS = tuple(re.compile(form) for form in (r"\s/\s", r"\s;\s", r",\s"))
_LAST = re.compile(r"(?P<words>\S.*)\s(?P<last>\S+)")
_SENTENCE_END = re.compile(r"[다요]\.?$")
_FIGURE = re.compile(r"[-−△▲+]?\d[\d,.]*\s?[가-힣A-Za-z%㎡]{0,3}")
_BARE_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_TOTAL = re.compile(r"(?:합\s?계|총\s?계|소\s?계|누\s?계|계|합|전체|총|평균|모두|그\s?밖|기타)(?=\W|\d|$)")
_MOST_ROWS = 200
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Row:
    """``place`` tells it from the others; the first of ``cells`` is what it is called."""

    place: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """Two or more rows, and what their columns are called."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def rows_of(evidence: Evidence) -> Rows | None:
    """Return the rows that a line is one of, by their places in the outline and without totals.

    None where it is none, where nothing names the columns and where they are too many to be read.
    """
    place, line = evidence.standing.place, evidence.standing.line
    if place < 0 or line.end - line.start > LONGEST_LINE:
        return None
    if line.role is Role.ROW:
        return _of_table(evidence.scope, place)
    forms = [_parting(form) for form in _SEPARATORS]
    return next((rows for cells in forms if (rows := _parted(evidence.scope, place, cells))), None) or _ending(
        evidence.scope, place
    )


def _of_table(scope: Scope, place: int) -> Rows | None:
    lines, text, own = scope.outline.lines, scope.article.text, scope.outline.lines[place]

    def belongs(line: Line) -> bool:
        return line.role is Role.ROW and line.parent == own.parent and line.columns == own.columns

    places = _run(lines, place, belongs)
    if not own.columns:
        return _headed([Row(at, _words(text, row_cells(text, lines[at]))) for at in places])
    named = {at: named_cells(text, lines, lines[at]) for at in places}
    names = tuple(name for name, _ in named[place])
    return _made(names, _filled([Row(at, _words(text, [cell for _, cell in cells])) for at, cells in named.items()]))


def _filled(rows: Sequence[Row]) -> list[Row]:
    """Return the rows, each that has no name of its own with that of the row above, whose cell reaches down over it."""
    filled: list[Row] = []
    for row in rows:
        name = "".join(row.cells[:1]) or (filled[-1].cells[0] if filled and filled[-1].cells else "")
        filled.append(Row(row.place, (name, *row.cells[1:])))
    return filled


def _parted(scope: Scope, place: int, cells: Callable[[str], tuple[str, ...]]) -> Rows | None:
    """Return the lines around one that are parted as often, under the first of them, which names the columns."""
    lines = scope.outline.lines
    width = len(cells(_content(scope, lines[place])))
    if width < _FEWEST:
        return None
    places = _run(lines, place, lambda line: len(cells(_content(scope, line))) == width)
    return _headed([Row(at, cells(_content(scope, lines[at]))) for at in places])


def _ending(scope: Scope, place: int) -> Rows | None:
    """Return the lines around one that end in a figure, where the line above them ends in a word for it."""
    lines = scope.outline.lines
    places = list(
        _run(lines, place, lambda line: _BARE_FIGURE.fullmatch(_content(scope, line).rpartition(" ")[2]) is not None)
    )
    if not places or not places[0]:
        return None
    ends = [(at, _LAST.fullmatch(_content(scope, lines[at]))) for at in (places[0] - 1, *places)]
    return _headed([Row(at, (end["words"], end["last"])) for at, end in ends if end])


def _parting(form: re.Pattern[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what parts a line into its cells; a sentence is one."""
    return lambda text: (text,) if _SENTENCE_END.search(text) else tuple(cell.strip() for cell in form.split(text))


def _content(scope: Scope, line: Line) -> str:
    return scope.article.text[line.content : min(line.end, line.content + LONGEST_LINE)]


def _words(text: str, cells: Sequence[Cell]) -> tuple[str, ...]:
    return tuple(text[cell.start : cell.end] for cell in cells)


def _run(lines: Sequence[Line], place: int, belongs: Callable[[Line], bool]) -> Iterator[int]:
    """Yield the places of the lines around one as far as they belong together; what only draws does not end them."""
    if not belongs(lines[place]):
        return
    first = last = place
    while place - first <= _MOST_ROWS and first and _goes_on(lines[first - 1], belongs):
        first -= 1
    while last - place <= _MOST_ROWS and last + 1 < len(lines) and _goes_on(lines[last + 1], belongs):
        last += 1
    yield from (at for at in range(first, last + 1) if lines[at].role is not Role.RULE)


def _goes_on(line: Line, belongs: Callable[[Line], bool]) -> bool:
    return line.role is Role.RULE or belongs(line)


def _headed(rows: Sequence[Row]) -> Rows | None:
    """Return the rows under the first, where that holds no figure and most of the others do in one column."""
    if len(rows) <= _FEWEST:
        return None
    if labelled := _labelled(rows):
        return labelled
    names, below = rows[0].cells, [row.cells for row in rows[1:] if len(row.cells) == len(rows[0].cells)]
    figures = [sum(bool(_FIGURE.match(cells[column])) for cells in below) for column in range(1, len(names))]
    if any(map(_FIGURE.fullmatch, names[1:])) or max(figures, default=0) * 2 <= len(below):
        return None
    return _made(names, rows[1:])


def _labelled(rows: Sequence[Row]) -> Rows | None:
    """Return the rows of cells that each say what they are: 학교: 가온초 | 점수: 94."""
    split = [[cell.partition(":") for cell in row.cells] for row in rows]
    names = tuple(name.strip() for name, _, _ in split[0])
    if not all(colon for _, colon, _ in split[0]) or any(
        tuple(name.strip() for name, _, _ in cells) != names for cells in split
    ):
        return None
    values = [tuple(value.strip() for _, _, value in cells) for cells in split]
    return _made(names, [Row(row.place, cells) for row, cells in zip(rows, values, strict=True)])


def _made(names: tuple[str, ...], rows: Sequence[Row]) -> Rows | None:
    kept = tuple(row for row in rows if len(row.cells) == len(names) > 1 and not _TOTAL.match(row.cells[0]))
    return Rows(names, kept) if _FEWEST <= len(kept) <= _MOST_ROWS else None
