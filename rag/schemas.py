"""What goes out over HTTP, and what ``geungeo ask --json`` prints. Only here do the dataclasses become JSON.

Importing this needs pydantic and nothing of the web framework. Every offset counts code points of the article's text.
"""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict

from rag.answers import Answer, ArticleView, Certainty, Citation, Hit, IndexInfo, Reason, SearchResult, Written


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="null")


class SpanBody(_Body):
    """``text[start:end]``."""

    start: int
    end: int


class KindSpanBody(SpanBody):
    """A span of an article and what it was taken for: body, headline, caption, byline and so on."""

    kind: str


class CitationBody(_Body):
    """A verbatim quote: ``quote == text[start:end]`` of the article; ``highlights`` are the spans that answer.

    ``value`` is the shortest piece of the quote that answers, where it was marked. ``context`` is what it stands under,
    outermost first; ``locator`` where: clause, label, row, line; and in a document page, sheet, cell, section, paragraph,
    table, row and column, row being a number then.
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
    highlights: list[SpanBody]
    context: list[str] = []
    locator: dict[str, str | int] = {}
    value: str | None = None

    @classmethod
    def from_citation(cls, citation: Citation) -> "CitationBody":
        """Return the JSON shape of a citation."""
        return cls(
            article_id=citation.article_id,
            title=citation.title,
            source=citation.source,
            url=citation.url,
            published_at=citation.published_at,
            start=citation.start,
            end=citation.end,
            quote=citation.quote,
            score=citation.score,
            highlights=[SpanBody(start=start, end=end) for start, end in citation.highlights],
            context=list(citation.context),
            locator=dict(citation.locator),
            value=citation.value,
        )


class PartBody(_Body):
    """One of the questions inside a question; ``citations`` are places in the answer's, none where it was not found."""

    question: str
    citations: list[int]


class ConflictBody(_Body):
    """Another value for what is asked, in another article."""

    value: str
    citation: CitationBody


class AbsentBody(_Body):
    """With ``qualifier_absent``: what the question names and no article near it holds, and what they hold instead."""

    asked: list[str]
    held: list[str]


class WrittenBody(_Body):
    """A sentence of a language model whose facts all stand in ``citations``, by place in the answer's."""

    text: str
    citations: list[int]


class ScoresBody(_Body):
    """Higher is better; null where that half of the index did not find the passage."""

    dense: float | None
    lexical: float | None
    fused: float


class DuplicateBody(_Body):
    """Where a near copy stands: ``text[start:end]`` of that article."""

    article_id: str
    start: int
    end: int


class PassageBody(_Body):
    """One passage of a ranking, best first; ``duplicates`` are near copies of it that would have ranked lower."""

    id: str
    article_id: str
    title: str
    text: str
    start: int
    end: int
    scores: ScoresBody
    duplicates: list[DuplicateBody]
    source: str | None = None
    url: str | None = None
    published_at: str | None = None

    @classmethod
    def from_hit(cls, hit: Hit) -> "PassageBody":
        """Return the JSON shape of a hit."""
        passage = hit.passage
        return cls(
            id=passage.id,
            article_id=passage.article_id,
            title=passage.title,
            text=passage.text,
            start=passage.start,
            end=passage.end,
            scores=ScoresBody(dense=hit.scores.dense, lexical=hit.scores.lexical, fused=hit.scores.fused),
            duplicates=[
                DuplicateBody(article_id=copy.article_id, start=copy.start, end=copy.end) for copy in hit.duplicates
            ],
            source=hit.source,
            url=hit.url,
            published_at=hit.published_at,
        )


class IndexBody(_Body):
    """Which index answered; one answer never mixes two generations."""

    generation: int
    encoder: str
    articles: int
    passages: int

    @classmethod
    def from_info(cls, info: IndexInfo | None) -> "IndexBody | None":
        """Return the JSON shape of what answered; None where nothing was indexed."""
        return None if info is None else cls(**asdict(info))


