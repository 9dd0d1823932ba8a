"""A text's outline: every line with what it is and which line it stands under.

Nothing here knows a kind of document. What nests is told by numbering, indentation, blank lines, lines that end in a
colon or a question mark, and runs of rows; a law's own order (편 장 절 관 조 항 호 목) holds where a text numbers articles.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from index.structure.markers import CLAUSES, NOTES, Marker, answer_mark, asks, counted, question_mark, read_marker
from index.structure.tables import Cell, cells, find_tables, is_rule, notation
from index.text.characters import BLANKS_OF_LINES, LINE

_CLAUSE_PARAGRAPH = re.compile(r"(?<=\S)\s+(?=[①-⑳㉑-㉟])")
_CLAUSE_PIECES = re.compile(
    r"(?P<조>제\d+조(?:의\d+)?)|(?P<항>제\d+항)|(?P<호>제\d+호)|(?P<목>[가-하]목)|(?P<장>부칙 )"
)
_FIRST_QUESTION = re.compile(r"[?？]\s+(?=\S)")
_ANSWER_WITHIN = re.compile(
    r"(?<=[?？.요까])\s+(?=(?:[\[【<(]\s*)?(?:A|답변|답)\s*(?:\d{1,3}\s*)?(?:[\]】>)]|[.:)])|(?:→|⇒|=>)\s)"
)
_SENTENCE_END = re.compile(r"(?:[가-힣](?:다|요|까|죠|오|자|라)|[.!?。…])[\"'”’)\]」』]*\s*$")
# A sentence that an office writes without its verb's ending ("두 건이 들어옴"), or more than one.
_SAYS = re.compile(
    r"(?:[됐했었았였겠있없않]음|[가-힣]됨|들어옴|나옴|듦|[을를이가]\s\S{1,8}함)\s*\.?$|(?:[가-힣]{2}|\s[가-힣])\.\s+[가-힣]{2}"
)
_ARROWS = frozenset("→⇒➔➢")  # what came of the line before: nothing stands under it
_SERIES = re.compile(
    r"(?P<word>[가-힣]{1,4})(?:\s?(?:\d{1,2}|[A-Z]|[㉠-㉭㉮-㉻])|\s[가나다라마바사아자차카타파하ㄱ-ㅎ])(?=[.)(]|\s|$)"
)
_CLOSES = re.compile(
    r"(?:문의처?|연락처|담당자?|기록자?|서기|작성자?|붙임|첨부|산회|폐회|(?:다음|차기)\s?(?:회의|모임|총회|이사회)[가-힣\s]{0,4})\s?[:：]|끝\.?$"
)
_ENDS = re.compile(r"[.!?。…][\"'”’)\]]*\s*$|[가-힣]다$")
_LABEL = re.compile(r"(?P<label>[^:：|\t]{1,30}?)\s?[:：](?!//)(?=\s|\S)\s*")
_CLOCK = re.compile(r"\d\s*$")
_COLON_END = re.compile(r"[:：]\s*$|(?:다음|아래)(?:과|와)?\s?(?:같다|같습니다|같음|각 호[^.]*|의? 어느[^.]*)\.?\s*$")
_ARTICLE_HEAD = re.compile(r"제\s?\d+\s?조(?:의\s?\d+)?\s*(?:[(（\[【][^)）\]】\n]{1,40}[)）\]】])?")
_ANNEX = re.compile(r"부\s?칙|\[?별\s?[표지]\s?\d*|<?부칙")
_NAME_TAG = re.compile(r"[가-힣A-Za-z·() ]{1,16}")
_FIGURE = re.compile(r"\d")
_OUTER = "\t \xa0\u3000"
_MAX_HEADING = 45
_MAX_SPEAKER_WORDS = 3
_MAX_NAMES = 4_000  # letters of a line that names columns: it is read for every row


class Role(StrEnum):
    """What a line is."""

    TITLE = "title"  # says again what the document is called
    HEADING = "heading"  # names what stands under it and says nothing else
    ITEM = "item"  # a numbered or marked line
    ROW = "row"  # of a table
    COLUMNS = "columns"  # names the columns of a table
    RULE = "rule"  # only draws
    QUESTION = "question"
    ANSWER = "answer"  # marked as one
    SPEECH = "speech"  # somebody's words after a name
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """``text[start:end]`` of the article, in code points, without blanks at its ends.

    ``content`` is where its words begin, behind any marker. ``label`` is where a label before a colon ends, or
    ``content``. ``parent`` is the place of the line it stands under, -1 for none; ``columns`` are those of the rows that
    name a table row's columns. ``clause`` is its own part of a clause's name: "제3조의2", "제2항", "제1호", "가목".
    """

    start: int
    end: int
    role: Role
    content: int
    label: int
    parent: int = -1
    columns: tuple[int, ...] = ()
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """The lines of one text in order. ``opening`` is the place of the first full sentence near its top, -1 for none."""

    lines: tuple[Line, ...]
    opening: int

    def place_at(self, offset: int) -> int:
        """Return the place of the line that holds ``offset``, or of the last one before it; -1 before the first."""
        return bisect_right(self.lines, offset, key=lambda line: line.start) - 1

    def ancestors(self, place: int) -> list[int]:
        """Return the places of the lines that the line stands under, outermost first."""
        found: list[int] = []
        place = self.lines[place].parent if place >= 0 else -1
        while place >= 0:
            found.append(place)
            place = self.lines[place].parent
        return found[::-1]

    def children(self, place: int) -> list[int]:
        """Return the places of the lines right under it, in order."""
        return [at for at, line in enumerate(self.lines) if line.parent == place]

    def clause(self, place: int) -> str:
        """Return the whole name of the clause a line belongs to: "제3조제2항제1호가목", "" where there is none."""
        chain = [*self.ancestors(place), place] if place >= 0 else []
        held: dict[int, str] = {}
        for match in _CLAUSE_PIECES.finditer("".join(self.lines[at].clause for at in chain)):
            rank = CLAUSES.index(match.lastgroup or "장")
            held = {other: name for other, name in held.items() if other < rank} | {rank: match.group()}
        return "".join(held.values())

    def place_of(self, start: int, end: int) -> int:
        """Return the place of the line that a sentence belongs to.

        Where an article's name and its first words are one sentence, that of the words.
        """
        place = self.place_at(start)
        while place + 1 < len(self.lines) and self.lines[place + 1].start < end and self._only_names(place):
            place += 1
        return place

    def _only_names(self, place: int) -> bool:
        return place < 0 or (self.lines[place].role in (Role.HEADING, Role.ITEM) and bool(self.lines[place].clause))


@dataclass(frozen=True, slots=True)
class _Raw:
    """A line before its place is known. ``indent`` in columns; ``blank`` whether a blank line stands before it.

    ``row`` is the line with the blanks at its ends: a table's row may begin and end with blank cells.
    """

    start: int
    text: str
    indent: int
    blank: bool
    row: str


@dataclass(slots=True)
class _Open:
    """A line that others may stand under. ``rank`` orders a law's clauses, 0 for anything else."""

    place: int
    kind: str
    indent: int
    rank: int
    role: Role
    ends: bool


