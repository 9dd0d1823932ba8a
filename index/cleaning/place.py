"""What only a line's place on the page tells: headlines, questions, captions without credit, lists, repetitions.

Functions here work on the pieces of one page in order and decide those that no line rule has decided.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from index.articles import SpanKind
from index.cleaning.patterns import ends_as_caption, ends_sentence, is_pointed_cell
from index.cleaning.rules import Where, find_rule

# All in code points or lines, chosen on the five seeds and the fixtures of tests/fixtures/cleaning.
_PROSE_CHARS = 20  # a line this long that ends as a sentence is the article, not the page
_PARAGRAPH_CHARS = 40  # the neighbours of a short head are at least so long
_HEAD_CHARS = 80  # longest headline or list item
_SHORT_HEAD_CHARS = 60  # longest head between paragraphs
_CAPTION_CHARS = 260
_QUESTION_CHARS = 300
_TITLE_CHARS = 12  # a headline is at least so long, a menu entry or an outlet's name shorter
_WORD_CHARS = 6  # fewer letters than this are a button, not a sub-headline
_MENU_LINES = 4  # so many menu lines above the headline, and every short line there is one
_INSERTED_ITEMS = 5  # most lines a list of other articles takes in the middle of an article
_STRAY_SHARE = 0.1  # so much of an article's length may follow its copyright line as stray sentences

_PROOFS = frozenset({SpanKind.BYLINE, SpanKind.COPYRIGHT, SpanKind.CAPTION, SpanKind.COMMENTS})
_NO_PROOFS = frozenset({"image", "image file", "open licence"})  # reports and converted documents have them too
_ENDS = frozenset({SpanKind.COPYRIGHT, SpanKind.COMMENTS, SpanKind.RELATED})


@dataclass(slots=True)
class Piece:
    """A stripped line, or part of one, at ``start:end`` in code points; ``kind`` None until something is known."""

    start: int
    end: int
    text: str
    kind: SpanKind | None = None
    rule: str = ""
    opens: bool = False  # follows a byline on its line, so the article begins here

    @property
    def is_prose(self) -> bool:
        """An unmarked line that reads as a sentence of the article. Headlines ask and exclaim, but end in no stop."""
        if self.kind is not None or len(self.text) < _PROSE_CHARS:
            return False
        return self.opens or len(self.text) > _CAPTION_CHARS or ends_sentence(self.text, _HEAD_CHARS)

    @property
    def is_short(self) -> bool:
        """An unmarked line that could be a head, a list item or a menu entry; a row of a table never is."""
        if self.kind is not None or self.opens or len(self.text) > _HEAD_CHARS:
            return False
        return not self.text.startswith("|") and not ends_sentence(self.text, _HEAD_CHARS)

    def mark(self, kind: SpanKind, rule: str) -> None:
        """Decide this piece, once: the first rule that knows it wins."""
        if self.kind is None:
            self.kind, self.rule = kind, rule


def mark_by_place(pieces: list[Piece], title: str) -> None:
    """Mark everything that a line alone does not tell, what is surest first."""
    _mark_uncredited_captions(pieces)
    _mark_duplicate_captions(pieces)
    first, last = _prose_bounds(pieces)
    head, tail = pieces[:first], pieces[last + 1 :]
    mark_lines([*head, *tail], Where.EDGE)
    is_news = any(piece.kind in _PROOFS and piece.rule not in _NO_PROOFS for piece in pieces)
    _mark_markdown(pieces)
    _mark_title(pieces[: max(first, 1)], title)
    _mark_questions(pieces)
    _mark_marked_heads(pieces, is_news=is_news)
    if is_news:
        _mark_news_page(pieces, first, last)
    else:
        _unmark(pieces, SpanKind.RELATED)


def _mark_news_page(pieces: list[Piece], first: int, last: int) -> None:
    """Mark what is the page's and what is its headline, on a page known to be news."""
    head, tail = pieces[:first], pieces[last + 1 :]
    _mark_first_headline(head)
    _mark_plain_heads(pieces)
    mark_lines([*head, *tail], Where.FRAME)
    mark_lines(_after_first_mark(tail), Where.CLOSING)
    _mark_lists(pieces, last)
    _mark_repeated_headline(pieces)
    _mark_around_headline(head)


