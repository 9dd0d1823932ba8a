"""The lines of a PDF's page as PDFium gives them, in the order of the page's content, each with where it stands.

Lengths are points; ``top`` is larger than ``bottom``; a page that is shown turned is turned here, too.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from index.reading.pdf.blanks import address, keep_blanks
from index.text.characters import INKLESS, UNPRINTED, normalize

_TAB_GAP = 1.5  # of the line's height: nobody sets two words of a sentence that far apart
_CODES = 0x110000
_RUBBISH = 0.25  # of a line's letters: a bullet or a formula's sign is less
_BREAKS = frozenset("\r\n")
_HYPHENS = frozenset("\x02\ufffe\xad")  # PDFium's own marks of a hyphen at a line's end
# Bullets of Wingdings and Symbol, which lie in the private area.
_BULLETS = str.maketrans(
    {
        "\uf06c": "●", "\uf06e": "■", "\uf06f": "□", "\uf071": "❑", "\uf075": "◆", "\uf076": "❖", "\uf077": "◆",
        "\uf09f": "•", "\uf0a7": "▪", "\uf0a8": "◻", "\uf0b7": "•", "\uf0d8": "➢", "\uf0e0": "→", "\uf0e8": "➔",
        "\uf0fc": "✓", "\uf0fe": "☑",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` without blanks at its ends, tabs between what stands far apart; ``blank`` whether one stood at its end.

    ``right`` includes that blank, but not one that is set by itself. ``height`` is that of its letters' boxes, about the size
    of the type. ``rise`` is how high the line stands on its page: 0 at the lower edge, 1 at the upper. ``is_rubbish``: the
    fonts do not say what its letters are, though those of the page's other lines do.
    """

    text: str
    page: int
    left: float
    right: float
    bottom: float
    top: float
    blank: bool = False
    rise: float = 0.5
    is_rubbish: bool = False

    @property
    def height(self) -> float:
        """The height of the line's box in points, never 0."""
        return max(self.top - self.bottom, 0.1)

    @property
    def is_row(self) -> bool:
        """Whether parts of it stand so far apart that it is read as a row of a table."""
        return "\t" in self.text


@dataclass(frozen=True, slots=True)
class PageText:
    """A page's lines, the share of its letters whose font does not say what they are, and whether it shows anything."""

    number: int
    lines: tuple[Line, ...]
    unmapped: float
    shows_something: bool


def read_page(page: pypdfium2.PdfPage, number: int) -> PageText:
    """Return everything that is read of page ``number``, which counts from 1."""
    followed = keep_blanks(page)
    textpage = page.get_textpage()
    try:
        reader = _PageReader(page, textpage, number, followed)
        lines = tuple(reader.lines())
        return PageText(number, lines, reader.unmapped, bool(lines) or pdfium.FPDFPage_CountObjects(page) > 0)
    finally:
        textpage.close()


class _Box(NamedTuple):
    """The edges of a letter's box, or of a page, in points."""

    left: float
    bottom: float
    right: float
    top: float


