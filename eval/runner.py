"""One data set through one pipeline: ask every question, judge what comes back, add it up."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from eval.datasets import DataSet, GoldQuestion, GoldSpan, select
from eval.evidence import FIRST_FEW, answer_strings, contains_answer, is_exact, is_right
from eval.metrics import breakdown, estimates
from eval.provenance import provenance
from eval.ranking import Ranking, fold_to_articles, retrieval_scores
from eval.results import Cited, Expected, Report, Row
from index.articles import Article
from index.errors import NotFoundError, UsageError
from rag.answers import Answer, Hit, Mode
from rag.pipeline import Pipeline

Progress = Callable[[int, int], None]  # questions done, questions in all
SAMPLE_SEED = 0
_ENOUGH_ARTICLES = 10  # what the deepest retrieval measure looks at
_DEPTHS = (50, 200)  # passages searched, the second only where the first hold too few articles
_WARM_UP = "오늘의 주요 내용은 무엇인가요?"  # never measured: the first question pays for lazy loading


def evaluate(
    pipeline: Pipeline,
    dataset: DataSet,
    *,
    mode: Mode = Mode.HYBRID,
    half: str | None = None,
    sample: int | None = None,
    answers: bool = True,
    progress: Progress | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Report:
    """Ask the data set's questions and judge the outcome.

    ``half`` and ``sample`` (drawn with a fixed seed) restrict the questions; without ``answers`` only the ranking
    is measured, which is quicker. ``settings`` is recorded as it is. Raises UsageError where nothing is left to do.
    """
    questions = select(dataset.questions, half, sample, SAMPLE_SEED)
    if not answers and not any(_is_ranked(question) for question in questions):
        raise UsageError(
            f"{dataset.name}에는 순위 판정(qrels)이 없어 답변 없이는 잴 것이 없습니다.",
            f"{dataset.name} has no qrels: without answers there is nothing to measure.",
        )
    rows = _run(_Judge(pipeline, dataset, mode), questions, answers, progress)
    return Report(
        dataset=_describe(dataset),
        settings={"mode": str(mode), "half": half, "sample": sample, "answers": answers, **(settings or {})},
        provenance=provenance(),
        index=asdict(pipeline.info()),
        measures=estimates(rows),
        breakdown=breakdown(rows),
        rows=tuple(rows),
    )


def _run(judge: "_Judge", questions: Sequence[GoldQuestion], answers: bool, progress: Progress | None) -> list[Row]:
    if answers:
        judge.warm_up()
    rows = []
    for done, question in enumerate(questions, 1):
        rows.append(judge.row(question, answers))
        if progress is not None:
            progress(done, len(questions))
    return _with_retrieval(rows)


def _with_retrieval(rows: Sequence[Row]) -> list[Row]:
    """The rows with their retrieval measures, where the question has a relevant article."""
    relevant = {row.id: row.relevant for row in rows if row.answerable and any(row.relevant.values())}
    scores = retrieval_scores(relevant, {row.id: row.ranking for row in rows})
    return [replace(row, values={**scores.get(row.id, {}), **row.values}) for row in rows]


def _describe(dataset: DataSet) -> dict[str, Any]:
    counts = {"articles": len(dataset.articles), "questions": len(dataset.questions), "unjudged": dataset.unjudged}
    return {"name": dataset.name, "sha256": dataset.sha256, **counts}


def _is_ranked(question: GoldQuestion) -> bool:
    return question.answerable and any(grade > 0 for grade in question.relevant.values())


class _Judge:
    """Asks the pipeline and checks every outcome against the data set's own copy of the articles."""

    def __init__(self, pipeline: Pipeline, dataset: DataSet, mode: Mode) -> None:
        self._pipeline = pipeline
        self._mode = mode
        self._corpus: dict[str, Article | None] = {article.id: article for article in dataset.articles}
        self._enough = min(_ENOUGH_ARTICLES, len(dataset.articles) or _ENOUGH_ARTICLES)

    def row(self, question: GoldQuestion, answers: bool) -> Row:
        """The question asked (unless only its ranking is wanted), ranked where it is judged, and its verdicts."""
        if not answers:
            return _bare(question, self._ranking(question, ()))
        started = time.perf_counter()
        answer = self.ask(question.text)
        latency_ms = 1000 * (time.perf_counter() - started)
        row = _bare(question, self._ranking(question, () if isinstance(answer, str) else answer.passages))
        if isinstance(answer, str):
            return self._refused(row, question, answer, latency_ms)
        return self._judged(row, question, answer, latency_ms)

    def warm_up(self) -> None:
        """An unmeasured question. What goes wrong here goes wrong for all, so it is raised."""
        self._pipeline.ask(_WARM_UP, mode=self._mode)

    def ask(self, text: str) -> Answer | str:
        """The answer, or the code of the error with which the pipeline refused this one question."""
        try:
            return self._pipeline.ask(text, mode=self._mode)
        except UsageError as error:
            return error.code

    def _ranking(self, question: GoldQuestion, hits: Sequence[Hit]) -> Ranking:
        """Enough articles for the deepest measure: from the answer's own passages if they do, else by a search."""
        if not _is_ranked(question):
            return ()
        ranking = fold_to_articles(hits)
        for depth in _DEPTHS:
            if len(ranking) >= self._enough:
                break
            try:
                hits = self._pipeline.search(question.text, top_k=depth, mode=self._mode).hits
            except UsageError:
                return ()
            ranking = fold_to_articles(hits)
            if len(hits) < depth:
                break
        return ranking

    def _judged(self, row: Row, question: GoldQuestion, answer: Answer, latency_ms: float) -> Row:
        known = answer_strings(question, self._article)
        citations = tuple(
            Cited(
                each.article_id,
                each.title,
                each.start,
                each.end,
                each.quote,
                is_exact(self._article(each.article_id), each.start, each.end, each.quote),
                is_right(each, each.quote, question, known),
            )
            for each in answer.citations
        )
        return replace(
            row,
            asked=True,
            answered=answer.answered,
            reason=str(answer.reason),
            confidence=answer.confidence,
            text=answer.text,
            latency_ms=latency_ms,
            citations=citations,
            right=citations[0].right if citations else _nearest_is_right(answer, question, known),
            values=evidence_values(question, citations if answer.answered else (), known),
        )

    def _refused(self, row: Row, question: GoldQuestion, code: str, latency_ms: float) -> Row:
        """A question the pipeline would not take counts as an abstention without evidence."""
        values = evidence_values(question, (), answer_strings(question, self._article))
        return replace(row, asked=True, reason=code, latency_ms=latency_ms, right=False, values=values)

    def _article(self, article_id: str) -> Article | None:
        """The data set's article; for a probe, which brings none, the pipeline's."""
        if article_id not in self._corpus:
            try:
                self._corpus[article_id] = self._pipeline.article(article_id)
            except NotFoundError:
                self._corpus[article_id] = None
        return self._corpus[article_id]


