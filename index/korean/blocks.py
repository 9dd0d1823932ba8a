"""Cut text into blocks that no sentence may cross: structure first, grammar afterwards.

A line is a block: a paragraph, a headline, a bullet (``△ ◇ ▶ - 1. 가. ①``), an interview question, a table row.
Only text whose lines were broken at a fixed width (PDF pages) has paragraphs of several lines; those are joined again.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from index.text.characters import BLANKS, LINE

MAX_PIECE = 2_000  # characters given to Kiwi at once: long runs make it slow or crash it (bab2min/Kiwi issue 158)

BULLET = r"[△▲▷▶▸►◇◆□■○●◎◯◦☆★☞※✓✔√•·∙ㆍ‣⁃▪▫❍❑❖＊*#]"
_MARKER = re.compile(
    rf"{BULLET}|[-–—―−]|[①-⓿❶-➓㉠-㉻]|\(?\d{{1,2}}[.)]\s|\(?[가-하][.)]\s|[oO0ㅇ]\s(?=[가-힣(])|[IVXⅠ-ⅻ]{{1,4}}[.)]\s"
    r"|제\d+[조장절]|[QA문답][.:]\s|[\[【<〔]|(?:주|자료|출처|[Ss]ource)\s*[):]"
)
_CLOSERS = r"[\"'”’)\]」』》〉>*]*"
_SENTENCE_END = re.compile(rf"(?:[.?!。…:;]|[다요죠까]){_CLOSERS}$")
_DATE_CUT = re.compile(r"\d\.$")  # "2020." / "11. 5." over two lines

# How a line ends when its sentence surely goes on (조사, 연결 어미, 관형형, a comma) and how the next line then starts.
_OPEN_END = re.compile(
    r"(?:[가-힣](?:을|를|은|는|와|과|에|에서|에게|으로|하고|하며|하여|되고|되며|되어|하는|되는|있는|없는)"
    r"|(?:^|\s)(?:및|또는|등의|수)|위한|대한|따른|관한|통한|의한|·)$"
)
_TAIL_START = re.compile(
    r"[가-힣]{0,2}[다요까함됨임음][.?!](?:\s|$)|(?:는|고|며|면|라고|라는|에서|으로|을|를)\s|[하되][기고는여어며면지도었였]"
)
_LIST_C = re.compile(r"다\.\s")  # "다." begins a third list item after "나.", and ends a sentence elsewhere
_WRAP_SIGNS = 3  # lines with an open end before a text counts as hard-wrapped
_MAX_WIDTH = 200  # in cells, a Hangul syllable takes two: no page is wider
_MIN_WIDTH = 30

_STOP = re.compile(rf"[.?!。…]{_CLOSERS}\s")
_SOFT_STOP = re.compile(r"[\s,;:·/|)\]]")


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]``; ``wrapped`` when it is several lines of one paragraph, perhaps broken inside a word."""

    start: int
    end: int
    wrapped: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    width: int  # cells
    breaks_before: bool  # a blank line, or no line at all, stands before it

    @property
    def is_row(self) -> bool:
        return "\t" in self.text or self.text.count("|") > 1

    @property
    def is_marked(self) -> bool:
        return _MARKER.match(self.text) is not None


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the same stretch without blanks at its ends; empty (start == end) when it holds nothing else."""
    piece = text[start:end].lstrip(BLANKS)
    start = end - len(piece)
    return start, start + len(piece.rstrip(BLANKS))


def is_wrapped(text: str) -> bool:
    """Return whether the lines of a text were broken at a fixed width, inside sentences.

    Decided once for the whole text: lines that plainly go on in the next one are at least three, a tenth of the
    lines that end without a full stop, and more than the lines no page is wide enough for.
    """
    signs = open_lines = wide = 0
    lines = list(_lines(text, 0, len(text)))
    for line, after in pairwise(lines):
        wide += line.width > _MAX_WIDTH
        if _MIN_WIDTH <= line.width <= _MAX_WIDTH and not after.breaks_before and not _SENTENCE_END.search(line.text):
            open_lines += 1
            signs += _goes_on(line, after)
    return signs >= max(_WRAP_SIGNS, open_lines / 10, wide + 1)


def cut_blocks(text: str, start: int, end: int, *, wrapped: bool) -> list[Block]:
    """Return the blocks of ``text[start:end]``, trimmed, in order.

    ``wrapped`` is :func:`is_wrapped` of the whole text.
    """
    lines = list(_lines(text, start, end))
    if not wrapped:
        return [Block(line.start, line.end) for line in lines]
    links = [_link(lines, i) for i in range(len(lines) - 1)]
    return [
        Block(group[0].start, group[-1].end, wrapped=len(group) > 1)
        for chain in _chains(lines, links)
        for group in _settle(chain)
    ]


def cut_long(text: str, block: Block) -> Iterator[Block]:
    """Cut pieces of at most ``MAX_PIECE`` characters: after a sentence if possible, else at a space, else anywhere."""
    start = block.start
    while block.end - start > MAX_PIECE:
        window = text[start : start + MAX_PIECE]
        cut = _last_end(_STOP, window) or _last_end(_SOFT_STOP, window) or MAX_PIECE
        yield Block(start, start + cut, block.wrapped)
        start += cut
    if start < block.end:
        yield Block(start, block.end, block.wrapped)


def _last_end(pattern: re.Pattern[str], window: str) -> int:
    """Return where the last match ends, 0 if there is none in the second half."""
    return max((match.end() for match in pattern.finditer(window, len(window) // 2)), default=0)


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    previous_end = None
    for match in LINE.finditer(text, start, end):
        line_start, line_end = trim(text, match.start(), match.end())
        if line_start == line_end:
            continue
        piece = text[line_start:line_end]
        breaks = previous_end is None or _is_gap_blank(text[previous_end:line_start])
        yield _Line(line_start, line_end, piece, len(piece.encode("cp949", "replace")), breaks)
        previous_end = line_end


def _is_gap_blank(gap: str) -> bool:
    """Return whether more than one line break lies between two lines."""
    return len((gap.strip(" \t\xa0\u3000") + ".").splitlines()) > 2


def _goes_on(line: _Line, after: _Line) -> bool:
    """Return whether a sentence plainly runs on from one line into the next."""
    if line.is_row or after.is_row:
        return False
    if _TAIL_START.match(after.text) and not _SENTENCE_END.search(line.text):
        return not (_LIST_C.match(after.text) and line.text.startswith("나."))
    return _OPEN_END.search(line.text) is not None and not after.is_marked


def _link(lines: list[_Line], index: int) -> int:
    """Return how surely line ``index`` continues in the next one: 0 not, 1 if its paragraph says so, 2 certainly."""
    line, after = lines[index], lines[index + 1]
    if after.breaks_before or line.is_row or after.is_row:
        return 0
    width = max(other.width for other in lines[max(0, index - 1) : index + 2])
    if not _MIN_WIDTH <= width <= _MAX_WIDTH or line.width < 0.7 * width:
        return 0
    if _goes_on(line, after):
        return 2
    date = _DATE_CUT.search(line.text) is not None and after.text[0].isdigit()
    ended = _SENTENCE_END.search(line.text) is not None or after.is_marked
    return int((date or not ended) and line.width >= 0.85 * width)


def _chains(lines: list[_Line], links: list[int]) -> Iterator[list[tuple[_Line, int]]]:
    """Yield runs of linked lines, each with the link to the line after it."""
    chain: list[tuple[_Line, int]] = []
    for line, link in zip(lines, [*links, 0], strict=False):
        chain.append((line, link))
        if not link:
            yield chain
            chain = []


def _settle(chain: list[tuple[_Line, int]]) -> Iterator[list[_Line]]:
    """Take the doubtful links of a run too if it is long, holds a sure one or a full stop, or is a list item."""
    sure = len(chain) > 2 or chain[0][0].is_marked or any(link == 2 for _, link in chain)
    whole = sure or any(_SENTENCE_END.search(line.text) or _STOP.search(line.text) for line, _ in chain)
    group: list[_Line] = []
    for line, link in chain:
        group.append(line)
        if link < 2 and not (whole and link):
            yield group
            group = []
