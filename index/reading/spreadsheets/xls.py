"""Workbooks of before 2007 (XLS): values by calamine, their formats and what is hidden by the file's own records."""

import datetime
import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import olefile
import python_calamine

from index.errors import ReadError, UnpackingError
from index.reading.composing.composer import cell_text
from index.reading.composing.metadata import Properties, properties
from index.reading.containers.bounds import MAX_MEMBER, damaged, locked, too_large
from index.reading.spreadsheets.cells import Cell, Counter, Sheet
from index.reading.spreadsheets.number_formats import BUILTIN, general, is_date_format, serial, shown, shown_text

ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_EOF, _BOF, _BOF_OLD = 0x0A, 0x0809, (0x0009, 0x0209, 0x0409)
_SHEET, _FILE_PASS, _DATE_MODE, _XF, _FORMAT, _CODE_PAGE = 0x85, 0x2F, 0x22, 0xE0, 0x41E, 0x42
_ROW, _COLUMNS, _MANY_RK = 0x208, 0x7D, 0xBD
_CELLS = frozenset({0x203, 0x204, 0x205, 0x27E, 0x06, 0xFD, 0xD6})
_MAX_AREA = 4_000_000  # calamine keeps a place for each
_Moment = datetime.datetime | datetime.date | datetime.time | datetime.timedelta


@dataclass(slots=True)
class _Styles:
    """What the records of one sheet say of its cells; rows and columns from 0."""

    is_hidden: bool = False
    formats: dict[tuple[int, int], int] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    bounds: tuple[int, int, int, int] | None = None


@dataclass(slots=True)
class _Book:
    from_1904: bool = False
    is_old: bool = False  # of before Excel 97
    xfs: list[int] = field(default_factory=list)
    codes: dict[int, str] = field(default_factory=dict)
    sheets: list[tuple[int, bool, bool]] = field(default_factory=list)  # place, is hidden, holds cells

    def code(self, xf: int | None) -> str:
        number = self.xfs[xf] if xf is not None and xf < len(self.xfs) else 0
        return self.codes.get(number) or BUILTIN.get(number, "")


def read_sheets(data: bytes) -> list[Sheet]:
    """Return the sheets of an XLS file. Raises ReadError where it asks for a password or is broken."""
    try:
        stream = _stream(data)
        book = _book(stream)
        styles = [_styles(stream, offset, hidden) for offset, hidden, holds_cells in book.sheets if holds_cells]
    except (struct.error, IndexError) as error:
        raise damaged("Workbook", str(error)) from None
    _check_area(styles)
    return _filled(_values(data), book, styles)


def read_properties(data: bytes) -> Properties:
    """Return title, author and date of the file's summary."""
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            given = file.get_metadata()
            fields = {
                "title": _decoded(given.title, given.codepage),
                "creator": _decoded(given.author, given.codepage),
                "modified": str(given.last_saved_time or ""),
                "created": str(given.create_time or ""),
            }
    except Exception:  # olefile raises whatever it stumbles over; the cells were read
        return Properties()
    return properties(fields)


def rk_number(packed: int) -> float:
    """Return the number that Excel packs into 30 bits."""
    if packed & 2:
        whole = packed >> 2
        value = float(whole - (1 << 30) if whole >= 1 << 29 else whole)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else value


def _decoded(raw: object, code_page: object) -> str:
    if not isinstance(raw, bytes):
        return str(raw or "")
    for encoding in (f"cp{code_page}" if isinstance(code_page, int) and code_page > 0 else "utf-8", "utf-8", "cp949"):
        try:
            return raw.decode("utf-8" if encoding == "cp65001" else encoding).strip("\0 ")
        except (UnicodeDecodeError, LookupError):
            continue
    return ""


def _stream(data: bytes) -> bytes:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            if file.exists("EncryptedPackage"):
                raise locked()
            name = next((stream for stream in ("Workbook", "Book") if file.exists(stream)), None)
            if name is None:
                raise damaged("Workbook", "Excel 문서가 아닙니다", "no Excel document")
            stream: bytes = file.openstream(name).read(MAX_MEMBER + 1)
    except ReadError:
        raise
    except Exception as error:  # olefile raises whatever it stumbles over
        raise damaged("OLE", str(error)) from None
    if len(stream) > MAX_MEMBER:
        raise too_large("Workbook", f"{MAX_MEMBER >> 20} MB", f"{MAX_MEMBER >> 20} MB")
    return stream


