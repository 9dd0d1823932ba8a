"""Checksums of what SQLite stores, for it keeps none: every row's texts and every vector carry a CRC-32.

A CRC-32 finds every flip of up to three bits in rows as short as these, and all but one in four billion of any other
damage by chance. It is no defence against someone who means it.
"""

import zlib

import numpy as np
import numpy.typing as npt

_BYTES = 4


class SealBrokenError(ValueError):
    """What was read is not what was written."""


def seal(data: bytes) -> bytes:
    """``data`` and its checksum."""
    return data + zlib.crc32(data).to_bytes(_BYTES, "little")


def unseal(sealed: bytes) -> bytes:
    """The data. Raises SealBrokenError."""
    data = sealed[:-_BYTES]
    if zlib.crc32(data).to_bytes(_BYTES, "little") != sealed[-_BYTES:]:
        raise SealBrokenError("a vector is not as it was stored")
    return data


def crc_of(*fields: str | int | None) -> int:
    """Of a row's fields together, in order; None is not the empty text."""
    return zlib.crc32("\x1e".join("\x00" if field is None else f"{field}" for field in fields).encode())


def check_row(crc: int, *fields: str | int | None) -> None:
    """Raises SealBrokenError unless ``crc`` is theirs."""
    if crc_of(*fields) != crc:
        raise SealBrokenError("a row is not as it was stored")


def to_int8(vectors: npt.NDArray[np.float32]) -> bytes:
    """Each row in steps of its largest component / 127; rows have length 1 by contract, so the step is not kept."""
    if not vectors.size:
        return b""
    steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
    return bytes(np.round(vectors / steps).astype(np.int8).tobytes())


def from_int8(data: bytes, dim: int) -> npt.NDArray[np.float32]:
    """(n, dim) float32 of unit length."""
    return _unit(np.frombuffer(data, dtype=np.int8).astype(np.float32).reshape(-1, max(dim, 1)))


def to_float16(vector: npt.NDArray[np.float32]) -> bytes:
    return vector.astype(np.float16).tobytes()


def from_float16(data: bytes, rows: int) -> npt.NDArray[np.float32]:
    """(rows, dim) float32 of unit length; (0, 0) where there are none."""
    if not rows:
        return np.empty((0, 0), dtype=np.float32)
    return _unit(np.frombuffer(data, dtype=np.float16).astype(np.float32).reshape(rows, -1))


def _unit(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    vectors /= np.sqrt(np.maximum(np.einsum("ij,ij->i", vectors, vectors), np.float32(1e-9)))[:, None]
    return vectors
