"""Workbooks of binary parts (XLSB): records of a number, a length and bytes, in the parts of a package."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.reading.composing.composer import cell_text
from index.reading.containers.bounds import damaged
from index.reading.containers.package import Package
from index.reading.spreadsheets.cells import Cell, Counter, Sheet
from index.reading.spreadsheets.number_formats import BUILTIN, shown, shown_text
from index.reading.spreadsheets.xls import ERRORS, rk_number

_MAIN = "xl/workbook.bin"
_ROW, _COLUMNS, _STRING_ITEM, _FORMAT, _XF, _SETTINGS, _SHEET = 0, 60, 19, 44, 47, 153, 156
_BEGIN_XFS, _END_XFS = 617, 618
_BLANK, _RK, _ERROR, _BOOL, _REAL, _STRING, _SHARED = 1, 2, 3, 4, 5, 6, 7
_AS_VALUE = {8: _STRING, 9: _REAL, 10: _BOOL, 11: _ERROR, 62: 62}  # a formula's, and a rich text


@dataclass(slots=True)
class _Book:
    sheets: list[tuple[str, str, bool]] = field(default_factory=list)  # relation, name, is hidden
    from_1904: bool = False
    formats: list[str] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)


def is_xlsb(package: Package) -> bool:
    """Return whether the package holds a workbook of that kind."""
    return _MAIN in package


def read_sheets(package: Package) -> list[Sheet]:
    """Return the workbook's sheets. Raises ReadError for records that do not hold what they should."""
    try:
        return list(_sheets(package))
    except (struct.error, IndexError) as error:
        raise damaged(_MAIN, str(error)) from None


def _sheets(package: Package) -> Iterator[Sheet]:
    book = _book(package)
    relations = package.relations(_MAIN)
    counter = Counter()
    for relation, name, is_hidden in book.sheets:
        sheet = Sheet(name, is_hidden)
        part = relations[relation].target if relation in relations else ""
        if part in package and relations[relation].kind == "worksheet":
            _fill(sheet, book, package.read(part), counter)
        yield sheet


def _book(package: Package) -> _Book:
    book = _Book()
    for kind, data in records(package.read(_MAIN)):
        if kind == _SHEET:
            relation, end = _text(data, 8)
            book.sheets.append((relation, _text(data, end)[0], data[0] != 0))
        elif kind == _SETTINGS:
            book.from_1904 = bool(data[0] & 1)
    for other in package.relations(_MAIN).values():
        if other.target in package and other.kind == "styles":
            book.formats = _formats(package.read(other.target))
        elif other.target in package and other.kind == "sharedStrings":
            data = package.read(other.target)
            book.strings = [_text(item, 1)[0] for kind, item in records(data) if kind == _STRING_ITEM]
    return book


def _formats(data: bytes) -> list[str]:
    codes: dict[int, str] = {}
    used: list[int] = []
    inside = False
    for kind, item in records(data):
        if kind == _FORMAT:
            codes[int.from_bytes(item[:2], "little")] = _text(item, 2)[0]
        elif kind in (_BEGIN_XFS, _END_XFS):
            inside = kind == _BEGIN_XFS
        elif kind == _XF and inside:
            used.append(int.from_bytes(item[2:4], "little"))
    return [codes.get(code) or BUILTIN.get(code, "") for code in used]


def _fill(sheet: Sheet, book: _Book, data: bytes, counter: Counter) -> None:
    row, row_hidden = 0, False
    hidden: list[tuple[int, int]] = []
    for kind, item in records(data):
        if kind == _ROW:
            row, row_hidden = int.from_bytes(item[:4], "little") + 1, len(item) > 11 and bool(item[11] & 0x10)
        elif kind == _COLUMNS and len(item) >= 18 and item[16] & 1:
            hidden.append((int.from_bytes(item[:4], "little"), int.from_bytes(item[4:8], "little")))
        elif _BLANK < kind <= 11 or kind == 62:
            column = int.from_bytes(item[:4], "little")
            text = cell_text(_value(book, _AS_VALUE.get(kind, kind), item))
            if text:
                counter.add()
                is_hidden = row_hidden or any(first <= column <= last for first, last in hidden)
                sheet.cells.append(Cell(row, column + 1, text, is_hidden))
    sheet.cells.sort(key=lambda cell: (cell.row, cell.column))


def _value(book: _Book, kind: int, item: bytes) -> str:
    style = int.from_bytes(item[4:7], "little")
    code = book.formats[style] if style < len(book.formats) else ""
    if kind == _RK:
        return shown(rk_number(int.from_bytes(item[8:12], "little")), code, from_1904=book.from_1904)
    if kind == _REAL:
        return shown(struct.unpack_from("<d", item, 8)[0], code, from_1904=book.from_1904)
    if kind == _SHARED:
        place = int.from_bytes(item[8:12], "little")
        return shown_text(book.strings[place], code) if place < len(book.strings) else ""
    if kind == _BOOL:
        return "TRUE" if item[8] else "FALSE"
    if kind == _ERROR:
        return ERRORS.get(item[8], "")
    return shown_text(_text(item, 9 if kind == 62 else 8)[0], code)


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the records of a part, as far as they are whole."""
    place = 0
    while place < len(data):
        kind, place = data[place], place + 1
        if kind & 0x80 and place < len(data):
            kind, place = (kind & 0x7F) | (data[place] & 0x7F) << 7, place + 1
        size = shift = 0
        while place < len(data) and shift < 28:
            byte, place = data[place], place + 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if place + size > len(data):
            return
        yield kind, data[place : place + size]
        place += size


def _text(data: bytes, place: int) -> tuple[str, int]:
    length = struct.unpack_from("<I", data, place)[0]
    end = place + 4 + length * 2
    if length == 0xFFFFFFFF or end > len(data):
        return "", place + 4
    return data[place + 4 : end].decode("utf-16-le", "replace"), end
