"""A generation searched by its own files: FAISS for meaning, tantivy for words."""

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.encoders.base import Vectors
from index.search.coarse import codebook_for
from index.search.filters import Where, to_sql
from index.search.lexical import FOLDER as LEXICAL
from index.search.lexical import LexicalIndex, LexicalQuery
from index.search.manifest import Shard
from index.search.segments import build_segments, compose, library, segment_files
from index.search.shards import Span
from index.search.vectors import VectorIndex, VectorShard
from index.store.store import Store
from index.system.failpoints import reach

VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class EmbeddedIndex:
    """See :class:`index.search.searching.SearchIndex`."""

    vectors: VectorIndex
    lexical: LexicalIndex

    def search_dense(
        self, vector: Vectors, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` nearest; a filter leaves exactly what fits it."""
        allowed = None if where is None else store.filtered(*to_sql(where))
        return self.vectors.search(vector, k, store.vectors_of, allowed)

    def search_lexical(
        self, query: LexicalQuery, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best, exact under the filter."""
        return self.lexical.search(query, k, where)

    def score_dense(self, vector: Vectors, seqs: Sequence[int], store: Store) -> dict[int, float]:
        """Return the cosine of each passage named."""
        return dict(self.vectors.score(vector, np.array(seqs, dtype=np.int64), store.vectors_of))

    def score_lexical(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """Return BM25 of each passage named that shares a term."""
        return self.lexical.score(query, seqs)

    def document_frequency(self, word: str) -> int:
        """Return how many passages hold the word."""
        return self.lexical.document_frequency(word)

    def pair_frequency(self, pair: str) -> int:
        """Return how many passages hold the two letters side by side in a word."""
        return self.lexical.pair_frequency(pair)

    def holds(self, store: Store) -> bool:
        """Return whether both were made of exactly the passages of the store, with their vectors."""
        seqs = store.passage_seqs()
        if not all(np.array_equal(numbers, seqs) for numbers in (self.vectors.seqs, self.lexical.seqs())):
            return False
        low = 0
        for shard in self.vectors.shards:
            high = int(shard.seqs[-1]) if len(shard) else low
            if not shard.holds(store.vectors(low, high)[1]):
                return False
            low = high
        return True


class EmbeddedMaker:
    """See :class:`index.search.publication.Maker`."""

    folders: tuple[str, ...] = (VECTORS, LEXICAL)

    def __init__(self, store: Store, encoder: str, dim: int) -> None:
        self._store = store
        self._encoder = encoder
        self._dim = dim
        self.origin = library()

    def begin(self, *, anew: bool) -> None:
        """Do nothing: files need nothing prepared before they are written."""

    def write(self, temporary: Path, span: Span) -> tuple[Shard, list[str]]:
        """Write one FAISS file and tantivy's segments."""
        name = f"{VECTORS}/{uuid.uuid4().hex}.faiss"
        reach("publish.vectors")
        parts = self._store.vectors_in_turn(span.low, span.high)
        shard = VectorShard.build_in_turn(parts, self._dim, codebook_for(self._encoder))
        (temporary / name).write_bytes(shard.to_bytes())
        workshop, names = temporary / "segments", [name]
        reach("publish.lexical")
        segments = build_segments(workshop, self._store.index_rows(span.low, span.high))
        for path in segment_files(workshop, segments):
            path.rename(temporary / LEXICAL / path.name)
            names.append(f"{LEXICAL}/{path.name}")
        shutil.rmtree(workshop)
        return Shard(span.high, span.count, name, segments), names

    def forget(self, span: Span) -> None:
        """Do nothing: what is held lies in the files of a generation."""

    def finish(self, temporary: Path, shards: tuple[Shard, ...]) -> list[str]:
        """Make one tantivy index of all segments."""
        compose(temporary / LEXICAL, [segment for shard in shards for segment in shard.segments])
        return [f"{LEXICAL}/meta.json"]
