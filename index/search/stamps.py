"""Whether files that are mapped into memory are still as they were: size, place and time of the last write of each.

Nobody of ours ever writes to a published file. What is written to one by somebody else is seen by whoever has it mapped:
zeros are words that nobody finds any more, and what was cut off ends the process that reads it.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from index.errors import CorruptIndexError
from index.search.manifest import damaged

_Stamp = tuple[int, int, int]


class Stamps:
    """Taken before the files are verified and opened."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._stamps = {str(path): _stamp(str(path)) for path in paths}

    def changed(self) -> CorruptIndexError | None:
        """Return what is wrong, where a file was written to or another put in its place. A few microseconds a file.

        One that is gone is no matter here: whoever has it mapped keeps it, and generations are removed.
        """
        for path, stamp in self._stamps.items():
            now = _stamp(path)
            if now is not None and now != stamp:
                return damaged(Path(path))
        return None


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)  # noqa: PTH116  (a Path for each would take longer than the look)
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
