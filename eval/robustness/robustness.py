"""Is the gold passage still found when a question is typed otherwise? Shares of the top three, plain and changed.

A question counts for a form that can change it. Found means: one of the first three passages overlaps a gold span;
where no span is known, one of the first three articles is relevant.
"""

from collections.abc import Callable, Sequence

import numpy as np

from eval.datasets.datasets import GoldQuestion
from eval.judge import Evaluated, is_ranked
from eval.measures.bootstrap import intervals, ratio_of
from eval.measures.evidence import overlaps
from eval.measures.ranking import fold_to_articles
from eval.results import Kept
from eval.robustness.forms import TRANSFORMATIONS, Transformation
from eval.robustness.typist import Tokenize
from eval.system import System
from index.errors import UsageError
from rag.answers import Hit, Query
from rag.question.aliases import load_groups

FIRST = 3
_SEARCHED = 30  # passages, so that three articles are among them


def robustness(
    system: System, questions: Sequence[GoldQuestion], progress: Callable[[int, int], None] | None = None
) -> tuple[Kept, ...]:
    """Ask every ranked question in every form that can change it. Raises UsageError."""
    if system.tokenize is None:
        raise UsageError("글이 있는 데이터 세트라야 합니다.", "robustness needs a data set with articles.")
    return measure(system.pipeline, questions, system.tokenize, load_groups(), progress)


def measure(
    pipeline: Evaluated,
    questions: Sequence[GoldQuestion],
    tokenize: Tokenize,
    aliases: Sequence[Sequence[str]],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Kept, ...]:
    """See :func:`robustness`."""
    ranked = [question for question in questions if is_ranked(question)]
    pairs: dict[str, list[tuple[float, float]]] = {form.name: [] for form in TRANSFORMATIONS}
    for done, question in enumerate(ranked, 1):
        plain = is_found(pipeline, question, question.text)
        for form in TRANSFORMATIONS:
            changed = form(question.text, tokenize, aliases)
            if changed is not None:
                pairs[form.name].append((plain, is_found(pipeline, question, changed)))
        if progress is not None:
            progress(done, len(ranked))
    return tuple(kept(form, pairs[form.name]) for form in TRANSFORMATIONS)


def is_found(pipeline: Evaluated, question: GoldQuestion, text: str) -> float:
    """Return 1.0 where asking ``text`` brings the question's gold passage among the first three, else 0.0."""
    try:
        hits = pipeline.search(Query(text, top_k=_SEARCHED)).hits
    except UsageError:
        return 0.0
    return float(_holds_gold(hits, question))


def kept(form: Transformation, pairs: Sequence[tuple[float, float]]) -> Kept:
    """Sum up (plain, changed) of each question, with the bootstrap interval of the ratio of their sums."""
    if not pairs:
        return Kept(form.name, 0, korean=form.korean, skipped=form.skipped)
    before, after = np.array(pairs, dtype=np.float64).T
    if not before.sum():
        return Kept(form.name, len(pairs), korean=form.korean, skipped="그대로도 찾지 못함")
    low, high = intervals({form.name: ratio_of(after, before)}, len(before))[form.name]
    plain, changed = float(before.mean()), float(after.mean())
    return Kept(form.name, len(before), plain, changed, changed / plain, low, high, korean=form.korean)


def _holds_gold(hits: Sequence[Hit], question: GoldQuestion) -> bool:
    if question.spans:
        return any(overlaps(hit.passage, question.spans) for hit in hits[:FIRST])
    return any(question.relevant.get(article_id, 0) > 0 for article_id, _ in fold_to_articles(hits)[:FIRST])
