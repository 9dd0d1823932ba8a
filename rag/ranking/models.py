"""Fitted numbers as data.

The fusion in ``rag/data/models.json`` (``scripts/fit/fusion.py``), the trees of evidence and confidence in
``rag/data/answers.npz`` (``scripts/fit/answers.py``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index.errors import ReadError
from rag.ranking.trees import from_archive


@dataclass(frozen=True, slots=True)
class Logistic:
    """``p = 1 / (1 + exp(-(bias + weights · (x - mean) / scale)))`` over named features."""

    features: tuple[str, ...]
    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    bias: float

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Logistic":
        """Read it from ``rag/data/models.json``."""
        mean, scale, weights = (np.array(record[name], dtype=np.float64) for name in ("mean", "scale", "weights"))
        return cls(tuple(record["features"]), mean, scale, weights, float(record["bias"]))

    def logit(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Score rows (n, features) → (n,); higher is better."""
        return (rows - self.mean) / self.scale @ self.weights + self.bias

    def probability(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return probabilities of rows (n, features) → (n,) in [0, 1]."""
        return 1 / (1 + np.exp(-np.clip(self.logit(rows), -30, 30)))


class Scorer(Protocol):
    """A fitted model over named features: :class:`Logistic` or :class:`Trees`."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the columns it takes."""

    def logit(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Score rows (n, features) → (n,); higher is better."""

    def probability(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return probabilities of rows (n, features) → (n,) in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a confidence: below ``threshold`` we abstain.

    From ``high`` on answers are right in .95 of all, from ``medium`` on in .80.
    """

    threshold: float
    high: float
    medium: float


@dataclass(frozen=True, slots=True)
class Models:
    """``fusion`` scores a passage, ``evidence`` a sentence; ``confidence`` tells how likely the first citation answers."""

    fusion: Logistic
    evidence: Scorer
    confidence: Scorer
    bounds: Bounds
    usual: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]  # mean and deviation of each evidence feature


@cache
def packaged_models() -> Models:
    """Return the models that travel with the package."""
    fusion = json.loads(files("rag").joinpath("data/models.json").read_text(encoding="utf-8"))
    return _with_answers(Logistic.from_record(fusion["fusion"]))


def load_models(path: Path) -> Models:
    """Load the models with the fusion of another fit. Raises ReadError."""
    try:
        return _with_answers(Logistic.from_record(json.loads(path.read_text(encoding="utf-8"))["fusion"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"모델 파일을 읽을 수 없습니다: {path} ({error})", f"cannot read the models file {path} ({error})"
        ) from error


def _with_answers(fusion: Logistic) -> Models:
    with files("rag").joinpath("data/answers.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        kept = dict(arrays)
    evidence, confidence = from_archive(kept, "evidence"), from_archive(kept, "confidence")
    high, medium = map(float, kept["bounds"])
    bounds = Bounds(float(kept["threshold"]), high, medium)
    return Models(fusion, evidence, confidence, bounds, (kept["usual"][0], kept["usual"][1]))
