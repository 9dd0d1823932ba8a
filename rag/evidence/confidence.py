"""How sure: what the best evidence and its rivals look like together, as numbers for the calibrated model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.answers import Hit
from rag.evidence.evidence import FEATURES as EVIDENCE_FEATURES
from rag.evidence.evidence import Evidence
from rag.question.question import AnswerType, Question

_KEPT = tuple(name for name in EVIDENCE_FEATURES if name not in ("passage_fused", "passage_rank"))
_ASKED = (AnswerType.PERSON, AnswerType.NUMBER, AnswerType.DATE, AnswerType.PLACE, AnswerType.REASON)
_HIGHEST = ("sentence_cosine", "maxsim_weighted", "maxsim_least", "coverage_with_neighbours")
FEATURES = (
    *(f"best_{name}" for name in _KEPT),
    *(f"highest_{name}" for name in _HIGHEST),
    "evidence_score",
    "margin",
    "mean_of_next",
    "top_cosine",
    "cosine_spread",
    "words",
    "nobody_named",
    *(f"asks_{kind}" for kind in _ASKED),
)
_NEXT = slice(1, 6)


def _highest_of_first(matrix: npt.NDArray[np.float64], name: str) -> float:
    """The highest value of a feature among the three best sentences."""
    return float(matrix[:3, EVIDENCE_FEATURES.index(name)].max())


def confidence_features(
    question: Question, hits: Sequence[Hit], ranked: Sequence[Evidence], scores: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """(1, len(FEATURES)). ``ranked`` evidence best first with its ``scores``, at least one of each."""
    matrix = np.stack([evidence.features for evidence in ranked])
    best = dict(zip(EVIDENCE_FEATURES, matrix[0].tolist(), strict=True))
    highest = dict(zip(EVIDENCE_FEATURES, matrix.max(axis=0).tolist(), strict=True))
    following = scores[_NEXT]
    cosines = [hit.scores.dense for hit in hits if hit.scores.dense is not None] or [0.0]
    values = [
        *(best[name] for name in _KEPT),
        *(highest[name] for name in _HIGHEST),
        scores[0],
        scores[0] - following[0] if len(following) else 3.0,
        following.mean() if len(following) else scores[0] - 3.0,
        max(cosines),
        max(cosines) - float(np.mean(cosines[:10])),
        min(len(question.words), 12) / 12,
        float(question.kind is AnswerType.PERSON and not _highest_of_first(matrix, "names_person")),
        *(float(question.kind is kind) for kind in _ASKED),
    ]
    return np.array([values])
