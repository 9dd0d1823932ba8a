"""The lines of a document's pages put together again: which are its head and foot lines, which make one paragraph."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from index.reading.pdf.page_lines import Line, PageText, masked
from index.structure.markers import read_marker

_SAME_HEIGHT = 4.0  # points between two pages' head lines
_LEAST_PAGES = 3
_EDGE = 0.12  # of the page: where lines stand that only left or only right pages repeat
_SIDE_SHARE = 0.3
_PAGE_NUMBER = re.compile(r"[-–—]#[-–—]|#/#|#쪽|[Pp]age#(?:of#|/#)?")
_ENDED = re.compile(r"(?:[.?!。…]|다)[\"'”’)\]」』]*$")
_DATE_CUT = re.compile(r"\d[.,]?$")
_OWN_BULLET = re.compile(r"[^\w\s(\[{“”‘’\"'「『《〈<.,:;)\]}」』》〉>%℃~∼–—-]\s|ㅇ(?=[가-힣(])")
_DOUBTFUL = frozenset({"<", "조", "(1)", "a.", "로마"})  # also at a line's start by chance
_SENTENCE = re.compile(r"[다오요]\.$")  # no head line ends so, but a question of an examination may
_BRACKET = re.compile(r"\([^()]*\)")
_LEADER = re.compile(r"[.·…‥․]{4,}\s*\d*$")  # a line of a table of contents
_HANGS = 6.0  # heights that the second line may stand to the right of the first, behind its marker
_INDENT = 0.7
_ROOM = 0.3  # heights more than a letter takes: widths are those of boxes
_ASIDE = 0.35
_NEAR = 20  # lines before and behind, by which a column's width is known


@dataclass(slots=True)
class Paragraph:
    """Lines of one paragraph in order; ``furniture`` marks a head or foot line, which is always alone."""

    lines: list[Line]
    furniture: bool = False


@dataclass(slots=True)
class _Column:
    """Lines right below each other; ``left`` and ``right`` are its edges, ``pitch`` the usual way from line to line."""

    lines: list[Line] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    pitch: float = 0.0


def paragraphs(pages: Sequence[PageText]) -> Iterator[Paragraph]:
    """Yield all lines as paragraphs, in the order of reading.

    A paragraph over two pages is one: what stands between comes behind it.
    """
    furniture = find_furniture(pages)
    waiting: list[Line] = []
    current: list[Line] = []
    around: _Column | None = None  # the column of the last line
    for page in pages:
        body = [line for position, line in enumerate(page.lines) if (page.number, position) not in furniture]
        repeated = [line for position, line in enumerate(page.lines) if (page.number, position) in furniture]
        waiting += [line for line in repeated if line.rise >= 0.5]
        for column in _columns(body):
            for line in column.lines:
                if around and current and not _continues(current, line, around, column):
                    yield from _flush(current, waiting)
                    current, waiting = [], []
                current.append(line)
                around = column
        waiting += [line for line in repeated if line.rise < 0.5]
    yield from _flush(current, waiting)


def _flush(current: list[Line], waiting: list[Line]) -> Iterator[Paragraph]:
    """Yield the paragraph, with the head lines of its first page before it."""
    first = current[0].page if current else 0
    before = [line for line in waiting if line.page == first and line.rise >= 0.5] if current else waiting
    yield from (Paragraph([line], furniture=True) for line in before)
    if current:
        yield Paragraph(current)
        yield from (Paragraph([line], furniture=True) for line in waiting if line not in before)


class _PageLine(NamedTuple):
    """Where a line stands: its lower edge, its page, its position among the page's lines, and how high on the page."""

    bottom: float
    page: int
    position: int
    rise: float


def find_furniture(pages: Sequence[PageText]) -> set[tuple[int, int]]:
    """Return head and foot lines, by page number and place on it: the same text, digits aside, at the same height.

    On at least 3 pages and over half of them; at the pages' edges on 3 in 10, all of them left or all right pages.
    """
    alike: dict[str, list[_PageLine]] = defaultdict(list)
    for page in pages:
        for position, line in enumerate(page.lines):
            alike[masked(line)].append(_PageLine(line.bottom, page.number, position, line.rise))
    edges = {page.number: _edges(page.lines) for page in pages}
    found = set()
    for text, copies in alike.items():
        copies.sort()
        bottoms = [copy.bottom for copy in copies]
        for copy in copies:
            low, high = copy.bottom - _SAME_HEIGHT, copy.bottom + _SAME_HEIGHT
            near = copies[bisect_left(bottoms, low) : bisect_right(bottoms, high)]
            lowest, highest = edges[copy.page]
            at_edge = not lowest < copy.rise < highest
            if _repeats(text, {other.page for other in near[:1_000]}, len(pages), at_edge=at_edge):
                found.add((copy.page, copy.position))
    return found


def _edges(lines: Sequence[Line]) -> tuple[float, float]:
    """Return how low and how high lines stand that are at the page's edge: the outermost, or those in its margin."""
    rises = [line.rise for line in lines]
    return max(_EDGE, min(rises, default=0.0)), min(1 - _EDGE, max(rises, default=1.0))


def _repeats(text: str, numbers: set[int], pages: int, *, at_edge: bool) -> bool:
    """Return whether a line that the pages ``numbers`` hold is repeated as a header, a footer or a page number is."""
    count = len(numbers)
    if _SENTENCE.search(text):
        return False
    if count >= _LEAST_PAGES and count > pages * 0.5:
        return True
    if not at_edge:
        return False
    one_side = count >= _LEAST_PAGES and count > pages * _SIDE_SHARE and len({number % 2 for number in numbers}) == 1
    return one_side or _PAGE_NUMBER.fullmatch(text) is not None or (text == "#" and 1 < count >= pages - 1)