def read_outline(text: str, title: str = "") -> Outline:
    """Return the outline of an article's text; ``title`` is its title, which a first line may repeat."""
    raw = list(_raw_lines(text))
    lines = _Reader(raw, title).read()
    return Outline(tuple(lines), _opening(lines, raw))


def row_cells(text: str, line: Line) -> list[Cell]:
    """Return the cells of a row or of column names, in the article's code points; blank ones at its ends too."""
    start, end, how = line.start, line.end, notation(text[line.start : line.end])
    if how in ("", "\t"):
        start, end = _with_tabs(text, start, end)
        how = "\t" if "\t" in text[start:end] else how
    return [Cell(start + cell.start, start + cell.end) for cell in cells(text[start:end], how)]


def named_cells(text: str, lines: Sequence[Line], row: Line) -> list[tuple[str, Cell]]:
    """Return each cell of a row behind the name of its column; none where no line of names fits the row.

    Of two lines of names a column has both: "평일 당직자"; one as long as an article names none. Blank cells may be left
    out at a line's end.
    """
    named = [lines[at] for at in row.columns if lines[at].end - lines[at].start <= _MAX_NAMES]
    heads = [[text[cell.start : cell.end] for cell in row_cells(text, line)] for line in named]
    held = row_cells(text, row)
    while held and held[-1].start == held[-1].end:
        held.pop()
    width = max(map(len, heads), default=0)
    if notation(text[row.start : row.end]) in ("", "\t", "|"):
        held += [Cell(row.end, row.end)] * (width - len(held))
        heads = [head + [""] * (width - len(head)) for head in heads]
    fitting = [_spread(head, last=head is heads[-1]) for head in heads if len(head) == len(held)]
    return [(" ".join(filter(None, names)), cell) for cell, *names in zip(held, *fitting, strict=True) if fitting]


