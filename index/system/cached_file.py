"""What takes long to make and never changes: made once, into the cache folder."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from index.errors import StorageError
from index.system.files import written_whole


def cached_file(path: Path, build: Callable[[], bytes]) -> bytes:
    """Return the file's bytes; built where it is missing.

    A file that does not match its recorded sha256 is built again. Two processes may build together: each writes
    a file of its own and the renames, either order, leave one whole file.
    """
    folder, checksum = path.parent, path.with_suffix(".sha256")
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() == checksum.read_text().strip():
            return data
    except (OSError, ValueError):  # not there yet, or a checksum that is no text
        pass
    data = build()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for target, content in ((path, data), (checksum, hashlib.sha256(data).hexdigest().encode())):
            with written_whole(target) as file:
                file.write(content)
    except OSError as error:
        raise StorageError(
            f"캐시 폴더에 저장할 수 없습니다: {folder} ({error.strerror}). GEUNGEO_CACHE를 쓸 수 있는 폴더로 정하세요.",
            f"cannot write to the cache folder {folder} ({error.strerror}). Set GEUNGEO_CACHE to a writable folder.",
        ) from error
    return data
