"""Is the gold passage still found when a question is typed otherwise? Shares of the top three, plain and changed.

A question counts for a form that can change it. Found means: one of the first three passages overlaps a gold span;
where no span is known, one of the first three articles is relevant.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from eval.bootstrap import Array, intervals, ratio_of
from eval.datasets import GoldQuestion
from eval.evidence import overlaps
from eval.judge import is_ranked
from eval.ranking import fold_to_articles
from eval.results import Kept
from eval.system import System
from eval.transformations import TRANSFORMATIONS
from index.errors import UsageError
from index.sentences import Token
from rag.aliases import load_groups
from rag.answers import Hit
from rag.pipeline import Pipeline

Tokenize = Callable[[str], Sequence[Token]]
FIRST = 3
_SEARCHED = 30  # passages, so that three articles are among them
ENGLISH = "english"


def robustness(
    system: System, questions: Sequence[GoldQuestion], progress: Callable[[int, int], None] | None = None
) -> tuple[Kept, ...]:
    """Every form of every ranked question that it can change, and the questions asked in English. Raises UsageError."""
    if system.tokenize is None:
        raise UsageError("글이 있는 데이터 세트라야 합니다.", "robustness needs a data set with articles.")
    return measure(system.pipeline, questions, system.tokenize, load_groups(), progress)


def measure(
    pipeline: Pipeline,
    questions: Sequence[GoldQuestion],
    tokenize: Tokenize,
    aliases: Sequence[Sequence[str]],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Kept, ...]:
    """See :func:`robustness`."""
    ranked = [question for question in questions if is_ranked(question)]
    pairs: dict[str, list[tuple[float, float]]] = {each.name: [] for each in TRANSFORMATIONS}
    plain: dict[str, float] = {}
    for done, question in enumerate(ranked, 1):
        plain[question.id] = is_found(pipeline, question, question.text)
        for each in TRANSFORMATIONS:
            changed = each(question.text, tokenize, aliases)
            if changed is not None:
                pairs[each.name].append((plain[question.id], is_found(pipeline, question, changed)))
        if progress is not None:
            progress(done, len(ranked))
    return (*(kept(name, found) for name, found in pairs.items()), _english(ranked, plain))


def is_found(pipeline: Pipeline, question: GoldQuestion, text: str) -> float:
    """1.0 where asking ``text`` brings the question's gold passage among the first three, else 0.0."""
    try:
        hits = pipeline.search(text, top_k=_SEARCHED).hits
    except UsageError:
        return 0.0
    return float(_holds_gold(hits, question))


def kept(name: str, pairs: Sequence[tuple[float, float]]) -> Kept:
    """From (plain, changed) of each question, with the bootstrap interval of the ratio of their sums."""
    if not pairs:
        return Kept(name, 0, skipped="바꿀 것이 있는 질문이 없음")
    before, after = np.array(pairs, dtype=np.float64).T
    if not before.sum():
        return Kept(name, len(pairs), skipped="그대로도 찾지 못함")
    return _ratio(name, before, after)


def _ratio(name: str, before: Array, after: Array) -> Kept:
    low, high = intervals({name: ratio_of(after, before)}, len(before))[name]
    share = float(after.sum() / before.sum())
    return Kept(name, len(before), float(before.mean()), float(after.mean()), share, low, high)


def _english(questions: Iterable[GoldQuestion], found: dict[str, float]) -> Kept:
    """Questions asked in English, against the others of the set: not the same questions, so no interval."""
    english = [found[one.id] for one in questions if ENGLISH in one.tags]
    others = [found[one.id] for one in questions if ENGLISH not in one.tags]
    if not english or not sum(others):
        return Kept(ENGLISH, 0, skipped="영어 질문이 없음")
    plain, changed = float(np.mean(others)), float(np.mean(english))
    ratio = changed / plain
    return Kept(ENGLISH, len(english), plain, changed, ratio, ratio, ratio)


def _holds_gold(hits: Sequence[Hit], question: GoldQuestion) -> bool:
    if question.spans:
        return any(overlaps(hit.passage, question.spans) for hit in hits[:FIRST])
    return any(question.relevant.get(article_id, 0) > 0 for article_id, _ in fold_to_articles(hits)[:FIRST])
