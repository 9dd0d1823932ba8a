"""A document of Hangul between its file and its text: paragraphs, and the tables, notes and boxes hung on them.

A reader builds ``Paragraph``s section by section; ``compose`` lays them out as one text: a line a paragraph, a table row a
line with its cells parted by tabs, and what is hung on a paragraph after it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from index.articles import SpanKind
from index.reading.composing.composer import Composer, Piece, Spot
from index.text.characters import UNWRITTEN, normalize

AFTER = 1 << 40  # an anchor after all text

_BLANKS = re.compile(r"\s+")
_ENDED = re.compile(r"[.!?。:\n][\s\"'”’)\]]*\Z")
_TAIL = 20  # of a sentence's end with the blanks and brackets after it


@dataclass(slots=True)
class Paragraph:
    """``text`` may hold tabs and line breaks; ``hung`` are its tables, notes and boxes in their order.

    ``anchors`` say how many characters of the text stand before each of them.
    """

    text: str = ""
    hung: list["Table | Box"] = field(default_factory=list)
    anchors: list[int] = field(default_factory=list)

    def hang(self, block: "Table | Box", anchor: int) -> None:
        """Hang ``block`` after so many characters of the text."""
        self.hung.append(block)
        self.anchors.append(anchor)

    def write(self, text: str, mark: str = "") -> None:
        """Set the text, its list's number or bullet before it; the anchors counted without either."""
        blanks = len(text) - len(text.lstrip())
        self.text = mark + text[blanks:] if text.strip() else ""
        self.anchors = [max(0, anchor - blanks) + (len(mark) if anchor > blanks else 0) for anchor in self.anchors]

    def in_order(self) -> "list[Paragraph | Table | Box]":
        """Return text and blocks in the order of reading: a table between two sentences stands there, all else after.

        A block within a sentence must not tear it apart, nor a note the paragraph that it belongs to. Where there is no
        text, blocks come as they are anchored.
        """
        if not self.text:
            return list(self.hung)
        between, after, start = list[Paragraph | Table | Box](), list[Table | Box](), 0
        for block, anchor in zip(self.hung, self.anchors, strict=True):
            before = self.text[max(start, anchor - _TAIL) : anchor]
            if (
                (isinstance(block, Box) and block.kind is not None)
                or anchor > len(self.text)
                or (before.strip() and not _ENDED.search(before))
            ):
                after.append(block)
            else:
                between += [Paragraph(self.text[start:anchor]), block]
                start = anchor
        return [*between, Paragraph(self.text[start:]), *after]


@dataclass(slots=True)
class Cell:
    """A cell by its address, counted from 1."""

    row: int
    column: int
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """Cells in any order; merged cells stand at their first row and column only."""

    cells: list[Cell] = field(default_factory=list)
    caption: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class Box:
    """Paragraphs outside the body's flow; ``kind`` None is a text box, which is read as what it hangs on."""

    kind: SpanKind | None = None
    paragraphs: list[Paragraph] = field(default_factory=list)


def compose(sections: Sequence[Sequence[Paragraph]]) -> Composer:
    """Return the text of a document's sections."""
    layout = _Layout()
    for section, paragraphs in enumerate(sections, 1):
        for number, paragraph in enumerate(paragraphs, 1):
            layout.lay_out(_Task(paragraph, SpanKind.BODY, Spot(section=section, paragraph=number)))
    return layout.composer


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of cells parted by tabs, each with its place; of no cells, an empty line."""

    cells: Sequence[tuple[str, Spot]] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """Something still to be laid out: what, as which kind, at which place of the file."""

    what: Paragraph | Table | Box | _Row
    kind: SpanKind
    at: Spot


class _Layout:
    def __init__(self) -> None:
        self.composer = Composer()
        self._tables = 0
        self._furniture: set[str] = set()

    def lay_out(self, first: _Task) -> None:
        """Lay it out, and all that hangs on it, however deep."""
        tasks = [first]
        while tasks:
            task = tasks.pop()
            tasks.extend(reversed(self._step(task)))

    def _step(self, task: _Task) -> list[_Task]:
        """Write what can be written of a task now; the tasks that follow from it."""
        what, kind, at = task.what, task.kind, task.at
        if isinstance(what, Paragraph):
            if what.hung:
                return [_Task(content, kind, at) for content in what.in_order()]
            self._line([(_clean(what.text), at)], kind)
            return []
        if isinstance(what, _Row):
            self._line(what.cells, kind)
            return []
        if isinstance(what, Table):
            self._tables += 1
            return _table(what, kind, at._replace(table=self._tables, row=None, column=None))
        if self._is_repeated(what):
            return []
        return [_Task(paragraph, what.kind or kind, at) for paragraph in what.paragraphs]

    def _is_repeated(self, box: Box) -> bool:
        """Return whether it is a header or footer that another section had already, and remember it."""
        if box.kind is not SpanKind.FURNITURE:
            return False
        key = "\n".join(paragraph.text for paragraph in box.paragraphs if not paragraph.hung)
        seen = key in self._furniture and not any(paragraph.hung for paragraph in box.paragraphs)
        self._furniture.add(key)
        return seen

    def _line(self, cells: Sequence[tuple[str, Spot]], kind: SpanKind) -> None:
        """Write ``cells`` as one line, parted by tabs; nothing if all are empty, an empty line if there are none."""
        if not cells:
            self.composer.blank()
        while cells and not cells[-1][0]:
            cells = cells[:-1]
        pieces = [piece for text, at in cells for piece in (Piece("\t", None, kind), Piece(text, at, kind))]
        if pieces:
            self.composer.line(pieces[1:])


def _table(table: Table, kind: SpanKind, at: Spot) -> list[_Task]:
    """Return a table's caption and rows, and what hangs on its cells after them; a table of one cell is but a frame."""
    cells = sorted(table.cells, key=lambda cell: (cell.row, cell.column))
    caption_kind = SpanKind.CAPTION if kind is SpanKind.BODY else kind
    if len(cells) == 1:
        return [*(_Task(paragraph, caption_kind, at) for paragraph in table.caption), *_frame(cells[0], kind, at)]
    rows = [_Task(_Row([(_clean(paragraph.text), at)]), caption_kind, at) for paragraph in table.caption]
    rows.append(_Task(_Row(), kind, at))
    hung = [_Task(block, kind, at) for paragraph in table.caption for block in paragraph.hung]
    by_row = _rows(cells)
    ranks = _ranks(by_row)
    for row in by_row:
        if len(row) == 1 and row[0].column == 1:
            rows += _frame(row[0], kind, at)
        else:
            contents = [(_contents(cell), at._replace(row=cell.row, column=cell.column)) for cell in row]
            line = [(text, inside) for (text, _), inside in contents]
            rows.append(_Task(_Row(_in_columns(line, ranks, at)), kind, at))
            hung += [_Task(block, kind, inside) for (_, later), inside in contents for block in later]
    return [*rows, _Task(_Row(), kind, at), *hung]


