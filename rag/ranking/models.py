"""Fitted numbers as data: three logistic models in ``rag/data/models.json``, written by ``scripts/fit/fusion.py`` and ``scripts/fit/models.py``."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import ReadError


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
        mean, scale, weights = (np.array(record[name], dtype=np.float64) for name in ("mean", "scale", "weights"))
        return cls(tuple(record["features"]), mean, scale, weights, float(record["bias"]))

    def logit(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n, features) → (n,); higher is better."""
        return (rows - self.mean) / self.scale @ self.weights + self.bias

    def probability(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n, features) → (n,) in [0, 1]."""
        return 1 / (1 + np.exp(-np.clip(self.logit(rows), -30, 30)))


@dataclass(frozen=True, slots=True)
class Models:
    """``fusion`` scores a passage, ``evidence`` a sentence; ``confidence`` tells how likely the citations answer.

    Below ``threshold`` of it we abstain.
    """

    fusion: Logistic
    evidence: Logistic
    confidence: Logistic
    threshold: float


@cache
def packaged_models() -> Models:
    """The models that travel with the package."""
    return _from_record(json.loads(files("rag").joinpath("data/models.json").read_text(encoding="utf-8")))


def load_models(path: Path) -> Models:
    """Models of another fit. Raises ReadError."""
    try:
        return _from_record(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"모델 파일을 읽을 수 없습니다: {path} ({error})", f"cannot read the models file {path} ({error})"
        ) from error


def _from_record(record: Mapping[str, Any]) -> Models:
    fusion, evidence, confidence = (Logistic.from_record(record[name]) for name in ("fusion", "evidence", "confidence"))
    return Models(fusion, evidence, confidence, record["threshold"])
