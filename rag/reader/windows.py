"""What the reader is given: the question, and whole lines of one document with the headings they stand under.

A window is laid around a sentence that may answer. Every sentence inside it that may be cited is scored in the one pass.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.articles import Article
from index.encoders.tokenizer import Tokenizer
from index.structure.outline import Outline

Values = npt.NDArray[np.float64]
MAX_TOKENS = 200  # of a window, question and title included
MAX_QUESTION, MAX_TITLE, MAX_UNIT = 48, 40, 70
FIRST, SEPARATOR = 0, 2  # <s>, and </s>: what XLM-RoBERTa was trained to see between lines
_OVER = 40  # tokens that a last line may go beyond the window
_NEAR = 12  # of a document's candidates, the best that a window may hold besides its own
_CLOSE = 4  # lines to either side that are taken in turns with these
_LEFT = 8  # tokens too few for another line

Unit = tuple[int, int]  # a line of the outline, and which part of it


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be cited: ``start`` to ``end`` of an article."""

    article: str
    start: int
    end: int


class WindowSentence(NamedTuple):
    """A candidate inside a window, by its place among the candidates: the tokens from ``first`` to before ``end``."""

    candidate: int
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of one reading, the candidates in it, and the units that it was laid out of.

    ``bounds`` (tokens, 2) say which characters of the article each token covers, -1 for none.
    """

    article: str
    ids: list[int]
    sentences: list[WindowSentence]
    bounds: npt.NDArray[np.int64]
    units: frozenset[Unit]

    def tokens(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first and the last token of a span of the article, None where none is inside."""
        inside = np.flatnonzero((self.bounds[:, 0] < end) & (self.bounds[:, 1] > start))
        return (int(inside[0]), int(inside[-1])) if len(inside) else None


class Piece(NamedTuple):
    """A unit's span of the article, its token ids, and the span of the article that each token covers."""

    start: int
    end: int
    ids: list[int]
    bounds: list[tuple[int, int]]


class Document:
    """An article in units: a line, or the sentences of a long one. A unit is taken apart when it is first looked at."""

    def __init__(self, article: Article, outline: Outline, breaks: Iterable[int], tokenizer: Tokenizer) -> None:
        """Take ``breaks`` for where sentences begin or end: a line longer than ``MAX_UNIT`` tokens is parted there."""
        self.article = article
        self._outline = outline
        self._breaks = sorted(set(breaks))
        self._tokenizer = tokenizer
        self._parts: dict[int, list[Piece]] = {}
        head = " ".join(part for part in (article.title, article.published_at) if part)
        self.head = tokenizer.pieces(head)[0][:MAX_TITLE]

    def read(self, unit: Unit) -> Piece:
        """Return the piece of the article that a unit is."""
        return self._of_line(unit[0])[unit[1]]

    def unit_at(self, offset: int) -> Unit:
        """Return the unit that holds a character of the article, or the last before it."""
        line = max(0, self._outline.place_at(offset))
        starts = [piece.start for piece in self._of_line(line)]
        return line, max(0, int(np.searchsorted(starts, offset, side="right")) - 1)

    def above(self, unit: Unit) -> list[Unit]:
        """Return the first units of the lines that it stands under: headings, columns."""
        path = (*self._outline.ancestors(unit[0]), *self._outline.lines[unit[0]].columns)
        return [(line, 0) for line in path if self._of_line(line)]

    def outward(self, unit: Unit, step: int) -> Iterator[Unit]:
        """Yield the units behind it (``step`` 1) or before it (-1), one after another."""
        line, part = unit
        while 0 <= line < len(self._outline.lines):
            part += step
            if 0 <= part < len(self._of_line(line)):
                yield line, part
                continue
            line += step
            if 0 <= line < len(self._outline.lines):
                part = -1 if step > 0 else len(self._of_line(line))

    def _of_line(self, place: int) -> list[Piece]:
        if place not in self._parts:
            line = self._outline.lines[place]
            self._parts[place] = [self._piece(start, end) for start, end in self._spans(line.start, line.end)]
        return self._parts[place]

    def _spans(self, start: int, end: int) -> list[tuple[int, int]]:
        text = self.article.text
        if self._tokenizer.count([text[start:end]])[0] <= MAX_UNIT:
            return [(start, end)]
        bounds = [start, *(edge for edge in self._breaks if start < edge < end), end]
        return [(left, right) for left, right in pairwise(bounds) if text[left:right].strip()]

    def _piece(self, start: int, end: int) -> Piece:
        ids, bounds = self._tokenizer.pieces(self.article.text[start:end])
        return Piece(start, end, ids, [(start + first, start + last) for first, last in bounds])


