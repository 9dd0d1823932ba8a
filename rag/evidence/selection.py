"""Evidence put in order: the best sentence first, and how likely it is that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answers import Hit
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import Evidence, within_question
from rag.ranking.matching import Values
from rag.ranking.models import Models


@dataclass(frozen=True, slots=True)
class Selection:
    """``evidence`` best first and its ``scores`` (sentences,) in logits; ``confidence`` that the first one answers."""

    evidence: Sequence[Evidence]
    scores: Values
    confidence: float


def select_evidence(models: Models, hits: Sequence[Hit], evidence: Sequence[Evidence]) -> Selection:
    """Order the sentences found in ``hits`` by the evidence model, and weigh the best one against the rest."""
    if not evidence:
        return Selection((), np.empty(0), 0.0)
    within = within_question(np.stack([one.features for one in evidence]))
    scores = models.evidence.logit(within)
    order = np.argsort(-scores, kind="stable")
    ranked, scores = [evidence[place] for place in order], scores[order]
    articles = [one.row.sentence.article_id for one in ranked]
    features = confidence_features(hits, within[order], scores, articles)
    return Selection(ranked, scores, float(models.confidence.probability(features)[0]))
