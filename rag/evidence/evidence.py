"""Ranked passages to evidence: every sentence of the best passages that could be cited, with its features."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.articles import Passage, SpanKind
from index.engine import Engine
from index.korean.terms import search_key
from index.store.rows import SentenceRow
from rag.answers import Hit
from rag.evidence.expected import Meaning, day_of, read_meaning
from rag.evidence.features import Found, feature_matrix
from rag.evidence.standing import Scope, Standing, may_be_cited, open_scopes
from rag.question.asked import Asked
from rag.ranking.matching import Prepared, Values
from rag.ranking.retrieval import Ranked

EVIDENCE_PASSAGES = 10
_LEAST_SENTENCES = 12  # a judgement


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence that may answer, the best hit it was found in, where it stands, and its features (len(FEATURES),)."""

    row: SentenceRow
    text: str
    hit: Hit
    scope: Scope
    standing: Standing
    features: Values

    @property
    def meaning(self) -> Meaning:
        """The values and qualifiers that the sentence holds."""
        return read_meaning(self.text, day_of(self.scope.article.published_at))

    @property
    def with_path(self) -> str:
        """The sentence, and behind it what it stands under."""
        return " ".join([self.text, *map(self.scope.text_of, self.standing.path), self.standing.group]).rstrip()


def gather_evidence(engine: Engine, asked: Prepared, read: Asked, ranked: Sequence[Ranked]) -> list[Evidence]:
    """Return each sentence of the best passages that may be cited. The others count for what stands under them."""
    found: dict[tuple[str, int], Found] = {}
    scopes = open_scopes(engine, asked, [passage.hit.passage.article_id for passage in ranked[:EVIDENCE_PASSAGES]])
    for passage in ranked[:EVIDENCE_PASSAGES]:
        for row in passage.sentences:
            scope = scopes[row.sentence.article_id]
            text = _slice(passage.hit.passage, row)
            key = (row.sentence.article_id, row.sentence.start)
            if key not in found:
                found[key] = Found(row, text, search_key(text), passage.hit, scope, scope.standing(row.sentence))
    ordered = [found[key] for key in sorted(found)]
    if not ordered:
        return []
    matrix = feature_matrix(asked, read, ordered)
    return [
        Evidence(sentence.row, sentence.text, sentence.hit, sentence.scope, sentence.standing, features)
        for sentence, features in zip(ordered, matrix, strict=True)
        if sentence.row.sentence.kind is not SpanKind.QUESTION and may_be_cited(sentence.text, sentence.standing)
    ]


@dataclass(frozen=True, slots=True)
class Usual:
    """What sentences are usually like: ``mean`` and ``deviation`` (len(FEATURES),) over the questions of the training."""

    mean: Values
    deviation: Values


def within_question(matrix: Values, usual: Usual) -> Values:
    """Return (sentences, 2 × features): each feature as it is, and its distance from the question's mean in deviations.

    What a question's sentences share tells nothing about which of them answers, but much about whether any does. A handful of
    sentences has no mean of its own: usual ones count with them, up to ``_LEAST_SENTENCES``.
    """
    count = len(matrix)
    added = max(0, _LEAST_SENTENCES - count)
    total = count + added
    mean = (matrix.sum(axis=0) + added * usual.mean) / total
    spread = ((matrix - mean) ** 2).sum(axis=0) + added * (usual.deviation**2 + (usual.mean - mean) ** 2)
    return np.concatenate([matrix, (matrix - mean) / (np.sqrt(spread / total) + 1e-3)], axis=1) if count else matrix


def _slice(passage: Passage, row: SentenceRow) -> str:
    return passage.text[row.sentence.start - passage.start : row.sentence.end - passage.start]
