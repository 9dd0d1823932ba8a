"""How the database writes vectors: in few bytes where the release knows their encoder, in plain ones for any other.

Every vector begins with the number of its coding, so a number is for good: what it stands for never changes, and a
codebook fitted anew is a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from index.encoders.base import Vectors
from index.store.checksums import SealBrokenError

if TYPE_CHECKING:
    import faiss

_CENTROIDS = 256  # of each part: one byte
_SEVEN = 127  # the highest number of seven bits
_BITS = np.arange(7, dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class ProductCode:
    """Product quantisation (Jégou, Douze and Schmid 2011). ``centroids`` (parts, 256, width) float32.

    Part p is of the components p, p + parts, p + 2 parts and so on: where components are sorted by how much they vary,
    every part then has its share of the large ones.
    """

    centroids: npt.NDArray[np.float32]

    def encode(self, vectors: npt.NDArray[np.floating[Any]]) -> bytes:
        """Return the nearest centroid of each part: a byte each."""
        import faiss

        # Of this thread: an article has few rows, and a second thread would spin until the first is through with them.
        faiss.omp_set_num_threads(1)
        parts, _, width = self.centroids.shape
        return bytes(self._quantizer.compute_codes(by_parts(vectors, parts, width)).tobytes())

    @cached_property
    def _quantizer(self) -> "faiss.ProductQuantizer":
        import faiss

        parts, _, width = self.centroids.shape
        quantizer = faiss.ProductQuantizer(parts * width, parts, 8)
        faiss.copy_array_to_vector(self.centroids.ravel(), quantizer.centroids)
        return quantizer

    def decode(self, data: bytes, rows: int) -> Vectors:
        """Return (rows, parts * width). Raises SealBrokenError."""
        parts, _, width = self.centroids.shape
        codes = _rows(data, rows, np.uint8)
        if codes.shape[1] != parts:
            raise SealBrokenError("vectors are not as they were stored")
        places = codes + np.arange(0, parts * _CENTROIDS, _CENTROIDS)
        found = self.centroids.reshape(-1, width).take(places, axis=0)
        return found.transpose(0, 2, 1).reshape(len(codes), parts * width)


def by_parts(vectors: npt.NDArray[np.floating[Any]], parts: int, width: int) -> Vectors:
    """Return the components of each part side by side, (n, parts * width)."""
    rows = len(vectors)
    return np.ascontiguousarray(
        vectors.astype(np.float32, copy=False).reshape(rows, width, parts).transpose(0, 2, 1).reshape(rows, -1)
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """A number a component: ``low`` (dim,) and so many ``step`` (dim,) more, float32; what lies outside is cut off."""

    low: npt.NDArray[np.float32]
    step: npt.NDArray[np.float32]
    highest: int

    def encode(self, vectors: Vectors) -> npt.NDArray[np.uint8]:
        """Return the codes (n, dim) of the vectors (n, dim)."""
        return np.round((vectors - self.low) / self.step).clip(0, self.highest).astype(np.uint8)

    def decode(self, codes: npt.NDArray[np.uint8]) -> Vectors:
        """Return the vectors (n, dim) of the codes (n, dim)."""
        return codes * self.step + self.low


def pack_sevens(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pack numbers of seven bits, (n, dim) with dim a multiple of 8, in (n, 7 / 8 * dim) bytes.

    The last eighth of them stands in the highest bits of the others, which take a byte each.
    """
    eighth = codes.shape[1] // 8
    packed = codes[:, :-eighth].copy()
    packed.reshape(len(codes), 7, eighth)[:] |= (codes[:, None, -eighth:] >> _BITS[:, None] & 1) << 7
    return packed


