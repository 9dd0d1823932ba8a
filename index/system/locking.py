"""The one writer's lock on a data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import LockedError, StorageError, storage_error
from index.system.files import file_mode, make_folder

LOCK = "write.lock"


@contextmanager
def write_lock(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock; the kernel frees it when its process dies. Raises LockedError after ``wait`` s, StorageError."""
    lock = FileLock(folder / LOCK, timeout=wait, mode=file_mode())
    try:
        make_folder(folder)
        lock.acquire()
    except Timeout:
        raise LockedError(
            f"다른 프로그램이 쓰는 중입니다: {folder}. 끝난 뒤 다시 하거나 --wait로 기다릴 시간(초)을 정하세요.",
            f"another process is writing to {folder}. Try again later or pass --wait SECONDS.",
        ) from None
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def unwritable(folder: Path, error: OSError) -> StorageError:
    """Return the error of a data folder that cannot be written to."""
    return storage_error(
        f"자료 폴더에 쓸 수 없습니다: {folder} ({error.strerror}). --data로 다른 폴더를 정하세요.",
        f"cannot write to the data folder {folder} ({error.strerror}). Choose another with --data.",
        error,
    )
