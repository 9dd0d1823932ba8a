"""Letters whose font is not in the PDF get boxes from a font of squares made here, not from whatever the machine has.

Where PDFium finds no font that draws a letter, the letter's box is empty; and it drops text whose box is empty: a Korean
letter set by itself, each line of a turned page. With squares nothing is dropped, and a file reads the same everywhere.
"""

import ctypes
import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pypdfium2.raw as pdfium

_EM, _ASCENT, _DESCENT = 1000, 880, -120  # as of Korean fonts
# What Hangul fills of its em. Were it higher, a letter below the same letter would touch it, which PDFium takes for a shadow.
_LOW, _HIGH, _WIDE, _NARROW = -80, 800, 900, 400
# A PDF may name its letters by the numbers of glyphs in the font that it left out: each number is a square. So is a blank, and
# one that is set by itself parts two words.
_GLYPHS = 0xFFFF
_SQUARE, _HALF = 1, _GLYPHS - 1  # the last glyph is narrow
_FIRST_WIDE, _LAST_CODE = 0x1100, 0x10FFFF  # Hangul Jamo begin; scripts before them are narrow
_NAME = b"squares\0"
_HANDLE = 1  # any that is not 0: there is one font
_SYMBOL = 2  # a character set; without a font of it, PDFium asks again, for the letters alone
# Fonts that PDFium holds itself, with the widths that a PDF may leave out. What they lack (Arial's ■, which is asked for as
# Helvetica's) is still dropped where it is set by itself.
_BUILT_IN = frozenset(
    b"Courier Courier-Bold Courier-BoldOblique Courier-Oblique Helvetica Helvetica-Bold Helvetica-BoldOblique "
    b"Helvetica-Oblique Times-Roman Times-Bold Times-BoldItalic Times-Italic".split()
)


@cache
def use_squares() -> None:
    """Have PDFium draw what is missing in squares, in all that this process opens from now on."""
    pdfium.FPDF_SetSystemFontInfo(_ANSWERS)


def _map_font(
    _: object,
    _weight: int,
    _italic: int,
    charset: int,
    _pitch: int,
    face: "ctypes._Pointer[ctypes.c_char]",
    _exact: object,
) -> int | None:
    """Give squares for every font but those that PDFium holds, of which None tells it to take its own."""
    if charset == _SYMBOL or ctypes.cast(face, ctypes.c_char_p).value in _BUILT_IN:
        return None
    return _HANDLE


def _get_font_data(_: object, _font: object, table: int, buffer: "ctypes._Pointer[Any]", size: int) -> int:
    """Give the font as a whole; PDFium asks for a single table only to find out whether the file holds several fonts."""
    return 0 if table else _put(squares(), buffer, size)


def _get_face_name(_: object, _font: object, buffer: "ctypes._Pointer[Any]", size: int) -> int:
    """Give one name for all fonts that are missing, by which PDFium keeps one copy of the squares for them."""
    return _put(_NAME, buffer, size)


def _put(data: bytes, buffer: "ctypes._Pointer[Any]", size: int) -> int:
    """Copy the data to where PDFium wants it, if it has the room, and return how much room it takes."""
    if buffer and size >= len(data):
        ctypes.memmove(buffer, data, len(data))
    return len(data)


def _answers(**functions: Callable[..., int | None]) -> ctypes.Structure:
    """Return the struct through which PDFium asks for fonts; what is not in ``functions`` it does without."""
    answers: ctypes.Structure = pdfium.FPDF_SYSFONTINFO(version=2)
    kinds = dict(pdfium.FPDF_SYSFONTINFO._fields_)
    for name, function in functions.items():
        setattr(answers, name, kinds[name](function))
    return answers


# PDFium holds on to it until the process ends.
_ANSWERS = _answers(MapFont=_map_font, GetFontData=_get_font_data, GetFaceName=_get_face_name)


@cache
def squares() -> bytes:
    """Return a TrueType font, 130 kB, in which every letter and every glyph is a square, or half of one."""
    glyphs = _box(_WIDE) + _box(_WIDE) + _box(_NARROW)
    head = (0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _EM, 0, 0, 0, _LOW, _WIDE, _HIGH, 0, 8, 2, 0, 0)
    tables = {
        b"cmap": _cmap(),
        b"glyf": glyphs,
        b"head": struct.pack(">IIIIHHqqhhhhHHhhh", *head),
        b"hhea": struct.pack(">Ihh26xH", 0x10000, _ASCENT, _DESCENT, 1),
        b"hmtx": struct.pack(">HH", _EM // 2, 0),  # of letters of a byte; others have their widths in the PDF
        b"loca": _loca(len(glyphs) // 3),
        b"maxp": struct.pack(">IH26x", 0x10000, _GLYPHS),
    }
    return _file(tables)


def _box(width: int) -> bytes:
    """Return the glyph of a rectangle."""
    height = _HIGH - _LOW
    head = struct.pack(">5h2H", 1, 0, _LOW, width, _HIGH, 3, 0)
    steps = struct.pack(">8h", 0, 0, width, 0, _LOW, height, 0, -height)
    return head + b"\x01" * 4 + steps + b"\0\0"


def _loca(size: int) -> bytes:
    """Return where each glyph starts, in units of two bytes.

    It ends where the next one starts or, where that is before it, with the table: so two squares in turns serve for all.
    """
    starts = [*[0, size] * (_HALF // 2), 2 * size, 3 * size]
    return struct.pack(f">{len(starts)}H", *(start // 2 for start in starts))


def _cmap() -> bytes:
    """Return the glyphs of letters, in the format that gives many of them one glyph."""
    groups = struct.pack(">6I", 0, _FIRST_WIDE - 1, _HALF, _FIRST_WIDE, _LAST_CODE, _SQUARE)
    return struct.pack(">4HI", 0, 1, 3, 10, 12) + struct.pack(">2H3I", 13, 0, 16 + len(groups), 0, 2) + groups


def _file(tables: Mapping[bytes, bytes]) -> bytes:
    place = 12 + 16 * len(tables)
    directory, body = struct.pack(">IH6x", 0x10000, len(tables)), b""
    for name, table in tables.items():
        directory += struct.pack(">4s3I", name, 0, place + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    return directory + body
