"""A quick first look at very many passage vectors: four bits for every two components, compared sixteen at a time.

Product quantisation with in-register tables (André, Kermarrec and Le Scouarnec 2017), as FAISS's ``IndexPQFastScan``.
It only proposes; what it proposes is scored exactly. The codebook (``index/data/passage_codebook.npz``, fitted by
``scripts/fit/codebook.py``) is part of the release and not of an index, so that a passage has the same code whenever
and beside whatever it was written. How much faster it is and what it misses: ``scripts/bench/vectors.py``.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from index.encoders.base import Vectors

if TYPE_CHECKING:
    import faiss

BITS = 4
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Codebook:
    """``centroids`` (parts, 16, dim / parts) float32, for the vectors of one encoder."""

    encoder: str
    centroids: npt.NDArray[np.float32]

    @property
    def dim(self) -> int:
        """The components of a vector that is coded."""
        parts, _, width = self.centroids.shape
        return int(parts * width)

    def new_index(self) -> "faiss.IndexPQ":
        """Return an empty index that writes these codes."""
        import faiss

        index = faiss.IndexPQ(self.dim, len(self.centroids), BITS, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(np.ascontiguousarray(self.centroids).ravel(), index.pq.centroids)
        index.is_trained = True
        return index


@cache
def packaged_codebook() -> Codebook:
    """Return that of the packaged encoder."""
    with files("index").joinpath("data/passage_codebook.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return Codebook(str(arrays["encoder"]), arrays["centroids"].astype(np.float32))


def codebook_for(encoder: str) -> Codebook | None:
    """Return the codebook for an encoder; None where the release has none: then every vector is compared."""
    packaged = packaged_codebook()
    return packaged if packaged.encoder == encoder else None


class CoarseIndex:
    """The codes of all passages, searched as one. Safe from several threads."""

    def __init__(self, seqs: npt.NDArray[np.int64], codes: Codes, like: "faiss.IndexPQ") -> None:
        """Take ``seqs`` (n,) and ``codes`` (n, bytes), made with the centroids of ``like``."""
        import faiss

        plain = faiss.IndexPQ(like.d, like.pq.M, BITS, faiss.METRIC_INNER_PRODUCT)
        plain.pq = like.pq
        plain.is_trained = True
        faiss.copy_array_to_vector(codes.ravel(), plain.codes)
        plain.ntotal = len(seqs)
        self._seqs = seqs
        self._index = faiss.IndexPQFastScan(plain)  # type: ignore[arg-type]  # the constructor that packs another's codes

    def nearest(self, query: Vectors, depth: int) -> npt.NDArray[np.int64]:
        """Return about the ``depth`` nearest, in no order. query: (1, dim) unit float32."""
        import faiss

        faiss.omp_set_num_threads(1)
        _, places = self._index.search(query, depth)
        found: npt.NDArray[np.int64] = self._seqs[places[0][places[0] >= 0]]
        return found


def codes_of(index: "faiss.IndexPQ") -> Codes:
    """Return the codes (n, bytes) as they lie in the index: its own memory, not a copy."""
    import faiss

    width = index.sa_code_size()
    if not index.ntotal:
        return np.empty((0, width), dtype=np.uint8)
    codes: Codes = faiss.rev_swig_ptr(index.codes.data(), index.ntotal * width)
    return codes.reshape(index.ntotal, width)