def _records(stream: bytes, place: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield the records from a substream's beginning to its end, with those of charts in it left out."""
    depth = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        if kind in (_BOF, *_BOF_OLD):
            depth += 1
        elif kind == _EOF:
            depth -= 1
        if depth <= 1:
            yield kind, stream[place + 4 : place + 4 + size]
        if depth <= 0:
            return
        place += 4 + size


def _book(stream: bytes) -> _Book:
    book = _Book()
    page = "cp949"
    for kind, data in _records(stream):
        if kind == _FILE_PASS:
            raise locked()
        if kind == _BOF:
            book.is_old = int.from_bytes(data[:2], "little") != 0x600
        elif kind == _CODE_PAGE:
            page = f"cp{int.from_bytes(data[:2], 'little')}"
        elif kind == _DATE_MODE:
            book.from_1904 = data[:1] == b"\1"
        elif kind == _XF:
            book.xfs.append(int.from_bytes(data[2:4], "little"))
        elif kind == _FORMAT and len(data) > 3:
            book.codes[int.from_bytes(data[:2], "little")] = _format(data, page, is_old=book.is_old)
        elif kind == _SHEET:
            book.sheets.append((int.from_bytes(data[:4], "little"), bool(data[4] & 3), data[5] == 0))
    return book


def _format(data: bytes, page: str, *, is_old: bool) -> str:
    if is_old:
        try:
            return data[3 : 3 + data[2]].decode(page)
        except (UnicodeDecodeError, LookupError):
            return ""
    count = int.from_bytes(data[2:4], "little")
    return (
        data[5 : 5 + 2 * count].decode("utf-16-le", "replace") if data[4] & 1 else data[5 : 5 + count].decode("latin-1")
    )


def _styles(stream: bytes, place: int, is_hidden: bool) -> _Styles:
    styles = _Styles(is_hidden)
    for kind, data in _records(stream, place):
        if kind in _CELLS and len(data) >= 6:
            _note_cell(styles, *struct.unpack_from("<HHH", data))
        elif kind == _MANY_RK and len(data) >= 6:
            row, first = struct.unpack_from("<HH", data)
            for step in range((len(data) - 6) // 6):
                _note_cell(styles, row, first + step, int.from_bytes(data[4 + 6 * step : 6 + 6 * step], "little"))
        elif kind == _ROW and len(data) >= 14 and data[12] & 0x20:
            styles.hidden_rows.add(int.from_bytes(data[:2], "little"))
        elif kind == _COLUMNS and len(data) >= 10 and data[8] & 1:
            styles.hidden_columns.append(struct.unpack_from("<HH", data))
    return styles


def _note_cell(styles: _Styles, row: int, column: int, xf: int) -> None:
    styles.formats[row, column] = xf
    top, left, bottom, right = styles.bounds or (row, column, row, column)
    styles.bounds = min(top, row), min(left, column), max(bottom, row), max(right, column)


def _check_area(styles: Sequence[_Styles]) -> None:
    for style in styles:
        top, left, bottom, right = style.bounds or (0, 0, 0, 0)
        if (bottom - top + 1) * (right - left + 1) > _MAX_AREA:
            raise UnpackingError(
                f"셀이 {_MAX_AREA:,}칸보다 넓게 흩어져 있습니다. XLSX로 저장한 뒤 다시 넣으세요.",
                f"cells are scattered over more than {_MAX_AREA:,}. Save the file as XLSX and try again.",
            )


def _values(data: bytes) -> list[tuple[str, int, int, list[list[Any]]]]:
    """Return of each sheet of cells its name, its first row and column, and its values."""
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            wanted = [
                sheet.name for sheet in workbook.sheets_metadata if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
            ]
            return [_sheet_values(workbook.get_sheet_by_name(name)) for name in wanted]
    except python_calamine.PasswordError:
        raise locked() from None
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic of the library is no Exception
        raise damaged("Workbook", str(error)[:200]) from None


def _sheet_values(sheet: python_calamine.CalamineSheet) -> tuple[str, int, int, list[list[Any]]]:
    row, column = sheet.start or (0, 0)
    return sheet.name, row, column, sheet.to_python(skip_empty_area=True)


def _filled(
    values: Sequence[tuple[str, int, int, list[list[Any]]]], book: _Book, styles: Sequence[_Styles]
) -> list[Sheet]:
    counter = Counter()
    sheets = []
    for position, (name, top, left, rows) in enumerate(values):
        style = styles[position] if position < len(styles) else _Styles()
        sheet = Sheet(name, style.is_hidden)
        for row, cells in enumerate(rows, top):
            for column, value in enumerate(cells, left):
                if value in ("", None):
                    continue
                text = cell_text(_shown(value, book.code(style.formats.get((row, column))), book))
                if text:
                    counter.add()
                    hidden = row in style.hidden_rows or any(a <= column <= b for a, b in style.hidden_columns)
                    sheet.cells.append(Cell(row + 1, column + 1, text, hidden))
        sheets.append(sheet)
    return sheets


def _shown(value: object, code: str, book: _Book) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, _Moment):
        value = serial(value, from_1904=book.from_1904)
        code = code if is_date_format(code) else "yyyy-mm-dd"
    if isinstance(value, int | float):
        return shown(float(value), code, from_1904=book.from_1904) if code else general(float(value))
    return shown_text(str(value), code)
