"""One data set through one pipeline: ask every question, judge what comes back, add it up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from eval.datasets.datasets import DataSet, GoldQuestion, select
from eval.judge import Evaluated, Judge, bare_row, is_ranked
from eval.measures.metrics import breakdown, estimates
from eval.measures.ranking import retrieval_scores
from eval.report.provenance import provenance
from eval.results import Ranking, Report, Row
from index.errors import UsageError
from rag.answers import Mode

Progress = Callable[[int, int], None]  # questions done, questions in all
SAMPLE_SEED = 0


def evaluate(
    pipeline: Evaluated,
    dataset: DataSet,
    *,
    mode: Mode = Mode.HYBRID,
    half: str | None = None,
    sample: int | None = None,
    answers: bool = True,
    with_withheld: bool = False,
    reused: Callable[[], int] = lambda: 0,
    ranker: Callable[[str], Ranking] | None = None,
    progress: Progress | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Report:
    """Ask the data set's questions and judge the outcome.

    ``half`` and ``sample`` (drawn with a fixed seed) restrict the questions; without ``answers`` only the ranking
    is measured, which is quicker; ``ranker`` ranks in the pipeline's place, and nothing is answered. For
    ``with_withheld`` and ``reused`` see :class:`eval.judge.Judge`. ``settings`` is recorded as it is. Raises UsageError
    where nothing is left to do.
    """
    answers = answers and ranker is None
    questions = _chosen(dataset, half, sample, answers)
    judge = Judge(pipeline, dataset, mode, with_withheld, reused)
    if answers:
        judge.warm_up()
    ask = (lambda question: judge.row(question, answers)) if ranker is None else _by(ranker)
    rows = _run(ask, questions, progress)
    return Report(
        dataset=_describe(dataset),
        settings={"mode": str(mode), "half": half, "sample": sample, "answers": answers, **(settings or {})},
        provenance=provenance(),
        index=asdict(pipeline.info()),
        measures=estimates(rows),
        breakdown=breakdown(rows),
        rows=tuple(rows),
    )


def _chosen(dataset: DataSet, half: str | None, sample: int | None, answers: bool) -> list[GoldQuestion]:
    """Return the questions to ask. Raises UsageError where only their ranking is measured and none of them has one."""
    questions = select(dataset.questions, half, sample, SAMPLE_SEED)
    if not answers and not any(is_ranked(question) for question in questions):
        raise UsageError(
            f"{dataset.name}에는 순위 판정(qrels)이 없어 답변 없이는 잴 것이 없습니다.",
            f"{dataset.name} has no qrels: without answers there is nothing to measure.",
        )
    return questions


def _by(ranker: Callable[[str], Ranking]) -> Callable[[GoldQuestion], Row]:
    return lambda question: bare_row(question, ranker(question.text) if is_ranked(question) else ())


def _run(ask: Callable[[GoldQuestion], Row], questions: Sequence[GoldQuestion], progress: Progress | None) -> list[Row]:
    rows = []
    for done, question in enumerate(questions, 1):
        rows.append(ask(question))
        if progress is not None:
            progress(done, len(questions))
    return _with_retrieval(rows)


def _with_retrieval(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with their retrieval measures, where the question has a relevant article."""
    relevant = {row.id: row.relevant for row in rows if row.answerable and any(row.relevant.values())}
    scores = retrieval_scores(relevant, {row.id: row.ranking for row in rows})
    return [replace(row, values={**scores.get(row.id, {}), **row.values}) for row in rows]


def _describe(dataset: DataSet) -> dict[str, Any]:
    counts = {"articles": len(dataset.articles), "questions": len(dataset.questions), "unjudged": dataset.unjudged}
    return {"name": dataset.name, "sha256": dataset.sha256, **counts}
