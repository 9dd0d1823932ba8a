"""What each step towards the shipped ranking is worth: nDCG@10 of every way to rank, and each against the one before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from eval.ablation import RANKINGS
from eval.datasets.datasets import GoldQuestion
from eval.judge import is_ranked
from eval.measures.bootstrap import Array, intervals, ratio_of
from eval.measures.ranking import retrieval_scores
from eval.results import Ablation, Estimate, Ranking, Step

MEASURE = "nDCG@10"
_HALVES = ("bigrams", "dense")
_OURS = "learned"
Ranker = Callable[[str], Ranking]


def ablate(
    questions: Sequence[GoldQuestion],
    ranker: Callable[[str], Ranker],
    progress: Callable[[int, int], None] | None = None,
    names: Sequence[str] = RANKINGS,
) -> Ablation | None:
    """Measure each of ``names`` over the ranked questions; None without any. ``ranker`` gives a ranking by its name."""
    ranked = [question for question in questions if is_ranked(question)]
    if not ranked:
        return None
    rankers = {name: ranker(name) for name in names}
    found: dict[str, dict[str, Ranking]] = {name: {} for name in names}
    for done, question in enumerate(ranked, 1):
        for name in names:
            found[name][question.id] = rankers[name](question.text)
        if progress is not None:
            progress(done, len(ranked))
    relevant = {question.id: question.relevant for question in ranked}
    values = {
        name: np.array([scores[question.id][MEASURE] for question in ranked])
        for name, rankings in found.items()
        for scores in [retrieval_scores(relevant, rankings)]
    }
    return summarize(values)


@dataclass(frozen=True, slots=True)
class _Compared:
    name: str
    other: str

    def of(self, values: Mapping[str, Array]) -> Array:
        return values[self.name] - values[self.other]


def summarize(values: Mapping[str, Array]) -> Ablation:
    """Compare each ranking's ``values`` (questions,) with the one before it; the same questions in the same places."""
    names = [*values]
    n = len(values[names[0]])
    steps = {name: _Compared(name, before) for before, name in pairwise(names)}
    half = max(_HALVES, key=lambda name: values[name].mean())
    arrays = {("value", name): each for name, each in values.items()}
    arrays |= {("change", name): step.of(values) for name, step in steps.items()}
    arrays["gain", _OURS] = _Compared(_OURS, half).of(values)
    estimates = _estimates(arrays, n)
    rows = tuple(Step(name, estimates["value", name], estimates.get(("change", name))) for name in names)
    return Ablation(MEASURE, rows, half, estimates["gain", _OURS])


def _estimates(arrays: Mapping[tuple[str, str], Array], n: int) -> dict[tuple[str, str], Estimate]:
    """Return means with 95 % intervals over the same resamples: of differences, the paired bootstrap."""
    ones = np.ones(n)
    bounds = intervals({f"{kind} {name}": ratio_of(each, ones) for (kind, name), each in arrays.items()}, n)
    return {key: Estimate(float(each.mean()), *bounds[" ".join(key)], n) for key, each in arrays.items()}
