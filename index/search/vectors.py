"""Passage vectors in FAISS: inner product, which on unit vectors is the cosine.

Where the release has a codebook for the encoder, FAISS holds codes only, half a byte for two components: they propose,
and what they propose is compared with the vectors themselves, which the database has anyhow. Else it holds float16.
"""

import heapq
import os
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.encoders.base import Vectors
from index.errors import CorruptIndexError, GeungeoError
from index.search.coarse import CoarseIndex, Codebook, codes_of

if TYPE_CHECKING:
    import faiss

_READ_LIMIT = 1 << 34  # bytes one vector of a file may claim; FAISS itself would trust a terabyte

ROUNDING = 2.0**-11  # of a component, as float16
_AS_GOOD_AS_EQUAL = 1e-6
# Passages compared exactly, and as many times those asked for: nearly all of the nearest are among them; a judgement, for which
# `python -m scripts.bench.vectors` compares index types.
COARSE_DEPTH = 300
COARSE_SPARE = 5

Seqs = npt.NDArray[np.int64]
ReadVectors = Callable[[Seqs], tuple[Seqs, Vectors]]  # (those that exist, in order; (n, dim) unit float32)


class VectorError(GeungeoError):
    """An encoder gave something that is not unit vectors of the agreed width."""

    code = "bad_vectors"


def require_unit_rows(vectors: Vectors, dim: int) -> Vectors:
    """Return ``vectors`` if they are (n, dim) float32 of unit length; raise VectorError if not."""
    if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] != dim:
        found = f"{vectors.shape} {vectors.dtype}"
        korean = f"벡터는 (n, {dim}) float32여야 하는데 {found}입니다. 임베딩 모델을 확인하세요."
        raise VectorError(korean, f"expected (n, {dim}) float32, got {found}. Check the encoder.")
    if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
        raise VectorError(
            "벡터의 길이가 1이 아닙니다. 임베딩 모델을 확인하세요.",
            "rows must be unit length, or inner product is not cosine. Check the encoder.",
        )
    return vectors


def best_first(hit: tuple[int, float]) -> tuple[float, int]:
    """Return the order of (seq, score): by score, of equals the lower number first."""
    return -hit[1], hit[0]


