"""The records of an HWP 5 stream, the characters of a paragraph, and what DocInfo says of numbered paragraphs."""

import struct
import sys
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from index.reading.composing.list_numbers import above
from index.reading.hancom.numbering import FORMATS, Head, Level

CHAR_SHAPE, BULLET, NUMBERING, PARA_SHAPE, TRACK_CHANGE = 0x15, 0x18, 0x17, 0x19, 0x60
DISTRIBUTE_DOC_DATA = 0x1C
PARA_HEADER, PARA_TEXT, PARA_CHAR_SHAPE, CTRL_HEADER, LIST_HEADER = 0x42, 0x43, 0x44, 0x47, 0x48
SHAPE_COMPONENT, TABLE, EQUATION, TEXT_ART, FORM_OBJECT, MEMO_LIST = 0x4C, 0x4D, 0x58, 0x5A, 0x5B, 0x5D

_LONG = 0xFFF  # the size stands in four bytes of its own
_WIDE = 8  # units of a control character with its parameters
_PARAGRAPH_END = 13
_TAB = 9
_NARROW = {10: "\n", 24: "-", 30: " ", 31: " "}
_CHARS = frozenset({0, _PARAGRAPH_END, *_NARROW, *range(25, 30)})
_EXTENDED = frozenset({1, 2, 3, 11, 12, 14, 15, 16, 17, 18, 21, 22, 23})
_LISTED_LEVELS = 7
_NUMBERED, _OUTLINED, _BULLETED = 2, 1, 3
_NO_CHARACTER = 0xFFFF
_SOFT_HYPHEN = "\xad"
_RAISED = 1 << 15  # of a letter's shape


@dataclass(frozen=True, slots=True)
class Record:
    """One record; what is nested in it follows with a higher level."""

    tag: int
    level: int
    payload: bytes


def records(stream: bytes) -> Iterator[Record]:
    """Yield the records of a stream as far as they are whole; the last may be cut short by the stream's end."""
    place, end = 0, len(stream)
    while place + 4 <= end:
        (head,) = struct.unpack_from("<I", stream, place)
        place, size = place + 4, head >> 20
        if size == _LONG:
            if place + 4 > end:
                return
            (size,) = struct.unpack_from("<I", stream, place)
            place += 4
        yield Record(head & 0x3FF, head >> 10 & 0x3FF, stream[place : place + size])
        place += size


