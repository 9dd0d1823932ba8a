"""The one object behind the command line, HTTP and evaluation: a question in, a cited answer out."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import numpy.typing as npt

from index.articles import Article
from index.encoders.base import Encoder
from index.engine import Engine
from index.errors import GeungeoError
from index.korean.sentences import SentenceSplitter
from index.korean.terms import search_key
from rag.answers import (
    UNWATCHED,
    Absent,
    Answer,
    Certainty,
    Citation,
    Conflict,
    Document,
    Filters,
    Hit,
    IndexInfo,
    Mode,
    Part,
    Reason,
    SearchResult,
    Watch,
)
from rag.evidence.absence import absent_qualifiers
from rag.evidence.citing import MAX_CITATIONS, choose, make_citation
from rag.evidence.confidence import confidence_features
from rag.evidence.conflicts import find_conflicts
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, gather_evidence, within_question
from rag.evidence.gate import CitationGate
from rag.evidence.naming import holders
from rag.evidence.superlative import extreme_of
from rag.question.aliases import Aliases
from rag.question.asked import Asked, read_asked
from rag.question.question import Question, read_question
from rag.ranking.listing import collapse, distinct_hits
from rag.ranking.matching import Prepared, prepare
from rag.ranking.models import Models, packaged_models
from rag.ranking.retrieval import Ranked, rank_passages, to_where

logger = logging.getLogger(__name__)
NO_FILTERS = Filters()
_NEAR_COSINE = 0.80  # below it, with no word in common, nothing in the index is near the question
_SHARED_WEIGHT = 0.25
_PART_SHARE = 0.7  # of the threshold: that the whole was answered makes each part likelier
_FRESH_SECONDS = 1.0


class Pipeline:
    """Answers questions over the newest generation of an index. Safe to share between threads.

    ``open_engine`` opens the newest generation; it is called again when a newer one has been published. Every
    answer is made from one engine from beginning to end.
    """

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        encoder: Encoder,
        splitter: SentenceSplitter,
        aliases: Aliases,
        models: Models | None = None,
    ) -> None:
        self._open_engine = open_engine
        self._encoder = encoder
        self._splitter = splitter
        self._aliases = aliases
        self._models = models or packaged_models()
        self._engine = open_engine()
        self._refresh = threading.Lock()
        self._checked_at = time.monotonic()
        self.gate_failures = 0

    def ask(
        self,
        question: str,
        *,
        top_k: int = 5,
        filters: Filters = NO_FILTERS,
        mode: Mode = Mode.HYBRID,
        watch: Watch = UNWATCHED,
    ) -> Answer:
        """A cited answer, or an honest refusal with the nearest passages. ``top_k`` bounds the passages returned."""
        return self._consider(question, top_k, filters, mode, watch)[0]

    def ask_frankly(
        self, question: str, *, top_k: int = 5, mode: Mode = Mode.HYBRID
    ) -> tuple[Answer, tuple[Citation, ...]]:
        """The same answer, and what it would cite if nothing were too uncertain: for whoever judges both."""
        answer, cite = self._consider(question, top_k, NO_FILTERS, mode, UNWATCHED)
        return answer, answer.citations or cite()

    def _consider(
        self, question: str, top_k: int, filters: Filters, mode: Mode, watch: Watch
    ) -> tuple[Answer, Callable[[], tuple[Citation, ...]]]:
        """The answer, and how to make its citations, which an abstention does not."""
        engine, clock = self._current(), _Clock(watch)
        with clock.stage("analyse"):
            typed = read_question(question, self._splitter, self._aliases, engine.document_frequency)
            read = read_asked(typed.text, as_of=self._today())
        with clock.stage("encode"):
            asked = prepare(engine, self._encoder, typed)
        with clock.stage("retrieve"):
            ranked = self._ranked(engine, asked, filters, mode, max(top_k, EVIDENCE_PASSAGES))
            hits = [one.hit for one in ranked]
        passages = collapse(hits, top_k)
        watch.passages(passages)
        with clock.stage("evidence"):
            found = self._rank(read, gather_evidence(engine, asked, read, ranked))
            confidence = self._confidence(hits, found)
            found = found.led_by(extreme_of(read, typed.text, found.evidence))

        def cite() -> tuple[Citation, ...]:
            chosen = choose(read, found.evidence, found.scores)
            return self._verified(engine, [make_citation(typed, read, one) for one in chosen])

        with clock.stage("verify"):
            absent = absent_qualifiers(read, found.evidence)
            needed = (
                self._models.high if absent else self._models.threshold
            )  # of such questions one in five is answered
            citations = cite() if confidence >= needed else ()
            parts: tuple[Part, ...] = ()
            if citations and len(read.parts) > 1:
                citations, parts = self._by_parts(engine, read, ranked, citations)
            conflicts = self._conflicts(engine, typed, read, found) if citations else ()
        answer = Answer(
            question=question,
            answered=bool(citations),
            reason=Reason.ANSWERED if citations else _why_not(asked, hits, absent),
            text="\n".join(citation.quote for citation in citations) or None,
            confidence=confidence,
            citations=citations,
            passages=tuple(passages),
            expansions=typed.expansions,
            timings_ms=clock.timings(),
            index=_info(engine),
            certainty=self._certainty(confidence) if citations else None,
            parts=parts,
            conflicts=conflicts,
            absent=None if citations else absent,
        )
        return answer, cite

    def search(
        self,
        question: str,
        *,
        top_k: int = 10,
        filters: Filters = NO_FILTERS,
        mode: Mode = Mode.HYBRID,
        diversity: float = 0.0,
        watch: Watch = UNWATCHED,
    ) -> SearchResult:
        """The ``top_k`` best passages, no answer. ``diversity``: 0 by score alone, up to 1 the less alike."""
        engine, clock = self._current(), _Clock(watch)
        with clock.stage("analyse"):
            read = read_question(question, self._splitter, self._aliases, engine.document_frequency)
        with clock.stage("encode"):
            asked = prepare(engine, self._encoder, read)
        with clock.stage("retrieve"):
            hits = distinct_hits(
                lambda k: [one.hit for one in self._ranked(engine, asked, filters, mode, k)],
                top_k,
                diversity=diversity,
            )
        return SearchResult(question, tuple(hits), read.expansions, clock.timings(), _info(engine))

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError."""
        return self._current().article(article_id)

    def document(self, article_id: str) -> Document:
        """The article with its spans, both of one generation. Raises NotFoundError."""
        engine = self._current()
        article, spans = engine.article(article_id), tuple(engine.spans(article_id))
        return Document(article, spans, engine.manifest.generation)

    def snapshot(self) -> Engine:
        """The generation that answers now, for whoever reads several things that must fit together."""
        return self._current()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, as the encoder cuts it."""
        return self._encoder.count_tokens(texts)

    def info(self) -> IndexInfo:
        """The generation that answers now."""
        return _info(self._current())

    def refresh(self) -> IndexInfo:
        """Take up the newest generation now, for whoever has just published one. Raises what opening it raises."""
        with self._refresh:
            self._checked_at = time.monotonic()
            if not self._engine.is_current():
                self._engine = self._open_engine()
            return _info(self._engine)

    @property
    def processes(self) -> int:
        """That answer, this one included."""
        return 1

    def close(self) -> None:
        self._engine.close()

    def _current(self) -> Engine:
        """The engine of the newest generation, looked for at most once a second.

        An engine left behind is closed when the last answer made from it lets go of it. Where the newer one cannot
        be opened (made by another encoder, or damaged), the one at hand goes on answering and the log says why.
        """
        now = time.monotonic()
        if now - self._checked_at > _FRESH_SECONDS and self._refresh.acquire(blocking=False):
            try:
                self._checked_at = now
                if not self._engine.is_current():
                    self._engine = self._open_engine()
            except GeungeoError as error:
                logger.error("the newer index cannot be opened: %s", error.english)
            finally:
                self._refresh.release()
        return self._engine

    def _ranked(self, engine: Engine, asked: Prepared, filters: Filters, mode: Mode, k: int) -> list[Ranked]:
        where, fusion = to_where(filters), self._models.fusion
        return rank_passages(engine, asked, fusion, where=where, mode=mode, k=k)

    def _rank(self, read: Asked, evidence: Sequence[Evidence]) -> "_Found":
        """Best first, with the evidence model's scores; only what holds a value or clause that is asked about."""
        if not evidence:
            return _Found([], np.empty(0), np.empty((0, 0)))
        within = within_question(np.stack([one.features for one in evidence]))
        scores = self._models.evidence.logit(within)
        kept = np.array(holders(read, evidence))
        order = kept[np.argsort(-scores[kept], kind="stable")]
        return _Found([evidence[place] for place in order], scores[order], within[order])

    def _confidence(self, hits: Sequence[Hit], found: "_Found") -> float:
        if not found.evidence:
            return 0.0
        articles = [one.row.sentence.article_id for one in found.evidence]
        features = confidence_features(hits, found.within, found.scores, articles)
        return float(self._models.confidence.probability(features)[0])

    def _by_parts(
        self, engine: Engine, read: Asked, ranked: Sequence[Ranked], first: tuple[Citation, ...]
    ) -> tuple[tuple[Citation, ...], tuple[Part, ...]]:
        """The citations with the best sentence of each part added, and which of them belong to which part."""
        citations, parts = list(first[:1]), []
        for text in read.parts:
            typed = read_question(text, self._splitter, self._aliases, engine.document_frequency)
            one = replace(read_asked(typed.text, as_of=self._today()), parts=(typed.text,))
            asked = prepare(engine, self._encoder, typed)
            found = self._rank(one, gather_evidence(engine, asked, one, ranked))
            sure = self._confidence([each.hit for each in ranked], found) >= _PART_SHARE * self._models.threshold
            made = (
                self._verified(engine, [make_citation(typed, one, found.evidence[0])])
                if sure and found.evidence
                else ()
            )
            parts.append(Part(text, tuple(_placed(citations, citation) for citation in made)))
        citations += [citation for citation in first[1:] if all(citation.quote != other.quote for other in citations)]
        return tuple(citations[: max(MAX_CITATIONS, len(read.parts) + 1)]), tuple(parts)

    def _conflicts(self, engine: Engine, typed: Question, read: Asked, found: "_Found") -> tuple[Conflict, ...]:
        pairs = find_conflicts(read, found.evidence, found.scores)
        made = [(value, make_citation(typed, read, evidence)) for value, evidence in pairs]
        gate = CitationGate(engine)
        return tuple(
            Conflict(evidence.text[value.start : value.end], citation)
            for (value, citation), (_, evidence) in zip(made, pairs, strict=True)
            if gate.passed([citation])
        )

    def _certainty(self, confidence: float) -> Certainty:
        if confidence >= self._models.high:
            return Certainty.HIGH
        return Certainty.MEDIUM if confidence >= self._models.medium else Certainty.LOW

    @staticmethod
    def _today() -> date:
        return datetime.now(UTC).astimezone().date()

    def _verified(self, engine: Engine, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        gate = CitationGate(engine)
        passed = gate.passed(citations)
        self.gate_failures += gate.failures
        return passed


def _placed(citations: list[Citation], citation: Citation) -> int:
    """Its place among them, at their end where it is new."""
    for place, other in enumerate(citations):
        if (other.article_id, other.start) == (citation.article_id, citation.start):
            return place
    citations.append(citation)
    return len(citations) - 1


class _Clock:
    """Milliseconds of each stage and of the whole."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._start = time.perf_counter()
        self._stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self._watch.stage(name)
        start = time.perf_counter()
        yield
        self._stages[name] = round((time.perf_counter() - start) * 1000, 2)

    def timings(self) -> dict[str, float]:
        return {**self._stages, "total": round((time.perf_counter() - self._start) * 1000, 2)}


@dataclass(frozen=True, slots=True)
class _Found:
    """Evidence best first, its scores (sentences,), and what these were made of (sentences, 2 × features)."""

    evidence: list[Evidence]
    scores: npt.NDArray[np.float64]
    within: npt.NDArray[np.float64]

    def led_by(self, place: int | None) -> "_Found":
        """The same with the evidence at ``place`` first, where one is named."""
        if not place:
            return self
        order = [place, *(at for at in range(len(self.evidence)) if at != place)]
        scores = self.scores[order]
        scores[0] = scores.max()
        return _Found([self.evidence[at] for at in order], scores, self.within[order])


def _why_not(asked: Prepared, hits: Sequence[Hit], absent: Absent | None) -> Reason:
    if not hits:
        return Reason.INDEX_EMPTY
    if absent is not None:
        return Reason.QUALIFIER_ABSENT
    nearest = max((hit.scores.dense or 0.0) for hit in hits)
    shared = max(float(asked.matcher.match((), search_key(hit.passage.text)) @ asked.weights) for hit in hits)
    near = nearest >= _NEAR_COSINE or shared > _SHARED_WEIGHT * float(asked.weights.sum())
    return Reason.LOW_SUPPORT if near else Reason.NO_MATCH


def _info(engine: Engine) -> IndexInfo:
    manifest = engine.manifest
    return IndexInfo(manifest.generation, manifest.encoder, manifest.articles, manifest.passages)