class VectorShard:
    """An immutable set of (seq, vector), one FAISS file: codes where there is a codebook, else float16 rows.

    Searching is safe from several threads.
    """

    def __init__(self, index: "faiss.IndexIDMap") -> None:
        import faiss

        self._file = index
        self._inner: faiss.Index = faiss.downcast_index(index.index)
        self.seqs: Seqs = faiss.vector_to_array(index.id_map)
        self.codes = self._inner if isinstance(self._inner, faiss.IndexPQ) else None
        self._memory = _memory_of(self._inner) if self.codes is None else None

    @classmethod
    def build(cls, seqs: Seqs, vectors: Vectors, dim: int, codebook: Codebook | None = None) -> "VectorShard":
        """Make a shard. ``seqs`` (n,) rise; ``vectors`` (n, dim) unit float32."""
        return cls.build_in_turn([(seqs, vectors)], dim, codebook)

    @classmethod
    def build_in_turn(
        cls, parts: Iterable[tuple[Seqs, Vectors]], dim: int, codebook: Codebook | None = None
    ) -> "VectorShard":
        """Make the shard of all parts, each as for :meth:`build`, which need not be in memory together."""
        import faiss

        faiss.omp_set_num_threads(os.cpu_count() or 1)
        index = faiss.IndexIDMap(_new_rows(dim) if codebook is None else codebook.new_index())
        for seqs, vectors in parts:
            if len(seqs):
                index.add_with_ids(_rounded(require_unit_rows(vectors, dim)) if codebook is None else vectors, seqs)
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> "VectorShard":
        """Open a file, memory-mapped where FAISS can do it. Raises CorruptIndexError.

        Only for one whose checksum matched and that nobody alters: FAISS does not defend itself against a hostile one.
        """
        import faiss

        faiss.set_deserialization_vector_byte_limit(_READ_LIMIT)
        try:
            try:
                return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))  # type: ignore[arg-type]
            except RuntimeError:  # no mapping on this system, or not of this file system
                return cls(faiss.read_index(str(path)))  # type: ignore[arg-type]
        except (RuntimeError, AttributeError) as error:
            raise CorruptIndexError(
                f"벡터 색인을 읽을 수 없습니다: {path}. geungeo doctor --repair로 다시 만드세요.",
                f"cannot read the vector index {path}. Rebuild it: geungeo doctor --repair",
            ) from error

    def to_bytes(self) -> bytes:
        """Return the shard as FAISS's own file."""
        import faiss

        return faiss.serialize_index(self._file).tobytes()

    def __len__(self) -> int:
        return int(self._file.ntotal)

    @property
    def dim(self) -> int:
        """The components of a vector."""
        return int(self._inner.d)

    def holds(self, vectors: Vectors) -> bool:
        """Return whether it was made of these vectors, in the order of ``seqs``."""
        if self.codes is None:
            return np.allclose(self.vectors_at(np.arange(len(self))), _rounded(vectors), rtol=0.0, atol=1.5 * ROUNDING)
        return bool(np.array_equal(self.codes.sa_encode(vectors), codes_of(self.codes))) if len(self) else True

    def search(self, query: Vectors, k: int, allowed: Seqs | None = None) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs (rising) if given. Not of codes.

        query: (1, dim) unit float32. Of equals the lower number comes first, at the cut too, where FAISS takes any.
        FAISS's own sums round by where in the file a vector lies, so what it finds is scored again.
        """
        places = None if allowed is None else self.places(allowed)
        most = len(self) if places is None else len(places)
        limit = min(k + 1, most)
        if k <= 0 or most == 0:
            return []
        found, scores = self._search(query, limit, places)
        while len(found) == limit < most and scores[k - 1] - scores[-1] <= _AS_GOOD_AS_EQUAL:
            limit = min(2 * limit, most)
            found, scores = self._search(query, limit, places)
        return best_of(k, self.seqs[found], cosines(query, self.vectors_at(found)))

    def vectors_at(self, places: npt.NDArray[np.int64]) -> Vectors:
        """Return (n, dim) float32 as they are stored, by their places in the file. Not of codes."""
        assert self._memory is not None
        return self._memory[places].view(np.float16).astype(np.float32)

    def places(self, seqs: Seqs) -> npt.NDArray[np.int64]:
        """Return where those of ``seqs`` that are here lie."""
        if not len(self):
            return np.empty(0, dtype=np.int64)
        places = np.searchsorted(self.seqs, seqs).clip(max=len(self) - 1)
        here: npt.NDArray[np.int64] = places[self.seqs[places] == seqs]
        return here

    def _search(
        self, query: Vectors, limit: int, places: npt.NDArray[np.int64] | None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return where the ``limit`` nearest lie, and FAISS's scores of them, best first."""
        import faiss

        vector = require_unit_rows(query, self.dim)
        faiss.omp_set_num_threads(1)  # of this thread: more would only wait for one another over a single query
        if places is None:
            scores, found = self._inner.search(vector, limit)
        else:
            selector = faiss.IDSelectorBatch(places)
            scores, found = self._inner.search(vector, limit, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
        kept = found[0] >= 0
        return found[0][kept], scores[0][kept]


def cosines(query: Vectors, rows: Vectors) -> Vectors:
    """Return the cosines (n,). query: (1, dim); rows: (n, dim)."""
    found: Vectors = np.einsum("ij,j->i", rows, query[0])  # each row by itself: BLAS rounds by how many there are
    return found


def best_of(k: int, seqs: Seqs, scores: Vectors) -> list[tuple[int, float]]:
    """Return the ``k`` best (seq, score) in the order of :func:`best_first`. seqs and scores: (n,)."""
    order = np.lexsort((seqs, -scores))[:k]
    return list(zip(seqs[order].tolist(), scores[order].tolist(), strict=True))


def _new_rows(dim: int) -> "faiss.IndexScalarQuantizer":
    import faiss

    return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


def _rounded(vectors: Vectors) -> Vectors:
    """Return the vectors rounded to the nearest that can be stored: FAISS itself cuts off."""
    return vectors.astype(np.float16).astype(np.float32)


def _memory_of(index: "faiss.Index") -> npt.NDArray[np.uint8]:
    """Return (n, bytes), the index's own memory."""
    import faiss

    if not isinstance(index, faiss.IndexScalarQuantizer) or index.sa_code_size() != 2 * index.d:
        raise RuntimeError("not an index of float16 vectors")
    width = index.sa_code_size()
    if not index.ntotal:
        return np.empty((0, width), dtype=np.uint8)
    memory: npt.NDArray[np.uint8] = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * width)
    return memory.reshape(index.ntotal, width)


