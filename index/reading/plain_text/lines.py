"""Lines of a file, packed or not: counted in pieces, read one by one, and none held that is longer than it may be."""

import gzip
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

_PIECE = 1 << 16


def count_lines(path: Path) -> int:
    """Those that are not blank. Raises OSError, EOFError, zlib.error."""
    count, seen = 0, False
    with _opened(path) as file:
        while piece := file.readline(_PIECE):
            seen = seen or not piece.isspace()
            if piece.endswith(b"\n"):
                count, seen = count + seen, False
    return count + seen


def read_lines(path: Path, most: int) -> Iterator[bytes | None]:
    """Each line; None in place of one of more than ``most`` bytes. Raises as :func:`count_lines`."""
    with _opened(path) as file:
        while line := file.readline(most + 1):
            if len(line) <= most:
                yield line
                continue
            yield None
            while line and not line.endswith(b"\n"):
                line = file.readline(_PIECE)


def _opened(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")