def mark_lines(pieces: list[Piece], where: Where) -> None:
    """Apply the line rules for ``where``."""
    for piece in pieces:
        if piece.kind is None and not piece.opens:
            rule = find_rule(piece.text, where)
            if rule:
                piece.mark(rule.kind, rule.name)


def _prose_bounds(pieces: list[Piece]) -> tuple[int, int]:
    """Return the indexes of the article's first and last sentence line; of all lines if it has none.

    Sentences after the copyright line do not count if they are few: portals go on in full sentences.
    """
    prose = [index for index, piece in enumerate(pieces) if piece.is_prose]
    if not prose:
        return 0, len(pieces) - 1
    rights = max((index for index, piece in enumerate(pieces) if piece.kind is SpanKind.COPYRIGHT), default=len(pieces))
    article = [index for index in prose if index < rights]
    length = sum(len(pieces[index].text) for index in article)
    after = sum(len(pieces[index].text) for index in prose if index > rights)
    return prose[0], article[-1] if article and after <= _STRAY_SHARE * length else prose[-1]


def _after_first_mark(tail: list[Piece]) -> list[Piece]:
    at = next((index for index, piece in enumerate(tail) if piece.kind is not None), len(tail))
    return tail[at:]


def _unmark(pieces: list[Piece], kind: SpanKind) -> None:
    for piece in pieces:
        if piece.kind is kind:
            piece.kind, piece.rule = None, ""


# --- captions

_SUPPLIER = re.compile(r"[\[(<][^\[\]()<>]{1,25}\s?제공[\])>]")


def _mark_uncredited_captions(pieces: list[Piece]) -> None:
    """Mark a caption whose credit is the next line, or which follows the picture's file name."""
    for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False):
        pictured = before is not None and before.rule in {"image", "image file"}
        credited = after is not None and after.rule in {"credit", "supplied"} and "그래픽" not in after.text
        supplied = after is not None and after.kind is None and _SUPPLIER.fullmatch(after.text) is not None
        looks = len(piece.text) <= _CAPTION_CHARS and ends_as_caption(piece.text)
        pointed = pictured and is_pointed_cell(piece.text)
        if (looks and (credited or supplied or pictured)) or (credited and piece.is_short) or pointed:
            piece.mark(SpanKind.CAPTION, "caption before credit")
        if after is not None and supplied and piece.kind is SpanKind.CAPTION:
            after.mark(SpanKind.CAPTION, "supplied")


def _mark_duplicate_captions(pieces: list[Piece]) -> None:
    """Mark a second copy of a caption, and a copy without its credit beside one."""
    seen: set[str] = set()
    for piece in pieces:
        if piece.kind is SpanKind.CAPTION and len(piece.text) >= _PROSE_CHARS:
            key = _key(piece.text)
            if key in seen:
                piece.kind, piece.rule = SpanKind.DUPLICATE, "duplicate caption"
            seen.add(key)
    for before, after in pairwise(pieces):
        _mark_bare_copy(before, after)
        _mark_bare_copy(after, before)


def _mark_bare_copy(copy: Piece, caption: Piece) -> None:
    if caption.kind is not SpanKind.CAPTION or copy.kind is not None:
        return
    if _PROSE_CHARS <= len(copy.text) <= len(caption.text) and _key(caption.text).startswith(_key(copy.text)):
        copy.mark(SpanKind.DUPLICATE, "duplicate caption")


def _key(text: str) -> str:
    """Return letters and digits alone: what two copies of a title have in common."""
    return re.sub(r"[\W_]+", "", text).casefold()


# --- headlines

