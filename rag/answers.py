"""What goes into a question and what comes out: the query, hits, citations, the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from index.articles import Article, Passage, Place, Span


class Reason(StrEnum):
    """Why a question was answered or not."""

    ANSWERED = "answered"
    INDEX_EMPTY = "index_empty"  # nothing is indexed, or the filters leave nothing
    NO_MATCH = "no_match"  # nothing in the index is near the question
    LOW_SUPPORT = "low_support"  # something is near, but it does not carry an answer
    CONTEXT_NEEDED = "context_needed"  # the question cannot stand alone, and no earlier one says what it is about
    QUALIFIER_ABSENT = "qualifier_absent"  # the year, grade, weekday … asked about is not there, another one is


class Certainty(StrEnum):
    """How often such answers are right, as measured: HIGH in .95 of all, MEDIUM in .80, LOW in fewer."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Mode(StrEnum):
    """Which halves of the index a search uses."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Filters:
    """Restrict a search to some articles. Dates are ISO and inclusive; undated articles match no date range."""

    date_from: str | None = None
    date_to: str | None = None
    source: str | None = None
    article_ids: tuple[str, ...] | None = None
    collection: str | None = None


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Query:
    """A question and how it is to be asked.

    ``top_k`` bounds the passages returned. ``diversity`` ranks a search from 0 (by score alone) to 1 (by unlikeness
    alone). 올해 and 지난달 are counted from ``as_of``, which is today where it is ``None``. ``context`` are the questions
    asked before, oldest first: what this one leaves out is taken from them. Whoever asks may see the articles of the
    collections ``within`` alone, all where it is ``None``.
    """

    question: str
    top_k: int = 5
    filters: Filters = NO_FILTERS
    mode: Mode = Mode.HYBRID
    diversity: float = 0.0
    as_of: date | None = None
    context: tuple[str, ...] = ()
    within: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """Higher is better for each; ``None`` where that half did not return the passage."""

    dense: float | None  # cosine in [-1, 1]
    lexical: float | None  # BM25, comparable only within one question
    fused: float  # in [0, 1]; hybrid: the fitted chance that the article is the right one


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage of a ranking. ``rank`` 1 is best; ``duplicates`` are near copies of it that ranked lower.

    ``source``, ``url`` and ``published_at`` are its article's.
    """

    rank: int
    passage: Passage
    scores: Scores
    duplicates: tuple[Passage, ...] = ()
    source: str | None = None
    url: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote: ``quote == article.text[start:end]``, checked before it leaves the process.

    ``context`` is what the quote stands under in its article, outermost first; ``locator`` says where: "clause" 제3조제2항,
    "label", "row", "line", and of a document with places (``index.articles.Place``) "page", "sheet", "cell", "section",
    "paragraph", "table", "row" (its number then, its name being the label) and "column".
    """

    article_id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    start: int
    end: int
    quote: str
    score: float
    highlights: tuple[tuple[int, int], ...] = ()  # spans of the article text that answer, in code points
    context: tuple[str, ...] = ()
    locator: Mapping[str, str | int] = field(default_factory=dict)
    value: str | None = None  # the shortest piece of the quote that answers, as the reader marked it


_FILE_PLACES = ("page", "sheet", "cell", "section", "paragraph", "table", "row", "column")


def locator_in_file(place: Place | None) -> dict[str, str | int]:
    """Return what a citation's ``locator`` says of a place in a file; nothing where the place is not known."""
    held = {name: getattr(place, name, None) for name in _FILE_PLACES}
    return {name: value for name, value in held.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Part:
    """One of the questions inside a question: its citations by place in the answer's, none where it was not found."""

    question: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another value for what is asked, in another article."""

    value: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Absent:
    """What the question names and the articles lack, and what they hold instead, as each is written."""

    asked: tuple[str, ...]
    held: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article, what each span of it was taken for, and the generation both are of.

    ``original`` is what the file that it was read from is called, where that is kept.
    """

    article: Article
    spans: tuple[Span, ...]
    generation: int
    original: str | None = None


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """Which index answered."""

    generation: int
    encoder: str
    articles: int
    passages: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole outcome of one question; where it left something out, ``completed`` is what was searched in its place."""

    question: str
    answered: bool
    reason: Reason
    text: str | None  # the evidence, or None when not answered
    confidence: float  # calibrated probability that the first citation answers the question
    citations: tuple[Citation, ...]
    passages: tuple[Hit, ...]  # the nearest passages, also when not answered
    expansions: tuple[str, ...] = ()  # aliases that were searched too, e.g. "법인 → 전문기업"
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    index: IndexInfo | None = None
    certainty: Certainty | None = None  # None where nothing is answered
    parts: tuple[Part, ...] = ()  # of a question that asks several things
    conflicts: tuple[Conflict, ...] = ()
    absent: Absent | None = None  # with the reason QUALIFIER_ABSENT
    completed: str | None = None
    added: tuple[str, ...] = ()  # the words of earlier questions in it


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of a language model and what it cites, by place in the answer's citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A ranking without an answer; ``completed`` and ``added`` as of an answer."""

    question: str
    hits: tuple[Hit, ...]
    expansions: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    index: IndexInfo | None = None
    completed: str | None = None
    added: tuple[str, ...] = ()


class Watch:
    """Called in the thread that asks; what a method raises ends the question and reaches the caller. Does nothing."""

    def stage(self, name: str) -> None:
        """Note that the stage ``name`` (a key of ``timings_ms``) begins."""

    def passages(self, hits: Sequence[Hit]) -> None:
        """Take the ranked passages that will come with the answer."""


UNWATCHED = Watch()
