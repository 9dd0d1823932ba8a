"""Passage vectors in FAISS: inner product, which on unit vectors is the cosine."""

import heapq
import os
from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from index.coarse import CoarseIndex, Codebook, join
from index.codings import ByteScale
from index.encoder import Vectors
from index.errors import CorruptIndexError, GeungeoError

if TYPE_CHECKING:
    import faiss

_READ_LIMIT = 1 << 34  # bytes one vector of a file may claim; FAISS itself would trust a terabyte

ROUNDING = 2.0**-11  # of a component, as float16
_AS_GOOD_AS_EQUAL = 1e-6
_LEVELS = 255
COARSE_FROM = 16_384  # passages; fewer are compared one by one in the time of everything else in a question
COARSE_DEPTH = 400  # passages compared exactly
COARSE_SPARE = 8  # and as many times those asked for


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
    """An immutable set of (seq, vector), one FAISS file: float16 rows, or a byte a component where a scale is given,
    and with a codebook the codes of a first look.

    Searching is safe from several threads.
    """

    def __init__(self, index: "faiss.IndexIDMap") -> None:
        import faiss

        self._file = index
        self._rows: faiss.Index = faiss.downcast_index(index.index)
        self.codes: faiss.IndexPQ | None = None
        if isinstance(self._rows, faiss.IndexRefine):
            self.codes = cast("faiss.IndexPQ", faiss.downcast_index(self._rows.base_index))
            self._rows = faiss.downcast_index(self._rows.refine_index)
        self.seqs: npt.NDArray[np.int64] = faiss.vector_to_array(index.id_map)
        self._memory, self._scale = _memory_of(self._rows), _scale_of(self._rows)

    @classmethod
    def build(
        cls,
        seqs: npt.NDArray[np.int64],
        vectors: Vectors,
        dim: int,
        codebook: Codebook | None = None,
        scale: ByteScale | None = None,
    ) -> "VectorShard":
        """``seqs`` (n,) rise; ``vectors`` (n, dim) unit float32."""
        import faiss

        faiss.omp_set_num_threads(os.cpu_count() or 1)
        inner: faiss.Index = _new_rows(dim, scale)
        if codebook is not None:
            inner = faiss.IndexRefine(codebook.new_index(), inner)
        index = faiss.IndexIDMap(inner)
        if len(seqs):
            index.add_with_ids(_rounded(require_unit_rows(vectors, dim), scale), seqs)
        return cls(index)

    @classmethod
    def open(cls, path: Path) -> "VectorShard":
        """Memory-mapped where FAISS can do it, else read. Only for a file whose checksum matched and that nobody alters:
        FAISS does not defend itself against a hostile one.

        Raises CorruptIndexError.
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
        import faiss

        return faiss.serialize_index(self._file).tobytes()

    def rows(self) -> Vectors:
        """(n, dim) float32, in the order of ``seqs``."""
        vectors: Vectors = self._rows.reconstruct_n(0, len(self))
        return vectors

    def __len__(self) -> int:
        return int(self._file.ntotal)

    def holds(self, vectors: Vectors) -> bool:
        """Whether its rows are these, rounded as it rounds them."""
        step = ROUNDING if self._scale is None else float(self._scale.step.max())
        return np.allclose(self.rows(), _rounded(vectors, self._scale), rtol=0.0, atol=1.5 * step)

    @property
    def dim(self) -> int:
        return int(self._rows.d)

    def search(self, query: Vectors, k: int, allowed: npt.NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs (rising) if given.

        query: (1, dim) unit float32. Of equals the lower number comes first, at the cut too, where FAISS takes any.
        FAISS's own sums round by where in the file a vector lies, so what it finds is scored again.
        """
        places = None if allowed is None else self._places(allowed)
        most = len(self) if places is None else len(places)
        limit = min(k + 1, most)
        if k <= 0 or most == 0:
            return []
        found, scores = self._search(query, limit, places)
        while len(found) == limit < most and scores[k - 1] - scores[-1] <= _AS_GOOD_AS_EQUAL:
            limit = min(2 * limit, most)
            found, scores = self._search(query, limit, places)
        return best_of(k, self.seqs[found], _cosines(query, self.vectors_at(found)))

    def vectors_at(self, places: npt.NDArray[np.int64]) -> Vectors:
        """(n, dim) float32 as they are stored, by their places in the file."""
        stored = self._memory[places]
        return stored.view(np.float16).astype(np.float32) if self._scale is None else self._scale.decode(stored)

    def _places(self, seqs: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Where those of ``seqs`` that are here lie."""
        if not len(self):
            return np.empty(0, dtype=np.int64)
        places = np.searchsorted(self.seqs, seqs).clip(max=len(self) - 1)
        here: npt.NDArray[np.int64] = places[self.seqs[places] == seqs]
        return here

    def _search(
        self, query: Vectors, limit: int, places: npt.NDArray[np.int64] | None
    ) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Where the ``limit`` nearest lie, and FAISS's scores of them, best first."""
        import faiss

        vector = require_unit_rows(query, self.dim)
        faiss.omp_set_num_threads(1)  # of this thread: more would only wait for one another over a single query
        if places is None:
            scores, found = self._rows.search(vector, limit)
        else:
            selector = faiss.IDSelectorBatch(places)
            scores, found = self._rows.search(vector, limit, params=faiss.SearchParameters(sel=selector))  # type: ignore[call-arg]
        kept = found[0] >= 0
        return found[0][kept], scores[0][kept]


def _cosines(query: Vectors, rows: Vectors) -> Vectors:
    """(n,). rows: (n, dim)."""
    cosines: Vectors = np.einsum("ij,j->i", rows, query[0])  # each row by itself: BLAS rounds by how many there are
    return cosines


def best_of(k: int, seqs: npt.NDArray[np.int64], scores: Vectors) -> list[tuple[int, float]]:
    """The ``k`` best (seq, score) in the order of :func:`best_first`. seqs and scores: (n,)."""
    order = np.lexsort((seqs, -scores))[:k]
    return list(zip(seqs[order].tolist(), scores[order].tolist(), strict=True))


def _new_rows(dim: int, scale: ByteScale | None) -> "faiss.IndexScalarQuantizer":
    import faiss

    if scale is None:
        return faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    bounds = np.concatenate([scale.low - scale.step / 2, _LEVELS * scale.step])  # FAISS decodes to the middle of a step
    faiss.copy_array_to_vector(bounds.astype(np.float32), index.sq.trained)
    index.is_trained = True
    return index


def _rounded(vectors: Vectors, scale: ByteScale | None) -> Vectors:
    """To the nearest that can be stored: FAISS itself cuts off."""
    return vectors.astype(np.float16).astype(np.float32) if scale is None else scale.decode(scale.encode(vectors))


def _memory_of(index: "faiss.Index") -> npt.NDArray[np.uint8]:
    """(n, bytes), the index's own memory."""
    import faiss

    if not isinstance(index, faiss.IndexScalarQuantizer) or index.sa_code_size() not in (index.d, 2 * index.d):
        raise RuntimeError("not an index of float16 or 8-bit vectors")
    width = index.sa_code_size()
    if not index.ntotal:
        return np.empty((0, width), dtype=np.uint8)
    memory: npt.NDArray[np.uint8] = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * width)
    return memory.reshape(index.ntotal, width)


