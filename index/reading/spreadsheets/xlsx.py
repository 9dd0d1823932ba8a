"""Workbooks of XML parts (XLSX, XLSM): the cells as they come, so that what a sheet claims to span costs nothing."""

import datetime
import re
from collections.abc import Callable, Iterator

from index.reading.composing.composer import cell_text
from index.reading.composing.list_numbers import above
from index.reading.containers.bounds import DamagedError
from index.reading.containers.package import Package, Relation
from index.reading.containers.xml import END, START, Attributes, Node
from index.reading.office.drawing import paragraphs, related_rows
from index.reading.spreadsheets.cells import Cell, Counter, Sheet, cell_place
from index.reading.spreadsheets.number_formats import BUILTIN, is_date_format, serial, shown, shown_text

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_THREAD = re.compile(r"^\[Threaded comment\].*?(?:Comment|메모|댓글):\s*", re.DOTALL)


class Workbook:
    """The sheets of a package; ``warnings`` say what could not be read of them."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._main = package.main_part("xl/workbook.xml")
        self._relations = package.relations(self._main)
        self._root = package.tree(self._main)
        self.warnings: list[str] = []
        settings = self._root.child("workbookPr")
        self._from_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        self._formats = self._read_formats()
        self._strings = self._read_strings()
        self._counter = Counter()
        self._uncounted = 0

    def sheets(self) -> Iterator[Sheet]:
        """Yield each sheet in the order of its tab."""
        listed = self._root.child("sheets")
        nodes = listed.all("sheet") if listed else []
        for node in nodes:
            relation = self._relations.get(node.get("r:id"))
            if relation is None or relation.target not in self._package:
                self.warnings.append(f"시트 '{node.get('name')}'의 내용이 파일에 없습니다.")
                continue
            yield self._sheet(node, relation, alone=len(nodes) == 1)
        if self._uncounted:
            self.warnings.append(f"계산된 값이 저장되지 않은 수식 {self._uncounted}개는 읽지 못했습니다.")

    def _sheet(self, node: Node, relation: Relation, *, alone: bool) -> Sheet:
        sheet = Sheet(node.get("name"), is_hidden=node.get("state", "visible") != "visible")
        reader = _Cells(sheet, self._value, self._counter)
        try:
            if relation.kind == "worksheet":
                reader.feed(self._package, relation.target)
        except DamagedError as error:
            if alone:
                raise
            self.warnings.append(f"시트 '{sheet.name}'의 내용을 끝까지 읽지 못했습니다: {error.korean}")
        self._uncounted += reader.uncounted
        self._beside(sheet, self._package.relations(relation.target))
        return sheet

    def _beside(self, sheet: Sheet, relations: dict[str, Relation]) -> None:
        parts: dict[str, list[str]] = {}
        for relation in relations.values():
            if relation.target in self._package:
                parts.setdefault(relation.kind, []).append(relation.target)
        threads = [note for part in parts.get("threadedComment", []) for note in self._notes(part, "threadedComment")]
        commented = {(note.row, note.column) for note in threads}
        plain = [note for part in parts.get("comments", []) for note in self._notes(part, "comment")]
        notes = threads + [note for note in plain if (note.row, note.column) not in commented]
        sheet.notes = sorted(notes, key=lambda note: (note.row, note.column))
        for part in parts.get("drawing", []):
            sheet.floating.extend(self._drawn(part))

    def _notes(self, part: str, tag: str) -> Iterator[Cell]:
        root = self._tree(part)
        for node in root.walk() if root else ():
            place = cell_place(node.get("ref")) if node.tag == tag else None
            text = "".join(child.text for child in node.walk() if child.tag in ("t", "text"))
            if place and text.strip():
                yield Cell(*place, _THREAD.sub("", text))

    def _drawn(self, part: str) -> Iterator[list[str]]:
        root = self._tree(part)
        relations = self._package.relations(part)
        for node in root.walk() if root else ():
            if node.tag == "txBody":
                yield from ([cell_text(text)] for text in paragraphs(node))
            elif node.tag in ("chart", "relIds"):
                relation = relations.get(node.get("r:id") or node.get("r:dm"))
                yield from related_rows(self._package, relation.target) if relation else ()

    def _value(self, kind: str, style: str, raw: str) -> str:
        """Return a cell's text as people see it."""
        code = (
            self._formats[int(style)]
            if style.isdecimal() and len(style) < 7 and int(style) < len(self._formats)
            else ""
        )
        if kind == "s":
            place = raw.strip()
            known = place.isdecimal() and len(place) < 9 and int(place) < len(self._strings)
            return shown_text(self._strings[int(place)], code) if known else ""
        if kind in ("str", "inlineStr"):
            return shown_text(unescaped(raw), code)
        if kind == "b":
            return "TRUE" if raw.strip() in ("1", "true") else "FALSE"
        if kind in ("e", "d"):
            return raw.strip() if kind == "e" or not is_date_format(code) else _iso(raw.strip(), code, self._from_1904)
        try:
            return shown(float(raw), code, from_1904=self._from_1904)
        except ValueError:
            return unescaped(raw)

    def _read_strings(self) -> list[str]:
        part = self._package.related(self._relations, "sharedStrings")
        found: list[str] = []
        parts: list[str] = []
        phonetic, in_text, raised = 0, False, False
        for kind, name, attributes in self._package.events(part) if part else ():
            if kind in (START, END):
                phonetic += (kind == START) - (kind == END) if name == "rPh" else 0
                in_text = kind == START and name == "t" and not phonetic
                if name == "vertAlign" and kind == START:
                    raised = attributes.get("val") == "superscript"
                elif kind == END and name in ("r", "si"):
                    raised = False
                    if name == "si":
                        found.append(unescaped("".join(parts)))
                        parts = []
            elif in_text:
                parts.append(above(parts[-1] if parts else "", name) if raised else name)
        return found

    def _read_formats(self) -> list[str]:
        part = self._package.related(self._relations, "styles")
        root = self._tree(part) if part else None
        if root is None:
            return []
        given, used = root.child("numFmts"), root.child("cellXfs")
        codes = {node.get("numFmtId"): node.get("formatCode") for node in given.all("numFmt")} if given else {}
        ids = [node.get("numFmtId", "0") for node in used.all("xf")] if used else []
        return [
            codes.get(code) or BUILTIN.get(int(code) if code.isdecimal() and len(code) < 7 else 0, "") for code in ids
        ]

    def _tree(self, part: str) -> Node | None:
        try:
            return self._package.tree(part)
        except DamagedError as error:
            self.warnings.append(error.korean)
            return None