def unpack_sevens(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the same back, (n, dim)."""
    highest = (packed >> 7).reshape(len(packed), 7, -1)
    last = np.einsum("nbi,b->ni", highest, np.uint8(1) << _BITS)
    return np.concatenate([packed & _SEVEN, last], axis=1)


class Coding(Protocol):
    """Passage and sentence vectors as bytes, as many for each, and back.

    ``passages`` beside sentences: of each the vector of the passage it stands in, as decoded. What is decoded has about
    unit length, and encodes to the very same bytes again.
    """

    @property
    def number(self) -> int:
        """What the database calls it; a number is never given twice."""

    def encode_passages(self, vectors: Vectors) -> bytes:
        """Return (n, dim) float32 as ``n * passage_bytes(dim)`` bytes."""

    def decode_passages(self, data: bytes, rows: int) -> Vectors:
        """Return (rows, dim) float32. Raises SealBrokenError for bytes of another length."""

    def passage_bytes(self, dim: int) -> int:
        """Return the bytes of one passage."""

    def encode_sentences(self, vectors: Vectors, passages: Vectors) -> bytes:
        """Return (n, dim) float32 as ``n * sentence_bytes(dim)`` bytes; ``passages`` is (n, dim) too."""

    def decode_sentences(self, data: bytes, passages: Vectors) -> Vectors:
        """Return (len(passages), dim) float32. Raises SealBrokenError for bytes of another length."""

    def sentence_bytes(self, dim: int) -> int:
        """Return the bytes of one sentence."""


class PlainCoding:
    """For vectors of any encoder: float16 a component of passages, int8 of sentences."""

    number = 0

    def encode_passages(self, vectors: Vectors) -> bytes:
        """Write float16."""
        return vectors.astype(np.float16).tobytes()

    def decode_passages(self, data: bytes, rows: int) -> Vectors:
        """Read float16."""
        return _rows(data, rows, np.float16).astype(np.float32)

    def passage_bytes(self, dim: int) -> int:
        """Return two bytes a component."""
        return 2 * dim

    def encode_sentences(self, vectors: Vectors, passages: Vectors) -> bytes:
        """Code each row in steps of its largest component / 127, which is not kept: rows have length 1 by contract."""
        steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
        return bytes(np.round(vectors / steps).astype(np.int8).tobytes())

    def decode_sentences(self, data: bytes, passages: Vectors) -> Vectors:
        """Read int8, then make the rows of unit length again."""
        return unit(_rows(data, len(passages), np.int8).astype(np.float32))

    def sentence_bytes(self, dim: int) -> int:
        """Return a byte a component."""
        return dim


class PackagedCoding:
    """For the packaged encoder (``index/data/vector_codes.npz``, fitted by ``scripts/fit/vector_codes.py``).

    A component of a passage's vector takes seven bits. It is the mean of what its sentences' are means of, so an eighth of a
    sentence's variance is left once it is known. What is left, less its mean, is turned into its main components, and goes
    into one byte for several.
    """

    number = 2  # of the format: what is stored begins with it

    def __init__(self, encoder: str, scale: Scale, offset: Vectors, basis: Vectors, rest: ProductCode) -> None:
        """Take ``encoder``, its fingerprint.

        ``offset`` (dim,), ``basis`` (dim, dim) orthonormal, ``rest`` of dim components.
        """
        self.encoder = encoder
        self.scale = scale
        self._offset = offset
        self._basis = basis
        self._rest = rest

    def encode_passages(self, vectors: Vectors) -> bytes:
        """Write seven bits a component."""
        return pack_sevens(self.scale.encode(vectors)).tobytes()

    def decode_passages(self, data: bytes, rows: int) -> Vectors:
        """Read seven bits a component."""
        packed = _rows(data, rows, np.uint8)
        if packed.shape[1] != self.passage_bytes(len(self.scale.low)):
            raise SealBrokenError("vectors are not as they were stored")
        return self.scale.decode(unpack_sevens(packed))

    def passage_bytes(self, dim: int) -> int:
        """Return seven bytes for eight components."""
        return dim // 8 * 7

    def encode_sentences(self, vectors: Vectors, passages: Vectors) -> bytes:
        """Write codes of what a sentence differs in from its passage."""
        return self._rest.encode((vectors - passages - self._offset) @ self._basis)

    def decode_sentences(self, data: bytes, passages: Vectors) -> Vectors:
        """Read them and add the passages."""
        return self._rest.decode(data, len(passages)) @ self._basis.T + self._offset + passages

    def sentence_bytes(self, dim: int) -> int:
        """Return a byte for each part of the codebook."""
        return len(self._rest.centroids)


PLAIN = PlainCoding()


@cache
def packaged_coding() -> PackagedCoding:
    """Load the coding of the packaged encoder from its data file, once."""
    with files("index").joinpath("data/vector_codes.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        encoder = str(arrays["encoder"])
        low, step, offset, basis, rest = (
            np.ascontiguousarray(arrays[name], dtype=np.float32) for name in ("low", "step", "offset", "basis", "rest")
        )
    return PackagedCoding(encoder, Scale(low, step, _SEVEN), offset, basis, ProductCode(rest))


def coding_for(encoder: str | None) -> Coding:
    """Return that in which the vectors of an encoder are written."""
    packaged = packaged_coding()
    return packaged if packaged.encoder == encoder else PLAIN


def coding_numbered(number: int) -> Coding:
    """Return the coding. Raises SealBrokenError for a number that this release does not know."""
    if number == PLAIN.number:
        return PLAIN
    if number == PackagedCoding.number:
        return packaged_coding()
    raise SealBrokenError("a vector is in no known coding")


def decoded_passages(coded: Sequence[bytes]) -> Vectors:
    """Return (n, dim) as they were stored, each of its own coding; (0, 0) if there are none. Raises SealBrokenError."""
    parts = []
    for number, run in groupby(coded, itemgetter(0)):
        data = [vector[1:] for vector in run]
        parts.append(coding_numbered(number).decode_passages(b"".join(data), len(data)))
    return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


def decoded_sentences(coded: Sequence[bytes], counts: Sequence[int], passages: Vectors) -> Vectors:
    """Return (sum of counts, dim) as they were stored. ``coded``: those of each of the ``passages`` (n, dim) together.

    Raises SealBrokenError.
    """
    parts = []
    for number, run in groupby(
        [passage for passage, count in enumerate(counts) if count], lambda passage: coded[passage][0]
    ):
        places = list(run)
        of = np.repeat(passages[places], [counts[passage] for passage in places], axis=0)
        parts.append(coding_numbered(number).decode_sentences(b"".join(coded[passage][1:] for passage in places), of))
    return np.concatenate(parts) if parts else np.empty((0, passages.shape[1]), dtype=np.float32)


def unit(vectors: Vectors) -> Vectors:
    """Bring each row to length 1, in place, and return the rows."""
    vectors /= np.sqrt(np.maximum(np.einsum("ij,ij->i", vectors, vectors), np.float32(1e-9)))[:, None]
    return vectors


def _rows(data: bytes, rows: int, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return ``data`` as (rows, equal parts of it). Raises SealBrokenError."""
    if not rows or len(data) % (rows * np.dtype(kind).itemsize):
        raise SealBrokenError("vectors are not as they were stored")
    return np.frombuffer(data, dtype=kind).reshape(rows, -1)