@dataclass
class _Basket:
    """Units that fit into one window. The first always does."""

    document: Document
    room: int
    units: set[Unit] = field(default_factory=set)
    size: int = 0

    def take(self, unit: Unit) -> None:
        """Take the unit with the lines above it, if there is room for all of them."""
        new = [added for added in dict.fromkeys((unit, *self.document.above(unit))) if added not in self.units]
        cost = sum(min(len(self.document.read(added).ids), MAX_TOKENS // 2) + 1 for added in new)
        if not self.units or self.size + cost <= self.room:
            self.units.update(new)
            self.size += cost


def cut_windows(
    question: Sequence[int],
    candidates: Sequence[Candidate],
    scores: Values,
    documents: Mapping[str, Document],
    most: int,
    size: int = MAX_TOKENS,
) -> list[Window]:
    """Cut windows around the best candidate by ``scores`` (candidates,), then around the best that no window holds yet.

    ``question`` are its token ids (:func:`question_ids`).
    """
    found: list[Window] = []
    held: set[int] = set()
    for number in np.argsort(-scores, kind="stable").tolist():
        if len(found) == most:
            break
        if number not in held:
            article = candidates[number].article
            taken = frozenset[Unit]().union(*(window.units for window in found if window.article == article))
            window = cut_window(question, candidates, scores, documents[article], number, taken, size)
            held |= {sentence.candidate for sentence in window.sentences}
            found.append(window)
    return found


def question_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the token ids of a question; of a long one its end, where Korean asks."""
    return tokenizer.pieces(text)[0][-MAX_QUESTION:]


def cut_window(
    question: Sequence[int],
    candidates: Sequence[Candidate],
    scores: Values,
    document: Document,
    focus: int,
    taken: frozenset[Unit] = frozenset(),
    size: int = MAX_TOKENS,
) -> Window:
    """Return the window around the candidate ``focus``; units of ``taken`` are not wished for again."""
    mine = [number for number, candidate in enumerate(candidates) if candidate.article == document.article.id]
    lead = [FIRST, *question, SEPARATOR, SEPARATOR, *document.head, SEPARATOR]
    centre = document.unit_at(candidates[focus].start)
    basket = _Basket(document, size - len(lead))
    basket.take(centre)
    basket.take((0, 0))
    best = sorted(mine, key=lambda number: -scores[number])[:_NEAR]
    for unit in _wished(document, centre, [document.unit_at(candidates[number].start) for number in best]):
        if basket.size > basket.room - _LEFT:
            break
        if unit not in taken:
            basket.take(unit)
    return _lay_out(candidates, mine, document, lead, sorted(basket.units), size)


def _wished(document: Document, centre: Unit, near: Sequence[Unit]) -> Iterator[Unit]:
    """Yield the lines about the centre and the best candidates in turns, then more and more lines about it."""
    behind, before = document.outward(centre, 1), document.outward(centre, -1)
    for step in range(_CLOSE):
        for side in (behind, before):
            yield from _next(side)
        yield from near[step * 3 : step * 3 + 3]
    open_sides = True
    while open_sides:
        beside = [*_next(behind), *_next(before)]
        open_sides = bool(beside)
        yield from beside


def _next(units: Iterator[Unit]) -> list[Unit]:
    unit = next(units, None)
    return [] if unit is None else [unit]


def _lay_out(
    candidates: Sequence[Candidate],
    mine: Sequence[int],
    document: Document,
    lead: Sequence[int],
    units: Sequence[Unit],
    size: int,
) -> Window:
    ids, bounds = list(lead), [(-1, -1)] * len(lead)
    for unit in units:
        room = max(0, size + _OVER - len(ids))
        piece = document.read(unit)
        ids += [*piece.ids[:room], SEPARATOR]
        bounds += [*piece.bounds[:room], (-1, -1)]
    window = Window(document.article.id, ids, [], np.array(bounds), frozenset(units))
    for number in mine:
        if (found := window.tokens(candidates[number].start, candidates[number].end)) is not None:
            window.sentences.append(WindowSentence(number, found[0], found[1] + 1))
    return window
