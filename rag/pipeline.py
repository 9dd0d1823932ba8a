"""The one object behind the command line, HTTP and evaluation: a question in, a cited answer out."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from index.articles import Article
from index.encoders.base import Encoder
from index.engine import Engine
from index.errors import CorruptIndexError, GeungeoError
from index.korean.sentences import SentenceSplitter
from index.korean.terms import search_key
from rag.answers import (
    UNWATCHED,
    Answer,
    Citation,
    Document,
    Filters,
    Hit,
    IndexInfo,
    Mode,
    Reason,
    SearchResult,
    Watch,
)
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, gather_evidence, within_question
from rag.evidence.gate import CitationGate
from rag.evidence.highlight import find_highlights
from rag.question.aliases import Aliases
from rag.question.question import Question, read_question
from rag.ranking.listing import collapse, distinct_hits
from rag.ranking.matching import Prepared, prepare
from rag.ranking.models import Models, packaged_models
from rag.ranking.retrieval import Ranked, rank_passages, to_where

logger = logging.getLogger(__name__)
T = TypeVar("T")
NO_FILTERS = Filters()
MAX_CITATIONS = 3
_SUPPORTING_MARGIN = 2.0  # a further sentence is cited when its score is this near the first: 2 sentences on average
_NEAR_COSINE = 0.80  # below it, with no word in common, nothing in the index is near the question
_SHARED_WEIGHT = 0.25
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
        self._sampled = 0
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
        return self._steadily(lambda engine: self._consider_in(engine, question, top_k, filters, mode, watch))

    def _consider_in(
        self, engine: Engine, question: str, top_k: int, filters: Filters, mode: Mode, watch: Watch
    ) -> tuple[Answer, Callable[[], tuple[Citation, ...]]]:
        clock = _Clock(watch)
        with clock.stage("analyse"):
            read = read_question(question, self._splitter, self._aliases, engine.document_frequency)
        with clock.stage("encode"):
            asked = prepare(engine, self._encoder, read)
        with clock.stage("retrieve"):
            ranked = self._ranked(engine, asked, filters, mode, max(top_k, EVIDENCE_PASSAGES))
            hits = [one.hit for one in ranked]
        passages = collapse(hits, top_k)
        watch.passages(passages)
        with clock.stage("evidence"):
            evidence, scores = self._rank(gather_evidence(asked, ranked))
            confidence = self._confidence(read, hits[:EVIDENCE_PASSAGES], evidence, scores)

        def cite() -> tuple[Citation, ...]:
            return self._verified(engine, _citations(engine, read, evidence, scores))

        with clock.stage("verify"):
            citations = cite() if confidence >= self._models.threshold else ()
        reason = Reason.ANSWERED if citations else _why_not(asked, hits)
        answer = Answer(
            question=question,
            answered=bool(citations),
            reason=reason,
            text="\n".join(citation.quote for citation in citations) or None,
            confidence=confidence,
            citations=citations,
            passages=tuple(passages),
            expansions=read.expansions,
            timings_ms=clock.timings(),
            index=_info(engine),
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
        return self._steadily(lambda engine: self._search_in(engine, question, top_k, filters, mode, diversity, watch))

    def _search_in(
        self,
        engine: Engine,
        question: str,
        top_k: int,
        filters: Filters,
        mode: Mode,
        diversity: float,
        watch: Watch,
    ) -> SearchResult:
        clock = _Clock(watch)
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
            self._take_up()
        return _info(self._unchanged(self._engine))

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
                self._take_up()
            except GeungeoError as error:
                logger.error("the newer index cannot be opened: %s", error.english)
            finally:
                self._refresh.release()
        return self._unchanged(self._engine)

    def _unchanged(self, engine: Engine) -> Engine:
        """The engine, or where somebody has written to its files another, of files derived again.

        Raises CorruptIndexError, StorageError, LockedError where there can be none: nothing is answered from damaged files.
        """
        damage = engine.changed()
        if damage is None:
            return engine
        with self._refresh:
            if self._engine.changed():
                logger.error("the index was changed by somebody else and is read again: %s", damage.english)
                self._engine = self._open_engine()
            return self._engine

    def _steadily(self, work: Callable[[Engine], T]) -> T:
        """What ``work`` makes of an engine whose files nobody has written to meanwhile; made again where somebody has."""
        engine = self._current()
        try:
            made = work(engine)
            damage = engine.changed()
        except CorruptIndexError as error:
            if engine.changed() is None:
                raise
            damage = error
        return made if damage is None else work(self._current())

    def check_sample(self) -> None:
        """Read one file of the index anew, another each time: what changed with its times kept is noticed so.

        Where one is not as it was written the index is read again. Raises what that raises.
        """
        engine, self._sampled = self._engine, self._sampled + 1
        try:
            engine.verify_file(self._sampled)
        except CorruptIndexError as error:
            with self._refresh:
                if self._engine is engine and engine.is_newest():
                    logger.error("the index was changed by somebody else and is read again: %s", error.english)
                    self._engine = self._open_engine()

    def _take_up(self) -> None:
        """The newest generation, and of the one at hand a snapshot in nobody's way. Holding ``_refresh``."""
        current = self._engine.is_current()
        self._engine = self._engine.off_the_log() if current else self._open_engine()

    def _ranked(self, engine: Engine, asked: Prepared, filters: Filters, mode: Mode, k: int) -> list[Ranked]:
        where, fusion = to_where(filters), self._models.fusion
        return rank_passages(engine, asked, fusion, where=where, mode=mode, k=k)

    def _rank(self, evidence: Sequence[Evidence]) -> tuple[list[Evidence], npt.NDArray[np.float64]]:
        """Best first, with the evidence model's scores."""
        if not evidence:
            return [], np.empty(0)
        scores = self._models.evidence.logit(within_question(evidence))
        order = np.argsort(-scores, kind="stable")
        return [evidence[place] for place in order], scores[order]

    def _confidence(
        self, question: Question, hits: Sequence[Hit], ranked: Sequence[Evidence], scores: npt.NDArray[np.float64]
    ) -> float:
        if not ranked:
            return 0.0
        features = confidence_features(question, hits, ranked, scores)
        return float(self._models.confidence.probability(features)[0])

    def _verified(self, engine: Engine, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        gate = CitationGate(engine)
        passed = gate.passed(citations)
        self.gate_failures += gate.failures
        return passed


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


def _citations(
    engine: Engine, question: Question, ranked: Sequence[Evidence], scores: npt.NDArray[np.float64]
) -> list[Citation]:
    """The best sentence and up to two more that are nearly as good, none that says the same again."""
    chosen: list[Evidence] = []
    texts: set[str] = set()
    for evidence, score in zip(ranked, scores, strict=True):
        if len(chosen) == MAX_CITATIONS or score < scores[0] - _SUPPORTING_MARGIN:
            break
        if evidence.text not in texts:
            texts.add(evidence.text)
            chosen.append(evidence)
    return [_citation(engine, question, evidence) for evidence in chosen]


def _citation(engine: Engine, question: Question, evidence: Evidence) -> Citation:
    sentence = evidence.row.sentence
    article = engine.article(sentence.article_id)
    return Citation(
        article_id=article.id,
        title=article.title,
        source=article.source,
        url=article.url,
        published_at=article.published_at,
        start=sentence.start,
        end=sentence.end,
        quote=evidence.text,
        score=evidence.hit.scores.fused,
        highlights=find_highlights(question, evidence.text, sentence.start),
    )


def _why_not(asked: Prepared, hits: Sequence[Hit]) -> Reason:
    if not hits:
        return Reason.INDEX_EMPTY
    nearest = max((hit.scores.dense or 0.0) for hit in hits)
    shared = max(float(asked.matcher.match((), search_key(hit.passage.text)) @ asked.weights) for hit in hits)
    near = nearest >= _NEAR_COSINE or shared > _SHARED_WEIGHT * float(asked.weights.sum())
    return Reason.LOW_SUPPORT if near else Reason.NO_MATCH


def _info(engine: Engine) -> IndexInfo:
    manifest = engine.manifest
    return IndexInfo(manifest.generation, manifest.encoder, manifest.articles, manifest.passages)
