"""Passage vectors in FAISS: exact inner product, which on unit vectors is the cosine."""

import heapq
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors
from index.errors import CorruptIndexError, GeungeoError

if TYPE_CHECKING:
    import faiss

_READ_LIMIT = 1 << 34  # bytes one vector of a file may claim; FAISS itself would trust a terabyte


class VectorError(GeungeoError):
    """An encoder gave something that is not unit vectors of the agreed width."""

    code = "bad_vectors"


def require_unit_rows(vectors: Vectors, dim: int) -> Vectors:
    """``vectors`` if they are (n, dim) float32 of unit length; else VectorError."""
    if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != dim:
        found = f"{vectors.shape} {vectors.dtype}"
        korean = f"벡터는 (n, {dim}) float32여야 하는데 {found}입니다."
        raise VectorError(korean, f"expected (n, {dim}) float32, got {found}")
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
        raise VectorError("벡터의 길이가 1이 아닙니다.", "rows must be unit length, or inner product is not cosine")
    return vectors


def best_first(hit: tuple[int, float]) -> tuple[float, int]:
    """The order of (seq, score): by score, of equals the lower number first."""
    return -hit[1], hit[0]


class VectorShard:
    """An immutable set of (seq, vector), one FAISS file. Searching is safe from several threads."""

    def __init__(self, index: "faiss.IndexIDMap") -> None:
        import faiss

        self._index = index
        self.seqs: npt.NDArray[np.int64] = faiss.vector_to_array(index.id_map)
        self._low, self._high = (int(self.seqs.min()), int(self.seqs.max())) if len(self.seqs) else (0, -1)

    @classmethod
    def build(cls, seqs: npt.NDArray[np.int64], vectors: Vectors, dim: int) -> "VectorShard":
        import faiss

        index = faiss.IndexIDMap(faiss.IndexFlatIP(dim))
        if len(seqs):
            index.add_with_ids(require_unit_rows(vectors, dim), seqs)
        return cls(index)

    @classmethod
    def from_bytes(cls, data: bytes, path: Path) -> "VectorShard":
        """Only for bytes whose checksum matched: FAISS does not defend itself against a hostile file."""
        import faiss

        faiss.set_deserialization_vector_byte_limit(_READ_LIMIT)
        try:
            return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))  # type: ignore[arg-type]
        except (RuntimeError, AttributeError) as error:
            raise CorruptIndexError(
                f"벡터 색인을 읽을 수 없습니다: {path}. geungeo doctor --repair로 다시 만드세요.",
                f"cannot read the vector index {path}. Rebuild it: geungeo doctor --repair",
            ) from error

    def to_bytes(self) -> bytes:
        import faiss

        return faiss.serialize_index(self._index).tobytes()

    def rows(self) -> Vectors:
        """(n, dim) float32, in the order of ``seqs``."""
        vectors: Vectors = self._index.index.reconstruct_n(0, len(self))
        return vectors

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int, allowed: npt.NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs (in order) if given.

        query: (1, dim) unit float32. Of equals the lower number comes first, at the cut too, where FAISS takes any.
        """
        if allowed is not None:
            allowed = allowed[np.searchsorted(allowed, self._low) : np.searchsorted(allowed, self._high, "right")]
        most = len(self) if allowed is None else len(allowed)
        limit = min(k + 1, most)
        if k <= 0 or most == 0:
            return []
        found = self._search(query, limit, allowed)
        while len(found) == limit < most and found[-1][1] == found[k - 1][1]:
            limit = min(2 * limit, most)
            found = self._search(query, limit, allowed)
        return sorted(found, key=best_first)[:k]

    def _search(self, query: Vectors, limit: int, allowed: npt.NDArray[np.int64] | None) -> list[tuple[int, float]]:
        import faiss

        vector = require_unit_rows(query, self._index.d)
        faiss.omp_set_num_threads(
            1
        )  # of this thread: more only wait for one another over a single query (4 times as long)
        if allowed is None:
            scores, seqs = self._index.search(vector, limit)
        else:
            selector = faiss.IDSelectorBatch(allowed)
            scores, seqs = self._index.search(vector, limit, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
        return [(int(seq), float(score)) for seq, score in zip(seqs[0], scores[0], strict=True) if seq >= 0]


class VectorIndex:
    """Shards that together hold each passage once, searched as one."""

    def __init__(self, shards: Sequence[VectorShard]) -> None:
        self._shards = tuple(shards)

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def rows(self) -> Iterator[Vectors]:
        """Of each shard: (n, dim) float32, in the order of the passages' numbers."""
        return (shard.rows() for shard in self._shards)

    @property
    def seqs(self) -> npt.NDArray[np.int64]:
        """Of every passage held, in order."""
        held = [shard.seqs for shard in self._shards]
        return np.sort(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)

    def search(self, query: Vectors, k: int, allowed: npt.NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs if given, in any order.

        query: (1, dim) unit float32.
        """
        if allowed is not None:
            allowed = np.sort(allowed)
        found = chain.from_iterable(shard.search(query, k, allowed) for shard in self._shards)
        return heapq.nsmallest(k, found, key=best_first)
