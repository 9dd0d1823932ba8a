"""Comma, semicolon, tab or pipe separated values: a row a line, its cells parted by tabs."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from index.errors import ReadError
from index.reading.composing.composer import Composer, Document, Spot, cell_text, row_line
from index.reading.composing.metadata import Properties
from index.reading.containers.bounds import MAX_MEMBER, too_large
from index.reading.plain_text.decoding import decode
from index.reading.spreadsheets.cells import MAX_CELLS, Cell
from index.reading.spreadsheets.titles import HEAD_ROWS, title_above

_DELIMITERS = "\t,;|"  # of two that fit alike, tabs, for commas part thousands, too
_TOLD = re.compile(r"sep=(?P<mark>[,;\t|])\s*?[\r\n]")  # for Excel alone
_AS_TEXT = re.compile(r'="(?P<text>[^"]*)"')  # a formula by which programs keep the noughts of 00123
_SAMPLE_ROWS = 50
_SAMPLE = 1 << 16


def read(data: bytes, name: str) -> Document:
    """Return the document of a file's bytes. Raises ReadError where it cannot be decoded or is too large."""
    if len(data) > MAX_MEMBER:
        raise too_large(name, f"{MAX_MEMBER >> 20} MB", f"{MAX_MEMBER >> 20} MB")
    text = decode(data)
    told = _TOLD.match(text)
    rows = enumerate(_rows(text, told["mark"] if told else delimiter(text)), 1)
    try:
        return _document(islice(rows, 1 if told else 0, None))  # without the line that says so
    except csv.Error as error:
        raise ReadError(
            f"CSV로 읽을 수 없습니다: {error}. 따옴표를 확인하세요.", f"not CSV: {error}. Check the quotes."
        ) from None


def _document(rows: Iterable[tuple[int, list[str]]]) -> Document:
    """Return the document of numbered rows. Raises UnpackingError beyond the limit of cells."""
    composer = Composer()
    head: list[Cell] = []
    count = 0
    for number, row in rows:
        count += len(row)
        if count > MAX_CELLS:
            raise too_large("셀", f"{MAX_CELLS:,}개", f"{MAX_CELLS:,} cells")
        cells = [Cell(number, column, _text(cell)) for column, cell in enumerate(row, 1)]
        if number <= HEAD_ROWS:
            head += cells
        composer.line(row_line((cell.text, Spot(row=number, column=cell.column)) for cell in cells))
    return composer.document(Properties(), title_line=title_above(head))


def delimiter(text: str) -> str:
    """Return what parts the cells: what gives most rows the same number of them, more than one."""
    return max(_DELIMITERS, key=lambda mark: (_evenness(text[:_SAMPLE], mark), -_DELIMITERS.index(mark)))


def _evenness(sample: str, mark: str) -> float:
    try:
        widths = [len(row) for row, _ in zip(_rows(sample, mark), range(_SAMPLE_ROWS), strict=False) if row]
    except csv.Error:
        return 0.0
    common = [width for width in widths if width > 1]
    if not common:
        return 0.0
    _, often = Counter(common).most_common(1)[0]
    return often / len(widths)


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_MEMBER)
    return csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=mark)


def _text(cell: str) -> str:
    as_text = _AS_TEXT.fullmatch(cell.strip())
    return cell_text(as_text["text"] if as_text else cell)
