"""Ranked passages as they are listed: near copies collapsed into the best of them, and on request unlike one another."""

from functools import partial

from index.encoder import Vectors
from index.engine import Engine
from index.filters import Where
from rag.answers import Hit, Mode
from rag.diversity import diversify
from rag.duplicates import collapse
from rag.question import Question
from rag.retrieval import CANDIDATES, rank_passages

SPARE = 10  # passages looked at beyond those asked for, to take the places of near copies


def ranked_hits(engine: Engine, question: Question, vector: Vectors, where: Where, mode: Mode, k: int) -> list[Hit]:
    """The ``k`` best passages that exist, near copies and all. vector: (1, dim) unit float32."""
    candidates = rank_passages(engine, question, vector, where=where, mode=mode, k=k)
    passages = engine.passages([candidate.seq for candidate in candidates])
    found = [candidate for candidate in candidates if candidate.seq in passages]
    return [Hit(rank, passages[one.seq], one.scores) for rank, one in enumerate(found, start=1)]


def listed_hits(
    engine: Engine,
    question: Question,
    vector: Vectors,
    where: Where,
    mode: Mode,
    k: int,
    *,
    diversity: float = 0.0,
) -> list[Hit]:
    """The ``k`` best passages of which none is a near copy of another, less alike with more ``diversity`` (0 to 1)."""
    search = partial(ranked_hits, engine, question, vector, where, mode)
    if diversity == 0.0:
        return _distinct(search, k)
    return diversify(_distinct(search, max(k, CANDIDATES)), k, diversity)


def _distinct(search: "partial[list[Hit]]", k: int) -> list[Hit]:
    """Deeper where copies took so many places that fewer than ``k`` are left."""
    depth = k + SPARE
    hits = search(depth)
    while len(distinct := collapse(hits, k)) < k and len(hits) == depth:
        depth *= 4
        hits = search(depth)
    return distinct