_DATED = re.compile(r"\d{4}\s?[.\-/]\s?\d{1,2}\s?[.\-/]\s?\d{1,2}")
_DASHED = re.compile(r"([-–—―])\s.+\s\1")
_MARKDOWN = re.compile(r"#{1,6}\s")


def _mark_markdown(pieces: list[Piece]) -> None:
    """Mark the headings of Markdown (``# …``): as the headline where it is the first line and of the first level."""
    for index, piece in enumerate(pieces):
        if len(piece.text) <= 2 * _HEAD_CHARS and _MARKDOWN.match(piece.text):
            is_top = index == 0 and piece.text[1] != "#"
            piece.mark(SpanKind.HEADLINE if is_top else SpanKind.SUBHEADLINE, "markdown heading")


def _mark_title(head: list[Piece], title: str) -> None:
    """Mark the line that is the title, and ``- … -`` lines above the text, as press releases set their sub-headlines."""
    key = _key(title)
    named = next((piece for piece in head if key and piece.kind is None and _key(piece.text) == key), None)
    if named:
        named.mark(SpanKind.HEADLINE, "title")
    for piece in head:
        if piece.is_short and _DASHED.fullmatch(piece.text):
            piece.mark(SpanKind.SUBHEADLINE, "dashed head")


def _mark_first_headline(head: list[Piece]) -> None:
    """Mark a headline where the article has no title.

    It is a line that stands there twice, else the longest above the byline, else the first.
    """
    if any(piece.kind is SpanKind.HEADLINE for piece in head):
        return
    candidates = [piece for piece in head if piece.is_short and _may_be_headline(piece.text)]
    counts = Counter(_key(piece.text) for piece in candidates)
    repeated = next((piece for piece in candidates if counts[_key(piece.text)] > 1), None)
    byline = next((piece.start for piece in head if piece.kind is SpanKind.BYLINE), 0)
    longest = max((p for p in candidates if p.start < byline), key=lambda piece: len(piece.text), default=None)
    headline = repeated or longest or next(iter(candidates), None)
    if headline:
        headline.mark(SpanKind.HEADLINE, "first line")


def _may_be_headline(line: str) -> bool:
    """Return whether the line is long enough, and neither a time stamp nor anything that some rule knows."""
    if len(line) < _TITLE_CHARS or _DATED.search(line):
        return False
    return not any(find_rule(line, where) for where in (Where.ANYWHERE, Where.EDGE, Where.FRAME))


def _mark_repeated_headline(pieces: list[Piece]) -> None:
    """Mark where the headline stands again, as ``title`` or ``title …``; a cut-off copy must keep half of it."""
    headline = next((piece for piece in pieces if piece.kind is SpanKind.HEADLINE), None)
    key = _key(headline.text) if headline else ""
    if headline is None or len(key) < _WORD_CHARS:
        return
    for piece in pieces:
        if piece is headline or len(piece.text) > len(headline.text) + _PROSE_CHARS or piece.kind in _PROOFS:
            continue
        copy = _key(piece.text)
        cut = 2 * len(copy) >= len(key) and piece.text.endswith(("…", "...")) and key.startswith(copy)
        if copy == key or cut:
            piece.kind, piece.rule = SpanKind.DUPLICATE, "duplicate title"


def _mark_around_headline(head: list[Piece]) -> None:
    """Mark short lines above the headline as the site's, those below it as sub-headlines or as a word among buttons."""
    at = next((index for index, piece in enumerate(head) if piece.kind is SpanKind.HEADLINE), None)
    if at is None:
        return
    _mark_above_headline(head[:at])
    again = max((index for index, piece in enumerate(head) if piece.rule == "duplicate title"), default=at)
    for piece in head[at:again]:  # between the headline and its repetition
        if piece.is_short:
            piece.mark(SpanKind.NAVIGATION, "between headlines")
    for before, piece, after in zip(head[at:], head[at + 1 :], [*head[at + 2 :], None], strict=False):
        if not piece.is_short or _DATED.search(piece.text) or re.fullmatch(r"[\[【].*[\]】]", piece.text):
            continue
        if len(_key(piece.text)) >= _WORD_CHARS:
            piece.mark(SpanKind.SUBHEADLINE, "below the headline")
        elif SpanKind.NAVIGATION in {before.kind, after.kind if after else None}:
            piece.mark(SpanKind.NAVIGATION, "among buttons")