def _spread(names: list[str], *, last: bool) -> list[str]:
    """Return the names, each also over the blank ones behind it: those of a merged cell."""
    spread = names[:1]
    for name in names[1:]:
        spread.append(name or ("" if last else spread[-1]))
    return spread


def _with_tabs(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the bounds of a line with the tabs before and behind its words."""
    while start and text[start - 1] in _OUTER:
        start -= 1
    while end < len(text) and text[end] in _OUTER:
        end += 1
    return start, end


def _raw_lines(text: str) -> Iterator[_Raw]:
    previous_end = 0
    for match in LINE.finditer(text):
        piece = match.group()
        stripped = piece.strip(BLANKS_OF_LINES)
        if not stripped:
            continue
        start = match.start() + len(piece) - len(piece.lstrip(BLANKS_OF_LINES))
        indent = len(piece[: start - match.start()].expandtabs(4))
        blank = previous_end == 0 or text.count("\n", previous_end, start) > 1
        previous_end = start + len(stripped)
        for offset, part in _parts(stripped):
            row = piece if part == stripped else part
            yield _Raw(start + offset, part, indent, blank and offset == 0, row)


def _parts(line: str) -> Iterator[tuple[int, str]]:
    """Yield a line that holds a question and its answer, or several paragraphs of a clause, in its parts."""
    cuts = [match.end() for match in _CLAUSE_PARAGRAPH.finditer(line)] if line[:1] in "제①②③④⑤⑥⑦⑧⑨" else []
    within = _ANSWER_WITHIN.search(line)
    if within:
        cuts.append(within.end())
    elif (match := _FIRST_QUESTION.search(line)) and (question_mark(line) or read_marker(line)):
        cuts += [] if _ENDS.search(line[: match.start()]) else [match.end()]
    edges = [0, *sorted(set(cuts)), len(line)]
    for start, end in itertools.pairwise(edges):
        if part := line[start:end].rstrip(BLANKS_OF_LINES):
            yield start, part


class _Reader:
    """Walks the lines once, keeping those that the next one may stand under."""

    def __init__(self, raw: Sequence[_Raw], title: str) -> None:
        self._raw = raw
        self._title = _squeezed(title)
        texts = [line.text for line in raw]
        self._columns: dict[int, tuple[int, ...]] = {}
        self._heads: set[int] = set()
        self._rows: set[int] = set()
        for table in find_tables([line.row for line in raw]):
            self._heads.update(table.headers)
            self._rows.update(table.rows)
            self._columns.update(dict.fromkeys(table.rows, table.headers))
        self._in_tables = self._heads | self._rows
        self._counted = counted(texts)
        self._is_law = sum(1 for line in raw if (marker := read_marker(line.text)) and marker.kind == "조") >= 2
        self._closing = _closing(raw)
        self._open: list[_Open] = []
        self._lines: list[Line] = []
        self._asked = -1  # a question that the next line alone answers

    def read(self) -> list[Line]:
        for place, raw in enumerate(self._raw):
            self._lines.append(self._line(place, raw))
        return self._lines

    def _line(self, place: int, raw: _Raw) -> Line:
        if is_rule(raw.text):
            return Line(raw.start, raw.start + len(raw.text), Role.RULE, raw.start, raw.start)
        if place in self._in_tables:
            return self._row(place, raw)
        if (mark := question_mark(raw.text)) and (asks(raw.text) or self._next_answers(place)):
            return self._question(place, raw, mark, "Q")
        if (mark := answer_mark(raw.text)) and self._inside_question():
            return self._under_question(raw, mark)
        marker = self._counted.get(place) or read_marker(raw.text)
        if asks(raw.text) and self._is_heading_question(place, raw):
            return self._question(place, raw, marker.end if marker else 0, marker.kind if marker else "?")
        if marker:
            return self._marked(place, raw, marker)
        return self._plain(place, raw)

    def _row(self, place: int, raw: _Raw) -> Line:
        role = Role.COLUMNS if place in self._heads else Role.ROW
        while (
            self._open
            and self._open[-1].role is Role.ITEM
            and self._open[-1].ends
            and raw.indent <= self._open[-1].indent
        ):
            self._open.pop()
        parent = self._open[-1].place if self._open else -1
        return self._made(raw, role, parent=parent, columns=self._columns.get(place, ()))

    def _question(self, place: int, raw: _Raw, mark: int, kind: str) -> Line:
        self._close_to(kind if kind != "Q" else "Q", raw.indent)
        line = self._made(raw, Role.QUESTION, content=mark)
        self._push(place, kind, raw, Role.QUESTION)
        return line

    def _inside_question(self) -> bool:
        return any(above.role is Role.QUESTION for above in self._open)

    def _under_question(self, raw: _Raw, mark: int) -> Line:
        while self._open[-1].role is not Role.QUESTION:
            self._open.pop()
        line = self._made(raw, Role.ANSWER, content=mark)
        return line

    def _next_answers(self, place: int) -> bool:
        after = self._raw[place + 1].text if place + 1 < len(self._raw) else ""
        return answer_mark(after) > 0

    def _is_heading_question(self, place: int, raw: _Raw) -> bool:
        """Return whether the lines after a line that asks answer it, so that it is not one voice in a conversation."""
        label = _LABEL.match(raw.text)
        speaker = label is not None and not read_marker(raw.text) and len(label["label"]) <= 12
        return not speaker and place + 1 < len(self._raw)

    def _marked(self, place: int, raw: _Raw, marker: Marker) -> Line:
        rank = CLAUSES.index(marker.kind) + 1 if self._is_law and marker.kind in CLAUSES else 0
        if marker.kind in NOTES:
            return self._note(raw, marker)
        self._close_to(marker.kind, raw.indent, rank)
        words = raw.text[marker.end :]
        alone = marker.kind.startswith("#") or (marker.kind not in _ARROWS and self._is_bare(place, raw, words))
        alone = alone or (marker.kind == "<" and raw.text[-1] in "]】〕>〉》")
        if asks(words):
            role = Role.QUESTION
        elif rank and marker.kind in CLAUSES[:4]:
            role = Role.HEADING
        else:
            role = Role.HEADING if alone else Role.ITEM
        line = self._made(raw, role, content=marker.end, clause=_clause(marker, self._is_law))
        self._push(place, marker.kind, raw, role, rank)
        inner = _ARTICLE_HEAD.match(raw.text) if marker.kind == "조" else None
        if inner and rank:
            line = self._with_first_paragraph(line, raw, inner.end(), place)
        return line

    def _with_first_paragraph(self, line: Line, raw: _Raw, head: int, place: int) -> Line:
        """Return an article's line that begins its first paragraph too: "제3조(운영위원회) ① 시장은 …"."""
        rest = raw.text[head:]
        after = len(rest) - len(rest.lstrip(BLANKS_OF_LINES))
        inner = read_marker(rest[after:])
        if inner is None or inner.kind not in ("항", "호"):
            return line
        self._push(place, inner.kind, raw, Role.ITEM, CLAUSES.index(inner.kind) + 1)
        clause = line.clause + _clause(inner, is_law=True)
        return Line(line.start, line.end, line.role, line.content, line.label, line.parent, (), clause)

    def _note(self, raw: _Raw, marker: Marker) -> Line:
        """Return a note as a line of the list it follows, not of the item before it unless it is indented under that."""
        while self._open and self._open[-1].role is Role.ITEM and raw.indent <= self._open[-1].indent:
            self._open.pop()
        return self._made(raw, Role.ITEM, content=marker.end)

    def _plain(self, place: int, raw: _Raw) -> Line:
        if self._title and _squeezed(raw.text) == self._title and not self._lines:
            return self._made(raw, Role.TITLE)
        if _ANNEX.match(raw.text) and len(raw.text) < _MAX_HEADING and not _ENDS.search(raw.text):
            self._open.clear()
            line = self._made(raw, Role.HEADING, clause="부칙 " if "칙" in raw.text[:4] else "")
            self._push(place, "부칙", raw, Role.HEADING)
            return line
        if self._is_heading(place, raw):
            self._close_to("H", raw.indent)
            line = self._made(raw, Role.HEADING)
            self._push(place, "H", raw, Role.HEADING)
            return line
        if place in self._closing:
            self._open.clear()
        self._leave_items(raw)
        label = _LABEL.match(raw.text)
        if label and self._is_speech(raw.text, label):
            return self._speech(place, raw, label)
        return self._made(raw, Role.QUESTION if asks(raw.text) else Role.TEXT)

    def _speech(self, place: int, raw: _Raw, label: re.Match[str]) -> Line:
        if asks(raw.text):
            self._asked = place
            return self._made(raw, Role.QUESTION, content=label.end())
        parent, self._asked = self._asked, -1
        return self._made(raw, Role.SPEECH, parent=parent if parent == place - 1 and parent >= 0 else None)

    def _is_speech(self, text: str, label: re.Match[str]) -> bool:
        name = label["label"]
        said = text[label.end() :]
        named = _NAME_TAG.fullmatch(name) is not None and len(name.split()) <= _MAX_SPEAKER_WORDS
        return named and bool(_ENDS.search(said) or asks(said)) and len(said) > 4

    def _leave_items(self, raw: _Raw) -> None:
        """Go on with an item only where a plain line is indented under it or the item has not ended."""
        while self._open and self._open[-1].role in (Role.ITEM, Role.ANSWER):
            top = self._open[-1]
            if raw.indent > top.indent or (not raw.blank and not top.ends):
                return
            self._open.pop()

    def _is_heading(self, place: int, raw: _Raw) -> bool:
        text = raw.text
        if len(text) > _MAX_HEADING or place + 1 >= len(self._raw) or _ENDS.search(text):
            return False
        after = self._raw[place + 1]
        if _COLON_END.search(text):
            return not after.blank or read_marker(after.text) is not None
        if _LABEL.match(text) or (after.blank and not raw.blank):
            return False
        marker = self._counted.get(place + 1) or read_marker(after.text)
        begins = marker is not None and all(marker.kind != above.kind for above in self._open)
        again = marker is not None and self._begins_again(raw, marker)
        return raw.blank or begins or again or place + 1 in self._in_tables or self._goes_on(raw)

    def _goes_on(self, raw: _Raw) -> bool:
        """Return whether it is the next of a series that an open heading is of: 안건 2 after 안건 1, 사례 B after 사례 A."""
        own = _SERIES.match(raw.text)
        heads = [
            self._raw[above.place].text for above in self._open if above.kind == "H" and raw.indent <= above.indent
        ]
        return own is not None and any((head := _SERIES.match(text)) and head["word"] == own["word"] for text in heads)

    def _begins_again(self, raw: _Raw, marker: Marker) -> bool:
        """Return whether it is another heading like the open one, between items of one kind: the last has ended."""
        items = [above for above in self._open if above.kind == marker.kind]
        headed = any(above.kind == "H" and raw.indent <= above.indent for above in self._open)
        ended = bool(items) and (items[-1].ends or self._open[-1].kind in _ARROWS)
        return headed and ended and raw.indent <= items[-1].indent

    def _is_bare(self, place: int, raw: _Raw, words: str) -> bool:
        """Return whether a marked line only names what the deeper lines after it say."""
        if place + 1 >= len(self._raw) or len(words) > _MAX_HEADING:
            return False
        after = self._raw[place + 1]
        if _COLON_END.search(words):
            return True
        if _SENTENCE_END.search(words) or _SAYS.search(words) or _has_label(words):
            return False
        marker = self._counted.get(place + 1) or read_marker(after.text)
        own = self._counted.get(place) or read_marker(raw.text)
        if place + 1 in self._in_tables:
            return True
        if marker and marker.kind in _ARROWS:
            return False
        if marker and own and marker.kind not in NOTES:
            inside = marker.kind != own.kind and all(marker.kind != above.kind for above in self._open)
            return after.indent > raw.indent or inside
        if marker is not None or after.blank or after.indent < raw.indent:
            return False
        return not _FIGURE.search(words) and not self._goes_on(after)

    def _close_to(self, kind: str, indent: int, rank: int = 0) -> None:
        """Leave what the next line of this kind cannot stand under."""
        if rank:
            while self._open and (self._open[-1].rank >= rank or not self._open[-1].rank):
                if self._open[-1].kind == "부칙":
                    return
                self._open.pop()
            return
        if kind.startswith("#"):
            while self._open and (not self._open[-1].kind.startswith("#") or self._open[-1].kind >= kind):
                self._open.pop()
            return
        places = [at for at, above in enumerate(self._open) if above.kind == kind and indent <= above.indent + 1]
        if places:
            del self._open[places[-1] :]
        elif kind == "H":
            while self._open and not (
                self._open[-1].kind.startswith("#") or self._open[-1].rank or indent > self._open[-1].indent
            ):
                self._open.pop()
        else:
            while (
                self._open
                and self._open[-1].role is not Role.HEADING
                and (indent < self._open[-1].indent or kind == "Q")
            ):
                self._open.pop()

    def _push(self, place: int, kind: str, raw: _Raw, role: Role, rank: int = 0) -> None:
        ends = kind in _ARROWS or any(form.search(raw.text) for form in (_SENTENCE_END, _SAYS)) or _has_label(raw.text)
        self._open.append(_Open(place, kind, raw.indent, rank, role, ends and role is not Role.QUESTION))

    def _made(
        self,
        raw: _Raw,
        role: Role,
        *,
        content: int = 0,
        parent: int | None = None,
        columns: tuple[int, ...] = (),
        clause: str = "",
    ) -> Line:
        label = _LABEL.match(raw.text, content)
        ended = label is not None and not _CLOCK.search(label["label"]) and role is not Role.QUESTION
        if parent is None:
            parent = self._open[-1].place if self._open else -1
        return Line(
            raw.start,
            raw.start + len(raw.text),
            role,
            raw.start + content,
            raw.start + (label.end() if label and ended else content),
            parent,
            columns,
            clause,
        )


def _closing(raw: Sequence[_Raw]) -> frozenset[int]:
    """Return the places of the last lines that hold for the whole text: who to ask, who wrote it, when one meets again.

    Not one that an earlier section has too: then each has its own.
    """
    first = len(raw)
    while first and not raw[first - 1].indent and _CLOSES.match(raw[first - 1].text):
        first -= 1
    before = {match.group() for line in raw[:first] if (match := _LABEL.match(line.text))}
    return frozenset(
        place
        for place in range(first, len(raw))
        if (match := _LABEL.match(raw[place].text)) is None or match.group() not in before
    )


def _has_label(text: str) -> bool:
    """Return whether something stands behind a label."""
    marker = read_marker(text)
    label = _LABEL.match(text, marker.end if marker else 0)
    return label is not None and label.end() < len(text) and not _CLOCK.search(label["label"])


def _clause(marker: Marker, is_law: bool) -> str:
    if not is_law:
        return ""
    if marker.kind == "조":
        return re.sub(r"\s", "", marker.number)
    if marker.kind == "항":
        return f"제{_circled(marker.number)}항"
    if marker.kind == "호":
        return f"제{marker.number.rstrip('.')}호"
    return f"{marker.number.rstrip('.')}목" if marker.kind == "목" else ""


def _circled(sign: str) -> int:
    code = ord(sign)
    return code - 0x245F if code < 0x2480 else code - 0x3250 + 21


def _opening(lines: Sequence[Line], raw: Sequence[_Raw]) -> int:
    """Return the place of the first full sentence among the first lines: it often says what the rest is about."""
    for position, line in enumerate(lines[:4]):
        if line.role in (Role.TEXT, Role.SPEECH) and _ENDS.search(raw[position].text):
            return position
    return -1


def _squeezed(text: str) -> str:
    return re.sub(r"\W", "", text)