class _PageReader:
    """Asks PDFium for the box of a letter only where it is needed: asking costs more than all else."""

    def __init__(
        self, page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage, number: int, followed: frozenset[int]
    ) -> None:
        self._text = textpage
        self._number = number
        self._followed = followed
        self._turn = page.get_rotation()
        corners = page.get_bbox()
        self._page = self._turned(*corners)
        self._box = pdfium.FS_RECTF()
        self.unmapped = 0.0

    def lines(self) -> Iterator[Line]:
        """Yield the lines that hold a letter."""
        count = self._text.count_chars()
        chars = self._chars(count)
        self.unmapped = self._unmapped(chars)
        start, waiting = 0, None
        for position in [*(position for position, char in enumerate(chars) if char in _BREAKS), count]:
            line = self._line(chars, start, position)
            start = position + 1
            if line and waiting and _is_beside(waiting, line):
                waiting = _merged(waiting, line)
            elif line:
                if waiting:
                    yield waiting
                waiting = line
        if waiting:
            yield waiting

    def _chars(self, count: int) -> list[str]:
        """Return the characters, asked for at once where each is one in what PDFium gives then, which is far quicker."""
        units = (ctypes.c_ushort * (count + 1))()
        given = pdfium.FPDFText_GetText(self._text, 0, count, units) - 1  # a 0 ends them
        text = bytes(units)[:-2].decode("utf-16-le", "surrogatepass")
        last = pdfium.FPDFText_GetTextIndexFromCharIndex(self._text, count - 1)
        if len(text) == given == count == last + 1:
            return list(text)
        codes = [pdfium.FPDFText_GetUnicode(self._text, position) for position in range(count)]
        return [chr(code) if code < _CODES else "\ufffd" for code in codes]  # a font may claim any number

    def _unmapped(self, chars: list[str]) -> float:
        """Return the share, looked at in 400 letters of the page, evenly."""
        letters = [position for position, char in enumerate(chars) if char not in INKLESS and char not in _BREAKS]
        looked = letters[:: max(1, len(letters) // 400)]
        return self._share_unmapped(looked)

    def _share_unmapped(self, places: list[int]) -> float:
        wrong = sum(pdfium.FPDFText_HasUnicodeMapError(self._text, position) == 1 for position in places)
        return wrong / len(places) if places else 0.0

    def _line(self, chars: list[str], start: int, end: int) -> Line | None:
        inked = [position for position in range(start, end) if chars[position] not in INKLESS]
        if not inked:
            return None
        first, middle, final = (self._char_box(inked[at]) for at in (0, len(inked) // 2, -1))
        usual = sorted((first, middle, final), key=lambda box: box.top - box.bottom)[1]
        text = self._spaced(chars, inked, usual.top - usual.bottom)
        if not text:
            return None
        last = end - 1
        edge = max(self._char_box(last).right, final.right) if last > inked[-1] else final.right
        blank = last > inked[-1] or self._is_followed(last)
        low, high = self._page.bottom, self._page.top
        rise = ((usual.bottom + usual.top) / 2 - low) / (high - low) if high > low else 0.5
        is_rubbish = self.unmapped > 0 and self._share_unmapped(inked) > _RUBBISH
        return Line(text, self._number, first.left, edge, usual.bottom, usual.top, blank, rise, is_rubbish)

    def _spaced(self, chars: list[str], inked: list[int], height: float) -> str:
        """Return the letters with one blank for any number, or a tab where they stand far apart."""
        parts = [chars[inked[0]]]
        for before, position in pairwise(inked):
            if position - before > 1:
                parts.append("\t" if self._is_far(before, position, height) else " ")
            parts.append(chars[position])
        if parts[-1] in _HYPHENS:
            parts[-1] = "-"
        text = "".join(parts)
        if any("\ud800" <= part <= "\udfff" for part in parts):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return normalize(UNPRINTED.sub("", text.translate(_BULLETS)))

    def _is_far(self, before: int, place: int, height: float) -> bool:
        """Return whether a gap parts two cells; several blanks that somebody typed part none."""
        typed = place - before > 2 and not any(
            pdfium.FPDFText_IsGenerated(self._text, blank) == 1 for blank in range(before + 1, place)
        )
        return not typed and self._char_box(place).left - self._char_box(before).right > _TAB_GAP * height

    def _is_followed(self, place: int) -> bool:
        """Return whether a blank that PDFium leaves out stands behind the letter."""
        return bool(self._followed) and address(pdfium.FPDFText_GetTextObject(self._text, place)) in self._followed

    def _char_box(self, place: int) -> _Box:
        """Return the box of a letter; of one that has none, the lower left corner."""
        box = self._box
        if not pdfium.FPDFText_GetLooseCharBox(self._text, place, ctypes.byref(box)):
            return _Box(0.0, 0.0, 0.0, 0.0)
        return self._turned(box.left, box.bottom, box.right, box.top)

    def _turned(self, left: float, bottom: float, right: float, top: float) -> _Box:
        left, right = sorted((left, right))
        bottom, top = sorted((bottom, top))
        if self._turn == 90:
            return _Box(bottom, -right, top, -left)
        if self._turn == 180:
            return _Box(-right, -top, -left, -bottom)
        if self._turn == 270:
            return _Box(-top, left, -bottom, right)
        return _Box(left, bottom, right, top)


def masked(line: Line) -> str:
    """Return the line's text without blanks, each number a ``#``: what head and foot lines have in common."""
    return re.sub(r"\d+", "#", "".join(line.text.split()))


def _is_beside(line: Line, after: Line) -> bool:
    """Return whether ``after`` goes on in the same line, which a raised or larger letter had broken."""
    height = max(line.height, after.height)
    overlap = min(line.top, after.top) - max(line.bottom, after.bottom)
    gap = after.left - line.right
    return overlap > 0.5 * min(line.height, after.height) and -0.3 * height < gap < 0.6 * height


def _merged(line: Line, after: Line) -> Line:
    gap = " " if line.blank or after.left - line.right > 0.2 * max(line.height, after.height) else ""
    larger = line if len(line.text) >= len(after.text) else after
    return replace(larger, text=line.text + gap + after.text, left=line.left, right=after.right, blank=after.blank)