def _mark_above_headline(above: list[Piece]) -> None:
    menu = sum(piece.kind is SpanKind.NAVIGATION for piece in above) >= _MENU_LINES
    for piece in above:
        if piece.is_short and (menu or len(piece.text) < _TITLE_CHARS):
            piece.mark(SpanKind.NAVIGATION, "above the headline")
        elif piece.rule == "date":  # the day of the visit, not of the article
            piece.kind = SpanKind.NAVIGATION


# --- heads and questions inside the article

_HEAD_MARK = re.compile(r"[◇◆■▲□○●]\s?\S")
_ASKS = re.compile(r"(?:[-–—―]|Q\s?\d*[.:)]|문\s?\d*[.:)]|▷)\s*\S")
_ANSWERS = re.compile(r"(?:▶|A\s?\d*[.:)]|답\s?\d*[.:)])\s*\S")
_ASKING = re.compile(r"(?:\?|[은는나가까지요오]\.?)[\"'”’)\s]*$")


def _mark_questions(pieces: list[Piece]) -> None:
    """Mark a line that asks, followed by a line that answers: ``-…은?`` / ``▶…``, ``Q. …`` / ``A. …``."""
    for piece, after in pairwise(pieces):
        if len(piece.text) > _QUESTION_CHARS or not (_ASKS.match(piece.text) and _ANSWERS.match(after.text)):
            continue
        if _ASKING.search(piece.text[-8:]) or piece.text[0] in "Q문":
            piece.mark(SpanKind.QUESTION, "question")


def _mark_marked_heads(pieces: list[Piece], *, is_news: bool) -> None:
    """Mark ``◇…`` as a heading where it stands alone before a long body line; a list of ◇ items stays as it is."""
    for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False):
        alone = _is_paragraph(before) or (is_news and before.kind is not None)
        if alone and _may_be_short_head(piece, after) and _HEAD_MARK.match(piece.text):
            piece.mark(SpanKind.SUBHEADLINE, "short head")


def _mark_plain_heads(pieces: list[Piece]) -> None:
    """Mark as a heading, on a news page, an unmarked short line that stands alone between two long body lines."""
    for before, piece, after in zip(pieces, pieces[1:], pieces[2:], strict=False):
        plain = not re.match(r"[\W\d]", piece.text) and ":" not in piece.text
        if plain and _is_paragraph(before) and _may_be_short_head(piece, after):
            piece.mark(SpanKind.SUBHEADLINE, "plain short head")


def _may_be_short_head(piece: Piece, after: Piece) -> bool:
    return piece.is_short and len(piece.text) <= _SHORT_HEAD_CHARS and _is_paragraph(after)


def _is_paragraph(piece: Piece) -> bool:
    return piece.is_prose and len(piece.text) >= _PARAGRAPH_CHARS


# --- after the article


def _mark_lists(pieces: list[Piece], last: int) -> None:
    """Mark items under a list of other articles, and short lines after the end of the article."""
    section, items = None, 0
    for index, piece in enumerate(pieces):
        closes = index > last and (piece.kind in _ENDS or piece.rule == "appeal")
        if closes or piece.kind is SpanKind.RELATED:
            section, items = piece.kind, 0
        elif not piece.is_short:
            section = None if piece.kind is None and index <= last else section
        elif section is SpanKind.RELATED and (index > last or items < _INSERTED_ITEMS):
            piece.mark(SpanKind.RELATED, "related item")
            items += 1
        elif section and index > last:
            piece.mark(SpanKind.NAVIGATION, "after the end")
