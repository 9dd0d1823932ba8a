"""Blanks that stand by themselves in a PDF, which PDFium leaves out of what it says is on the page.

It drops text whose box has no width, such as that of a blank whose font is in the file: it draws nothing. In its place PDFium
makes a blank of the gap, but only of a wide one: where letters are set closely, two words become one. And at a line's end
there is no gap, while a blank tells that no word was broken there.
"""

import ctypes
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from math import hypot
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

_Text = Any  # PDFium's pointer to letters that were set at once
# A page or a form: what gives its objects one by one, the pointer to it, and how many they are.
_Holder = tuple[Callable[[Any, int], Any], Any, int]
_Corners = Any  # of their box, as it is turned: 1 is lower left, 2 lower right, 4 upper left
_Point = tuple[float, float]
_NO_WIDTH = 0.01  # points; what PDFium drops
# Of the letters' height:
_SAME_LINE = 0.8  # that a sign may stand above what its line rests on; the next line is further away
_NEAR = 1.0  # from the letters' right edge; they may be wider than the way to what is behind them
_GAP = 0.15  # between the ink of two letters that the page shows to be parted
_WIDE_GAP = 0.9  # of which PDFium makes a blank by itself


def keep_blanks(page: pypdfium2.PdfPage) -> frozenset[int]:
    """Give those that part two letters of a line a width, before the page's text is asked for; name what others stand behind.

    With a width, a blank at a line's end would run it together with the next. So the letters before it are returned, as
    addresses of the texts that they belong to.
    """
    ends: set[int] = set()
    holders: list[_Holder] = [(pdfium.FPDFPage_GetObject, page.raw, pdfium.FPDFPage_CountObjects(page))]
    while holders:
        for last, blank, is_between in _lone_blanks(_texts(holders.pop(), holders)):
            if is_between:
                _widen(blank)
            else:
                ends.add(address(last))
    return frozenset(ends)


def address(text: _Text) -> int:
    """Return what tells a text of a page from the others; 0 of none."""
    return ctypes.cast(text, ctypes.c_void_p).value or 0


def _texts(holder: _Holder, forms: list[_Holder]) -> Iterator[_Text]:
    """Yield the texts of the page or form in their order, and add the forms in it to ``forms``."""
    get, pointer, count = holder
    kind_of, text, form = pdfium.FPDFPageObj_GetType, pdfium.FPDF_PAGEOBJ_TEXT, pdfium.FPDF_PAGEOBJ_FORM
    for page_object in map(get, repeat(pointer), range(count)):
        kind = kind_of(page_object)
        if kind == text:
            yield page_object
        elif kind == form:
            count_within = pdfium.FPDFFormObj_CountObjects(page_object)
            forms.append((pdfium.FPDFFormObj_GetObject, page_object, count_within))


def _lone_blanks(texts: Iterable[_Text]) -> Iterator[tuple[_Text, _Text, bool]]:
    """Yield the letters before each blank of a line, the blank, and whether it parts them from others of the line."""
    before, corners = pdfium.FS_QUADPOINTSF(), pdfium.FS_QUADPOINTSF()
    last: _Text | None = None
    blanks: list[tuple[_Text, _Point]] = []
    bounds = pdfium.FPDFPageObj_GetRotatedBounds
    for text in texts:
        if not bounds(text, corners):
            continue
        x = corners.x1
        if abs(corners.x3 - x) < _NO_WIDTH and abs(corners.x2 - x) < _NO_WIDTH:
            blanks.append((text, (x, corners.y1)))
            continue
        if blanks and last:
            yield from ((last, blank, parts) for blank, parts in _judged(before, blanks, corners))
        blanks.clear()
        before, corners, last = corners, before, text
    if blanks and last:
        yield from ((last, blank, False) for blank, _ in _judged(before, blanks, before))


def _judged(before: _Corners, blanks: Sequence[tuple[_Text, _Point]], after: _Corners) -> Iterator[tuple[_Text, bool]]:
    """Yield the blanks that stand in the line of the letters before, and whether ``after`` goes on there behind a gap."""
    right, up = before.x2 - before.x1, before.y2 - before.y1
    width = hypot(right, up) or 1.0
    right, up = right / width, up / width
    own = _height(before)
    height = max(own, _height(after))
    gap = (after.x1 - before.x2) * right + (after.y1 - before.y2) * up
    step = abs((after.y1 - before.y1) * right - (after.x1 - before.x1) * up)
    goes_on = step < _SAME_LINE * height and _GAP * height < gap < _WIDE_GAP * height
    for blank, (x, y) in blanks:
        way = (x - before.x2) * right + (y - before.y2) * up
        rise = abs((y - before.y1) * right - (x - before.x1) * up)
        if goes_on and -_NEAR * height < way < gap and rise < _SAME_LINE * height:
            yield blank, True
        elif abs(way) < _NEAR * own and rise < _SAME_LINE * own:
            yield blank, False


def _height(corners: _Corners) -> float:
    return hypot(corners.x4 - corners.x1, corners.y4 - corners.y1)


def _widen(text: _Text) -> None:
    """Have it drawn by its outline, whose breadth PDFium counts to the box, and the box computed anew."""
    pdfium.FPDFTextObj_SetTextRenderMode(text, pdfium.FPDF_TEXTRENDERMODE_STROKE)
    pdfium.FPDFPageObj_SetStrokeWidth(text, 1)
    pdfium.FPDFPageObj_Transform(text, 1, 0, 0, 1, 0, 0)
