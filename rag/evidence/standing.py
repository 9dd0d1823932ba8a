"""Where a sentence stands: what its title, headings, list and table say that it does not say again itself."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from index.articles import Article, Place, Sentence
from index.engine import Engine
from index.korean.terms import search_key
from index.structure.outline import Line, Outline, Role, row_cells
from rag.ranking.matching import Prepared, Values

MARKER = r"^\W*(?:(?:\d{1,2}|[가-하])[.)]\s*)?"  # of a line that is read from its beginning: ○, 1., 가)
LONGEST_LINE = 2_000  # letters that are read of a line above: a table's header may be an article long
_MOST_MERGED = 50  # rows that one cell reaches down over
_HELD = 90  # characters of a line that count for what stands under it
_NOTHING = Line(0, 0, Role.TEXT, 0, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """One sentence's place. ``path`` are the lines it stands under, outermost first, as places of the outline.

    ``line`` is its own line, ``label`` that line's label or what a row is called. ``children`` lines stand under it. ``group`` is
    what a row is called by a row above, whose first cell reaches down over its own.
    """

    place: int
    line: Line
    path: tuple[int, ...]
    label: str
    clause: str
    children: int
    group: str = ""

    @property
    def name(self) -> str:
        """The label without what parts it from its value."""
        return " ".join(self.label.split()).rstrip(" :：|")


def no_place(_position: int) -> Place | None:
    """Return None: an article that was not read from a document has no places in a file."""
    return None


@dataclass(slots=True)
class Scope:
    """One article as evidence sees it: what holds for all of it, and how the question's words meet that.

    ``head`` (words,) meets title, publisher and date; ``opening`` the first full sentence; ``whole`` the whole text.
    ``place_at`` says where in its file a character stands; it is asked only for what is cited.
    """

    article: Article
    outline: Outline
    head: Values
    opening: Values
    whole: Values
    children: Counter[int]
    place_at: Callable[[int], Place | None] = no_place
    _lines: dict[int, Values] = field(default_factory=dict)
    _rows: dict[int, tuple[str, str]] = field(default_factory=dict)
    _around: dict[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)

    def text_of(self, place: int) -> str:
        """Return the text of a line of the article."""
        line = self.outline.lines[place]
        return self.article.text[line.start : line.end]

    def standing(self, sentence: Sentence) -> Standing:
        """Return the place of one of its sentences."""
        place = self.outline.place_of(sentence.start, sentence.end)
        if place < 0:
            return Standing(-1, _NOTHING, (), "", "", 0)
        line = self.outline.lines[place]
        path = (*self.outline.ancestors(place), *line.columns)
        group = self._group(place)
        label = group or self._label(place, line, sentence)
        return Standing(place, line, path, label, self.outline.clause(place), self.children[place], group)

    def path_matches(self, asked: Prepared, path: Sequence[int]) -> Values:
        """Return (words,) how well the lines of a path together match each word of the question."""
        if not path:
            return np.zeros(len(asked.weights))
        matches: Values = np.max([self.line_matches(asked, line) for line in path], axis=0)
        return matches

    def line_matches(self, asked: Prepared, place: int) -> Values:
        """Return (words,) how well one line matches each word of the question; its first letters alone count."""
        if place not in self._lines:
            self._lines[place] = asked.matcher.match((), search_key(self.text_of(place)[:_HELD]))
        return self._lines[place]

    def around(self, standing: Standing) -> str:
        """Return the search key of what holds for a sentence besides itself: title, publisher, opening and its path."""
        key = standing.group, standing.path
        if key not in self._around:
            opening = [self.outline.opening] if self.outline.opening >= 0 else []
            lines = [self.text_of(line)[:_HELD] for line in (*opening, *standing.path)]
            head = f"{self.article.title} {self.article.source or ''} {self.article.published_at or ''}"
            self._around[key] = search_key(" ".join([head, *lines, standing.group]))
        return self._around[key]

    def _group(self, place: int) -> str:
        """Return the first cell of the nearest row above that has one, where the row's own is blank."""
        lines = self.outline.lines
        for at in range(place, max(-1, place - _MOST_MERGED), -1):
            if lines[at].role is not Role.ROW or lines[at].columns != lines[place].columns:
                break
            if first := self._names_of(at)[0]:
                return first if at < place else ""
        return ""

    def _names_of(self, place: int) -> tuple[str, str]:
        """Return the first cell of a row, and the first that is not blank; their first letters alone count."""
        if place not in self._rows:
            text = self.article.text
            cells = row_cells(text, self.outline.lines[place])
            words = [text[cell.start : min(cell.end, cell.start + LONGEST_LINE)] for cell in cells]
            self._rows[place] = "".join(words[:1]), next(filter(None, words), "")
        return self._rows[place]

    def _label(self, place: int, line: Line, sentence: Sentence) -> str:
        text = self.article.text
        if line.role is Role.ROW:
            return self._names_of(place)[1]
        return text[line.content : line.label] if line.label > line.content and sentence.start <= line.label else ""


def open_scopes(engine: Engine, asked: Prepared, article_ids: Sequence[str]) -> dict[str, Scope]:
    """Open each article with its outline, by its id."""
    return {article_id: _scope(engine, asked, article_id) for article_id in dict.fromkeys(article_ids)}


def _scope(engine: Engine, asked: Prepared, article_id: str) -> Scope:
    article, outline = engine.article(article_id), engine.outline(article_id)
    head = search_key(f"{article.title} {article.source or ''} {article.published_at or ''}")
    opening = ""
    if outline.opening >= 0:
        line = outline.lines[outline.opening]
        opening = search_key(article.text[line.start : line.end])
    match = asked.matcher.match
    return Scope(
        article,
        outline,
        match((), head),
        match((), opening) if opening else np.zeros(len(asked.weights)),
        match((), search_key(article.text)),
        Counter(line.parent for line in outline.lines),
        lambda position: engine.place(article_id, position),
    )


_B, _L = (  # syllables that end in ㅂ, and in ㄹ: 합니까 asks, 하니까 does not
    "".join(chr(code) for code in range(ord("가") + final, ord("힣") + 1, 28)) for final in (17, 8)
)
_ASKS = re.compile(
    rf"(?:[?？]|(?:[{_B}]니까|[{_L}]까요?|(?<=[가-힣])나요|[인은는한된]가요|[는은인한된]지요)(?:\s*\.)?)\s*[\"'”’)\]]*$"
)
_ANNOUNCES = re.compile(r"[:：]\s*$|(?:다음|아래)(?:과|와)?\s?(?:같|각 호|의 각)[^.]{0,12}\.?\s*$|같습니다\.?\s*$")


def may_be_cited(text: str, standing: Standing) -> bool:
    """Return whether it is no question, no names of columns, no drawn line and no label without its value."""
    if _ASKS.search(text) or standing.line.role in (Role.QUESTION, Role.COLUMNS, Role.RULE, Role.TITLE):
        return False
    return not _ANNOUNCES.search(text)


def is_inside(clause: str, asked: str) -> bool:
    """Return whether ``clause`` is ``asked`` or stands inside it: 제3조제2항제1호 inside 제3조제2항; 제3조의2 not inside 제3조."""
    return clause.startswith(asked) and not clause[len(asked) :].startswith("의")