def evidence_values(question: GoldQuestion, citations: Sequence[Cited], known: Sequence[str]) -> dict[str, float]:
    """The evidence measures that this question defines: none for an unanswerable one."""
    values: dict[str, float] = {}
    if question.answerable and question.spans:
        values["evidence@1"] = float(any(cited.right for cited in citations[:1]))
        values["evidence@3"] = float(any(cited.right for cited in citations[:FIRST_FEW]))
    if question.answerable and known:
        values["answer_in_citation"] = float(any(contains_answer(cited.quote, known) for cited in citations))
    return values


def _nearest_is_right(answer: Answer, question: GoldQuestion, known: Sequence[str]) -> bool | None:
    """For an abstention: would the nearest passage have answered? Looser than a citation, which is a sentence."""
    if not question.answerable or not answer.passages:
        return False
    nearest = answer.passages[0].passage
    return is_right(nearest, nearest.text, question, known)


def _bare(question: GoldQuestion, ranking: Ranking) -> Row:
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
    )


def _expected(question: GoldQuestion) -> tuple[Expected, ...]:
    answers = [
        Expected(each.text, each.article_id, each.start, each.end) if isinstance(each, GoldSpan) else Expected(each)
        for each in question.answers
    ]
    evidence = [Expected(each.text, each.article_id, each.start, each.end, evidence=True) for each in question.evidence]
    return tuple(answers + evidence)
