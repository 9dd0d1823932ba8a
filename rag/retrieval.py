"""Question to ranked passages: two searches, one fusion."""

from collections.abc import Mapping
from dataclasses import dataclass

from index.encoder import Vectors
from index.engine import Engine
from index.filters import EVERYTHING, And, In, Range, Where
from rag.answers import Filters, Mode, Scores
from rag.question import Question

CANDIDATES = 60  # of each half
RESCORED = 40  # whose sentences are looked at too
# fused = (BM25 / best BM25 + DENSE_WEIGHT * (cosine - DENSE_FLOOR)) / (1 + DENSE_WEIGHT * DENSE_SPAN), where the cosine is
# the mean of the passage's own and its best sentence's: a convex mix that keeps the cosine's own scale, on which
# questions' best passages lie between about .75 and .92. Reciprocal-rank fusion is below the lexical half on two sets
# of three (geungeo eval --ablation, docs/evaluation.md).
DENSE_WEIGHT = 16.0
DENSE_FLOOR = 0.75
DENSE_SPAN = 0.17


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage, by its number in the engine, with what it scored."""

    seq: int
    scores: Scores


def rank_passages(
    engine: Engine, question: Question, vector: Vectors, *, where: Where, mode: Mode, k: int
) -> list[Candidate]:
    """The ``k`` best passages under the filter, best first. vector: (1, dim) unit float32 of the question."""
    limit = max(CANDIDATES, k)
    lexical_query = question.lexical()
    condition = None if where == EVERYTHING else where
    dense = {} if mode is Mode.LEXICAL else dict(engine.search_dense(vector, limit, condition))
    lexical = {} if mode is Mode.DENSE else dict(engine.search_lexical(lexical_query, limit, condition))
    best = max(lexical.values(), default=0.0)
    if mode is Mode.HYBRID:
        dense |= engine.score_dense(vector, [seq for seq in lexical if seq not in dense])
        lexical |= engine.score_lexical(lexical_query, [seq for seq in dense if seq not in lexical])
        lexical = {seq: lexical.get(seq, 0.0) for seq in dense}
    sums = {seq: _mix(dense.get(seq), lexical.get(seq), best) for seq in (dense or lexical)}
    if mode is Mode.HYBRID:
        sums |= _with_sentences(engine, vector, sums, dense, lexical, best)
    ranked = sorted(sums, key=lambda seq: (-sums[seq], seq))[:k]
    return [Candidate(seq, Scores(dense.get(seq), lexical.get(seq), _fused(sums[seq]))) for seq in ranked]


def _with_sentences(
    engine: Engine,
    vector: Vectors,
    sums: Mapping[int, float],
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    best_lexical: float,
) -> dict[int, float]:
    """The best few mixed again with what their best sentence alone is worth."""
    first = sorted(sums, key=lambda seq: (-sums[seq], seq))[:RESCORED]
    sentences = engine.score_sentences(vector, first)
    return {
        seq: _mix((dense[seq] + sentences.get(seq, dense[seq])) / 2, lexical[seq], best_lexical) for seq in first
    }


def _mix(dense: float | None, lexical: float | None, best_lexical: float) -> float:
    """Both halves, each in its weight, or the one there is; about 0 to 1."""
    total = weight = 0.0
    if dense is not None:
        total += DENSE_WEIGHT * (dense - DENSE_FLOOR)
        weight += DENSE_WEIGHT * DENSE_SPAN
    if lexical is not None:
        total += lexical / best_lexical if best_lexical > 0 else 0.0
        weight += 1.0
    return total / weight


def _fused(mixed: float) -> float:
    return min(1.0, max(0.0, mixed))


def to_where(filters: Filters) -> Where:
    """The filter tree that engines compile."""
    parts: list[Where] = []
    if filters.article_ids is not None:
        parts.append(In("article_id", filters.article_ids))
    if filters.source is not None:
        parts.append(In("source", (filters.source,)))
    if filters.date_from is not None or filters.date_to is not None:
        parts.append(Range("published_at", filters.date_from, filters.date_to))
    return And(tuple(parts))
