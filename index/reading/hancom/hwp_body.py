"""The body of HWP 5: the records of a section to paragraphs with their tables, notes and boxes.

Records are nested by level alone, and a control's place in its paragraph's text comes before what is in it; so a paragraph
is put together when the first record that is not in it arrives. Nothing here recurses.
"""

import re
import struct
from dataclasses import dataclass, field

from index.articles import SpanKind
from index.reading.composing.list_numbers import beside, number
from index.reading.containers.bounds import MAX_DEPTH, too_deep
from index.reading.hancom.flow import AFTER, Box, Cell, Paragraph, Table
from index.reading.hancom.hwp_records import (
    CTRL_HEADER,
    EQUATION,
    FORM_OBJECT,
    LIST_HEADER,
    MEMO_LIST,
    PARA_CHAR_SHAPE,
    PARA_HEADER,
    PARA_TEXT,
    SHAPE_COMPONENT,
    TABLE,
    TEXT_ART,
    DocInfo,
    Record,
    counted_text,
    pieces,
    records,
    with_raised,
)
from index.reading.hancom.numbering import FORMATS, Numbering, note_mark

_KINDS = {
    "head": SpanKind.FURNITURE,
    "foot": SpanKind.FURNITURE,
    "secd": SpanKind.FURNITURE,  # a master page
    "fn  ": SpanKind.NOTE,
    "en  ": SpanKind.NOTE,
    "tcmt": SpanKind.NOTE,
    "memo": SpanKind.NOTE,
}
_CAPTIONED = frozenset({"gso ", "eqed"})
_NOTES = frozenset({"fn  ", "en  "})
_NOTE_NUMBERS = (1, 2)  # of footnotes, of endnotes
_CAPTION_NUMBERS = (3, 4, 5)  # of pictures, of tables, of equations
_TEXT_ART_CORNERS = 32
_FORM_CAPTION = re.compile(r"(?:^| )Caption:wstring:(\d{1,4}):")


@dataclass(slots=True)
class _Control:
    """A control, a shape in one, or the section itself, while its records arrive."""

    level: int
    id: str
    paragraphs: list[Paragraph] | None = None  # the list that paragraphs go to
    blocks: list[Table | Box] = field(default_factory=list)
    table: Table | None = None
    has_body: bool = False  # lists before it are its caption
    floats: bool = False  # over the page, and not in the line that it is anchored in
    inline: str = ""  # what is seen at its place in the text


@dataclass(slots=True)
class _Open:
    """A paragraph while its records arrive."""

    level: int
    paragraph: Paragraph
    mark: str
    text: bytes = b""  # its record
    pieces: list[str | int] = field(default_factory=list)
    controls: list[_Control] = field(default_factory=list)

    def close(self) -> None:
        """Put the paragraph together."""
        texts, length, shown = list[str](), 0, 0
        for part in self.pieces:
            if isinstance(part, int):
                self._hang(part, length)
                shown = part + 1
                part = self._seen(part, texts[-1] if texts else "")
            if part:
                texts.append(part)
                length += len(part)
        for control in range(shown, len(self.controls)):  # controls that the text has no place for
            self._hang(control, length)
        self.paragraph.write("".join(texts), self.mark)

    def _seen(self, place: int, before: str) -> str:
        """Return what a control shows in the text after ``before``."""
        if place >= len(self.controls):
            return ""
        control = self.controls[place]
        return beside(before, control.inline) if control.id in _NOTES else control.inline

    def _hang(self, place: int, anchor: int) -> None:
        if place < len(self.controls):
            control = self.controls[place]
            for block in control.blocks:
                self.paragraph.hang(block, AFTER if control.floats else anchor)


def read_section(stream: bytes, info: DocInfo, numbering: Numbering) -> list[Paragraph]:
    """Return the paragraphs of one section. Raises ReadError where they are nested too deep."""
    section = _Section(info, numbering)
    for record in records(stream):
        section.take(record)
    return section.end()


