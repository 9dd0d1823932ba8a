"""Both halves of a search in a Milvus: what it proposes for meaning is compared exactly, as FAISS's codes are."""

import math
import time
from collections.abc import Sequence

import numpy as np

from index.encoders.base import Vectors
from index.search.filters import Where
from index.search.lexical import LexicalQuery
from index.search.milvus.collection import MOST, READ_SECONDS, Collection, unseen
from index.search.milvus.expressions import among, both, to_expression, up_to
from index.search.milvus.rows import rows_of
from index.search.milvus.statistics import Statistics
from index.search.milvus.turns import OneTry, at_most
from index.search.milvus.weights import Weights, pair_number, query_weights, word_number
from index.search.vectors import best_first, best_of, cosines
from index.store.store import Store

_SPARE = 24  # more than are asked for, since what a graph finds is not quite in order
_WHOLE_SECONDS = 1.0  # that a look is believed: to take over for a lost server takes longer
_NEVER = -math.inf


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
        self._looked_at = _NEVER
        self._look = OneTry()

    def search_dense(
        self, vector: Vectors, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (seq, cosine) among those that Milvus takes for near."""
        with at_most(READ_SECONDS):
            return self._nearest(vector, k, store, where) if k > 0 else []

    def _nearest(self, vector: Vectors, k: int, store: Store, where: Where | None) -> list[tuple[int, float]]:
        depth = k + _SPARE
        while True:
            self._require_whole()
            proposed = [seq for seq, _ in self._collection.nearest(vector[0], depth, self._visible(where))]
            found, rows = store.vectors_of(np.array(proposed, dtype=np.int64))
            if len(found) >= k or len(proposed) < depth or depth >= MOST:
                return best_of(k, found, cosines(vector, rows.reshape(len(found), vector.shape[1])))
            depth = min(2 * depth, MOST)

    def search_lexical(
        self, query: LexicalQuery, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best (seq, BM25)."""
        weights = self._weights(query)
        with at_most(READ_SECONDS):
            return self._heaviest(weights, k, store, where) if weights and k > 0 else []

    def _heaviest(self, weights: Weights, k: int, store: Store, where: Where | None) -> list[tuple[int, float]]:
        depth = k
        while True:
            self._require_whole()
            hits = self._collection.heaviest(weights, depth, self._visible(where))
            found = self._that_exist(hits, store)
            if len(found) >= k or len(hits) < depth or depth >= MOST:
                return found[:k]
            depth = min(2 * depth, MOST)

    def score_dense(self, vector: Vectors, seqs: Sequence[int], store: Store) -> dict[int, float]:
        """Return the cosine of each passage named, by the store's own vectors."""
        found, rows = store.vectors_of(np.array(seqs, dtype=np.int64))
        scores = cosines(vector, rows.reshape(len(found), vector.shape[1]))
        return dict(zip(found.tolist(), scores.tolist(), strict=True))

    def score_lexical(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """Return the BM25 score of each passage named that shares a term."""
        weights = self._weights(query)
        if not weights or not len(seqs):
            return {}
        with at_most(READ_SECONDS):
            self._require_whole()
            return dict(self._collection.heaviest(weights, len(seqs), among(seqs)))

    def document_frequency(self, word: str) -> int:
        """Return how many passages hold the word."""
        return self._statistics.frequency(word_number(word))

    def pair_frequency(self, pair: str) -> int:
        """Return how many passages hold the pair of letters."""
        return self._statistics.frequency(pair_number(pair))

    def holds(self, store: Store) -> bool:
        """Return whether every passage of the store is there as it would be written now, and no other."""
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
        """Look again and again whether all can be seen, so that nothing is answered of a part. Raises EngineAwayError.

        A server that takes over for a lost one shows for some seconds only the newest rows, or all but those, and says
        nothing of that.
        """
        if time.monotonic() - self._looked_at > _WHOLE_SECONDS:
            self._look.run(self._look_through)

    def _look_through(self) -> None:
        if self._looked_at == _NEVER or not self._looks_whole():
            self._require_all()
        self._looked_at = time.monotonic()

    def _looks_whole(self) -> bool:
        """Return whether what a search sees now, which may be seconds old, is of our state and all of it."""
        note = self._collection.note(strong=False)
        ours = note is not None and note.state == self._state
        return ours and self._collection.count(self._visible(None), strong=False) >= self._passages

    def _require_all(self) -> None:
        """Count what is there, which also makes what was written visible.

        Fewer than there were is no loss where another state was written since: whoever did that has deleted something.
        """
        if self._collection.count(self._visible(None)) < self._passages:
            note = self._collection.note()
            if note is None or note.state == self._state or not self._collection.has_all_of(note):
                raise unseen(self._collection.name)
