"""One question asked, and everything about its outcome judged against the data set's own copy of the articles."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from eval.datasets.datasets import DataSet, GoldQuestion, GoldSpan
from eval.measures.evidence import FIRST_FEW, answer_strings, holds_answer, is_exact, is_right
from eval.measures.ranking import fold_to_articles
from eval.measures.values import best_value
from eval.measures.verdicts import must_not_cited, verdicts
from eval.results import Cited, Expected, Ranking, Row
from index.articles import Article
from index.errors import NotFoundError, UsageError
from rag.answers import Answer, Citation, Hit, IndexInfo, Mode, Query, SearchResult
from rag.ranking.retrieval import RESCORED

_ENOUGH_ARTICLES = 10  # what the deepest retrieval measure looks at
_DEPTHS = (50, 200)  # passages searched, the second only where the first hold too few articles
_WARM_UP = "오늘의 주요 내용은 무엇인가요?"  # never measured: the first question pays for lazy loading


class Evaluated(Protocol):
    """What is evaluated: a pipeline, or a fake in a test."""

    def ask(self, query: Query) -> Answer:
        """Return the answer. Raises UsageError for a question that cannot be answered by anybody."""

    def ask_with_withheld(self, query: Query) -> tuple[Answer, tuple[Citation, ...]]:
        """Return the same answer, and what it would cite if nothing were too uncertain. Raises UsageError."""

    def search(self, query: Query) -> SearchResult:
        """Return the nearest passages. Raises UsageError."""

    def article(self, article_id: str) -> Article:
        """Return the article. Raises NotFoundError."""

    def info(self) -> IndexInfo:
        """Say which index answers."""

    def close(self) -> None:
        """Release what it holds; nothing is asked any more."""


class Judge:
    """Asks the pipeline and checks every outcome.

    ``with_withheld`` judges what an abstention would have cited too. ``reused`` counts the vectors of questions that
    came from a file so far; a question during which it grows is not timed.
    """

    def __init__(
        self,
        pipeline: Evaluated,
        dataset: DataSet,
        mode: Mode,
        with_withheld: bool = False,
        reused: Callable[[], int] = lambda: 0,
    ) -> None:
        self._pipeline = pipeline
        self._with_withheld = with_withheld
        self._reused = reused
        self._mode = mode
        self._corpus: dict[str, Article | None] = {article.id: article for article in dataset.articles}
        self._enough = min(_ENOUGH_ARTICLES, len(dataset.articles) or _ENOUGH_ARTICLES)

    def row(self, question: GoldQuestion, answers: bool) -> Row:
        """Return the question asked (unless only its ranking is wanted), ranked where it is judged, and its verdicts."""
        if not answers:
            return bare_row(question, self._ranking(question, ()))
        reused = self._reused()
        started = time.perf_counter()
        outcome = self._ask(question.text)
        latency_ms = 1000 * (time.perf_counter() - started)
        timed = self._reused() == reused
        hits = () if isinstance(outcome, str) else outcome[0].passages
        row = bare_row(question, self._ranking(question, hits))
        row = replace(row, asked=True, latency_ms=latency_ms, timed=timed)
        if isinstance(outcome, str):
            return self._refused(row, question, outcome)
        return self._judged(row, question, *outcome)

    def warm_up(self) -> None:
        """Ask a question that is not measured. What goes wrong here goes wrong for all, so it is raised."""
        self._pipeline.ask(Query(_WARM_UP, mode=self._mode))

    def _ask(self, text: str) -> tuple[Answer, tuple[Citation, ...]] | str:
        """Return the answer with all that was ranked for it and what it keeps to itself, or the code of a refusal."""
        query = Query(text, top_k=RESCORED, mode=self._mode)
        try:
            if self._with_withheld:
                return self._pipeline.ask_with_withheld(query)
            answer = self._pipeline.ask(query)
            return answer, answer.citations
        except UsageError as error:
            return error.code

    def _ranking(self, question: GoldQuestion, hits: Sequence[Hit]) -> Ranking:
        """Rank enough articles for the deepest measure: the answer's own passages' if they do, else a search's."""
        if not is_ranked(question):
            return ()
        ranking = fold_to_articles(hits)
        for depth in _DEPTHS:
            if len(ranking) >= self._enough:
                break
            try:
                hits = self._pipeline.search(Query(question.text, top_k=depth, mode=self._mode)).hits
            except UsageError:
                return ()
            ranking = fold_to_articles(hits)
            if len(hits) < depth:
                break
        return ranking

    def _judged(self, row: Row, question: GoldQuestion, answer: Answer, would: Sequence[Citation]) -> Row:
        known = answer_strings(question, self._article)
        withheld = () if answer.answered else would
        citations, unspoken = self._checked(answer.citations, question, known), self._checked(withheld, question, known)
        values = evidence_values(question, citations if answer.answered else (), known)
        if self._with_withheld:
            before = evidence_values(question, citations or unspoken, known)
            values |= {f"{key}_unabstained": value for key, value in before.items()}
            values |= _value_scores(question, would[:1], known)
        quotes = [cited.quote for cited in citations] if answer.answered else []
        certainty = str(answer.certainty) if answer.certainty else None
        first = (citations or unspoken)[:1]
        return replace(
            row,
            answered=answer.answered,
            reason=str(answer.reason),
            confidence=answer.confidence,
            text=answer.text,
            citations=citations,
            unspoken=unspoken,
            right=first[0].right if first else _nearest_is_right(answer, question, known),
            values=values | verdicts(question, quotes, certainty),
            certainty=certainty,
            must_not=must_not_cited(question, quotes),
        )

    def _checked(
        self, citations: Sequence[Citation], question: GoldQuestion, known: Sequence[str]
    ) -> tuple[Cited, ...]:
        return tuple(
            Cited(
                citation.article_id,
                citation.title,
                citation.start,
                citation.end,
                citation.quote,
                is_exact(self._article(citation.article_id), citation.start, citation.end, citation.quote),
                is_right(citation, citation.quote, question, known),
            )
            for citation in citations
        )

    def _refused(self, row: Row, question: GoldQuestion, code: str) -> Row:
        """Return the row of a question that the pipeline would not take: an abstention without evidence."""
        values = evidence_values(question, (), answer_strings(question, self._article)) | verdicts(question, (), None)
        return replace(row, reason=code, right=False, values=values)

    def _article(self, article_id: str) -> Article | None:
        """Return the data set's article; for a probe or a distractor, which it lacks, the pipeline's."""
        if article_id not in self._corpus:
            try:
                self._corpus[article_id] = self._pipeline.article(article_id)
            except NotFoundError:
                self._corpus[article_id] = None
        return self._corpus[article_id]


