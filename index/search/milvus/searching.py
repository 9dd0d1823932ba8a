"""Both halves of a search in a Milvus: what it proposes for meaning is compared exactly, as FAISS's codes are."""

import threading
from collections.abc import Sequence

import numpy as np

from index.encoders.base import Vectors
from index.errors import CorruptIndexError
from index.search.filters import Where
from index.search.lexical import LexicalQuery
from index.search.milvus.collection import MOST, Collection
from index.search.milvus.expressions import among, both, to_expression, up_to
from index.search.milvus.rows import rows_of
from index.search.milvus.statistics import Statistics
from index.search.milvus.weights import Weights, pair_number, query_weights, word_number
from index.search.vectors import best_first, best_of, cosines
from index.store.store import Store

_SPARE = 24  # more than are asked for, since what a graph finds is not quite in order


class MilvusIndex:
    """The passages up to the number ``high`` in a collection, ``passages`` of them in the store's ``state``.

    See :class:`index.search.searching.SearchIndex`.

    What somebody else writes there above that number is not seen; what is no longer in the store is dropped.
    """

    def __init__(self, collection: Collection, statistics: Statistics, high: int, passages: int, state: str) -> None:
        self._collection = collection
        self._statistics = statistics
        self._high = high
        self._passages = passages
        self._state = state
        self._counted = False
        self._counting = threading.Lock()

    def search_dense(
        self, vector: Vectors, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (seq, cosine) among those that Milvus takes for near."""
        depth = k + _SPARE
        while k > 0:
            self._require_whole()
            proposed = [seq for seq, _ in self._collection.nearest(vector[0], depth, self._visible(where))]
            found, rows = store.vectors_of(np.array(proposed, dtype=np.int64))
            if len(found) >= k or len(proposed) < depth or depth >= MOST:
                return best_of(k, found, cosines(vector, rows.reshape(len(found), vector.shape[1])))
            depth = min(2 * depth, MOST)
        return []

    def search_lexical(
        self, query: LexicalQuery, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best (seq, BM25)."""
        weights, depth = self._weights(query), k
        while weights and k > 0:
            self._require_whole()
            hits = self._collection.heaviest(weights, depth, self._visible(where))
            found = self._that_exist(hits, store)
            if len(found) >= k or len(hits) < depth or depth >= MOST:
                return found[:k]
            depth = min(2 * depth, MOST)
        return []

    def score_dense(self, vector: Vectors, seqs: Sequence[int], store: Store) -> dict[int, float]:
        """Return the cosine of each passage named, by the store's own vectors."""
        found, rows = store.vectors_of(np.array(seqs, dtype=np.int64))
        scores = cosines(vector, rows.reshape(len(found), vector.shape[1]))
        return dict(zip(found.tolist(), scores.tolist(), strict=True))

    def score_lexical(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """BM25 of each passage named that shares a term."""
        weights = self._weights(query)
        if not weights or not len(seqs):
            return {}
        self._require_whole()
        return dict(self._collection.heaviest(weights, len(seqs), among(seqs)))

    def document_frequency(self, word: str) -> int:
        """How many passages hold the word."""
        return self._statistics.frequency(word_number(word))

    def pair_frequency(self, pair: str) -> int:
        """How many passages hold the pair of letters."""
        return self._statistics.frequency(pair_number(pair))

    def holds(self, store: Store) -> bool:
        """Whether every passage of the store is there as it would be written now, and no other."""
        there = self._collection.checksums(0, self._high)
        return there == {row.seq: row.crc for row in rows_of(store, 0, self._high)}

    def _visible(self, where: Where | None) -> str:
        return both(up_to(self._high), "" if where is None else to_expression(where))

    def _weights(self, query: LexicalQuery) -> Weights:
        return query_weights(query, self._statistics.frequency, self._passages)

    def _that_exist(self, hits: Sequence[tuple[int, float]], store: Store) -> list[tuple[int, float]]:
        existing, _ = store.vectors_of(np.array([seq for seq, _ in hits], dtype=np.int64))
        kept = set(existing.tolist())
        return sorted((hit for hit in hits if hit[0] in kept), key=best_first)

    def _require_whole(self) -> None:
        """Count once what is there, which also makes what was written visible. Raises CorruptIndexError where some is missing.

        Nothing is missing where the collection is of another state by now: whoever wrote that has deleted something.
        """
        with self._counting:
            if not self._counted and self._collection.count(self._visible(None)) < self._passages:
                wrote = self._collection.state()
                if wrote is None or wrote[1] == self._state:
                    raise missing(self._collection.name)
            self._counted = True


def missing(name: str) -> CorruptIndexError:
    """Return the error for a collection that has lost passages."""
    return CorruptIndexError(
        f"Milvus의 컬렉션 {name}에 대목이 빠져 있습니다. 다시 채우세요: geungeo doctor --repair",
        f"passages are missing in the Milvus collection {name}. Fill it again: geungeo doctor --repair",
    )
