"""The files that articles were read from, byte for byte, kept in the data folder where the settings say so.

A file's name is made of its article's id and the hash of the text that was read from it: an article that is gone, or has
another text now, has no original. What is written under other names than these is being written, or on its way out.
The first line of each says what it is, the rest is the file, whose checksum that line has.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, BinaryIO

from index.articles import Article, Original
from index.errors import StorageError, storage_error
from index.system.files import file_mode, make_folder, sync_folder, synced_file

FOLDER = "originals"
_PIECE = 1 << 18
_MOST_HEAD = 1 << 14
_MOVED = ".part"  # the suffix of what is being written, or on its way out
_UNKNOWN = "0" * 64  # in place of a checksum until all is written
TextOf = Callable[[str], str | None]  # the hash of the text that an article has, None where there is none


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
    with suppress(OSError):
        head = _head(file)
        if head is not None and (head["id"], head["text"]) == (article_id, sha256):
            return KeptFile(head["name"], head["size"], file)
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


def settle(folder: Path, text_of: TextOf) -> None:
    """End what a killed writer left: the whole file of a text that is stored takes its place, all else goes.

    The caller holds the write lock.
    """
    for path in _files(folder):
        if path.name.endswith(_MOVED):
            with suppress(OSError):
                place = path.with_name(path.name.partition(".")[0])
                if fault_of(path, text_of) is None and not place.exists():
                    path.replace(place)
                path.unlink(missing_ok=True)


def unsound(folder: Path, text_of: TextOf) -> Iterator[tuple[Path, str]]:
    """Yield each file that is not what it should be, and why: ``half_done``, ``damaged`` or ``stale``."""
    for path in _files(folder):
        fault = "half_done" if path.name.endswith(_MOVED) else fault_of(path, text_of)
        if fault:
            yield path, fault


def fault_of(path: Path, text_of: TextOf) -> str | None:
    """Return what is wrong with a kept file: ``damaged``, or ``stale`` where no article has its text; None where nothing is."""
    try:
        with path.open("rb") as file:
            head = _head(file)
            if head is None or hashlib.file_digest(file, "sha256").hexdigest() != head["sha256"]:
                return "damaged"
    except OSError:
        return "damaged"
    name = _name(head["id"], head["text"])
    if path.name.partition(".")[0] != name:
        return "damaged"
    return None if text_of(head["id"]) == head["text"] else "stale"


@contextmanager
def replacing(
    folder: Path, before: Mapping[str, str | None], after: Mapping[str, str], keep: Sequence[Article] = ()
) -> Iterator[None]:
    """Take away, once the block has written the store, what it made stale, and give ``keep`` their files.

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
    return folder / FOLDER / _name(article_id, sha256)


def _name(article_id: str, sha256: str) -> str:
    return hashlib.sha256(f"{sha256}\n{article_id}".encode("utf-8", "surrogatepass")).hexdigest()


def _head(file: BinaryIO) -> dict[str, Any] | None:
    """Return what the first line says, the file standing behind it; None where that is not true of the size, or no such line."""
    try:
        head = json.loads(file.readline(_MOST_HEAD))
        kinds = {name: type(head[name]) for name in ("id", "text", "name", "sha256", "size")}
    except (ValueError, TypeError, KeyError):
        return None
    size = os.fstat(file.fileno()).st_size - file.tell()
    right = set(kinds.values()) == {str, int} and kinds["size"] is int and head["size"] == size
    return head if right else None


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
    with synced_file(temporary, mode=file_mode()) as target:
        copied = _copied(article, article.original, target)
    if not copied:
        temporary.unlink()
        return None
    return temporary, path


def _copied(article: Article, original: Original, target: IO[bytes]) -> bool:
    """Copy the file; return whether it was, all the while, as it was when it was read."""
    content = original.content
    if isinstance(content, bytes):
        _write(article, original.name, len(content), [content], target)
        return True
    try:
        with content.open("rb") as source:
            if _stamp(os.fstat(source.fileno())) != original.stamp:
                return False
            _write(article, original.name, original.stamp[0], iter(partial(source.read, _PIECE), b""), target)
            return _stamp(os.fstat(source.fileno())) == original.stamp
    except FileNotFoundError:
        return False


def _write(article: Article, name: str, size: int, pieces: Iterable[bytes], target: IO[bytes]) -> None:
    """Write the head, the file, and the head again with the checksum, which is as long as what stood for it."""
    head = {"id": article.id, "text": article.sha256, "name": name, "size": size, "sha256": _UNKNOWN}
    target.write(_line(head))
    digest = hashlib.sha256()
    for piece in pieces:
        target.write(piece)
        digest.update(piece)
    target.seek(0)
    target.write(_line(head | {"sha256": digest.hexdigest()}))


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
