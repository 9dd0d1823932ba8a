"""Workbooks (XLSX, XLSM, XLS, XLSB, ODS): values as people see them, each with its sheet and cell."""

from collections.abc import Sequence

from index.errors import ReadError
from index.reading.composing.composer import Document
from index.reading.composing.metadata import Properties, properties
from index.reading.containers.bounds import damaged
from index.reading.containers.package import Package
from index.reading.spreadsheets import ods, xls, xlsb, xlsx
from index.reading.spreadsheets.cells import Sheet, compose
from index.reading.spreadsheets.titles import title_of

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(data: bytes, name: str) -> Document:
    """Return the document of a file's bytes, whatever its suffix. Raises ReadError saying what is wrong and the cure."""
    if data.startswith(_OLE):
        return _document(xls.read_sheets(data), xls.read_properties(data))
    if data[:512].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
        raise ReadError(
            "이름만 엑셀인 HTML이나 XML 파일입니다. 엑셀에서 열어 XLSX로 저장한 뒤 다시 넣으세요.",
            "HTML or XML under the name of a workbook. Open it in Excel, save it as XLSX and try again.",
        )
    return _read_package(Package(data, name))


def _read_package(package: Package) -> Document:
    if xlsb.is_xlsb(package):
        return _document(xlsb.read_sheets(package), properties(package.described()))
    if "content.xml" in package:
        return _document(ods.read_sheets(package), ods.read_properties(package))
    workbook = xlsx.Workbook(package)
    sheets = list(workbook.sheets())
    if not sheets:
        raise damaged("xl/workbook.xml", "시트가 없음", "no sheets")
    return _document(sheets, properties(package.described()), workbook.warnings)


def _document(sheets: Sequence[Sheet], known: Properties, warnings: Sequence[str] = ()) -> Document:
    return compose(sheets).document(known, warnings, title_line=title_of(sheets))
