"""How sure: what the best evidence and its rivals look like together, as numbers for the calibrated model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.answers import Hit
from rag.evidence import FEATURES as EVIDENCE_FEATURES
from rag.evidence import Evidence
from rag.question import AnswerType, Question

_KEPT = tuple(name for name in EVIDENCE_FEATURES if name not in ("passage_fused", "passage_rank"))
FEATURES = (
    *(f"best_{name}" for name in _KEPT),
    "evidence_logit",
    "margin",
    "mean_of_next",
    "top_cosine",
    "cosine_spread",
    "best_any_coverage",
    "words",
    "asks_person",
    "asks_number",
    "asks_date",
    "asks_place",
    "asks_reason",
)  # fmt: skip
_NEXT = slice(1, 6)


def confidence_features(
    question: Question, hits: Sequence[Hit], ranked: Sequence[Evidence], logits: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """(1, len(FEATURES)) float32. ``ranked`` evidence best first, ``logits`` its scores, at least one of each."""
    best = dict(zip(EVIDENCE_FEATURES, ranked[0].features.tolist(), strict=True))
    following = logits[_NEXT]
    cosines = [hit.scores.dense for hit in hits if hit.scores.dense is not None] or [0.0]
    coverage = EVIDENCE_FEATURES.index("coverage_of_passage")
    values = [
        *(best[name] for name in _KEPT),
        logits[0],
        logits[0] - following[0] if len(following) else 3.0,
        following.mean() if len(following) else logits[0] - 3.0,
        max(cosines),
        max(cosines) - float(np.mean(cosines[:10])),
        max(float(evidence.features[coverage]) for evidence in ranked),
        min(len(question.words), 12) / 12,
        *(
            float(question.kind is kind)
            for kind in (
                AnswerType.PERSON, AnswerType.NUMBER, AnswerType.DATE, AnswerType.PLACE, AnswerType.REASON
            )
        ),
    ]  # fmt: skip
    return np.array([values], dtype=np.float32)
