"""Question to ranked passages: two searches, a first look at all they find, and a learned fusion of the best of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from index.engine import Engine
from index.search.filters import EVERYTHING, And, In, Range, Where
from index.search.lexical import LexicalQuery
from index.store.rows import ReadPassage, SentenceRow
from rag.answers import Filters, Hit, Mode, Scores
from rag.ranking.fusion import Candidate, fusion_features
from rag.ranking.matching import Prepared
from rag.ranking.models import Logistic

CANDIDATES = 60  # of each half
RESCORED = 24  # whose sentences and words are looked at too: 40 found hardly better passages (docs/performance.md)
# The first look: BM25 / best BM25 + DENSE_WEIGHT * cosine. It only chooses what is looked at closely.
DENSE_WEIGHT = 16.0
DENSE_FLOOR = 0.75  # questions' best passages lie between about .75 and .92
DENSE_SPAN = 0.17


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hit and the sentences of its passage, in order."""

    hit: Hit
    sentences: tuple[SentenceRow, ...]


def rank_passages(
    engine: Engine,
    asked: Prepared,
    fusion: Logistic,
    *,
    where: Where,
    mode: Mode,
    k: int,
) -> list[Ranked]:
    """Return the ``k`` best passages under the filter, best first.

    One deleted since the engine was opened is left out.
    """
    found = _fused(engine, asked, fusion, where, k) if mode is Mode.HYBRID else _one_half(engine, asked, where, mode, k)
    return [
        Ranked(Hit(rank, read.passage, scores), read.sentences)
        for rank, (read, scores) in enumerate(found[:k], start=1)
    ]


def find_candidates(engine: Engine, asked: Prepared, *, where: Where, k: int = RESCORED) -> list[Candidate]:
    """Return what the two searches find, both scores of each, the best of the first look: ``RESCORED``, or ``k`` if that is more."""
    limit, condition, lexical_query = max(CANDIDATES, k), _condition(where), asked.lexical
    dense = dict(engine.search_dense(asked.whole, limit, condition))
    lexical = dict(engine.search_lexical(lexical_query, limit, condition))
    dense |= engine.score_dense(asked.whole, [seq for seq in lexical if seq not in dense])
    lexical |= engine.score_lexical(lexical_query, [seq for seq in dense if seq not in lexical])
    chosen = _first_look(dense, lexical, max(RESCORED, k))
    words = engine.score_lexical(LexicalQuery(lexical_query.words, ()), chosen)
    read = engine.read_passages(chosen)
    return [
        Candidate(seq, read[seq], dense[seq], lexical.get(seq, 0.0), words.get(seq, 0.0))
        for seq in chosen
        if seq in read
    ]


def _fused(engine: Engine, asked: Prepared, fusion: Logistic, where: Where, k: int) -> list[tuple[ReadPassage, Scores]]:
    """Rank the candidates of both searches by the chance that they answer, best first."""
    candidates = find_candidates(engine, asked, where=where, k=k)
    if not candidates:
        return []
    features = fusion_features(asked, candidates)
    chances = fusion.probability(np.where(np.isnan(features), fusion.mean, features)).tolist()
    ranked = sorted(zip(candidates, chances, strict=True), key=lambda pair: (-pair[1], pair[0].seq))
    return [(candidate.read, Scores(candidate.dense, candidate.lexical, chance)) for candidate, chance in ranked]


def _first_look(dense: Mapping[int, float], lexical: Mapping[int, float], k: int) -> list[int]:
    """Return the ``k`` best of all that has a cosine."""
    best = max(lexical.values(), default=0.0) or 1.0
    sums = {seq: lexical.get(seq, 0.0) / best + DENSE_WEIGHT * cosine for seq, cosine in dense.items()}
    return sorted(sums, key=lambda seq: (-sums[seq], seq))[:k]


def _one_half(engine: Engine, asked: Prepared, where: Where, mode: Mode, k: int) -> list[tuple[ReadPassage, Scores]]:
    """Return what one search alone says, best first, its scores brought to [0, 1]."""
    if mode is Mode.DENSE:
        found = engine.search_dense(asked.whole, k, _condition(where))
        scores = {seq: Scores(value, None, _bounded((value - DENSE_FLOOR) / DENSE_SPAN)) for seq, value in found}
    else:
        found = engine.search_lexical(asked.lexical, k, _condition(where))
        best = max((value for _, value in found), default=0.0) or 1.0
        scores = {seq: Scores(None, value, _bounded(value / best)) for seq, value in found}
    read = engine.read_passages([*scores])
    return [(read[seq], score) for seq, score in scores.items() if seq in read]


def _bounded(value: float) -> float:
    return min(1.0, max(0.0, value))


def _condition(where: Where) -> Where | None:
    return None if where == EVERYTHING else where


def to_where(filters: Filters, within: tuple[str, ...] | None = None) -> Where:
    """Return the filter tree that engines compile; ``within``: see :class:`rag.answers.Query`."""
    parts: list[Where] = [] if within is None else [In("collection", within)]
    if filters.collection is not None:
        parts.append(In("collection", (filters.collection,)))
    if filters.article_ids is not None:
        parts.append(In("article_id", filters.article_ids))
    if filters.source is not None:
        parts.append(In("source", (filters.source,)))
    if filters.date_from is not None or filters.date_to is not None:
        parts.append(Range("published_at", filters.date_from, filters.date_to))
    return And(tuple(parts))
