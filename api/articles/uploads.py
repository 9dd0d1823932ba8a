"""A multipart body on its way to the disk: counted byte by byte, each file under a name of ours.

Starlette's own reader has no limit for the whole body, and decodes names as Latin-1 where they are no UTF-8.
"""

import re
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from api.articles.library import unwritable
from api.http.body import too_large
from api.limits import MAX_GZIP_RATIO, MAX_UNPACKED_BYTES, MAX_UPLOAD_BYTES, MAX_UPLOAD_FILES, MIB
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from index.errors import UnpackingError
from index.reading import kinds
from index.text.characters import UNSEEN_IN_NAMES, normalize

_GZIP_WINDOW = 31  # zlib: a gzip header is expected
_PIECE = 64 * 1024


def require_bounded(path: Path) -> None:
    """Raise UnpackingError for a ``.gz`` that unfolds to too much, or to far more than itself; never holds it whole."""
    if path.suffix == ".gz" and _unpacked_size(path, _limit(path)) > _limit(path):
        raise UnpackingError(
            "압축을 풀면 너무 큽니다. 풀어서 나누어 올려 주세요.",
            "too large when unpacked; unpack it and upload it in parts.",
        )


def _limit(path: Path) -> int:
    return min(MAX_UNPACKED_BYTES, max(MIB, path.stat().st_size * MAX_GZIP_RATIO))


def _unpacked_size(path: Path, limit: int) -> int:
    """Count no further than past ``limit``; a damaged file counts as far as it goes, and its reader says so."""
    size = 0
    with path.open("rb") as file:
        inflate = zlib.decompressobj(_GZIP_WINDOW)
        while size <= limit and (piece := inflate.unconsumed_tail or inflate.unused_data or file.read(_PIECE)):
            if inflate.eof:
                inflate = zlib.decompressobj(_GZIP_WINDOW)  # gzip files may follow each other in one
            try:
                size += len(inflate.decompress(piece, _PIECE))
            except zlib.error:
                break
    return size


_MAX_STEM = 200
_SAFE_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def display_name(name: str) -> str:
    """Return the last part of a path of any system, in NFC, without what cannot be seen.

    ``file`` where nothing is left.
    """
    last = UNSEEN_IN_NAMES.sub("", normalize(name)).replace("\\", "/").rpartition("/")[2].strip()
    suffix = suffix_of(last)
    stem = last[: len(last) - len(suffix)].strip(". ")[:_MAX_STEM]
    return f"{stem or 'file'}{suffix}"


def suffix_of(name: str) -> str:
    """Return the suffix by which it would be read, or an empty string; ``.jsonl.gz`` rather than ``.gz``."""
    longest = len(kinds.suffix_of(name))
    return name[len(name) - longest :] if longest else ""


def suffix_on_disk(name: str) -> str:
    """Return the suffix that the file gets where we put it: one of letters and digits, which says why it is not read."""
    last = PurePosixPath(name.lower()).suffix
    return suffix_of(name).lower() or (last if _SAFE_SUFFIX.fullmatch(last) else "")


def stem_of(name: str) -> str:
    """Return the id of a file, as ``geungeo index`` would give it: without the suffix of a text file, with that of a document."""
    suffix = suffix_of(name)
    return name[: len(name) - len(suffix)] if suffix.lower() in kinds.TEXT_SUFFIXES + kinds.LINES_SUFFIXES else name


_MAX_FIELDS = 8
_MAX_FIELD_BYTES = 8192


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """``name`` is what the client called it, any text at all; ``path`` is ours and has no suffix."""

    name: str
    path: Path


@dataclass(slots=True)
class Received:
    """What a body held."""

    files: list[ReceivedFile] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)


async def receive_multipart(content_type: str, stream: AsyncIterator[bytes], folder: Path) -> Received:
    """Write the files of a body into ``folder``. Raises ProblemError, StorageError."""
    reader = _Reader(content_type, folder)
    size = 0
    try:
        async for chunk in stream:
            size += len(chunk)
            if size > MAX_UPLOAD_BYTES:
                raise too_large(MAX_UPLOAD_BYTES, close=True)
            if chunk:
                await run_in_threadpool(reader.feed, chunk)
        return reader.finish()
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        reader.close()


async def discard(stream: AsyncIterator[bytes], most: int) -> None:
    """Read on to the end, or so far."""
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > most:
            return


class _Reader:
    """What the parser calls back; ``feed`` runs in a thread, for it writes to the disk."""

    def __init__(self, content_type: str, folder: Path) -> None:
        _, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary")
        if not boundary:
            raise ProblemError("invalid_multipart")
        self._folder = folder
        self._received = Received()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._disposition = b""
        self._field_name = ""
        self._field = bytearray()
        self._file: BinaryIO | None = None
        self._parts = 0
        self._ended = False
        callbacks = {
            name: getattr(self, name)
            for name in ("on_part_begin", "on_part_data", "on_part_end", "on_header_field", "on_header_value",
                         "on_header_end", "on_headers_finished", "on_end")
        }  # fmt: skip
        try:
            self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]
        except FormParserError:
            raise ProblemError("invalid_multipart") from None

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise ProblemError("invalid_multipart") from None

    def finish(self) -> Received:
        if not self._ended:
            raise ProblemError("invalid_multipart")
        return self._received

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):  # the disk that is full is said to be already
                self._file.close()

    def on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_UPLOAD_FILES + _MAX_FIELDS:  # also of those that have the same name
            raise ProblemError("too_many_parts", headers={"Connection": "close"})
        self._disposition, self._field_name, self._field = b"", "", bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._extend_header(self._header[0], data[start:end])

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._extend_header(self._header[1], data[start:end])

    def _extend_header(self, part: bytearray, data: bytes) -> None:
        part.extend(data)
        if len(part) > _MAX_FIELD_BYTES:
            raise ProblemError("invalid_multipart", headers={"Connection": "close"})

    def on_header_end(self) -> None:
        name, value = (bytes(part) for part in self._header)
        if name.lower() == b"content-disposition":
            self._disposition = value
        self._header = (bytearray(), bytearray())

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name, filename = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise ProblemError("invalid_multipart")
        self._field_name = _text(name, "name")
        if filename is not None:
            self._begin_file(_text(filename, "filename"))
        elif len(self._received.fields) == _MAX_FIELDS:
            raise ProblemError("too_many_parts", headers={"Connection": "close"})

    def _begin_file(self, name: str) -> None:
        number = len(self._received.files)
        if number == MAX_UPLOAD_FILES:
            raise ProblemError("too_many_parts", headers={"Connection": "close"})
        path = self._folder / f"{number}"
        self._file = path.open("xb")
        self._received.files.append(ReceivedFile(name, path))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        self._field += data[start:end]
        if len(self._field) > _MAX_FIELD_BYTES:
            raise too_large(_MAX_FIELD_BYTES, close=True)

    def on_part_end(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            return
        self._received.fields[self._field_name] = _text(bytes(self._field), self._field_name)

    def on_end(self) -> None:
        self._ended = True


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        known = name if name.isascii() and name.isidentifier() else None
        raise ProblemError(
            "invalid_unicode", [FieldError(pointer="", code="invalid_unicode", parameter=known)]
        ) from None
