"""A disk that is full is not a disk that may only be read."""

import errno
import pickle

import pytest

from index.errors import ReadOnlyError, StorageError, storage_error


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EROFS, ReadOnlyError),
        (errno.EACCES, ReadOnlyError),
        (errno.EPERM, ReadOnlyError),
        (errno.ENOSPC, StorageError),
        (errno.EDQUOT, StorageError),
        (errno.EIO, StorageError),
    ],
)
def test_what_the_system_says_decides(number: int, kind: type[StorageError]) -> None:
    error = storage_error("한국어", "English", OSError(number, "…"))
    assert type(error) is kind
    assert error.exit_code == 6
    assert (str(error), error.english) == ("한국어", "English")


def test_one_process_can_tell_another() -> None:
    again = pickle.loads(pickle.dumps(ReadOnlyError("가", "a")))
    assert (type(again), again.korean, again.english) == (ReadOnlyError, "가", "a")
