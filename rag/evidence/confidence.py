"""How sure: what the best evidence and its rivals look like together, as numbers for the calibrated trees."""

from collections.abc import Sequence

import numpy as np

from rag.answers import Hit
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.ranking.matching import Values

FEATURES = (
    *(f"best_{name}" for name in EVIDENCE_FEATURES),
    *(f"best_{name}_apart" for name in EVIDENCE_FEATURES),  # from the mean of the question's sentences, in deviations
    *(f"highest_{name}" for name in EVIDENCE_FEATURES),
    "score",
    "margin",
    "mean_of_next",
    "sum_of_chances",
    "same_article",  # of the five best sentences, the share of the best one's article
    "top_cosine",
    "cosine_spread",
    "top_fused",
    "second_fused",
)
_NEXT = slice(1, 6)


def confidence_features(hits: Sequence[Hit], within: Values, scores: Values, articles: Sequence[str]) -> Values:
    """Return (1, len(FEATURES)) of the evidence, best first: ``within`` (sentences, 2 × features), scores, articles."""
    width = len(EVIDENCE_FEATURES)
    following = scores[_NEXT]
    cosines = [hit.scores.dense for hit in hits if hit.scores.dense is not None] or [0.0]
    fused = sorted((hit.scores.fused for hit in hits), reverse=True)
    values = [
        *within[0],
        *within[:, :width].max(axis=0),
        scores[0],
        scores[0] - following[0] if len(following) else 5.0,
        following.mean() if len(following) else scores[0] - 5.0,
        np.log1p(np.exp(np.clip(scores, -30, 30)).sum()),
        np.mean([article == articles[0] for article in articles[:5]]),
        max(cosines),
        max(cosines) - float(np.mean(cosines)),
        fused[0] if fused else 0.0,
        fused[1] if len(fused) > 1 else 0.0,
    ]
    return np.array([values], dtype=np.float64)