class _Cells:
    """The events of one sheet into its cells."""

    def __init__(self, sheet: Sheet, value: Callable[[str, str, str], str], counter: Counter) -> None:
        self.uncounted = 0
        self._sheet, self._value, self._counter = sheet, value, counter
        self._row, self._column = 0, 0
        self._row_hidden = False
        self._hidden: list[tuple[int, int]] = []
        self._cell: Attributes = {}
        self._parts: list[str] = []
        self._has_formula = self._in_order = True

    def feed(self, package: Package, part: str) -> None:
        """Read the part."""
        in_text = phonetic = False
        for kind, name, attributes in package.events(part):
            if kind == START:
                in_text = name in ("v", "t") and not phonetic
                phonetic = phonetic or name == "rPh"
                self._start(name, attributes)
            elif kind == END:
                in_text = False
                phonetic = phonetic and name != "rPh"
                if name == "c":
                    self._end_cell()
            elif in_text:
                self._parts.append(name)
        if not self._in_order:
            self._sheet.cells.sort(key=lambda cell: (cell.row, cell.column))

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._cell, self._parts, self._has_formula = attributes, [], False
            place = cell_place(attributes.get("r", ""))
            self._row, self._column = place or (max(self._row, 1), self._column + 1)
        elif tag == "f":
            self._has_formula = True
        elif tag == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdecimal() and 0 < len(number) < 8 else self._row + 1
            self._column, self._row_hidden = 0, attributes.get("hidden") in ("1", "true")
        elif tag == "col" and attributes.get("hidden") in ("1", "true"):
            edges = attributes.get("min", ""), attributes.get("max", "")
            if all(edge.isdecimal() and len(edge) < 7 for edge in edges) and len(self._hidden) < 20_000:
                self._hidden.append((int(edges[0]), int(edges[1])))

    def _end_cell(self) -> None:
        raw = "".join(self._parts)
        if not raw.strip():
            self.uncounted += self._has_formula and self._cell.get("t") != "str"
            return
        text = cell_text(self._value(self._cell.get("t", "n"), self._cell.get("s", "0"), raw))
        if not text:
            return
        self._counter.add()
        hidden = self._row_hidden or any(first <= self._column <= last for first, last in self._hidden)
        cells = self._sheet.cells
        if cells and (cells[-1].row, cells[-1].column) > (self._row, self._column):
            self._in_order = False
        cells.append(Cell(self._row, self._column, text, hidden))


def unescaped(text: str) -> str:
    """Return the text with the characters that Excel writes as ``_x000D_``."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda match: _character(int(match[1], 16)), text)


def _character(code: int) -> str:
    if code in (9, 10, 13):
        return "\n"
    return "" if code < 32 or 0xD800 <= code <= 0xDFFF else chr(code)


def _iso(written: str, code: str, from_1904: bool) -> str:
    try:
        moment = datetime.datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        return written
    return shown(serial(moment, from_1904=from_1904), code, from_1904=from_1904)