def _frame(cell: Cell, kind: SpanKind, at: Spot) -> list[_Task]:
    """Return the paragraphs of a cell that no other stands beside: they are read as lines, with what hangs on them."""
    inside = at._replace(row=cell.row, column=cell.column)
    return [_Task(paragraph, kind, inside) for paragraph in cell.paragraphs]


def _ranks(rows: Sequence[Sequence[Cell]]) -> dict[int, int]:
    """Return the columns in use, counted from 0; empty where no row has a cell in each.

    Such a table is a form, which is laid out on more columns than it has.
    """
    columns = {cell.column for row in rows for cell in row}
    full = any(len({cell.column for cell in row}) == len(columns) for row in rows)
    return {column: rank for rank, column in enumerate(sorted(columns))} if full else {}


def _in_columns(row: Sequence[tuple[str, Spot]], ranks: Mapping[int, int], at: Spot) -> list[tuple[str, Spot]]:
    """Return the cells of a row with an empty one where a merged cell reaches over or down: what follows keeps its column."""
    if len(row) == 1:
        return list(row)  # no row of cells, but a text beside a heading
    line = list[tuple[str, Spot]]()
    for text, inside in row:
        line += [("", at)] * (ranks.get(inside.column or 0, 0) - len(line))
        line.append((text, inside))
    return line


def _rows(cells: Sequence[Cell]) -> list[list[Cell]]:
    rows: dict[int, list[Cell]] = {}
    for cell in cells:
        rows.setdefault(cell.row, []).append(cell)
    return list(rows.values())


def _contents(cell: Cell) -> tuple[str, list[Table | Box]]:
    """Return a cell on one line without tabs, frames and notes in it included; and what is to be laid out after its table."""
    texts, later = list[str](), list[Table | Box]()
    pending: list[Paragraph | Table | Box] = list(reversed(cell.paragraphs))
    while pending:
        what = pending.pop()
        if isinstance(what, Paragraph) and what.hung:
            pending.extend(reversed(what.in_order()))
        elif isinstance(what, Paragraph):
            texts.append(what.text)
        elif note := _note(what):
            texts.append(f"[{note}]")
        elif (framed := _framed(what)) is not None:
            pending.extend(reversed(framed))
        else:
            later.append(what)
    return _BLANKS.sub(" ", _clean(" ".join(filter(None, texts)))), later


def _note(block: Table | Box) -> str:
    """Return the text of a foot- or endnote of text alone, which is read in the cell that it explains."""
    if (
        not isinstance(block, Box)
        or block.kind is not SpanKind.NOTE
        or any(paragraph.hung for paragraph in block.paragraphs)
    ):
        return ""
    return " ".join(paragraph.text for paragraph in block.paragraphs).strip()


def _framed(block: Table | Box) -> list[Paragraph] | None:
    """Return what stands in a text box or in a table of one cell, which is but a frame; None for all else."""
    if isinstance(block, Box):
        return block.paragraphs if block.kind is None else None
    return block.cells[0].paragraphs if len(block.cells) == 1 and not block.caption else None


def _clean(text: str) -> str:
    """Return the text in NFC, without control characters, blanks around its lines, and empty lines."""
    text = UNWRITTEN.sub("", normalize(text))
    if "\n" not in text:
        return text.strip()
    return "\n".join(line for line in map(str.strip, text.split("\n")) if line)
