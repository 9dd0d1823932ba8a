"""Evidence put in order: the best sentence first, and how likely it is that it answers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.answers import Hit
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import Evidence, Usual, within_question
from rag.evidence.naming import holders
from rag.evidence.superlative import extreme_of
from rag.question.asked import Asked
from rag.ranking.matching import Values
from rag.ranking.models import Models


@dataclass(frozen=True, slots=True)
class Selection:
    """``evidence`` best first and its ``scores`` (sentences,) in logits; ``confidence`` that the first one answers."""

    evidence: Sequence[Evidence]
    scores: Values
    confidence: float


def select_evidence(
    models: Models, question: str, asked: Asked, hits: Sequence[Hit], evidence: Sequence[Evidence]
) -> Selection:
    """Order the sentences found in ``hits`` by the evidence model, and weigh the best one against the rest.

    Of a value or clause that is named only what holds it stays; of a comparison the most or the least comes first.
    """
    if not evidence:
        return Selection((), np.empty(0), 0.0)
    within = within_question(np.stack([one.features for one in evidence]), Usual(*models.usual))
    scores = models.evidence.logit(within)
    kept = np.array(holders(asked, evidence))
    order = kept[np.argsort(-scores[kept], kind="stable")]
    ranked, scores = [evidence[place] for place in order], scores[order]
    articles = [one.row.sentence.article_id for one in ranked]
    features = confidence_features(hits, within[order], scores, articles)
    confidence = float(models.confidence.probability(features)[0])
    return _led_by(extreme_of(asked, question, ranked), Selection(ranked, scores, confidence))


def _led_by(place: int | None, selection: Selection) -> Selection:
    """Return the same with the evidence at ``place`` first, where one is named."""
    if not place:
        return selection
    order = [place, *(at for at in range(len(selection.evidence)) if at != place)]
    scores = selection.scores[order]
    scores[0] = scores.max()
    return Selection([selection.evidence[at] for at in order], scores, selection.confidence)
