"""The values everything else passes around: articles, spans of them, passages."""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_OF_ANY_ARTICLE = 100  # characters of a long one take as much memory, and time, as an article of a few letters


class SpanKind(StrEnum):
    """What a stretch of an article is. Body, headlines, questions and notes may be cited, the rest are marked and never are."""

    BODY = "body"
    HEADLINE = "headline"
    SUBHEADLINE = "subheadline"
    QUESTION = "question"  # an interviewer's question: context for its answer, no evidence itself
    CAPTION = "caption"
    NOTE = "note"  # a foot- or endnote, a comment, a speaker's notes
    BYLINE = "byline"
    COPYRIGHT = "copyright"
    RELATED = "related"  # "관련기사" and lists of other articles
    COMMENTS = "comments"  # comment counters and log-in prompts
    NAVIGATION = "navigation"  # menus, weather, edit times, share buttons
    SPAM = "spam"
    DUPLICATE = "duplicate"  # a repeated title or caption
    FURNITURE = "furniture"  # what every page repeats: head and foot lines
    HIDDEN = "hidden"  # kept although nobody sees it: hidden sheets, rows, columns and slides

    @property
    def is_content(self) -> bool:
        """Whether sentences of this kind are kept, embedded and searched."""
        return self in _CONTENT


_CONTENT = frozenset({SpanKind.BODY, SpanKind.HEADLINE, SpanKind.SUBHEADLINE, SpanKind.QUESTION, SpanKind.NOTE})


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` of one article, in code points, and what it is."""

    start: int
    end: int
    kind: SpanKind = SpanKind.BODY


@dataclass(frozen=True, slots=True)
class Place:
    """Where ``text[start:end]`` stands in its file; what a format does not have is None. Numbers count from 1.

    ``page`` of a PDF or a slide show, ``sheet`` and ``cell`` ("B2") of a workbook, ``section`` and ``paragraph`` of a word
    processor's document, ``table``, ``row`` and ``column`` of a cell in it. ``line_end`` marks the joint of two lines of a
    page in one paragraph: "joined" or "split" (with a space).
    """

    start: int
    end: int
    page: int | None = None
    sheet: str | None = None
    cell: str | None = None
    section: int | None = None
    paragraph: int | None = None
    table: int | None = None
    row: int | None = None
    column: int | None = None
    line_end: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file's reader knows of an article's text: what is not body, and where each stretch stands in the file.

    Both in order, not overlapping. ``is_page``: its lines may still hold what only a news page holds (bylines, menus).
    """

    spans: tuple[Span, ...] = ()
    places: tuple[Place, ...] = ()
    is_page: bool = False

    def place_at(self, position: int) -> Place | None:
        """Return where the character at ``position`` stands, or the first after it on its line; None where unknown."""
        found = bisect_right(self.places, position, key=lambda place: place.end)
        if found == len(self.places):
            return None
        place = self.places[found]
        return place if place.start <= position + 1 else None


@dataclass(frozen=True, slots=True)
class Origin:
    """The file an article was read from: its folder, its path in there, and a hash of all that decides what is read."""

    folder: str
    path: str
    digest: str


@dataclass(frozen=True, slots=True)
class Original:
    """The file an article was read from: what its owner calls it, and where it lies, or its bytes.

    ``stamp`` is (bytes, time of the last write in nanoseconds) when it was read: another one, and it is another file.
    """

    name: str
    content: Path | bytes
    stamp: tuple[int, int] = (0, 0)

    @property
    def in_memory(self) -> int:
        """Bytes of it that whoever holds this holds."""
        return len(self.content) if isinstance(self.content, bytes) else 0


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was given. ``text`` is NFC and is what every offset counts in.

    ``layout``, ``origin`` and ``original`` are known of one that was just read from a file; the store keeps the first two
    beside the article, and the file itself where it was told to.
    """

    id: str
    title: str
    text: str
    source: str | None = None  # publisher
    url: str | None = None
    published_at: str | None = None  # ISO 8601 date
    lang: str = "ko"
    meta: Mapping[str, str] = field(default_factory=dict)
    collection: str | None = None  # the one that its owner keeps it in
    layout: Layout | None = field(default=None, compare=False, repr=False)
    origin: Origin | None = field(default=None, compare=False, repr=False)
    original: Original | None = field(default=None, compare=False, repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the text alone: what a citation is checked against."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def weight(self) -> int:
        """About how much memory it takes with all that is made of it: in characters, bytes of its file counted as such."""
        return _OF_ANY_ARTICLE + len(self.text) + (self.original.in_memory if self.original else 0)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of one article; its text is always the slice, never a copy."""

    article_id: str
    start: int
    end: int
    kind: SpanKind = SpanKind.BODY


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one article: ``text == article.text[start:end]``, in code points.

    ``context`` (the interview question, if any) is embedded and searched with the passage, never cited from it.
    """

    article_id: str
    title: str
    start: int
    end: int
    text: str
    sentences: tuple[Sentence, ...] = ()
    context: str = ""

    @property
    def id(self) -> str:
        """``article_id:start-end``."""
        return f"{self.article_id}:{self.start}-{self.end}"
