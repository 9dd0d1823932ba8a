"""Cells of a workbook, whatever file they come from, put into lines: a row a line, its cells parted by tabs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import NamedTuple

from index.articles import SpanKind
from index.errors import UnpackingError
from index.reading.composing.composer import TAB, Composer, Piece, Spot, cell_text, row_line
from index.reading.containers.bounds import too_large

MAX_CELLS = 1_000_000  # that hold something, in a workbook
_MAX_AREA = 1 << 30  # between the first and the last of a sheet
_MAX_BLANKS = 4  # tabs a cell, on average; beyond that a sheet's columns are not kept in line
_DEFAULT_NAMES = ("sheet", "시트")


class Cell(NamedTuple):
    """``row`` and ``column`` count from 1; ``text`` is what people see."""

    row: int
    column: int
    text: str
    is_hidden: bool = False


@dataclass(slots=True)
class Sheet:
    """One sheet: its cells, row by row; people's notes on cells; lines of what floats above them."""

    name: str
    is_hidden: bool = False
    cells: list[Cell] = field(default_factory=list)
    notes: list[Cell] = field(default_factory=list)
    floating: list[list[str]] = field(default_factory=list)


class Counter:
    """Counts the cells of a workbook, and refuses too many."""

    def __init__(self) -> None:
        self._count = 0

    def add(self) -> None:
        """Count one more cell. Raises UnpackingError beyond the limit."""
        self._count += 1
        if self._count > MAX_CELLS:
            raise too_large("셀", f"{MAX_CELLS:,}개", f"{MAX_CELLS:,} cells")


def column_name(column: int) -> str:
    """Return the letters of a column that is counted from 1: ``B`` for 2."""
    name = ""
    while column > 0:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def cell_place(reference: str) -> tuple[int, int] | None:
    """Return row and column of ``B2``; None for anything else."""
    letters = reference.rstrip("0123456789")
    digits = reference[len(letters) :]
    if not digits or not 0 < len(letters) <= 3 or len(digits) > 7 or not letters.isascii() or not letters.isalpha():
        return None
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return (int(digits), column) if int(digits) else None


def compose(sheets: Iterable[Sheet]) -> Composer:
    """Compose all sheets in order, each under its name where there are several or the name says something."""
    composer = Composer()
    held = [sheet for sheet in sheets if sheet.cells or sheet.notes or sheet.floating]
    for sheet in held:
        kind = SpanKind.HIDDEN if sheet.is_hidden else SpanKind.BODY
        composer.blank()
        if sheet.name.strip() and (len(held) > 1 or not sheet.name.lower().startswith(_DEFAULT_NAMES)):
            composer.line([Piece(cell_text(sheet.name), Spot(sheet=sheet.name), kind)])
        _rows(composer, sheet)
        composer.blank()
        spot = Spot(sheet=sheet.name)
        for row in sheet.floating:
            composer.line(row_line(((text, spot) for text in row), kind))
        for note in sheet.notes:
            composer.line([Piece(cell_text(note.text), _spot(sheet, note), SpanKind.NOTE)])
    return composer


def _rows(composer: Composer, sheet: Sheet) -> None:
    ranks = _ranks(sheet)
    last = 0
    for number, cells in groupby(sheet.cells, key=lambda cell: cell.row):
        if last and number > last + 1:
            composer.blank()
        composer.line(list(_row(sheet, cells, ranks)))
        last = number


def _row(sheet: Sheet, cells: Iterable[Cell], ranks: dict[int, int]) -> Iterator[Piece]:
    place = 0
    for cell in cells:
        rank = ranks.get(cell.column, place)
        if not ranks and place:
            yield TAB
        for _ in range(rank - place):
            yield TAB
        place = rank if ranks else 1
        kind = SpanKind.HIDDEN if cell.is_hidden or sheet.is_hidden else SpanKind.BODY
        yield Piece(cell.text, _spot(sheet, cell), kind)


def _ranks(sheet: Sheet) -> dict[int, int]:
    """Return the columns in use, counted from 0; empty where keeping them in line would take more tabs than cells."""
    if not sheet.cells:
        return {}
    _check_area(sheet)
    ranks = {column: rank for rank, column in enumerate(sorted({cell.column for cell in sheet.cells}))}
    firsts = [sheet.cells[0]] + [following for cell, following in pairwise(sheet.cells) if following.row != cell.row]
    lasts = [cell for cell, following in pairwise(sheet.cells) if following.row != cell.row] + [sheet.cells[-1]]
    tabs = sum(ranks[cell.column] for cell in lasts)
    return ranks if tabs <= _MAX_BLANKS * (len(sheet.cells) + len(firsts)) + 1_000 else {}


def _check_area(sheet: Sheet) -> None:
    columns = [cell.column for cell in sheet.cells]
    area = (sheet.cells[-1].row - sheet.cells[0].row + 1) * (max(columns) - min(columns) + 1)
    if area > _MAX_AREA:
        raise UnpackingError(
            f"시트 '{sheet.name}'의 셀 {len(columns)}개가 {area:,}칸에 흩어져 있습니다. 멀리 떨어진 셀을 지우고 저장하세요.",
            f"the {len(columns)} cells of sheet '{sheet.name}' are scattered over {area:,}. Delete the far ones and save.",
        )


def _spot(sheet: Sheet, cell: Cell) -> Spot:
    return Spot(sheet=sheet.name, cell=f"{column_name(cell.column)}{cell.row}")
