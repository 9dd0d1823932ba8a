"""Passages each good and unlike those before them: maximal marginal relevance (Carbonell and Goldstein 1998)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from index.korean.terms import bigrams
from rag.answers import Hit


def diversify(hits: Sequence[Hit], limit: int, diversity: float) -> list[Hit]:
    """``limit`` of ``hits``, ranked anew; ``diversity`` from 0 (by score alone) to 1 (by unlikeness alone).

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
    return [replace(hits[place], rank=rank) for rank, place in enumerate(order, 1)]


def _likeness(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """(n, n): the cosine of the sets of letter pairs of every two texts."""
    sets = [frozenset(bigrams(text)) for text in texts]
    columns = {pair: place for place, pair in enumerate(frozenset().union(*sets))}
    held = np.zeros((len(sets), len(columns)), dtype=np.float32)
    for row, pairs in zip(held, sets, strict=True):
        row[[columns[pair] for pair in pairs]] = 1 / np.sqrt(max(1, len(pairs)))
    return (held @ held.T).astype(np.float64)
