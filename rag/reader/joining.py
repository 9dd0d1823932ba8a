"""The reader's opinion joined to that of the trees: one score for each sentence, and how sure the first of them is.

Fitted by ``scripts/fit/reader join`` on questions that neither has seen.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from rag.ranking.matching import Values
from rag.ranking.models import Bounds, Logistic

FEATURES = (
    "trees",  # the trees' own confidence in their first sentence, in logits
    "somewhere",  # that any sentence answers, against none
    "reader_of_first",  # the reader's score of the sentence that is first after joining
    "reader_margin",
    "joined_margin",
    "same_first",  # 1 where the trees put the same one first
    "reader_of_trees_first",
)
_NO_RIVAL = 5.0  # the margin of a sentence that is alone


@dataclass(frozen=True, slots=True)
class Join:
    """``weight`` of the reader's score beside the trees'; ``confidence`` over ``FEATURES``, with its ``bounds``.

    Where the trees alone are below ``hopeless`` or from ``certain`` on, one window is read, for the value; else two.
    """

    weight: float
    confidence: Logistic
    bounds: Bounds
    hopeless: float
    certain: float

    def scores(self, trees: Values, reader: Values) -> Values:
        """(sentences,) of both together, in logits."""
        joined: Values = trees + self.weight * reader
        return joined


def join_features(confidence: float, trees: Values, reader: Values, joined: Values) -> Values:
    """(1, len(FEATURES)). ``confidence`` is the trees' chance; the scores (sentences,) are of the same sentences each."""
    chance = min(max(confidence, 1e-6), 1 - 1e-6)
    first, trees_first = int(np.argmax(joined)), int(np.argmax(trees))
    return np.array(
        [
            [
                np.log(chance / (1 - chance)),
                np.logaddexp.reduce(reader),
                reader[first],
                _margin(reader),
                _margin(joined),
                float(first == trees_first),
                reader[trees_first],
            ]
        ]
    )


def _margin(scores: Values) -> float:
    best = np.sort(scores)[::-1]
    return float(best[0] - best[1]) if len(best) > 1 else _NO_RIVAL


@cache
def packaged_join() -> Join:
    """Return the one that travels with the package."""
    with files("rag").joinpath("data/reader.npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
        mean, scale, weights = (kept[f"confidence.{name}"] for name in ("mean", "scale", "weights"))
        logistic = Logistic(FEATURES, mean, scale, weights, float(kept["confidence.bias"]))
        names = ("weight", "threshold", "high", "medium", "hopeless", "certain")
        weight, threshold, high, medium, hopeless, certain = (float(kept[name]) for name in names)
    return Join(weight, logistic, Bounds(threshold, high, medium), hopeless, certain)
