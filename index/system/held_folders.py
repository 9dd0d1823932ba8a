"""Folders that end with the process that made them, however it ends.

Each is locked by its process, and a lock of a process that was killed is free.
"""

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.system.files import make_folder

_LOCK = ".held"
_BEING_MADE = 2.0  # seconds from making a folder to locking it


class HeldFolder:
    """A new folder in ``root``. Raises OSError."""

    def __init__(self, root: Path) -> None:
        make_folder(root)
        self.path = Path(tempfile.mkdtemp(dir=root))
        self._lock = FileLock(self.path / _LOCK, timeout=0, mode=0o600, thread_local=False)
        self._lock.acquire()

    def remove(self) -> None:
        """Remove the folder. May be called from any thread and more than once."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()


def remove_left(root: Path) -> None:
    """Remove what killed processes left in ``root``."""
    with suppress(OSError):
        for folder in root.iterdir():
            if folder.stat().st_mtime < time.time() - _BEING_MADE:
                _remove_unheld(folder)


def _remove_unheld(folder: Path) -> None:
    with suppress(Timeout, OSError), FileLock(folder / _LOCK, timeout=0, mode=0o600):
        shutil.rmtree(folder, ignore_errors=True)