class VectorIndex:
    """Shards that together hold each passage once, searched as one.

    ``read`` gives the vectors themselves, for shards of codes. Then a search compares exactly what is nearest by the
    codes (all there is, where that is no more); else everything.
    """

    def __init__(self, shards: Sequence[VectorShard]) -> None:
        self._shards = tuple(shards)

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    @property
    def shards(self) -> tuple[VectorShard, ...]:
        """In the order of the passages' numbers."""
        return self._shards

    @cached_property
    def seqs(self) -> Seqs:
        """Of every passage held, in order."""
        return np.sort(np.concatenate([np.empty(0, dtype=np.int64), *(shard.seqs for shard in self._shards)]))

    def search(self, query: Vectors, k: int, read: ReadVectors, allowed: Seqs | None = None) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs if given, in any order.

        query: (1, dim) unit float32.
        """
        allowed = None if allowed is None else np.unique(allowed)
        if not self._coded:
            found = chain.from_iterable(shard.search(query, k, allowed) for shard in self._shards)
            return heapq.nsmallest(k, found, key=best_first)
        depth = max(COARSE_DEPTH, COARSE_SPARE * k)
        seqs = self.seqs if allowed is None else self._held(allowed)
        if depth < len(seqs):
            coarse = self._coarse if allowed is None else self._coarse_of(allowed)
            seqs = coarse.nearest(require_unit_rows(query, self._shards[0].dim), depth)
        return best_of(k, *self._scored(query, seqs, read)) if k > 0 else []

    def score(self, query: Vectors, seqs: Seqs, read: ReadVectors) -> list[tuple[int, float]]:
        """Return the cosine of each of ``seqs`` that is held, in order."""
        held = self._held(np.unique(seqs))
        if self._coded:
            found, scores = self._scored(query, held, read)
            return list(zip(found.tolist(), scores.tolist(), strict=True))
        scored = []
        for shard in self._shards:
            places = shard.places(held)
            scored += list(
                zip(shard.seqs[places].tolist(), cosines(query, shard.vectors_at(places)).tolist(), strict=True)
            )
        return sorted(scored)

    @property
    def _coded(self) -> bool:
        """Whether the encoder has a codebook: then all shards do."""
        return any(shard.codes is not None for shard in self._shards)

    def _held(self, seqs: Seqs) -> Seqs:
        """Return those of ``seqs`` (rising) that are here."""
        return seqs[np.isin(seqs, self.seqs, assume_unique=True)]

    def _scored(self, query: Vectors, seqs: Seqs, read: ReadVectors) -> tuple[Seqs, Vectors]:
        """Return those of ``seqs`` that still exist, and their cosines; (n,) both."""
        if not len(seqs):
            return seqs, np.empty(0, dtype=np.float32)
        found, rows = read(seqs)
        return found, cosines(require_unit_rows(query, self._shards[0].dim), rows.reshape(len(found), query.shape[1]))

    @cached_property
    def _coarse(self) -> CoarseIndex:
        return self._coarse_of(None)

    def _coarse_of(self, allowed: Seqs | None) -> CoarseIndex:
        """Return a quick index of some passages (rising), or of all shards: FAISS's quick search has no filter."""
        seqs, codes = [], []
        for shard in self._shards:
            if shard.codes is not None and len(shard):
                places = slice(None) if allowed is None else shard.places(allowed)
                seqs.append(shard.seqs[places])
                codes.append(codes_of(shard.codes)[places])
        return CoarseIndex(np.concatenate(seqs), np.concatenate(codes), self._like)

    @property
    def _like(self) -> "faiss.IndexPQ":
        return next(shard.codes for shard in self._shards if shard.codes is not None)