def _columns(lines: Sequence[Line]) -> list[_Column]:
    """Return a page's lines cut wherever the next does not stand right below the last."""
    columns: list[_Column] = []
    for line in lines:
        last = columns[-1].lines[-1] if columns else None
        if last is None or not _is_below(last, line):
            columns.append(_Column())
        columns[-1].lines.append(line)
    for column in columns:
        column.left = min(line.left for line in column.lines)
        column.right = max(line.right for line in column.lines)
        steps = [above.bottom - line.bottom for above, line in zip(column.lines, column.lines[1:], strict=False)]
        column.pitch = median(steps) if steps else 0.0
    return columns


def _is_below(above: Line, line: Line) -> bool:
    height = max(above.height, line.height)
    overlap = min(above.right, line.right) - max(above.left, line.left)
    return 0.4 * height < above.bottom - line.bottom < 3 * height and overlap > 0


def _continues(paragraph: list[Line], line: Line, around: _Column, column: _Column) -> bool:
    """Return whether ``line``, in ``column``, goes on with the paragraph, whose last line stands in ``around``."""
    last = paragraph[-1]
    if last.is_rubbish is not line.is_rubbish or last.is_row or line.is_row or _LEADER.search(last.text):
        return False
    if abs(last.height - line.height) > 0.25 * max(last.height, line.height):
        return False
    if column is not around:
        return _turns(paragraph, line, around, column)
    if last.bottom - line.bottom > 1.35 * column.pitch or not _is_full(last, line, column.right):
        return False
    return not _is_marked(paragraph, line) and _is_aligned(paragraph, line)


def _turns(paragraph: list[Line], line: Line, around: _Column, column: _Column) -> bool:
    """Return whether ``line`` goes on with the paragraph on the next page, or in the next column of the same width."""
    last = paragraph[-1]
    if _ENDED.search(last.text) or abs(last.height - line.height) > 0.12 * line.height:
        return False
    if line.page == last.page and not _is_next_column(last, line, around, column):
        return False
    if line.page != last.page and not (line.page == last.page + 1 and last.rise < 0.4 and line.rise > 0.6):
        return False
    return _is_full(last, line, around.right) and not _is_marked(paragraph, line)


def _is_next_column(last: Line, line: Line, around: _Column, column: _Column) -> bool:
    """Return whether the two are columns of text side by side, and no cells of a table."""
    width, other = around.right - around.left, column.right - column.left
    beside = line.left > around.right and line.rise > last.rise
    return beside and abs(width - other) < 0.1 * width and width > 12 * line.height


def breaks_between_words(lines: Sequence[Line], place: int) -> bool:
    """Return whether line ``place`` was broken where a word ends: a blank or room is left, or it is a label.

    A line that is broken inside a word is filled; a bracket set in the middle below a label is a line of its own.
    """
    line, after = lines[place], lines[place + 1]
    if line.blank:
        return True
    near = lines[max(0, place - _NEAR) : place + _NEAR]
    column = [other for other in near if other.page == line.page and _share_width(line, other)]
    letter = (after.right - after.left) * _cells(after.text[:1]) / max(1, _cells(after.text))
    if max((other.right for other in column), default=line.right) - line.right > letter + _ROOM * line.height:
        return True
    aside = abs(line.left + line.right - after.left - after.right) / 2
    return bool(_BRACKET.fullmatch(after.text)) and _is_below(line, after) and aside < _ASIDE * line.height


def _share_width(line: Line, other: Line) -> bool:
    return min(line.right, other.right) > max(line.left, other.left)


def _is_full(last: Line, line: Line, right: float) -> bool:
    """Return whether no more of ``line`` would have fitted behind ``last``."""
    word = line.text.partition(" ")[0]
    width = (line.right - line.left) * _cells(word) / max(1, _cells(line.text))
    slack = 1.2 if _ENDED.search(last.text) else 0.3
    return last.right + (0.0 if slack > 1 else width) >= right - slack * last.height


def _cells(text: str) -> int:
    return sum(1 if char < "\u1100" else 2 for char in text)


def _is_marked(paragraph: list[Line], line: Line) -> bool:
    """Return whether a bullet or number begins the line, and not by chance."""
    marker = read_marker(line.text)
    if marker is None:
        return _OWN_BULLET.match(line.text) is not None
    if _ENDED.search(paragraph[-1].text):
        return True
    if line.text[0].isdigit() and _DATE_CUT.search(paragraph[-1].text):
        return False
    if line.text.startswith("다.") and not paragraph[0].text.startswith("나."):
        return False  # "… 할 수 있|다. 그리고 …"
    hangs = line.left > paragraph[0].left + 0.3 * line.height
    return marker.kind not in _DOUBTFUL or not (hangs or (marker.kind == "<" and len(paragraph) > 1))


def _is_aligned(paragraph: list[Line], line: Line) -> bool:
    """Return whether the line begins where those of its paragraph do."""
    step = line.left - paragraph[-1].left
    if len(paragraph) > 1 and _is_below(paragraph[-2], paragraph[-1]):
        return abs(step) <= _INDENT * line.height
    first = paragraph[0].text
    if read_marker(first) or _OWN_BULLET.match(first) or not _ENDED.search(paragraph[-1].text):
        return -3 * line.height <= step <= _HANGS * line.height
    return -3 * line.height <= step <= 0.3 * line.height
