"""What a workbook or a CSV is called: the cell that stands alone above its table. The first row of most names the columns."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby, islice

from index.reading.spreadsheets.cells import Cell, Sheet

HEAD_ROWS = 20  # among which a title and what it names begin
_ROWS_SEEN = 5  # of those that hold something
# What stands beside or above a title, and is none: (단위: 천원), ※ 잠정치, [별지 제1호서식].
_NOTE = re.compile(
    r"[※*].*|[(（][^()（）]*[)）]|[\[<]?\s*단\s?위\s*[:：].*"
    r"|[\[<〈【]?\s*(?:붙임|별첨|별지|별표|첨부|서식)\s*(?:제?\s*[\d-]+\s*호?)?\s*(?:서식)?\s*[\]>〉】]?"
)


def title_of(sheets: Iterable[Sheet]) -> str:
    """Return what stands above the first table of a workbook; "" where nothing does, or other sheets have other titles.

    Hidden sheets do not count.
    """
    titles = [title_above(sheet.cells) for sheet in sheets if sheet.cells and not sheet.is_hidden]
    return titles[0] if len({title for title in titles if title}) == 1 else ""


def title_above(cells: Iterable[Cell]) -> str:
    """Return the cell that stands alone above the others, given row by row; "" where the first row is one of them.

    Right above rows it is a title at their left alone: farther in it may name a column. A blank row or a note between
    makes it one anywhere, also of what is no table.
    """
    title, *below = _rows(cells) or [[]]
    if len(title) != 1 or not below or sum(map(str.isalpha, title[0].text)) < 2:
        return ""
    is_parted = below[0][0].row > title[0].row + 1
    left = min(row[0].column for row in below)
    is_above_rows = title[0].column <= left and any(len(row) > 1 for row in below)
    return title[0].text if is_parted or is_above_rows else ""


def _rows(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Return the first rows that people see, without the notes that stand alone, or at the far right of a single cell."""
    seen = (cell for cell in cells if cell.text and not cell.is_hidden)
    rows = islice((list(row) for _, row in groupby(seen, key=lambda cell: cell.row)), _ROWS_SEEN)
    without_notes = (row[:-1] if _ends_in_note(row) else row for row in rows)
    return [row for row in without_notes if row]


def _ends_in_note(row: Sequence[Cell]) -> bool:
    """Return whether the last cell is a note alone, or apart from the one before it, so that it is no column's name."""
    is_apart = len(row) == 1 or (len(row) == 2 and row[1].column > row[0].column + 1)
    return is_apart and _NOTE.fullmatch(row[-1].text) is not None
