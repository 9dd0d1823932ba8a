"""The text of one part of a Word document (body, head, notes) out of its elements as they come, without recursion."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

from index.articles import SpanKind
from index.reading.composing.composer import TAB, Line, Piece, Spot, cell_text, row_line
from index.reading.composing.list_numbers import above, beside, number, raised, symbol
from index.reading.containers.bounds import too_large
from index.reading.containers.xml import END, START, Attributes, Event
from index.reading.office.docx_styles import ListPlace, Lists, Styles

_SKIPPED = frozenset({
    "del", "moveFrom", "delText", "instrText", "delInstrText", "rPrChange", "pPrChange", "tblPrChange", "trPrChange",
    "tcPrChange", "tblPrExChange", "sectPrChange", "tblGridChange", "numberingChange", "fldData", "docPartPr", "ffData",
})  # fmt: skip
_TABS = frozenset({"tab", "ptab"})
_BREAKS = frozenset({"br", "cr"})
_NOTES = frozenset({"footnote", "endnote", "comment"})
_REFERENCES = {"footnoteReference": "footnote", "endnoteReference": "endnote", "commentReference": "comment"}
_OFF = ("0", "false", "off")
_CONTENTS = re.compile(r"(?:toc|목차) ?\d")
_MAX_BLOCKS = 500_000  # paragraphs and cells of a part
_MAX_COLUMNS = 256  # that are kept in line; Word has 63
_BEFORE = {"m:den": "/", "m:sup": "^", "m:sub": "_"}
_SIMPLE = re.compile(r"\w*|[√_^\w]+")


@dataclass(slots=True)
class _Paragraph:
    style: str
    number: int
    place: ListPlace = field(default_factory=ListPlace)
    pieces: list[tuple[str, int | None]] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)
    joined: bool = False  # its end was deleted: the next one goes on in its line
    ends_section: bool = False
    broken: bool = False  # by the end of a page or a column: what comes next begins a line
    ruby: list[tuple[str, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    hidden: bool = False
    raised: bool = False


@dataclass(slots=True)
class _Table:
    number: int
    row: int = 0
    column: int = 1
    span: int = 1
    covered: bool = False
    deleted: bool = False
    cells: list[tuple[int, int, list[Line]]] = field(default_factory=list)
    inner: list[Line] = field(default_factory=list)  # rows of tables in its cells, which come after it
    first_page: int | None = None  # of the row
    last_page: int | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a note is referred to."""

    kind: str
    id: str
    spot: Spot
    mark: str = ""  # that stands there and before the note


