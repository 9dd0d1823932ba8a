"""After a deletion: until its words are in no file.

Deleted rows are overwritten where they lay, but what was written
before stays in the write-ahead log, and in the database as long as a snapshot keeps the log from being written back; and
SQLite leaves copies in its pages (:mod:`index.store.scrubbing`). A server that was killed leaves the files it was reading.
"""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from index.errors import GeungeoError
from index.store.connection import truncate_log
from index.store.originals import FOLDER, settle
from index.store.scrubbing import scrub
from index.store.store import Store
from index.system.held_folders import remove_left
from index.system.locking import write_lock

PENDING = "erase.pending"  # a file: something was deleted since everything was overwritten last
UPLOADS = "uploads"  # folders of files that are being received or read
_PAUSE = 0.05


def expect_erasing(folder: Path) -> None:
    """Note, before a deletion, what is left to do for whoever comes after a kill. Needs the write lock."""
    with suppress(OSError):  # a full disk shall not keep anybody from deleting
        (folder / PENDING).touch(mode=0o600)


def remove_left_uploads(folder: Path) -> None:
    """Remove files that a server was receiving or reading when it was killed."""
    remove_left(folder / UPLOADS)


def is_pending(folder: Path) -> bool:
    """Return whether an erasing was begun and has not ended."""
    return (folder / PENDING).exists()


def erase(folder: Path, seconds: float, move_on: Callable[[], object] = lambda: None) -> bool:
    """Try for ``seconds`` to erase what was deleted; return False where somebody still reads or writes.

    ``move_on`` is called before every try, for readers of one's own: they need two steps, one to let the log be written
    back, and one not to read from it any more.
    """
    until = time.monotonic() + seconds
    while True:
        move_on()
        if try_to_erase(folder):
            return True
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)


def try_to_erase(folder: Path) -> bool:
    """Return the same without waiting."""
    remove_left_uploads(folder)
    if not truncate_log(folder):
        return False
    try:
        with write_lock(folder):
            _settle_originals(folder)
            done = truncate_log(folder) and scrub(folder)
            if done:
                (folder / PENDING).unlink(missing_ok=True)
            return done
    except (GeungeoError, OSError):
        return False


def _settle_originals(folder: Path) -> None:
    if (folder / FOLDER).exists():
        with closing(Store(folder)) as store:
            settle(folder, store.recorded_sha256)
