"""Ranked passages as they are listed: near copies collapsed into the best of them, and on request unlike one another."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from index.korean.terms import bigrams
from rag.answers import Hit
from rag.ranking.retrieval import CANDIDATES


def diversify(hits: Sequence[Hit], limit: int, diversity: float) -> list[Hit]:
    """Return ``limit`` of ``hits``, ranked anew; ``diversity`` from 0 (by score alone) to 1 (by unlikeness alone).

    The best comes first. Each next one has the highest (1 - diversity) * fused - diversity * likeness, where likeness
    is the highest cosine of its letter pairs with those of a passage before it: 0 nothing in common, 1 the same.
    """
    if not hits:
        return []
    gain = (1 - diversity) * np.array([hit.scores.fused for hit in hits])
    likeness = _likeness([hit.passage.text for hit in hits])
    nearest: npt.NDArray[np.float64] = np.zeros(len(hits))
    order = [0]
    while len(order) < min(limit, len(hits)):
        nearest = np.maximum(nearest, likeness[order[-1]])
        worth = gain - diversity * nearest
        worth[order] = -np.inf
        order.append(int(worth.argmax()))  # the first of equals, which ranked higher
    return [replace(hits[number], rank=rank) for rank, number in enumerate(order, 1)]


def _likeness(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return (n, n): the cosine of the sets of letter pairs of every two texts."""
    sets = [frozenset(bigrams(text)) for text in texts]
    columns = {pair: number for number, pair in enumerate(frozenset().union(*sets))}
    held = np.zeros((len(sets), len(columns)), dtype=np.float32)
    for row, pairs in zip(held, sets, strict=True):
        row[[columns[pair] for pair in pairs]] = 1 / np.sqrt(max(1, len(pairs)))
    return (held @ held.T).astype(np.float64)


NEAR = 0.7  # of all word pairs of two texts: one word in twelve changed; forms filled in anew for each case stay below


def collapse(hits: Iterable[Hit], limit: int) -> list[Hit]:
    """Return the first ``limit`` hits that are no near copies of a better one, ranked anew; each lists its copies.

    Passages of one article are neighbours that share a sentence, never copies.
    """
    kept: list[Hit] = []
    sizes: list[int] = []
    holders: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for hit in hits:
        pairs = _pairs(hit.passage.text)
        shared = Counter(number for pair in pairs for number in holders.get(pair, ()))
        better = next(
            (
                number
                for number, both in sorted(shared.items())
                if kept[number].passage.article_id != hit.passage.article_id and _near(both, len(pairs), sizes[number])
            ),
            None,
        )
        if better is not None:
            kept[better] = replace(kept[better], duplicates=(*kept[better].duplicates, hit.passage))
            continue
        for pair in pairs:
            holders[pair].append(len(kept))
        kept.append(hit)
        sizes.append(len(pairs))
    return [replace(hit, rank=rank) for rank, hit in enumerate(kept[:limit], 1)]


def _near(both: int, one: int, other: int) -> bool:
    return both >= NEAR * (one + other - both)


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    """Return every two words in a row; the last is paired with the first, so that one word alone makes a pair too."""
    words = text.split()
    return frozenset(zip(words, [*words[1:], *words[:1]], strict=True))


SPARE = 10  # passages looked at beyond those asked for, to take the places of near copies
Search = Callable[[int], list[Hit]]  # how many → the best of them, near copies and all


def distinct_hits(search: Search, k: int, *, diversity: float = 0.0) -> list[Hit]:
    """Return the ``k`` best passages of which none is a near copy of another, less alike with more ``diversity`` (0 to 1)."""
    if diversity == 0.0:
        return _distinct(search, k)
    return diversify(_distinct(search, max(k, CANDIDATES)), k, diversity)


def _distinct(search: Search, k: int) -> list[Hit]:
    """Return ``k`` hits without copies, searched deeper where copies took so many places that fewer are left."""
    depth = k + SPARE
    hits = search(depth)
    while len(distinct := collapse(hits, k)) < k and len(hits) == depth:
        depth *= 4
        hits = search(depth)
    return distinct
