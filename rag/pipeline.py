"""The one object behind the command line, HTTP and evaluation: a question in, a cited answer out."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from index.articles import Article
from index.encoders.base import Encoder
from index.engine import Engine
from index.korean.sentences import SentenceSplitter
from index.search.lexical import LexicalQuery
from index.text.characters import normalize
from rag.answers import (
    NO_FILTERS,
    UNWATCHED,
    Absent,
    Answer,
    ArticleView,
    Certainty,
    Citation,
    Conflict,
    Hit,
    IndexInfo,
    Part,
    Query,
    Reason,
    SearchResult,
    Watch,
)
from rag.evidence.absence import absent_qualifiers, why_not_answered
from rag.evidence.citing import MAX_CITATIONS, choose, make_citation
from rag.evidence.conflicts import find_conflicts
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, gather_evidence
from rag.evidence.gate import CitationGate
from rag.evidence.highlight import without_particles
from rag.evidence.selection import Selection, select_evidence
from rag.freshness import NewestEngine
from rag.question.aliases import Aliases
from rag.question.asked import Asked, read_asked
from rag.question.completion import Completed, Completion, complete, depends
from rag.question.question import MAX_QUESTION, Question, read_question
from rag.question.spelling import Frequency
from rag.question.turns import Turn
from rag.ranking.listing import collapse, distinct_hits
from rag.ranking.matching import Prepared, prepare
from rag.ranking.models import Models, packaged_models
from rag.ranking.retrieval import Ranked, rank_passages, to_where
from rag.reader.closely import CloseReader

_MOST_TURNS = 3  # of the questions before; each is asked again
_MOST_OF_ARTICLE = 50_000  # characters around what a turn cited: all of most articles, and soon looked through
_PART_SHARE = 0.7  # of the threshold: that the whole was answered makes each part likelier


Within = tuple[str, ...] | None  # see rag.answers.Query


class Pipeline:
    """Answers questions over the newest generation of an index (:class:`rag.answerer.Answerer`).

    ``open_engine`` opens the newest generation; it is called again when a newer one has been published. Every
    answer is made from one engine from beginning to end, and made again where its files were written to meanwhile.
    """

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        encoder: Encoder,
        splitter: SentenceSplitter,
        aliases: Aliases,
        models: Models | None = None,
        reader: CloseReader | None = None,
    ) -> None:
        self._encoder = encoder
        self._splitter = splitter
        self._aliases = aliases
        self._models = models or packaged_models()
        self._reader = reader
        self._newest = NewestEngine(open_engine)
        self.gate_failures = 0

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        """Return a cited answer, or an honest refusal with the nearest passages."""
        return self._consider(query, watch)[0]

    def ask_with_withheld(self, query: Query) -> tuple[Answer, tuple[Citation, ...]]:
        """Return the same answer, and what it would cite if nothing were too uncertain: for whoever judges both."""
        answer, findings = self._consider(query, UNWATCHED)
        return answer, answer.citations or self._cite(findings)

    def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
        """Return the best passages, no answer."""
        return self._newest.steadily(lambda engine: self._search_in(engine, query, watch))

    def article(self, article_id: str) -> Article:
        """Return the article. Raises NotFoundError."""
        return self._newest.current().article(article_id)

    def article_view(self, article_id: str) -> ArticleView:
        """Return the article with its spans, both of one generation. Raises NotFoundError."""
        engine = self._newest.current()
        article, spans = engine.article(article_id), tuple(engine.spans(article_id))
        return ArticleView(article, spans, engine.manifest.generation, engine.original_name(article))

    def snapshot(self) -> Engine:
        """Return the generation that answers now, for whoever reads several things that must fit together."""
        return self._newest.current()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, as the encoder cuts it."""
        return self._encoder.count_tokens(texts)

    def info(self) -> IndexInfo:
        """Return the generation that answers now."""
        return _info(self._newest.current())

    def refresh(self) -> IndexInfo:
        """Take up the newest generation now, for whoever has just published one. Raises what opening it raises."""
        return _info(self._newest.refresh())

    def keep_fresh(self) -> None:
        """Take up what somebody else has published, for whoever calls this now and then. What fails is logged once."""
        self._newest.keep_fresh()

    @property
    def processes(self) -> int:
        """That answer, this one included."""
        return 1

    def close(self) -> None:
        """Let go of the index; nothing is asked any more."""
        self._newest.close()

    def _consider(self, query: Query, watch: Watch) -> "tuple[Answer, _Findings]":
        """Return the whole way of a question: its answer, and what the answer was made of."""
        return self._newest.steadily(lambda engine: self._consider_in(engine, query, watch))

    def _consider_in(self, engine: Engine, query: Query, watch: Watch) -> "tuple[Answer, _Findings]":
        """Ask what the question leaves out, then the whole of it."""
        completed = self._complete(engine, query, watch)
        answer, findings = self._consider_alone(engine, replace(query, question=completed.question), watch)
        if completed.wider and answer.certainty in (None, Certainty.LOW):
            wider = self._consider_alone(engine, replace(query, question=completed.wider.question), UNWATCHED)
            if wider[0].certainty in (Certainty.HIGH, Certainty.MEDIUM):  # asked twice, chance answers twice
                completed, (answer, findings) = completed.wider, wider
                watch.passages(answer.passages)
        if completed.outcome is Completion.COMPLETED:
            answer = replace(answer, question=query.question, completed=completed.question, added=completed.added)
        elif completed.outcome is Completion.IMPOSSIBLE and answer.reason in (Reason.NO_MATCH, Reason.LOW_SUPPORT):
            answer = replace(answer, reason=Reason.CONTEXT_NEEDED)
        return answer, findings

    def _complete(self, engine: Engine, query: Query, watch: Watch) -> Completed:
        """Return the question as it is searched. Those before it are asked again only where it may need them."""
        tokenize, turns = self._splitter.tokenize, list[Turn]()
        if query.context and depends(query.question, tokenize):
            for earlier in query.context[-_MOST_TURNS:]:
                watch.stage("context")
                turns.append(self._turn(engine, replace(query, question=earlier, context=()), turns))
        completed = complete(normalize(query.question), turns, tokenize)
        if completed.outcome is Completion.ALONE:
            return Completed(query.question)
        fits = completed.outcome is Completion.COMPLETED and len(completed.question) <= MAX_QUESTION
        return completed if fits else Completed(query.question, outcome=Completion.IMPOSSIBLE)

    def _turn(self, engine: Engine, query: Query, before: Sequence[Turn]) -> Turn:
        """Return an earlier question as it was searched, and what its answer cites first."""
        question = complete(normalize(query.question), before, self._splitter.tokenize).question
        answer, _ = self._consider_alone(engine, replace(query, question=question), UNWATCHED)
        if answer.citations:
            first = answer.citations[0]
            return Turn(question, first.quote, first.title, _around(engine.article(first.article_id).text, first.start))
        if not answer.passages:
            return Turn(question)
        near = answer.passages[0].passage
        return Turn(question, "", near.title, _around(engine.article(near.article_id).text, near.start))

    def _consider_alone(self, engine: Engine, query: Query, watch: Watch) -> "tuple[Answer, _Findings]":
        clock, as_of = _Clock(watch), query.as_of or _today()
        with clock.stage("analyse"):
            question = self._read(engine, query.question, query.within)
            asked = read_asked(question.text, as_of=as_of)
        with clock.stage("encode"):
            prepared = prepare(engine, self._encoder, question)
        with clock.stage("retrieve"):
            ranked = self._ranked(engine, prepared, query, max(query.top_k, EVIDENCE_PASSAGES))
        passages = _described(engine, collapse([passage.hit for passage in ranked], query.top_k))
        watch.passages(passages)
        with clock.stage("evidence"):
            findings = self._find(engine, prepared, asked, ranked, query.within)
        with clock.stage("verify"):
            outcome = self._judge(findings, as_of, watch)
        return self._answer(query, findings, outcome, passages, clock), findings

    def _search_in(self, engine: Engine, query: Query, watch: Watch) -> SearchResult:
        completed = self._complete(engine, query, watch)
        clock = _Clock(watch)
        with clock.stage("analyse"):
            question = self._read(engine, completed.question, query.within)
        with clock.stage("encode"):
            prepared = prepare(engine, self._encoder, question)
        with clock.stage("retrieve"):
            hits = distinct_hits(
                lambda k: [passage.hit for passage in self._ranked(engine, prepared, query, k)],
                query.top_k,
                diversity=query.diversity,
            )
        described = tuple(_described(engine, hits))
        result = SearchResult(query.question, described, question.expansions, clock.timings(), _info(engine))
        if completed.outcome is Completion.COMPLETED:
            result = replace(result, completed=completed.question, added=completed.added)
        return result

    def _read(self, engine: Engine, text: str, within: Within) -> Question:
        return read_question(text, self._splitter, self._aliases, *_frequencies(engine, within))

    def _ranked(self, engine: Engine, prepared: Prepared, query: Query, k: int) -> list[Ranked]:
        where, fusion = to_where(query.filters, query.within), self._models.fusion
        return rank_passages(engine, prepared, fusion, where=where, mode=query.mode, k=k)

    def _find(
        self, engine: Engine, prepared: Prepared, asked: Asked, ranked: Sequence[Ranked], within: Within
    ) -> "_Findings":
        evidence = gather_evidence(engine, prepared, asked, ranked)
        hits = [passage.hit for passage in ranked]
        return _Findings(
            engine,
            prepared,
            asked,
            ranked,
            select_evidence(self._models, prepared.question, asked, hits, evidence, self._reader),
            within,
        )

    def _judge(self, findings: "_Findings", as_of: date, watch: Watch) -> "_Outcome":
        """Return what is cited where that is sure enough and exact; else what the articles lack."""
        absent = absent_qualifiers(findings.asked, findings.selection.evidence)
        # Where the articles hold another year or weekday than the one asked about, ten such questions to one have no answer.
        sure = absent is None and findings.selection.confidence >= findings.selection.bounds.threshold
        citations = self._cite(findings) if sure else ()
        if not citations:
            return _Outcome(absent=absent)
        conflicts = self._conflicts(findings)
        if len(findings.asked.parts) <= 1:
            return _Outcome(citations, conflicts=conflicts)
        return _Outcome(*self._by_parts(findings, citations, as_of, watch), conflicts)

    def _cite(self, findings: "_Findings") -> tuple[Citation, ...]:
        question, asked, selection = findings.prepared.question, findings.asked, findings.selection
        chosen = choose(asked, selection.evidence, selection.scores)
        return self._verified(
            findings.engine,
            [self._citation(question, asked, selection, sentence) for sentence in chosen],
        )

    def _citation(self, question: Question, asked: Asked, selection: Selection, evidence: Evidence) -> Citation:
        """Return the sentence with its place, and in it the value that the reader marked, without its particles."""
        value = selection.value(evidence)
        if value is not None:
            origin = evidence.row.sentence.start
            end = without_particles(evidence.text, value[0] - origin, value[1] - origin, self._splitter.tokenize)
            value = value[0], origin + end
        return make_citation(question, asked, evidence, value)

    def _by_parts(
        self, findings: "_Findings", first: Sequence[Citation], as_of: date, watch: Watch
    ) -> tuple[tuple[Citation, ...], tuple[Part, ...]]:
        """Return the citations with the best sentence of each part added, and which of them belong to which part."""
        citations, parts = list(first[:1]), []
        for text in findings.asked.parts:
            watch.stage("verify")  # each takes as long as a question: whoever waits no more ends it here
            found = self._cite_part(findings, text, as_of)
            parts.append(Part(text, tuple(_placed(citations, citation) for citation in found)))
        citations += [citation for citation in first[1:] if all(citation.quote != other.quote for other in citations)]
        return tuple(citations[: max(MAX_CITATIONS, len(parts) + 1)]), tuple(parts)

    def _cite_part(self, findings: "_Findings", text: str, as_of: date) -> tuple[Citation, ...]:
        """Return the best sentence for one part of the question, from the passages of the whole.

        None where that is unsure.
        """
        engine = findings.engine
        question = self._read(engine, text, findings.within)
        asked = replace(read_asked(question.text, as_of=as_of), parts=(question.text,))
        prepared = prepare(engine, self._encoder, question)
        selection = self._find(engine, prepared, asked, findings.ranked, findings.within).selection
        if not selection.evidence or selection.confidence < _PART_SHARE * selection.bounds.threshold:
            return ()
        best = selection.evidence[0]
        return self._verified(engine, [self._citation(question, asked, selection, best)])

    def _conflicts(self, findings: "_Findings") -> tuple[Conflict, ...]:
        question, asked, selection = findings.prepared.question, findings.asked, findings.selection
        found = [
            Conflict(other.text, self._citation(question, asked, selection, other.evidence))
            for other in find_conflicts(asked, selection.evidence, selection.scores)
        ]
        return tuple(conflict for conflict in found if self._verified(findings.engine, [conflict.citation]))

    def _verified(self, engine: Engine, citations: Sequence[Citation]) -> tuple[Citation, ...]:
        gate = CitationGate(engine)
        passed = gate.passed(citations)
        self.gate_failures += gate.failures
        return passed

    def _answer(
        self, query: Query, findings: "_Findings", outcome: "_Outcome", passages: Sequence[Hit], clock: "_Clock"
    ) -> Answer:
        citations, absent, confidence = outcome.citations, outcome.absent, findings.selection.confidence
        hits = [passage.hit for passage in findings.ranked]
        return Answer(
            question=query.question,
            answered=bool(citations),
            reason=Reason.ANSWERED if citations else why_not_answered(findings.prepared, hits, absent),
            text="\n".join(citation.quote for citation in citations) or None,
            confidence=confidence,
            citations=citations,
            passages=tuple(passages),
            expansions=findings.prepared.question.expansions,
            timings_ms=clock.timings(),
            index=_info(findings.engine),
            certainty=_certainty(findings.selection) if citations else None,
            parts=outcome.parts,
            conflicts=outcome.conflicts,
            absent=absent,
        )


