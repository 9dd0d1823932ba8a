"""The reader's opinion joined to that of the evidence trees: the best sentence of both, and how sure it is.

Two small ensembles over what both say and what the sentence is like, grown by ``scripts/fit/reader join`` on questions that
neither has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from rag.answers import Hit
from rag.evidence.confidence import FEATURES as EVIDENCE_CONFIDENCE
from rag.evidence.confidence import confidence_features
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.evidence.neighbours import FEATURES as NEIGHBOUR_FEATURES
from rag.evidence.neighbours import neighbour_features
from rag.ranking.matching import Values
from rag.ranking.models import Bounds
from rag.ranking.trees import Trees, from_archive
from rag.reader.reader import MISSING
from rag.reader.windows import Candidate

CHOICE_FEATURES = (
    "evidence",  # the evidence trees' score of the sentence, in logits
    "reader",  # the reader's, against "none of them"
    "evidence_behind",  # behind the best of the question's sentences
    "reader_behind",
    "both_behind",
    "evidence_place",  # 0 for the best
    "reader_place",
    "reader_somewhere",  # that any sentence answers
    "evidence_sure",  # the chance that the evidence trees give their own first sentence, in logits
    "beside_evidence_first",  # 1 where it stands in the same article as the first by one of them alone
    "beside_reader_first",
    *EVIDENCE_FEATURES,
    *(f"{name}_apart" for name in EVIDENCE_FEATURES),
    *NEIGHBOUR_FEATURES,
)
CONFIDENCE_FEATURES = (
    "evidence_sure",
    "reader_somewhere",
    "reader_of_first",
    "reader_margin",
    "evidence_of_first",
    "evidence_margin",
    "evidence_first",  # 1 where either of them alone puts the same sentence first
    "reader_first",
    "reader_of_evidence_first",
    *EVIDENCE_CONFIDENCE,  # of the order that both agree on
)
_READER_SHARE = 1.0  # of the reader's score beside the evidence trees', where they are simply added
_NO_RIVAL = 5.0  # the margin of a sentence that is alone


@dataclass(frozen=True, slots=True)
class Opinions:
    """What is known of a question's sentences before both are joined.

    ``evidence`` and ``reader`` (sentences,) are their scores, ``within`` (sentences, 2 × features) what the sentences are like,
    ``candidates`` where they stand; ``sure`` is the evidence trees' chance that their own first one is right.
    """

    hits: Sequence[Hit]
    candidates: Sequence[Candidate]
    within: Values
    evidence: Values
    reader: Values
    sure: float

    @property
    def articles(self) -> list[str]:
        """The article of each sentence."""
        return [candidate.article for candidate in self.candidates]


@dataclass(frozen=True, slots=True)
class Join:
    """``choice`` scores a sentence over ``CHOICE_FEATURES``; ``confidence`` the first of them, with its ``bounds``.

    Where the evidence trees alone are below ``hopeless`` or from ``certain`` on, one window is read, for the value; else two.
    """

    choice: Trees
    confidence: Trees
    bounds: Bounds
    hopeless: float
    certain: float

    def scores(self, opinions: Opinions) -> Values:
        """Score each sentence: (sentences,) in logits."""
        return self.choice.logit(choice_features(opinions))

    def chance(self, opinions: Opinions, scores: Values) -> float:
        """Return how likely the first sentence by ``scores`` (sentences,) answers."""
        return float(self.confidence.probability(join_features(opinions, scores))[0])


def choice_features(opinions: Opinions) -> Values:
    """Return (sentences, len(CHOICE_FEATURES)) from what trees and reader think of each sentence."""
    evidence, reader = opinions.evidence, opinions.reader
    both = evidence + _READER_SHARE * reader
    ones, articles = np.ones(len(evidence)), opinions.articles
    columns = [
        evidence,
        reader,
        evidence - evidence.max(),
        reader - reader.max(),
        both - both.max(),
        _places(evidence),
        _places(reader),
        ones * np.logaddexp.reduce(reader),
        ones * _logit(opinions.sure),
        _beside(articles, evidence),
        _beside(articles, reader),
    ]
    around = neighbour_features(opinions.candidates, evidence, reader, MISSING)
    return np.column_stack([*columns, opinions.within, around])


def join_features(opinions: Opinions, scores: Values) -> Values:
    """Return (1, len(CONFIDENCE_FEATURES)) of the order that ``scores`` (sentences,) make."""
    evidence, reader = opinions.evidence, opinions.reader
    order = np.argsort(-scores, kind="stable")
    first, by_evidence = int(order[0]), int(np.argmax(evidence))
    own = [
        _logit(opinions.sure),
        np.logaddexp.reduce(reader),
        reader[first],
        _margin(reader),
        evidence[first],
        _margin(evidence),
        float(first == by_evidence),
        float(first == int(np.argmax(reader))),
        reader[by_evidence],
    ]
    articles = [opinions.candidates[place].article for place in order]
    rest = confidence_features(opinions.hits, opinions.within[order], scores[order], articles)
    return np.concatenate([np.array([own]), rest], axis=1)


def _places(scores: Values) -> Values:
    places = np.empty(len(scores))
    places[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    return places


def _beside(articles: Sequence[str], scores: Values) -> Values:
    first = articles[int(np.argmax(scores))]
    return np.array([article == first for article in articles], dtype=np.float64)


def _logit(chance: float) -> float:
    inside = min(max(chance, 1e-6), 1 - 1e-6)
    return float(np.log(inside / (1 - inside)))


def _margin(scores: Values) -> float:
    best = np.sort(scores)[::-1]
    return float(best[0] - best[1]) if len(best) > 1 else _NO_RIVAL


@cache
def packaged_join() -> Join:
    """Return the one that travels with the package."""
    with files("rag").joinpath("data/joined.npz").open("rb") as file, np.load(file, allow_pickle=False) as kept:
        threshold, high, medium, hopeless, certain = (
            float(kept[name]) for name in ("threshold", "high", "medium", "hopeless", "certain")
        )
        bounds = Bounds(threshold, high, medium)
        return Join(from_archive(kept, "choice"), from_archive(kept, "confidence"), bounds, hopeless, certain)
