"""Files that appear whole or not at all, and who may read what is written: its owner alone.

Unless ``GEUNGEO_SHARED=1`` leaves that to the umask.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

VARIABLE = "GEUNGEO_SHARED"


@contextmanager
def written_whole(path: Path, *, mode: int = 0o666) -> Iterator[IO[bytes]]:
    """Yield a new file that takes the place of ``path``, synced, at the end of the block.

    Where the block raises nothing is left behind, and ``path`` is as it was. The file has ``mode``, less the umask,
    from its first byte on. Raises OSError.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with synced_file(temporary, mode=mode) as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def synced_file(path: Path, *, mode: int) -> Iterator[IO[bytes]]:
    """Yield a new file, on the disk at the end of the block; one that the block did not finish is the caller's to remove.

    The file has ``mode``, less the umask, from its first byte on. Raises OSError, FileExistsError where there is one.
    """
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def file_mode() -> int:
    """Return the mode of a new file with articles in it, before the umask."""
    return 0o666 if _is_shared() else 0o600


def make_folder(path: Path) -> None:
    """Make the folder, where it is not there yet, for its owner alone; an empty one becomes so. Raises OSError."""
    if not path.exists():
        path.mkdir(parents=True, exist_ok=True, mode=0o777 if _is_shared() else 0o700)
    elif not _is_shared() and _is_ours(path) and not any(path.iterdir()):
        path.chmod(0o700)


def make_file(path: Path) -> None:
    """Make an empty file, so that who fills it cannot choose another mode. Raises OSError, FileExistsError where there is one.

    One that is there is not opened: closing it would drop every lock that this process has on it, SQLite's among them.
    """
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, file_mode()))


def sync_folder(path: Path) -> None:
    """Put a folder's entries on the disk; do nothing on Windows, where a folder cannot be opened."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_ours(path: Path) -> bool:
    """Return whether the user of this process owns ``path``; True on Windows, whose files have no such number."""
    return not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()


def _is_shared() -> bool:
    """Return whether others may read what is written: read as the settings read it, where a wrong value is an error."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "true", "t", "yes", "y", "on")
