"""Does it know when it does not know? Discrimination, selective risk and calibration of the confidence.

Each measure is a statistic over resampling weights (see :mod:`eval.measures.bootstrap`) and aware of ties: questions of
equal confidence are one group, so no result depends on the order in which they were asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eval.measures.bootstrap import Array, Statistic, divide

_BINS = 10  # of confidence, equally wide


def auroc_of(confidences: Array, answerable: Array) -> Statistic:
    """Return P(an answerable question has more confidence than an unanswerable one), ties counting one half.

    ``answerable`` is 1.0 or 0.0 for each question. This is the Mann-Whitney U over the number of pairs.
    """
    order, starts = _groups(confidences)

    def statistic(weights: Array) -> Array:
        positive = np.add.reduceat((weights * answerable)[:, order], starts, axis=1)
        negative = np.add.reduceat((weights * (1 - answerable))[:, order], starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        return divide((positive * (below + negative / 2)).sum(axis=1), pairs)

    return statistic


def aurc_of(confidences: Array, errors: Array) -> Statistic:
    """Return the area under the risk-coverage curve: the mean, over questions, of the risk at a question's confidence.

    Geifman & El-Yaniv, "Selective Classification for Deep Neural Networks" (2017). 0 is perfect.
    """
    order, starts = _groups(-confidences)

    def statistic(weights: Array) -> Array:
        covered = np.add.reduceat(weights[:, order], starts, axis=1)
        wrong = np.add.reduceat((weights * errors)[:, order], starts, axis=1)
        risk = np.cumsum(wrong, axis=1) / np.maximum(np.cumsum(covered, axis=1), 1e-12)
        return divide((covered * risk).sum(axis=1), covered.sum(axis=1))

    return statistic


def ece_of(confidences: Array, correct: Array) -> Statistic:
    """Return the expected calibration error: |accuracy - mean confidence| of each of ten equal bins, weighted by size."""
    membership = (_bin_of(confidences)[:, None] == np.arange(_BINS)).astype(np.float64)
    gaps = (correct - confidences)[:, None] * membership

    def statistic(weights: Array) -> Array:
        return divide(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))

    return statistic


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Answering only questions of at least this confidence covers so many, so many of them wrongly."""

    confidence: float
    coverage: float
    risk: float


def risk_coverage(confidences: Sequence[float], errors: Sequence[bool]) -> list[CurvePoint]:
    """Return the curve from the most confident group of questions to all of them."""
    if not confidences:
        return []
    scores, wrong = np.asarray(confidences, np.float64), np.asarray(errors, np.float64)
    order, starts = _groups(-scores)
    covered = np.cumsum(np.add.reduceat(np.ones_like(scores), starts))
    risk = np.cumsum(np.add.reduceat(wrong[order], starts)) / covered
    return [
        CurvePoint(float(scores[order][start]), float(count / len(scores)), float(value))
        for start, count, value in zip(starts, covered, risk, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class CalibrationBin:
    """Questions whose confidence lies in [low, high): how sure it was, how often it was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def calibration(confidences: Sequence[float], correct: Sequence[bool]) -> list[CalibrationBin]:
    """Return the bins that hold a question, in order."""
    scores, right = np.asarray(confidences, np.float64), np.asarray(correct, np.float64)
    numbers = _bin_of(scores)
    filled = [(number, numbers == number) for number in range(_BINS) if (numbers == number).any()]
    return [
        CalibrationBin(
            number / _BINS, (number + 1) / _BINS, int(own.sum()), float(scores[own].mean()), float(right[own].mean())
        )
        for number, own in filled
    ]


def _bin_of(confidences: Array) -> npt.NDArray[np.int64]:
    return np.clip(np.floor(confidences * _BINS), 0, _BINS - 1).astype(np.int64)


def _groups(keys: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the order that sorts ``keys`` and where each run of equal keys starts in it."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return order.astype(np.int64), starts.astype(np.int64)