def _scale_of(index: "faiss.Index") -> ByteScale | None:
    """None for float16."""
    import faiss

    if not isinstance(index, faiss.IndexScalarQuantizer) or index.sa_code_size() != index.d:
        return None
    low, width = faiss.vector_to_array(index.sq.trained).astype(np.float32).reshape(2, index.d)
    step: npt.NDArray[np.float32] = width / np.float32(_LEVELS)
    return ByteScale(low + step / np.float32(2), step)


class VectorIndex:
    """Shards that together hold each passage once, searched as one.

    From ``coarse_from`` passages on, a search without a filter compares codes first, and exactly only what is nearest
    by them; a search with a filter compares all that the filter leaves.
    """

    def __init__(self, shards: Sequence[VectorShard], *, coarse_from: int = COARSE_FROM) -> None:
        self._shards = tuple(shards)
        self._coarse_from = coarse_from

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    @property
    def shards(self) -> tuple[VectorShard, ...]:
        """In the order of the passages' numbers."""
        return self._shards

    @property
    def seqs(self) -> npt.NDArray[np.int64]:
        """Of every passage held, in order."""
        return self._held[0]

    @cached_property
    def _held(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Every number in order, and of each the place where it lies when the shards are laid end to end; (n,) both."""
        seqs = np.concatenate([np.empty(0, dtype=np.int64), *(shard.seqs for shard in self._shards)])
        places = np.argsort(seqs, kind="stable")
        return seqs[places], places

    def search(self, query: Vectors, k: int, allowed: npt.NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` nearest (seq, cosine), best first, among ``allowed`` seqs if given, in any order.

        query: (1, dim) unit float32.
        """
        depth = max(COARSE_DEPTH, COARSE_SPARE * k)
        if allowed is None and self._coarse is not None and depth < len(self):
            near = self._coarse.nearest(require_unit_rows(query, self._shards[0].dim), depth)
            return best_of(k, *self._scored(query, near))
        if allowed is not None:
            allowed = np.unique(allowed)
        found = chain.from_iterable(shard.search(query, k, allowed) for shard in self._shards)
        return heapq.nsmallest(k, found, key=best_first)

    def score(self, query: Vectors, seqs: npt.NDArray[np.int64]) -> list[tuple[int, float]]:
        """The cosine of each of ``seqs`` that is held."""
        found, cosines = self._scored(query, seqs)
        return list(zip(found.tolist(), cosines.tolist(), strict=True))

    def _scored(self, query: Vectors, seqs: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Those of ``seqs`` that are held, and their cosines; (n,) both."""
        known, places = self._held
        if not len(known):
            return known, np.empty(0, dtype=np.float32)
        wanted = np.unique(seqs)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        at = at[known[at] == wanted]
        rows = self._rows_at(places[at])
        return known[at], _cosines(require_unit_rows(query, self._shards[0].dim), rows)

    def _rows_at(self, places: npt.NDArray[np.int64]) -> Vectors:
        """(n, dim) float32, by their places when the shards are laid end to end."""
        rows = np.empty((len(places), self._shards[0].dim), dtype=np.float32)
        ends = np.cumsum([len(shard) for shard in self._shards])
        owners = np.searchsorted(ends, places, side="right")
        for owner in np.unique(owners).tolist():
            shard, own = self._shards[owner], owners == owner
            rows[own] = shard.vectors_at(places[own] - (ends[owner] - len(shard)))
        return rows

    @cached_property
    def _coarse(self) -> CoarseIndex | None:
        """None where there are few passages, or the encoder has no codebook."""
        held = [shard for shard in self._shards if len(shard)]
        parts = [shard.codes for shard in held if shard.codes is not None]
        if len(self) < self._coarse_from or not held or len(parts) < len(held):
            return None
        return join(parts, [shard.seqs for shard in held])