class Flow:
    """Give it the events of a part; then ``lines`` is its text, ``notes`` its notes by id."""

    def __init__(
        self,
        styles: Styles,
        lists: Lists,
        embedded: Callable[[str], list[list[str]]],
        *,
        paged: bool,
        numbered: bool,
        marks: Mapping[str, str] = {},
    ) -> None:
        """Take ``embedded``, which gives a chart's or diagram's rows by its relation; ``numbered`` parts have places.

        ``marks`` are the number formats of foot- and endnotes.
        """
        self.lines: list[Line] = []
        self.notes: dict[str, list[Line]] = {}
        self.references: list[Reference] = []
        self.heads: list[str] = []  # relations of head and foot lines
        self.title = ""
        self.unread = 0  # documents embedded whole
        self._styles, self._lists, self._embedded, self._numbered = styles, lists, embedded, numbered
        self._formats, self._note_counts = marks, Counter[str]()
        self._page: int | None = 1 if paged else None
        self._section, self._count, self._table_count = 1, 0, 0
        self._path: list[str] = []
        self._skip = 0
        self._sinks: list[list[Line]] = [self.lines]
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[_Table] = []
        self._runs: list[_Run] = []
        self._fields: list[bool] = []
        self._choices: list[list[int]] = []
        self._marks: list[int] = []
        self._brackets: list[list[str]] = []
        self._written, self._blocks = 0, 0
        self._carried: list[tuple[str, int | None]] = []
        self._note = ""

    def feed(self, events: Iterable[Event]) -> None:
        """Take the events of the part in order."""
        for kind, name, attributes in events:
            if self._skip:
                self._skip += (kind == START) - (kind == END)
            elif kind == START:
                self._start(name, attributes)
            elif kind == END:
                self._path.pop()
                if (done := _ENDS.get(name)) is not None:
                    done(self)
            elif self._path and self._path[-1] in ("t", "m:t"):
                self._add(name.replace("\n", " "))

    @property
    def page(self) -> int | None:
        """The page where the text ends, None where no page is known."""
        return self._page

    def forget_pages(self) -> None:
        """Take back what was said of pages."""
        self.lines = [[_unpaged(piece) for piece in line] for line in self.lines]
        self.references = [replace(reference, spot=reference.spot._replace(page=None)) for reference in self.references]

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag in ("del", "moveFrom"):
            self._deleted()
        if tag in _SKIPPED or (tag in ("Choice", "Fallback") and self._choices and self._choices[-1][1]):
            self._skip = 1
            return
        if (begin := _STARTS.get(tag)) is not None:
            begin(self, attributes)
        elif tag in _REFERENCES:
            self._refer(_REFERENCES[tag], attributes)
        elif tag in _NOTES:
            self._start_note(attributes)
        elif self._path and self._path[-1] == "r":
            self._run_content(tag, attributes)
        self._path.append(tag)

    # Text

    def _add(self, text: str) -> None:
        if not self._paragraphs or self._is_hidden() or any(self._fields):
            return
        self._written += len(text)
        paragraph = self._paragraphs[-1]
        if self._runs and self._runs[-1].raised:
            text = above(self._before(), text)
        if paragraph.broken and any(piece.strip() for piece, _ in paragraph.pieces):
            text = f"\n{text}"
        paragraph.broken = False
        paragraph.pieces.append((text, self._page))

    def _run_content(self, tag: str, attributes: Attributes) -> None:
        if tag in _TABS:
            self._add("\t")
        elif tag in _BREAKS:
            if attributes.get("type", "textWrapping") == "textWrapping":
                self._add("\n")
            elif self._paragraphs:
                self._paragraphs[-1].broken = True
        elif tag == "noBreakHyphen":
            self._add("-")
        elif tag == "sym":
            code = attributes.get("char", "")
            self._add(symbol(int(code, 16)) if re.fullmatch(r"[0-9A-Fa-f]{1,6}", code) else "")

    def _start_run(self, _: Attributes) -> None:
        self._runs.append(_Run())

    def _end_run(self) -> None:
        if self._runs:
            self._runs.pop()

    def _is_hidden(self) -> bool:
        return any(run.hidden for run in self._runs)

    def _vanish(self, attributes: Attributes) -> None:
        if self._path[-2:] == ["r", "rPr"] and self._runs:
            self._runs[-1].hidden = attributes.get("val", "1") not in _OFF

    def _raise(self, attributes: Attributes) -> None:
        if self._path[-2:] == ["r", "rPr"] and self._runs:
            self._runs[-1].raised = attributes.get("val") == "superscript"

    def _run_style(self, attributes: Attributes) -> None:
        if self._path[-2:] == ["r", "rPr"] and self._runs and self._styles.is_hidden(attributes.get("val", "")):
            self._runs[-1].hidden = True

    def _field(self, attributes: Attributes) -> None:
        kind = attributes.get("fldCharType")
        if kind == "begin":
            self._fields.append(True)
        elif self._fields and kind == "separate":
            self._fields[-1] = False
        elif self._fields and kind == "end":
            self._fields.pop()

    def _page_break(self, _: Attributes) -> None:
        if self._page is not None:
            self._page += 1

    # Alternatives: the first that holds any text

    def _start_alternatives(self, _: Attributes) -> None:
        self._choices.append([self._written, 0])

    def _end_choice(self) -> None:
        if self._choices and self._written > self._choices[-1][0]:
            self._choices[-1][1] = 1

    def _end_alternatives(self) -> None:
        if self._choices:
            self._choices.pop()

    # Paragraphs

    def _count_block(self) -> None:
        self._blocks += 1
        if self._blocks > _MAX_BLOCKS:
            limit = f"{_MAX_BLOCKS:,}"
            raise too_large("문단과 셀", f"{limit}개", f"{limit} paragraphs and cells")

    def _start_paragraph(self, _: Attributes) -> None:
        self._count_block()
        if not self._tables and len(self._sinks) == 1:
            self._count += 1
        self._paragraphs.append(_Paragraph(self._styles.default, self._count, pieces=self._carried))
        self._carried = []

    def _paragraph_style(self, attributes: Attributes) -> None:
        if self._paragraphs:
            self._paragraphs[-1].style = attributes.get("val", "")

    def _list_id(self, attributes: Attributes) -> None:
        if self._paragraphs and self._path[-2:] == ["pPr", "numPr"]:
            self._paragraphs[-1].place = ListPlace(attributes.get("val"), self._paragraphs[-1].place.level)

    def _list_level(self, attributes: Attributes) -> None:
        level = attributes.get("val", "")
        if self._paragraphs and self._path[-2:] == ["pPr", "numPr"] and level.isdecimal() and len(level) < 3:
            self._paragraphs[-1].place = ListPlace(self._paragraphs[-1].place.list_id, int(level))

    def _deleted(self) -> None:
        parent = self._path[-1] if self._path else ""
        if parent == "rPr" and self._path[-2:-1] == ["pPr"] and self._paragraphs:
            self._paragraphs[-1].joined = True
        elif parent == "trPr" and self._tables:
            self._tables[-1].deleted = True

    def _end_paragraph(self) -> None:
        if not self._paragraphs:
            return
        paragraph = self._paragraphs.pop()
        if paragraph.joined:
            self._carried = paragraph.pieces
        else:
            self._finish(paragraph)
        self._sinks[-1].extend(paragraph.after)
        if paragraph.ends_section:
            self._section, self._count = self._section + 1, 0

    def _finish(self, paragraph: _Paragraph) -> None:
        label = self._lists.label(paragraph.place, paragraph.style)
        text = "".join(piece for piece, _ in paragraph.pieces)
        if self._styles.is_hidden(paragraph.style):
            return
        if not text.strip():
            self._sinks[-1].append([])
            return
        name = self._styles.name(paragraph.style)
        if name in ("title", "제목") and not self.title and self._numbered:
            self.title = cell_text(text)
        kind = _kind(name)
        made = [Piece(piece, self._spot(paragraph.number, page), kind) for piece, page in _by_page(paragraph.pieces)]
        made[0] = made[0]._replace(text=label + made[0].text.lstrip() if label else made[0].text)
        self._sinks[-1].append(made)

    def _end_carried(self) -> None:
        """End the line of a paragraph whose end was deleted, where none follows that could go on in it."""
        pieces, self._carried = self._carried, []
        if pieces:
            self._finish(_Paragraph(self._styles.default, self._count, pieces=pieces))

    def _spot(self, paragraph: int, page: int | None) -> Spot | None:
        if not self._numbered:
            return None
        if self._tables:
            table = self._tables[-1]
            return Spot(page, section=self._section, table=table.number, row=table.row, column=table.column)
        return Spot(page, section=self._section, paragraph=paragraph)

    # Text boxes, charts and diagrams: after the paragraph that holds them

    def _start_box(self, _: Attributes) -> None:
        self._sinks.append([])

    def _end_box(self) -> None:
        self._end_carried()
        if len(self._sinks) > 1:
            self._after(self._sinks.pop())

    def _chart(self, attributes: Attributes) -> None:
        self._rows(self._embedded(attributes.get("r:id", "")))

    def _diagram(self, attributes: Attributes) -> None:
        self._rows(self._embedded(attributes.get("r:dm", "")))

    def _rows(self, rows: list[list[str]]) -> None:
        if rows and not self._is_hidden():
            spot = self._spot(self._paragraphs[-1].number if self._paragraphs else self._count, self._page)
            self._after([row_line((cell, spot) for cell in row) for row in rows])

    def _after(self, lines: list[Line]) -> None:
        (self._paragraphs[-1].after if self._paragraphs else self._sinks[-1]).extend(lines)

    def _embedded_document(self, _: Attributes) -> None:
        self.unread += 1

    # Tables

    def _start_table(self, _: Attributes) -> None:
        self._end_carried()
        self._table_count += 1
        if self._sinks[-1] and _is_row(self._sinks[-1][-1]):
            self._sinks[-1].append([])  # two tables are not one
        self._tables.append(_Table(self._table_count))

    def _end_table(self) -> None:
        if self._tables and (inner := self._tables.pop().inner):
            self._sinks[-1].extend([*inner, []])

    def _start_row(self, _: Attributes) -> None:
        if self._tables:
            table = self._tables[-1]
            table.row, table.column, table.span, table.cells = table.row + 1, 1, 1, []
            table.deleted, table.first_page, table.last_page = False, self._page, self._page

    def _row_before(self, attributes: Attributes) -> None:
        if self._tables:
            self._tables[-1].column += _small(attributes.get("val", ""), 0)

    def _start_cell(self, _: Attributes) -> None:
        self._count_block()
        self._sinks.append([])
        if self._tables:
            self._tables[-1].span, self._tables[-1].covered = 1, False
            self._page = self._tables[-1].first_page

    def _cell_span(self, attributes: Attributes) -> None:
        if self._tables:
            self._tables[-1].span = _small(attributes.get("val", ""), 1)

    def _cell_covered(self, attributes: Attributes) -> None:
        if self._tables:
            self._tables[-1].covered = attributes.get("val", "continue") == "continue"

    def _end_cell(self) -> None:
        self._end_carried()
        lines = self._sinks.pop() if len(self._sinks) > 1 else []
        if self._tables:
            table = self._tables[-1]
            table.cells.append((table.column, table.span, [] if table.covered else lines))
            table.column += table.span
            if self._page is not None and table.last_page is not None:
                table.last_page = max(table.last_page, self._page)

    def _end_row(self) -> None:
        if not self._tables:
            return
        table = self._tables[-1]
        self._page = table.last_page
        if table.deleted:
            table.row -= 1
        elif len(table.cells) == 1:
            self._sinks[-1].extend(line for line in table.cells[0][2] if line)
        else:
            table.cells = [(column, span, self._without_tables(lines)) for column, span, lines in table.cells]
            self._sinks[-1].append(_row_of_cells(table))

    def _without_tables(self, lines: list[Line]) -> list[Line]:
        """Return the lines of a cell that has others beside it, tables of several rows in it kept for the end of its own."""
        left: list[Line] = []
        for is_row, group in groupby(lines, key=_is_row):
            members = list(group)
            if is_row and len(members) > 1:
                self._tables[-1].inner += [[], *members]
            else:
                left += members
        return left

    # Notes, sections, heads

    def _start_note(self, attributes: Attributes) -> None:
        is_text = attributes.get("type", "normal") == "normal"  # and no line that parts notes from the page
        self._note = attributes.get("id", "") if is_text else ""
        self._sinks.append([])

    def _end_note(self) -> None:
        self._end_carried()
        if len(self._sinks) > 1:
            lines = self._sinks.pop()
            if self._note:
                self.notes[self._note] = [line for line in lines if line]

    def _refer(self, kind: str, attributes: Attributes) -> None:
        spot = self._spot(self._paragraphs[-1].number if self._paragraphs else self._count, self._page)
        if spot is None or self._is_hidden():
            return
        mark = "" if attributes.get("customMarkFollows", "0") not in _OFF else self._next_mark(kind)
        self.references.append(Reference(kind, attributes.get("id", ""), spot, mark))
        self._add(beside(self._before(), mark))

    def _before(self) -> str:
        """Return the last stretch of the paragraph's text as far as it is read."""
        pieces = self._paragraphs[-1].pieces if self._paragraphs else []
        return pieces[-1][0] if pieces else ""

    def _next_mark(self, kind: str) -> str:
        if kind not in self._formats:
            return ""
        self._note_counts[kind] += 1
        return raised(number(self._note_counts[kind], self._formats[kind]))

    def _head(self, attributes: Attributes) -> None:
        self.heads.append(attributes.get("r:id", ""))

    def _end_section(self) -> None:
        if self._paragraphs and self._path[-1:] == ["pPr"]:
            self._paragraphs[-1].ends_section = True

    # Small print above the words (덧말), and mathematics on one line

    def _mark(self, _: Attributes) -> None:
        self._marks.append(len(self._paragraphs[-1].pieces) if self._paragraphs else 0)

    def _since_mark(self) -> list[tuple[str, int | None]]:
        mark = self._marks.pop() if self._marks else 0
        if not self._paragraphs:
            return []
        pieces = self._paragraphs[-1].pieces
        cut = pieces[mark:]
        del pieces[mark:]
        return cut

    def _end_ruby_text(self) -> None:
        cut = self._since_mark()
        if self._paragraphs:
            self._paragraphs[-1].ruby = cut

    def _end_ruby(self) -> None:
        if self._paragraphs and (text := "".join(piece for piece, _ in self._paragraphs[-1].ruby)):
            self._paragraphs[-1].ruby = []
            self._add(f"({text})")

    def _end_term(self, before: str) -> None:
        text = "".join(piece for piece, _ in self._since_mark())
        if text:
            self._add(before + (text if _SIMPLE.fullmatch(text) else f"({text})"))

    def _root(self, _: Attributes) -> None:
        self._add("√")

    def _start_brackets(self, _: Attributes) -> None:
        self._brackets.append(["(", ")", ""])

    def _bracket(self, place: int, attributes: Attributes) -> None:
        if self._brackets:
            self._brackets[-1][place] = attributes.get("m:val", "")

    def _start_bracketed(self, _: Attributes) -> None:
        if self._brackets and self._path[-1:] == ["m:d"]:
            self._add(self._brackets[-1][2] or self._brackets[-1][0])
            self._brackets[-1][2] = ","

    def _end_brackets(self) -> None:
        if self._brackets:
            self._add(self._brackets.pop()[1])