class _Section:
    def __init__(self, info: DocInfo, numbering: Numbering) -> None:
        self._info, self._numbering = info, numbering
        self._outline = ""
        self._loose: list[tuple[Paragraph, _Control]] = []
        self._paragraphs: list[Paragraph] = []
        self._open: list[_Control | _Open] = [_Control(-1, "body", self._paragraphs)]

    def take(self, record: Record) -> None:
        """Take in the next record."""
        if record.level > MAX_DEPTH:
            raise too_deep()
        self._close_from(record.level)
        if record.tag == PARA_HEADER:
            self._begin_paragraph(record)
        elif record.tag == LIST_HEADER:
            self._begin_list(record)
        elif record.tag == MEMO_LIST:
            self._begin_control(record.level, "memo")
        elif isinstance(top := self._open[-1], _Open):
            self._in_paragraph(top, record)
        else:
            self._in_control(top, record)

    def end(self) -> list[Paragraph]:
        """Close the last paragraph and return all of them."""
        self._close_from(0)
        for paragraph, memo in self._loose:
            for block in memo.blocks:
                paragraph.hang(block, 0)
        return self._paragraphs

    def _close_from(self, level: int) -> None:
        while self._open[-1].level >= level:
            closed = self._open.pop()
            if isinstance(closed, _Open):
                closed.close()

    def _begin_paragraph(self, record: Record) -> None:
        owner = next(frame for frame in reversed(self._open) if isinstance(frame, _Control))
        if owner.paragraphs is None:
            _begin_box(owner)
        paragraph = Paragraph()
        if owner.paragraphs is not None:
            owner.paragraphs.append(paragraph)
        head = self._info.head(struct.unpack_from("<H", record.payload, 8)[0]) if len(record.payload) >= 10 else None
        mark = self._numbering.mark(head, self._outline) if head else ""
        self._open.append(_Open(record.level, paragraph, mark))

    def _in_paragraph(self, paragraph: _Open, record: Record) -> None:
        if record.tag == PARA_TEXT:
            paragraph.pieces = pieces(record.payload)
            paragraph.text = record.payload
        elif record.tag == PARA_CHAR_SHAPE and self._info.raised:
            paragraph.pieces = pieces(with_raised(paragraph.text, record.payload, self._info.raised))
        elif record.tag == CTRL_HEADER and len(record.payload) >= 4:
            name = record.payload[3::-1].decode("latin-1")
            control = self._begin_control(record.level, name)
            control.floats = len(record.payload) >= 8 and not record.payload[4] & 1
            control.inline = _inline(name, record.payload)
            if name == "secd" and len(record.payload) >= 20:
                self._outline = str(struct.unpack_from("<H", record.payload, 18)[0])

    def _begin_control(self, level: int, name: str) -> _Control:
        control = _Control(level, name)
        if name == "tbl ":
            control.table = Table()
            control.blocks.append(control.table)
        top = self._open[-1]
        if isinstance(top, _Open):
            top.controls.append(control)
        elif top.level < 0:  # a memo that no paragraph holds
            self._loose.append((paragraph := Paragraph(), control))
            self._paragraphs.append(paragraph)
        self._open.append(control)
        return control

    def _begin_list(self, record: Record) -> None:
        control = self._open[-1]
        if isinstance(control, _Open) or control.level < 0:  # a memo's list beside its record
            control = self._begin_control(record.level - 1, "memo")
        if control.table is None:
            _begin_box(control)
        elif control.has_body:
            cell = Cell(*_address(record.payload))
            control.table.cells.append(cell)
            control.paragraphs = cell.paragraphs
        else:
            control.paragraphs = control.table.caption

    def _in_control(self, control: _Control, record: Record) -> None:
        if record.tag == SHAPE_COMPONENT:
            control.has_body = True
            self._open.append(_Control(record.level, "shape", blocks=control.blocks, has_body=True))
        elif record.tag == TABLE:
            control.has_body = True
        elif record.tag == EQUATION:
            control.has_body = True
            control.inline = _counted(record.payload, 4)
        elif record.tag == TEXT_ART:
            text = _counted(record.payload, _TEXT_ART_CORNERS)
            control.blocks.append(Box(None, [Paragraph(text)]))
        elif record.tag == FORM_OBJECT:
            control.inline = _form_caption(record.payload)


def _begin_box(control: _Control) -> None:
    is_caption = control.id in _CAPTIONED and not control.has_body
    box = Box(SpanKind.CAPTION if is_caption else _KINDS.get(control.id))
    control.blocks.append(box)
    control.paragraphs = box.paragraphs


def _address(payload: bytes) -> tuple[int, int]:
    """Return row and column of a cell, from 1."""
    if len(payload) < 12:
        return 1, 1
    column, row = struct.unpack_from("<HH", payload, 8)
    return row + 1, column + 1


def _inline(name: str, payload: bytes) -> str:
    """Return what a control shows at its place in the text."""
    try:
        if name == "tdut":  # 덧말: the text itself, and what stands above it
            main, end = counted_text(payload, 4)
            above, _ = counted_text(payload, end)
            return f"{main}({above})" if above.strip() else main
        if name == "tcps":  # 글자 겹침
            return counted_text(payload, 4)[0]
        if name == "atno":
            return _automatic_number(payload)
        if name in _NOTES:
            value, before, after = struct.unpack_from("<IHH", payload, 4)
            return _note_mark(value, payload[12] if len(payload) > 12 else 0, before, after)
    except struct.error:
        pass
    return ""


def _automatic_number(payload: bytes) -> str:
    """Return the number before a note's text, or of a caption ("표 1"). Not that of a page, which the file does not know."""
    attributes, value, _, before, after = struct.unpack_from("<IHHHH", payload, 4)
    kind, style = attributes & 0xF, attributes >> 4 & 0xFF
    if kind in _CAPTION_NUMBERS:
        return number(value, _format(style))
    return _note_mark(value, style, before, after) if kind in _NOTE_NUMBERS else ""


def _note_mark(value: int, style: int, before: int, after: int) -> str:
    return note_mark(value, _format(style), chr(before) if before else "", chr(after) if after else "")


def _format(style: int) -> str:
    return FORMATS[style] if style < len(FORMATS) else FORMATS[0]


def _counted(payload: bytes, place: int) -> str:
    try:
        return counted_text(payload, place)[0]
    except struct.error:
        return ""


def _form_caption(payload: bytes) -> str:
    """Return what a button or a check box says."""
    text = payload.decode("utf-16-le", "replace")
    found = _FORM_CAPTION.search(text)
    return text[found.end() : found.end() + int(found[1])] if found else ""