def is_ranked(question: GoldQuestion) -> bool:
    """Return whether some article is judged relevant to it."""
    return question.answerable and any(grade > 0 for grade in question.relevant.values())


def evidence_values(question: GoldQuestion, citations: Sequence[Cited], known: Sequence[str]) -> dict[str, float]:
    """Return the evidence measures that this question defines: none for an unanswerable one."""
    values: dict[str, float] = {}
    if question.answerable and question.spans:
        values["evidence@1"] = float(any(cited.right for cited in citations[:1]))
        values["evidence@3"] = float(any(cited.right for cited in citations[:FIRST_FEW]))
    if question.answerable and (known or question.answer_spans):
        held = [holds_answer(cited, cited.quote, question, known) for cited in citations]
        values["answer_in_first_citation"] = float(any(held[:1]))
        values["answer_in_citation"] = float(any(held))
    return values


def bare_row(question: GoldQuestion, ranking: Ranking) -> Row:
    """Return the question and its ranking, nothing asked."""
    return Row(
        id=question.id,
        question=question.text,
        half=question.half,
        type=question.type,
        tags=question.tags,
        answerable=question.answerable,
        why=question.why,
        relevant=question.relevant,
        expected=_expected(question),
        ranking=ranking,
        kind=question.kind,
    )


def _value_scores(question: GoldQuestion, first: Sequence[Citation], known: Sequence[str]) -> dict[str, float]:
    """Score how well the first value marked in the first citation is the gold answer; nothing marked scores 0."""
    if not (question.answerable and (known or question.answer_spans)):
        return {}
    answers = [*known, *(span.text for span in question.answer_spans)]
    marked = [
        citation.quote[start - citation.start : end - citation.start]
        for citation in first
        for start, end in citation.highlights
    ]
    em, f1 = best_value(marked[0], answers) if marked else (0.0, 0.0)
    return {"value_marked": float(bool(marked)), "value_em": em, "value_f1": f1}


def _nearest_is_right(answer: Answer, question: GoldQuestion, known: Sequence[str]) -> bool | None:
    """Return whether the nearest passage would have answered: looser than a sentence, where no citation was kept."""
    if not question.answerable or not answer.passages:
        return False
    nearest = answer.passages[0].passage
    return is_right(nearest, nearest.text, question, known)


def _expected(question: GoldQuestion) -> tuple[Expected, ...]:
    answers = [
        Expected(answer.text, answer.article_id, answer.start, answer.end)
        if isinstance(answer, GoldSpan)
        else Expected(answer)
        for answer in question.answers
    ]
    evidence = [
        Expected(place.text, place.article_id, place.start, place.end, evidence=True) for place in question.evidence
    ]
    return tuple(answers + evidence)