def _is_row(line: Line) -> bool:
    """Return whether a line is a row of cells; a paragraph's own tabs are letters of it."""
    return any(piece is TAB for piece in line)


def _unpaged(piece: Piece) -> Piece:
    return piece._replace(spot=piece.spot._replace(page=None)) if piece.spot else piece


def _kind(style: str) -> SpanKind:
    if style in ("caption", "캡션"):
        return SpanKind.CAPTION
    return SpanKind.NAVIGATION if _CONTENTS.match(style) else SpanKind.BODY


def _by_page(pieces: list[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    found: list[tuple[str, int | None]] = []
    run: list[str] = []
    last: int | None = None
    for text, page in pieces:
        if run and page != last:
            found.append(("".join(run), last))
            run = []
        run.append(text)
        last = page
    return [*found, ("".join(run), last)]


def _row_of_cells(table: _Table) -> Line:
    cells: list[tuple[str, Spot | None]] = []
    for column, span, lines in table.cells:
        cells.extend([("", None)] * (min(column, _MAX_COLUMNS) - len(cells) - 1))
        text = cell_text(" ".join(piece.text for line in lines for piece in _merged(line)))
        spot = next((piece.spot for line in lines for piece in line if piece.spot), None)
        if spot is not None:
            spot = spot._replace(table=table.number, row=table.row, column=column)
        cells.append((text, spot))
        cells.extend([("", None)] * (min(column + span - 1, _MAX_COLUMNS) - len(cells)))
    return row_line(cells)


def _merged(line: Line) -> Line:
    return [Piece("".join(piece.text for piece in line))] if line else []


def _small(written: str, default: int) -> int:
    return min(int(written), 64) if written.isdecimal() and len(written) < 9 else default


_STARTS: dict[str, Callable[[Flow, Attributes], None]] = {
    "p": Flow._start_paragraph,
    "pStyle": Flow._paragraph_style,
    "numId": Flow._list_id,
    "ilvl": Flow._list_level,
    "r": Flow._start_run,
    "vanish": Flow._vanish,
    "vertAlign": Flow._raise,
    "rStyle": Flow._run_style,
    "fldChar": Flow._field,
    "lastRenderedPageBreak": Flow._page_break,
    "AlternateContent": Flow._start_alternatives,
    "txbxContent": Flow._start_box,
    "chart": Flow._chart,
    "relIds": Flow._diagram,
    "altChunk": Flow._embedded_document,
    "tbl": Flow._start_table,
    "tr": Flow._start_row,
    "gridBefore": Flow._row_before,
    "tc": Flow._start_cell,
    "gridSpan": Flow._cell_span,
    "vMerge": Flow._cell_covered,
    "headerReference": Flow._head,
    "footerReference": Flow._head,
    "rt": Flow._mark,
    "m:num": Flow._mark,
    "m:den": Flow._mark,
    "m:sup": Flow._mark,
    "m:sub": Flow._mark,
    "m:rad": Flow._root,
    "m:d": Flow._start_brackets,
    "m:begChr": lambda flow, attributes: flow._bracket(0, attributes),
    "m:endChr": lambda flow, attributes: flow._bracket(1, attributes),
    "m:e": Flow._start_bracketed,
}
_ENDS: dict[str, Callable[[Flow], None]] = {
    "p": Flow._end_paragraph,
    "r": Flow._end_run,
    "Choice": Flow._end_choice,
    "AlternateContent": Flow._end_alternatives,
    "txbxContent": Flow._end_box,
    "tbl": Flow._end_table,
    "tr": Flow._end_row,
    "tc": Flow._end_cell,
    "footnote": Flow._end_note,
    "endnote": Flow._end_note,
    "comment": Flow._end_note,
    "sectPr": Flow._end_section,
    "rt": Flow._end_ruby_text,
    "ruby": Flow._end_ruby,
    "m:num": lambda flow: flow._end_term(""),
    "m:den": lambda flow: flow._end_term(_BEFORE["m:den"]),
    "m:sup": lambda flow: flow._end_term(_BEFORE["m:sup"]),
    "m:sub": lambda flow: flow._end_term(_BEFORE["m:sub"]),
    "m:d": Flow._end_brackets,
}
