"""Workbooks of LibreOffice (ODS), whose file holds each cell's text as people see it."""

from collections.abc import Callable

from index.reading.composing.composer import cell_text
from index.reading.composing.metadata import Properties, properties
from index.reading.containers.bounds import locked
from index.reading.containers.package import Package
from index.reading.containers.xml import END, START, Attributes
from index.reading.spreadsheets.cells import Cell, Counter, Sheet
from index.reading.spreadsheets.number_formats import general

_CELLS = frozenset({"table-cell", "covered-table-cell"})
_MAX_REPEAT = 1_048_576
_SPACES = frozenset({"s", "tab", "line-break"})  # of which a cell keeps one blank, however many


def read_sheets(package: Package) -> list[Sheet]:
    """Return the sheets of content.xml. Raises ReadError where it is encrypted or broken."""
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise locked()
    reader = _Reader()
    for kind, name, attributes in package.events("content.xml"):
        if kind == START:
            reader.start(name, attributes)
        elif kind == END:
            reader.end(name)
        else:
            reader.text(name)
    return reader.sheets


def read_properties(package: Package) -> Properties:
    """Return title, author and date of meta.xml."""
    if "meta.xml" not in package:
        return Properties()
    given = {node.tag: " ".join(node.text.split()) for node in package.tree("meta.xml").walk()}
    given["modified"] = given.get("date", "")
    given["created"] = given.get("creation-date", "")
    given["creator"] = given.get("initial-creator") or given.get("creator", "")
    return properties(given)


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._counter = Counter()
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._path: list[str] = []
        self._row, self._column = 1, 1
        self._row_repeat, self._row_hidden = 1, False
        self._row_cells: list[Cell] = []
        self._columns, self._hidden = 1, list[tuple[int, int]]()
        self._cell: Attributes = {}
        self._paragraphs: list[str] = []
        self._note: list[str] = []
        self._notes: list[Cell] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        if (begin := _STARTS.get(tag)) is not None:
            begin(self, attributes)
        elif tag in _SPACES:
            self.text(" ")
        self._path.append(tag)

    def end(self, tag: str) -> None:
        self._path.pop()
        if tag in _CELLS:
            self._end_cell()
        elif tag == "table-row":
            self._end_row()
        elif tag == "annotation" and self._note:
            self._notes.append(Cell(self._row, self._column, " ".join(self._note)))
            self._note = []

    def text(self, text: str) -> None:
        into = self._note if "annotation" in self._path else self._paragraphs
        if "p" in self._path and into and ("annotation" not in self._path or "creator" not in self._path):
            into[-1] += text

    def start_style(self, attributes: Attributes) -> None:
        self._style = attributes.get("name", "")

    def table_properties(self, attributes: Attributes) -> None:
        if attributes.get("display") == "false":
            self._hidden_styles.add(self._style)

    def start_table(self, attributes: Attributes) -> None:
        self.sheets.append(Sheet(attributes.get("name", ""), attributes.get("style-name", "") in self._hidden_styles))
        self._row, self._column, self._columns, self._hidden = 1, 1, 1, []

    def column(self, attributes: Attributes) -> None:
        count = _repeat(attributes.get("number-columns-repeated", "1"))
        if attributes.get("visibility", "visible") != "visible":
            self._hidden.append((self._columns, self._columns + count - 1))
        self._columns += count

    def start_row(self, attributes: Attributes) -> None:
        self._row_repeat = _repeat(attributes.get("number-rows-repeated", "1"))
        self._row_hidden = attributes.get("visibility", "visible") != "visible"
        self._column, self._row_cells = 1, []

    def start_cell(self, attributes: Attributes) -> None:
        self._cell, self._paragraphs = attributes, []

    def paragraph(self, _: Attributes) -> None:
        if "annotation" in self._path:
            self._note.append("")
        elif self._path and self._path[-1] in _CELLS:
            self._paragraphs.append("")

    def _end_cell(self) -> None:
        count = _repeat(self._cell.get("number-columns-repeated", "1"))
        text = cell_text(" ".join(self._paragraphs)) or _value(self._cell)
        if text:
            for column in range(self._column, self._column + count):
                hidden = self._row_hidden or any(first <= column <= last for first, last in self._hidden)
                self._counter.add()
                self._row_cells.append(Cell(self._row, column, text, hidden))
        self._column += count
        self._paragraphs = []

    def _end_row(self) -> None:
        if self.sheets:
            self.sheets[-1].cells.extend(self._row_cells)
            self.sheets[-1].notes.extend(self._notes)
            for row in range(self._row + 1, self._row + (self._row_repeat if self._row_cells else 1)):
                for cell in self._row_cells:
                    self._counter.add()
                    self.sheets[-1].cells.append(cell._replace(row=row))
        self._row += self._row_repeat
        self._notes, self._row_cells = [], []


def _value(cell: Attributes) -> str:
    """Return what is shown of a cell without a text of its own."""
    if written := cell.get("date-value") or cell.get("string-value"):
        return cell_text(written)
    try:
        return general(float(cell["value"])) if "value" in cell else ""
    except (ValueError, OverflowError):
        return ""


def _repeat(written: str) -> int:
    return min(int(written), _MAX_REPEAT) if written.isdecimal() and len(written) < 9 else 1


_STARTS: dict[str, Callable[[_Reader, Attributes], None]] = {
    "style": _Reader.start_style,
    "table-properties": _Reader.table_properties,
    "table": _Reader.start_table,
    "table-column": _Reader.column,
    "table-row": _Reader.start_row,
    "table-cell": _Reader.start_cell,
    "covered-table-cell": _Reader.start_cell,
    "p": _Reader.paragraph,
}
