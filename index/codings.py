"""How the database writes vectors: in few bytes where the release knows their encoder, in plain ones for any other.

Every vector begins with the number of its coding, so a number is for good: what it stands for never changes, and a
codebook fitted anew is a new one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors
from index.sealing import SealBrokenError

if TYPE_CHECKING:
    import faiss

PART_WIDTH = 4  # components, zeros included: at three FAISS takes twelve times as long to encode
_CENTROIDS = 256  # of each part: one byte
_LEVELS = 255  # steps of a passage's component


@dataclass(frozen=True, eq=False)
class ProductCode:
    """Product quantisation (Jégou, Douze and Schmid 2011). ``centroids`` (parts, 256, width) float32, of ``dim`` components.

    Part p is of the components p, p + parts, p + 2 parts and so on: where components are sorted by how much they vary,
    as those of words are, every part then has its share of the large ones. What a part lacks at its end is 0.
    """

    centroids: npt.NDArray[np.float32]
    dim: int

    def encode(self, vectors: Vectors) -> bytes:
        """The nearest centroid of each part: a byte each."""
        parts, _, width = self.centroids.shape
        return bytes(self._quantizer.compute_codes(by_parts(vectors, parts, width)).tobytes())

    @cached_property
    def _quantizer(self) -> "faiss.ProductQuantizer":
        import faiss

        parts, _, width = self.centroids.shape
        quantizer = faiss.ProductQuantizer(parts * width, parts, 8)
        faiss.copy_array_to_vector(self.centroids.ravel(), quantizer.centroids)
        return quantizer

    def decode(self, data: bytes) -> Vectors:
        """(n, dim)."""
        parts, _, width = self.centroids.shape
        codes = np.frombuffer(data, dtype=np.uint8).reshape(-1, parts)
        places = codes + np.arange(0, parts * _CENTROIDS, _CENTROIDS)
        found = self.centroids.reshape(-1, width).take(places, axis=0)
        return found.transpose(0, 2, 1).reshape(len(codes), parts * width)[:, : self.dim]


def by_parts(vectors: Vectors, parts: int, width: int = PART_WIDTH) -> Vectors:
    """The components of each part side by side, (n, parts * width)."""
    rows, dim = vectors.shape
    padded = np.pad(vectors, ((0, 0), (0, parts * width - dim)))
    return np.ascontiguousarray(padded.reshape(rows, width, parts).transpose(0, 2, 1).reshape(rows, -1))


@dataclass(frozen=True, slots=True)
class ByteScale:
    """A byte a component: ``low`` (dim,) and so many ``step`` (dim,) more, float32; what lies outside is cut off."""

    low: npt.NDArray[np.float32]
    step: npt.NDArray[np.float32]

    def encode(self, vectors: Vectors) -> npt.NDArray[np.uint8]:
        """(n, dim)."""
        return np.round((vectors - self.low) / self.step).clip(0, _LEVELS).astype(np.uint8)

    def decode(self, codes: npt.NDArray[np.uint8]) -> Vectors:
        """(n, dim)."""
        return codes * self.step + self.low


class Coding(Protocol):
    """Sentence, word and passage vectors as bytes, as many for each, and back.

    The words are those of some sentences, one after another, ``counts`` of each; ``sentences`` are their vectors as
    decoded.

    What is decoded has about unit length, and encodes to the very same bytes again. ``scale``: that of passages, where
    FAISS can keep them as they are here; None for float16.
    """

    @property
    def number(self) -> int: ...
    @property
    def scale(self) -> ByteScale | None: ...
    def encode_sentences(self, vectors: Vectors) -> bytes: ...
    def decode_sentences(self, data: bytes, rows: int) -> Vectors: ...
    def encode_words(self, vectors: Vectors, sentences: Vectors, counts: Sequence[int]) -> bytes: ...
    def decode_words(self, data: bytes, dim: int, sentences: Vectors, counts: Sequence[int]) -> Vectors: ...
    def sentence_bytes(self, dim: int) -> int: ...
    def word_bytes(self, dim: int) -> int: ...
    def passage_bytes(self, dim: int) -> int: ...
    def encode_passages(self, vectors: Vectors) -> bytes: ...
    def decode_passages(self, data: bytes, rows: int) -> Vectors: ...


class PlainCoding:
    """For vectors of any encoder: int8 a component of sentences and words, float16 of passages."""

    number = 0
    scale: ByteScale | None = None

    def encode_sentences(self, vectors: Vectors) -> bytes:
        """Each row in steps of its largest component / 127; rows have length 1 by contract, so the step is not kept."""
        if not vectors.size:
            return b""
        steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
        return bytes(np.round(vectors / steps).astype(np.int8).tobytes())

    def decode_sentences(self, data: bytes, rows: int) -> Vectors:
        return unit(np.frombuffer(data, dtype=np.int8).astype(np.float32).reshape(_shape(data, rows)))

    def encode_words(self, vectors: Vectors, sentences: Vectors, counts: Sequence[int]) -> bytes:
        return self.encode_sentences(vectors)

    def decode_words(self, data: bytes, dim: int, sentences: Vectors, counts: Sequence[int]) -> Vectors:
        return unit(np.frombuffer(data, dtype=np.int8).astype(np.float32).reshape(-1, max(dim, 1)))

    def sentence_bytes(self, dim: int) -> int:
        return dim

    def word_bytes(self, dim: int) -> int:
        return max(dim, 1)

    def passage_bytes(self, dim: int) -> int:
        return 2 * dim

    def encode_passages(self, vectors: Vectors) -> bytes:
        return vectors.astype(np.float16).tobytes()

    def decode_passages(self, data: bytes, rows: int) -> Vectors:
        _shape(data, 2 * rows)
        return np.frombuffer(data, dtype=np.float16).astype(np.float32).reshape(rows, -1)


@dataclass(frozen=True, slots=True)
class PackagedCoding:
    """For the packaged encoder (``index/data/vector_codes.npz``, fitted by ``scripts/fit_vector_codes.py``).

    Sentences are int8: in a third of the bytes rankings fell (docs/performance.md). A sentence's vector is the mean of its
    words', in other coordinates. So of a word there is only written in what it differs from ``expected`` (dim, word_dim)
    of its sentence, which is two fifths less of it.
    """

    encoder: str
    expected: npt.NDArray[np.float32]
    words: ProductCode
    scale: ByteScale
    number: int = 1

    def encode_sentences(self, vectors: Vectors) -> bytes:
        return PLAIN.encode_sentences(vectors)

    def decode_sentences(self, data: bytes, rows: int) -> Vectors:
        return PLAIN.decode_sentences(data, rows)

    def encode_words(self, vectors: Vectors, sentences: Vectors, counts: Sequence[int]) -> bytes:
        return self.words.encode(vectors - self._expected(sentences, counts)) if len(vectors) else b""

    def decode_words(self, data: bytes, dim: int, sentences: Vectors, counts: Sequence[int]) -> Vectors:
        return self.words.decode(data) + self._expected(sentences, counts)

    def _expected(self, sentences: Vectors, counts: Sequence[int]) -> Vectors:
        """(sum of counts, word_dim)."""
        return np.repeat(sentences @ self.expected, counts, axis=0)

    def sentence_bytes(self, dim: int) -> int:
        return dim

    def word_bytes(self, dim: int) -> int:
        return len(self.words.centroids)

    def passage_bytes(self, dim: int) -> int:
        return len(self.scale.low)

    def encode_passages(self, vectors: Vectors) -> bytes:
        return self.scale.encode(vectors).tobytes()

    def decode_passages(self, data: bytes, rows: int) -> Vectors:
        return self.scale.decode(np.frombuffer(data, dtype=np.uint8).reshape(_shape(data, rows)))


PLAIN = PlainCoding()


@cache
def packaged_coding() -> PackagedCoding:
    with files("index").joinpath("data/vector_codes.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        names = ("expected", "words", "low", "step")
        expected, words, low, step = (np.ascontiguousarray(arrays[name], dtype=np.float32) for name in names)
        encoder = str(arrays["encoder"])
    return PackagedCoding(encoder, expected, ProductCode(words, expected.shape[1]), ByteScale(low, step))


def coding_for(encoder: str | None) -> Coding:
    """That in which the vectors of an encoder are written."""
    packaged = packaged_coding()
    return packaged if packaged.encoder == encoder else PLAIN


def coding_numbered(number: int) -> Coding:
    """Raises SealBrokenError for a number that this release does not know."""
    if number == PLAIN.number:
        return PLAIN
    packaged = packaged_coding()
    if number != packaged.number:
        raise SealBrokenError("a vector is in no known coding")
    return packaged


def unit(vectors: Vectors) -> Vectors:
    """Each row brought to length 1, in place."""
    vectors /= np.sqrt(np.maximum(np.einsum("ij,ij->i", vectors, vectors), np.float32(1e-9)))[:, None]
    return vectors


def _shape(data: bytes, rows: int) -> tuple[int, int]:
    """Raises SealBrokenError unless ``data`` is that many equal rows."""
    if not rows or len(data) % rows:
        raise SealBrokenError("vectors are not as they were stored")
    return rows, -1
