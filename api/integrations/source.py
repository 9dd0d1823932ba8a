"""Where a retriever asks, over HTTP or in this process, and what it makes of an answer. No framework is imported here."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from rag.answers import NO_FILTERS, Filters, Mode, Query
from rag.schemas import AnswerResponse, CitationBody, PassageBody

if TYPE_CHECKING:
    from rag.answerer import Answerer

DEFAULT_URL = "http://127.0.0.1:8000"
_OF_ARTICLE = ("article_id", "title", "source", "url", "published_at", "start", "end")


@runtime_checkable
class Source(Protocol):
    """Answers a query, waiting or awaiting."""

    def ask(self, query: Query) -> AnswerResponse:
        """Answer, and keep the thread meanwhile."""

    async def ask_async(self, query: Query) -> AnswerResponse:
        """Answer, and let other tasks run meanwhile."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running ``geungeo serve``. Raises :class:`api.client.ClientError`."""

    url: str = DEFAULT_URL
    key: str | None = field(default=None, repr=False)
    timeout: float = 30.0

    def ask(self, query: Query) -> AnswerResponse:
        """Ask the server."""
        from api.client import Client

        with Client(**asdict(self)) as client:
            return client.query(query.question, **_asked(query))

    async def ask_async(self, query: Query) -> AnswerResponse:
        """Ask the server without blocking the event loop."""
        from api.client import AsyncClient

        async with AsyncClient(**asdict(self)) as client:
            return await client.query(query.question, **_asked(query))


@dataclass(frozen=True, slots=True)
class Local:
    """This process: :func:`open_local`, or a pipeline of one's own. Raises :class:`index.errors.GeungeoError`."""

    answerer: "Answerer"

    def ask(self, query: Query) -> AnswerResponse:
        """Ask the pipeline."""
        return AnswerResponse.from_answer(self.answerer.ask(query))

    async def ask_async(self, query: Query) -> AnswerResponse:
        """Ask the pipeline in a thread."""
        return await asyncio.to_thread(self.ask, query)


def open_local(data: Path | None = None) -> Local:
    """Open a data folder (the usual one if left out) in this process; its encoder loads in some seconds."""
    from rag.loading import load_tools, open_pipeline
    from rag.settings import load_settings

    chosen = load_settings(data=data)
    return Local(open_pipeline(chosen, load_tools(chosen)))


@dataclass(frozen=True, slots=True)
class Asking:
    """How a retriever asks. ``cited_only`` makes documents of the cited sentences alone: none where nothing answers."""

    top_k: int = 5
    filters: Filters = NO_FILTERS
    mode: Mode = Mode.HYBRID
    cited_only: bool = False

    def query(self, question: str) -> Query:
        """Return the question, asked so."""
        return Query(question, self.top_k, self.filters, self.mode)

    def found(self, answer: AnswerResponse) -> list["Found"]:
        """Return the passages, best first, each with the citations inside it; or the citations themselves."""
        if self.cited_only:
            return [_of_citation(citation, answer) for citation in answer.citations]
        return [_of_passage(passage, answer) for passage in answer.passages]


@dataclass(frozen=True, slots=True)
class Found:
    """One document for a framework. ``text`` is the article's ``text[start:end]``, letter for letter."""

    id: str
    text: str
    score: float
    metadata: Mapping[str, Any]


def _asked(query: Query) -> dict[str, Any]:
    return {"top_k": query.top_k, "filters": query.filters, "mode": query.mode}


def _of_passage(passage: PassageBody, answer: AnswerResponse) -> Found:
    inside = [
        citation.model_dump(mode="json")
        for citation in answer.citations
        if citation.article_id == passage.article_id and passage.start < citation.end and citation.start < passage.end
    ]
    metadata = {name: getattr(passage, name) for name in _OF_ARTICLE} | {"citations": inside} | _of_answer(answer)
    return Found(passage.id, passage.text, passage.scores.fused, metadata)


def _of_citation(citation: CitationBody, answer: AnswerResponse) -> Found:
    metadata = citation.model_dump(mode="json", exclude={"quote", "score"}) | _of_answer(answer)
    place = f"{citation.article_id}:{citation.start}-{citation.end}"
    return Found(place, citation.quote, citation.score, metadata)


def _of_answer(answer: AnswerResponse) -> dict[str, Any]:
    """Return what holds for all that one answer found."""
    return {
        "answered": answer.answered,
        "reason": str(answer.reason),
        "confidence": answer.confidence,
        "certainty": str(answer.certainty) if answer.certainty else None,
    }