class AnswerResponse(_Body):
    """The body of ``POST /v1/query``. Not answered: ``answer`` is null, ``reason`` says why, passages still come.

    ``written`` are sentences of the operator's language model, where one is set (``--writer``) and they held.
    ``completed`` is what was searched where the question left something out, ``added`` the words of ``context`` in it.
    """

    question: str
    answered: bool
    reason: Reason
    answer: str | None
    confidence: float
    citations: list[CitationBody]
    passages: list[PassageBody]
    expansions: list[str]
    timings_ms: dict[str, float]
    index: IndexBody | None
    certainty: Certainty | None = None
    parts: list[PartBody] = []
    conflicts: list[ConflictBody] = []
    absent: AbsentBody | None = None
    completed: str | None = None
    added: list[str] = []
    written: list[WrittenBody] = []

    @classmethod
    def from_answer(cls, answer: Answer, written: Sequence[Written] = ()) -> "AnswerResponse":
        """Return the JSON shape of an answer."""
        return cls(
            question=answer.question,
            answered=answer.answered,
            reason=answer.reason,
            answer=answer.text,
            confidence=answer.confidence,
            citations=[CitationBody.from_citation(citation) for citation in answer.citations],
            passages=[PassageBody.from_hit(hit) for hit in answer.passages],
            expansions=list(answer.expansions),
            timings_ms=dict(answer.timings_ms),
            index=IndexBody.from_info(answer.index),
            certainty=answer.certainty,
            parts=[PartBody(question=part.question, citations=list(part.citations)) for part in answer.parts],
            conflicts=[
                ConflictBody(value=conflict.value, citation=CitationBody.from_citation(conflict.citation))
                for conflict in answer.conflicts
            ],
            absent=AbsentBody(asked=list(answer.absent.asked), held=list(answer.absent.held))
            if answer.absent
            else None,
            completed=answer.completed,
            added=list(answer.added),
            written=[WrittenBody(text=sentence.text, citations=list(sentence.citations)) for sentence in written],
        )


class SearchResponse(_Body):
    """The body of ``POST /v1/search``; ``completed`` and ``added`` as of ``/v1/query``."""

    question: str
    passages: list[PassageBody]
    expansions: list[str]
    timings_ms: dict[str, float]
    index: IndexBody | None
    completed: str | None = None
    added: list[str] = []

    @classmethod
    def from_result(cls, result: SearchResult) -> "SearchResponse":
        """Return the JSON shape of a search."""
        return cls(
            question=result.question,
            passages=[PassageBody.from_hit(hit) for hit in result.hits],
            expansions=list(result.expansions),
            timings_ms=dict(result.timings_ms),
            index=IndexBody.from_info(result.index),
            completed=result.completed,
            added=list(result.added),
        )


_KNOWN = ("title", "source", "url", "published_at")


class ArticleResponse(_Body):
    """The body of ``GET /v1/articles/{id}``; ``text`` is what every offset counts in, ``sha256`` is of its UTF-8.

    ``original`` names the file it was read from, where that is kept (``GET /v1/originals/{id}``); ``known_by`` says of
    title, source, url and published_at how each is known: where in its document it stood, or "entered".
    """

    id: str
    title: str
    text: str
    source: str | None
    url: str | None
    published_at: str | None
    sha256: str
    spans: list[KindSpanBody]
    generation: int
    known_by: dict[str, str] = {}
    collection: str | None = None
    original: str | None = None

    @classmethod
    def from_view(cls, view: ArticleView) -> "ArticleResponse":
        """Return the JSON shape of an article with its spans."""
        article = view.article
        return cls(
            id=article.id,
            title=article.title,
            text=article.text,
            source=article.source,
            url=article.url,
            published_at=article.published_at,
            sha256=article.sha256,
            spans=[KindSpanBody(start=span.start, end=span.end, kind=span.kind) for span in view.spans],
            generation=view.generation,
            known_by={name: article.meta[f"{name}_basis"] for name in _KNOWN if f"{name}_basis" in article.meta},
            collection=article.collection,
            original=view.original,
        )