def pieces(payload: bytes) -> list[str | int]:
    """Return the text of a PARA_TEXT record; the number n (from 0) stands where the n-th extended control does."""
    units = array("H", payload[: len(payload) // 2 * 2])
    if sys.byteorder == "big":
        units.byteswap()
    found: list[str | int] = []
    place = extended = 0
    for control in [at for at, unit in enumerate(units) if unit < 32]:
        if control < place:
            continue  # a parameter of the control before
        if control > place:
            found.append(text_of(payload[2 * place : 2 * control]))
        unit = units[control]
        if unit in _EXTENDED:
            found.append(extended)
            extended += 1
        elif unit in _NARROW or unit == _TAB:
            found.append(_NARROW.get(unit, "\t"))
        place = control + (1 if unit in _CHARS else _WIDE)
    if place < len(units):
        found.append(text_of(payload[2 * place :]))
    return found


def with_raised(payload: bytes, shapes: bytes, raised: Collection[int]) -> bytes:
    """Return a PARA_TEXT record's text in which raised figures after a figure are written as such.

    ``shapes`` is the PARA_CHAR_SHAPE record beside it, ``raised`` the numbers of the shapes that are.
    """
    changes = [struct.unpack_from("<II", shapes, place) for place in range(0, len(shapes) - 7, 8)]
    ends = [start for start, _ in changes[1:]] + [len(payload) // 2]
    for (start, shape), end in reversed(list(zip(changes, ends, strict=False))):  # a damaged record holds none
        if shape not in raised or not start:
            continue
        small = text_of(payload[2 * start : 2 * end]).rstrip("\r")
        seen = above(text_of(payload[2 * start - 2 : 2 * start]), small)
        if seen != small and small.isascii():
            payload = payload[: 2 * start] + seen.encode("utf-16-le") + payload[2 * (start + len(small)) :]
    return payload


def text_of(payload: bytes) -> str:
    """Decode UTF-16 as it is, half a pair as U+FFFD."""
    return payload.decode("utf-16-le", "replace")


def counted_text(payload: bytes, place: int) -> tuple[str, int]:
    """Return a text that its length in units stands before, and where it ends. Raises struct.error where it does not fit."""
    (units,) = struct.unpack_from("<H", payload, place)
    return text_of(payload[place + 2 : place + 2 + 2 * units]), place + 2 + 2 * units


@dataclass(slots=True)
class DocInfo:
    """What DocInfo says that the text depends on."""

    heads: list[Head | None] = field(default_factory=list)  # by the number of a paragraph's shape
    lists: dict[str, list[Level]] = field(default_factory=dict)
    tracks_changes: bool = False
    raised: set[int] = field(default_factory=set)  # numbers of letters' shapes

    def head(self, shape: int) -> Head | None:
        """Return what stands before paragraphs of that shape."""
        return self.heads[shape] if shape < len(self.heads) else None


def read_doc_info(stream: bytes) -> DocInfo:
    """Read numbering, bullets and paragraph shapes; what is damaged is left out."""
    info, bullets, shapes, letters = DocInfo(), [""], list[bytes](), 0
    for record in records(stream):
        if record.tag == CHAR_SHAPE:
            if len(record.payload) >= 50 and struct.unpack_from("<I", record.payload, 46)[0] & _RAISED:
                info.raised.add(letters)
            letters += 1
        elif record.tag == NUMBERING:
            info.lists[str(len(info.lists) + 1)] = _levels(record.payload)
        elif record.tag == BULLET:
            bullets.append(_bullet(record.payload))
        elif record.tag == PARA_SHAPE:
            shapes.append(record.payload)
        elif record.tag == TRACK_CHANGE:
            info.tracks_changes = True
    info.heads = [_head(shape, bullets) for shape in shapes]
    return info


def _levels(payload: bytes) -> list[Level]:
    levels, place = list[Level](), 0
    try:
        for _ in range(_LISTED_LEVELS):
            (attributes,) = struct.unpack_from("<I", payload, place)
            form, place = counted_text(payload, place + 12)
            style = attributes >> 5 & 0xF
            levels.append(Level(form, FORMATS[style]))
        starts = struct.unpack_from(f"<{_LISTED_LEVELS}I", payload, place + 2)
    except struct.error:  # older versions end before the starts
        return levels
    return [Level(level.form, level.format, start) for level, start in zip(levels, starts, strict=True)]


def _bullet(payload: bytes) -> str:
    if len(payload) < 14:
        return ""
    (unit,) = struct.unpack_from("<H", payload, 12)
    return "" if unit == _NO_CHARACTER else bullet(chr(unit))


def bullet(character: str) -> str:
    """Return a list's bullet as text: one of a symbol font's own is "•", a soft hyphen, which is drawn as one, "-"."""
    if not character or character.isprintable():
        return character.strip()
    if character == _SOFT_HYPHEN:
        return "-"
    return "•" if "\ue000" <= character <= "\uf8ff" else ""


def _head(payload: bytes, bullets: list[str]) -> Head | None:
    if len(payload) < 32:
        return None
    (attributes,), (list_id,) = struct.unpack_from("<I", payload), struct.unpack_from("<H", payload, 30)
    kind, level = attributes >> 23 & 3, attributes >> 25 & 7
    if kind == _BULLETED:
        return Head(bullet=bullets[list_id] if list_id < len(bullets) else "")
    if kind in (_NUMBERED, _OUTLINED):
        return Head(str(list_id), level, is_outline=kind == _OUTLINED)
    return None
