"""Lines of a file, packed or not: counted in pieces, read one by one, and none held that is longer than it may be."""

import gzip
import re
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

_PIECE = 1 << 16
_LINE = re.compile(rb"\S[^\n]*")


def count_lines(path: Path) -> int:
    """Return how many lines are not blank. Raises OSError, EOFError, zlib.error."""
    count, is_counted = 0, False  # whether the line that the last piece ended in is
    with _opened(path) as file:
        while piece := file.read(_PIECE):
            start = piece.find(b"\n") if is_counted else 0
            if start >= 0:
                count += len(_LINE.findall(piece, start))
                is_counted = bool(piece[piece.rfind(b"\n") + 1 :].strip())
    return count


def read_lines(path: Path, most: int) -> Iterator[bytes | None]:
    """Yield each line; None in place of one of more than ``most`` bytes. Raises as :func:`count_lines`."""
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