@dataclass(frozen=True, slots=True)
class _Findings:
    """All that an answer is made of: the question as it was read, its passages and their sentences, of one engine.

    ``within``: see :class:`rag.answers.Query`.
    """

    engine: Engine
    prepared: Prepared
    asked: Asked
    ranked: Sequence[Ranked]
    selection: Selection
    within: Within


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What may be said, each citation exact.

    Nothing is cited where it was too unsure, and then ``absent`` may tell why.
    """

    citations: tuple[Citation, ...] = ()
    parts: tuple[Part, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    absent: Absent | None = None


def _certainty(selection: Selection) -> Certainty:
    if selection.confidence >= selection.bounds.high:
        return Certainty.HIGH
    return Certainty.MEDIUM if selection.confidence >= selection.bounds.medium else Certainty.LOW


def _placed(citations: list[Citation], citation: Citation) -> int:
    """Return the citation's place in the list, after appending it where it is new."""
    for number, other in enumerate(citations):
        if (other.article_id, other.start) == (citation.article_id, citation.start):
            return number
    citations.append(citation)
    return len(citations) - 1


def _frequencies(engine: Engine, within: Within) -> tuple[Frequency, Frequency]:
    """Return how many passages hold a word, and a pair of letters.

    For whoever sees some collections alone that is 0 where none of theirs does: a question is read, and its aliases are told,
    by the words of what they see.
    """
    if within is None:
        return engine.document_frequency, engine.pair_frequency
    where = to_where(NO_FILTERS, within)

    def held(query: LexicalQuery, frequency: int) -> int:
        return frequency if frequency and engine.search_lexical(query, 1, where) else 0

    return (
        cache(lambda word: held(LexicalQuery({word: 1.0}, ()), engine.document_frequency(word))),
        cache(lambda pair: held(LexicalQuery({}, (pair,)), engine.pair_frequency(pair))),
    )


def _around(text: str, start: int) -> str:
    """Return an article, or of a long one the whole lines around a place."""
    if len(text) <= _MOST_OF_ARTICLE:
        return text
    first = max(0, min(start - _MOST_OF_ARTICLE // 2, len(text) - _MOST_OF_ARTICLE))
    part = text[first : first + _MOST_OF_ARTICLE]
    return part.partition("\n")[2] or part if first else part


def _described(engine: Engine, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with what is known of their articles."""
    known = engine.labels({hit.passage.article_id for hit in hits})
    return [
        replace(hit, source=label.source, url=label.url, published_at=label.published_at)
        for hit in hits
        for label in [known[hit.passage.article_id]]
    ]


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


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _info(engine: Engine) -> IndexInfo:
    manifest = engine.manifest
    return IndexInfo(manifest.generation, manifest.encoder, manifest.articles, manifest.passages)
