"""The files that articles were read from, byte for byte, kept in the data folder where the settings say so.

A file's name is made of its article's id and the hash of the text that was read from it: an article that is gone, or has
another text now, has no original. What is written under other names than these is being written, or on its way out.
The first line of each says what it is, the rest is the file.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from index.articles import Article, Original
from index.errors import StorageError, storage_error
from index.system.files import file_mode, make_folder, sync_folder

FOLDER = "originals"
_PIECE = 1 << 18
_MOST_HEAD = 1 << 14
_MOVED = ".part"  # the suffix of what is being written, or on its way out


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A kept file, open at its first byte; whoever has it closes it. ``name`` is what its owner called it."""

    name: str
    size: int
    file: BinaryIO

    def pieces(self) -> Iterator[bytes]:
        """Yield its bytes and close it; it is closed as well where nobody wants the rest."""
        with self.file:
            while piece := self.file.read(_PIECE):
                yield piece


def open_original(folder: Path, article_id: str, sha256: str) -> KeptFile | None:
    """Return the file that this text of an article was read from, None where none is kept or it is not whole."""
    try:
        file = _path(folder, article_id, sha256).open("rb")
    except OSError:
        return None
    try:
        head = json.loads(file.readline(_MOST_HEAD))
        size = os.fstat(file.fileno()).st_size - file.tell()
        if (head["id"], head["text"], head["size"]) == (article_id, sha256, size):
            return KeptFile(head["name"], size, file)
    except (OSError, ValueError, TypeError, KeyError):
        pass
    file.close()
    return None


def original_name(folder: Path, article_id: str, sha256: str) -> str | None:
    """Return what the owner called that file, None where none is kept."""
    kept = open_original(folder, article_id, sha256)
    if kept is None:
        return None
    kept.file.close()
    return kept.name


def count_originals(folder: Path) -> int:
    """Return how many files are kept."""
    return sum(not path.name.endswith(_MOVED) for path in _files(folder))


def remove_half_done(folder: Path) -> None:
    """Remove what a writer left that was killed. The caller holds the write lock."""
    for path in _files(folder):
        if path.name.endswith(_MOVED):
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def replacing(
    folder: Path, before: Mapping[str, str | None], after: Mapping[str, str], keep: Sequence[Article] = ()
) -> Iterator[None]:
    """Around a write of the store: what it makes stale is gone once it has succeeded, and ``keep`` have their files.

    ``before`` and ``after`` are the hashes of the texts by id. Where the write fails, all is as it was. The caller holds
    the write lock. Raises StorageError where a file cannot be written.
    """
    with ExitStack() as undo:
        try:
            stale = [
                _path(folder, article_id, text)
                for article_id, text in before.items()
                if text is not None and after.get(article_id) != text
            ]
            moved = [(path, _aside(path, undo)) for path in stale if path.exists()]
            staged = [pair for article in keep if (pair := _staged(folder, article, undo)) is not None]
        except OSError as error:
            raise _unwritable(folder, error) from error
        yield
        undo.pop_all()
    try:
        for _, aside in moved:
            aside.unlink(missing_ok=True)
        for temporary, path in staged:
            temporary.replace(path)
        if moved or staged:
            sync_folder(folder / FOLDER)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _path(folder: Path, article_id: str, sha256: str) -> Path:
    return folder / FOLDER / hashlib.sha256(f"{sha256}\n{article_id}".encode("utf-8", "surrogatepass")).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (folder / FOLDER).iterdir()


def _aside(path: Path, undo: ExitStack) -> Path:
    """Move a file out of the way, and back where the write fails."""
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex}{_MOVED}")
    path.replace(aside)
    undo.callback(lambda: aside.replace(path))
    return aside


def _staged(folder: Path, article: Article, undo: ExitStack) -> tuple[Path, Path] | None:
    """Copy the file of an article beside its place; None where it is not any more what the article was read from."""
    if article.original is None:
        return None
    make_folder(folder / FOLDER)
    path = _path(folder, article.id, article.sha256)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}{_MOVED}")
    undo.callback(temporary.unlink, missing_ok=True)
    with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, file_mode())) as target:
        if not _copied(article, article.original, target):
            temporary.unlink()
            return None
        target.flush()
        os.fsync(target.fileno())
    return temporary, path


def _copied(article: Article, original: Original, target: IO[bytes]) -> bool:
    """Whether the file was as it was when it was read, all the while."""
    content = original.content
    head = {"id": article.id, "text": article.sha256, "name": original.name}
    if isinstance(content, bytes):
        target.write(_line(head | {"size": len(content)}) + content)
        return True
    try:
        with content.open("rb") as source:
            if _stamp(os.fstat(source.fileno())) != original.stamp:
                return False
            target.write(_line(head | {"size": original.stamp[0]}))
            while piece := source.read(_PIECE):
                target.write(piece)
            return _stamp(os.fstat(source.fileno())) == original.stamp
    except FileNotFoundError:
        return False


def _line(head: Mapping[str, object]) -> bytes:
    return json.dumps(head).encode() + b"\n"


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return storage_error(
        f"원본 파일을 보관할 수 없습니다: {folder / FOLDER} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
        f"cannot keep an original file in {folder / FOLDER} ({error.strerror}). Check disk space and permissions.",
        error,
    )
