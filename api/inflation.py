"""What a compressed file unfolds to, counted before anything is made of it."""

import zlib
from pathlib import Path

from api.limits import MAX_INFLATED_BYTES, MAX_INFLATION, MIB
from index.errors import UnpackingError

_GZIP_WINDOW = 31  # zlib: a gzip header is expected
_PIECE = 64 * 1024


def require_bounded(path: Path) -> None:
    """Raises UnpackingError for a ``.gz`` that unfolds to too much, or to far more than itself; never holds it whole."""
    if path.suffix == ".gz" and _inflated_size(path, _limit(path)) > _limit(path):
        raise UnpackingError(
            "압축을 풀면 너무 큽니다. 풀어서 나누어 올려 주세요.",
            "too large when unpacked; unpack it and upload it in parts.",
        )


def _limit(path: Path) -> int:
    return min(MAX_INFLATED_BYTES, max(MIB, path.stat().st_size * MAX_INFLATION))


def _inflated_size(path: Path, limit: int) -> int:
    """Counted no further than past ``limit``; a damaged file counts as far as it goes, and its reader says so."""
    size = 0
    with path.open("rb") as file:
        inflate = zlib.decompressobj(_GZIP_WINDOW)
        while size <= limit and (piece := inflate.unconsumed_tail or inflate.unused_data or file.read(_PIECE)):
            if inflate.eof:
                inflate = zlib.decompressobj(_GZIP_WINDOW)  # gzip files may follow each other in one
            try:
                size += len(inflate.decompress(piece, _PIECE))
            except zlib.error:
                break
    return size
