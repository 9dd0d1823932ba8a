"""Ranked passages as they are listed: near copies collapsed into the best of them, and on request unlike one another."""

from collections.abc import Callable

from rag.answers import Hit
from rag.diversity import diversify
from rag.duplicates import collapse
from rag.retrieval import CANDIDATES

SPARE = 10  # passages looked at beyond those asked for, to take the places of near copies
Search = Callable[[int], list[Hit]]  # how many → the best of them, near copies and all


def distinct_hits(search: Search, k: int, *, diversity: float = 0.0) -> list[Hit]:
    """The ``k`` best passages of which none is a near copy of another, less alike with more ``diversity`` (0 to 1)."""
    if diversity == 0.0:
        return _distinct(search, k)
    return diversify(_distinct(search, max(k, CANDIDATES)), k, diversity)


def _distinct(search: Search, k: int) -> list[Hit]:
    """Deeper where copies took so many places that fewer than ``k`` are left."""
    depth = k + SPARE
    hits = search(depth)
    while len(distinct := collapse(hits, k)) < k and len(hits) == depth:
        depth *= 4
        hits = search(depth)
    return distinct
