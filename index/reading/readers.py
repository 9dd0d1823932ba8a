"""Files to articles: documents of every kind in index.reading.kinds, text, and JSON lines.

A folder's ``manifest.json`` says what the files do not. A reader yields an Article or a Failure for each thing it meets, so
that one bad file never stops the rest.
"""

import errno
import hashlib
import json
import os
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from index.articles import Article, Origin, Original
from index.errors import ReadError, unreadable_file
from index.reading.documents import (
    DocumentSource,
    Failure,
    first_line,
    is_markup,
    read_document,
    read_error,
    without_markup,
)
from index.reading.kinds import HEAD, LINES_SUFFIXES, TEXT_SUFFIXES, VERSIONS, is_document, is_system_file, unsupported
from index.reading.plain_text.decoding import decode
from index.reading.plain_text.fitting import MAX_RECORD_BYTES, MAX_TEXT_BYTES, require_fits, text_too_long
from index.reading.plain_text.lines import count_lines, read_lines
from index.reading.plain_text.records import article_from_record, parse_line
from index.reading.reader_process import ReaderProcess
from index.system.faults import UNFORESEEN
from index.text.characters import normalize

MANIFEST = "manifest.json"
_CHUNK = 1 << 20
_MOST_FAILURES = 1000  # of one file of lines, unless ten times as many
_FAILURES_AN_ARTICLE = 10  # were read
_MOST_WASTED = 300.0  # seconds of the processor for what could not be read of it
_MOST_BLANK = 100_000  # lines in a row
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file that is as it was when its articles were stored."""

    ids: tuple[str, ...]


Item = Article | Failure | Unchanged
Known = Callable[[Origin], tuple[str, ...]]


def read_articles(
    paths: Sequence[Path], encoding: str | None = None, reader: ReaderProcess | None = None
) -> Iterator[Article | Failure]:
    """Yield every article under ``paths`` (files or folders), folders in name order, without hidden and system files.

    ``encoding`` is of the text files, where it is not to be found out; ``reader`` the process that reads documents, where
    there is one already.
    """
    for item in _read(paths, encoding, None, reader):
        if not isinstance(item, Unchanged):
            yield item


def read_changed(paths: Sequence[Path], encoding: str | None, known: Known) -> Iterator[Item]:
    """Return the same, but for files of which ``known`` gives the ids that are stored; each article says its origin."""
    return _read(paths, encoding, known, None)


def _read(
    paths: Sequence[Path], encoding: str | None, known: Known | None, reader: ReaderProcess | None
) -> Iterator[Item]:
    own = reader or ReaderProcess()
    try:
        for path in paths:
            try:
                yield from _Reading(encoding, known, own).read(path)
            except OSError as error:  # a name too long, a folder nobody may enter
                yield Failure(shown(path), _unreadable(error))
    finally:
        if reader is None:
            own.close()


def shown(path: Path) -> str:
    """Return a path as it can be printed: bytes of its name that are no UTF-8 in hexadecimal."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def count_articles(paths: Sequence[Path]) -> int:
    """Return about how many :func:`read_articles` will yield, for a progress bar: files, and lines of JSON lines."""
    return sum(_count_under(path) for path in paths)


def _count_under(path: Path) -> int:
    try:
        return sum(map(_count, files_of(path) if path.is_dir() else [path]))
    except OSError:  # a name too long, a folder nobody may enter
        return 1


def _count(path: Path) -> int:
    name = path.name.lower()
    if not name.endswith(LINES_SUFFIXES) or not path.is_file():
        return 1
    try:
        return count_lines(path)
    except (OSError, EOFError, zlib.error):
        return 1


def files_of(folder: Path, refused: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield every file of a folder that somebody may have put there to be read, in name order.

    ``refused`` is called for each folder in it that nobody may enter.
    """
    found: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=refused):
        inside = Path(parent).relative_to(folder).parts
        folders[:] = [name for name in folders if not is_system_file((*inside, name))]
        found += [Path(parent, name) for name in names if not is_system_file((*inside, name))]
    yield from (path for path in sorted(found) if path != folder / MANIFEST and may_be_file(path))


def may_be_file(path: Path) -> bool:
    """Return whether a plain file is there; also where only who opens it is told that nobody may."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        return error.errno not in _NOTHING_THERE


def _read_manifest(folder: Path) -> dict[str, Mapping[str, Any]] | Failure:
    path = folder / MANIFEST
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > MAX_RECORD_BYTES:
            raise ValueError("too large")
        entries = json.loads(path.read_bytes())
        return {normalize(entry["file"]): entry for entry in entries if isinstance(entry.get("file"), str)}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        korean = 'manifest.json은 {"file", "title", …} 객체의 JSON 배열이어야 합니다.'
        return Failure(shown(path), ReadError(korean, 'manifest.json must be a JSON array of {"file", "title", …}.'))


class _Reading:
    """What one call of :func:`read_articles` was asked for."""

    def __init__(self, encoding: str | None, known: Known | None, reader: ReaderProcess) -> None:
        self._encoding = encoding
        self._known = known
        self._reader = reader

    def read(self, path: Path) -> Iterator[Item]:
        if path.is_dir():
            manifest = _read_manifest(path)
            if isinstance(manifest, Failure):
                yield manifest
                manifest = {}
            closed: list[OSError] = []
            for file in files_of(path, closed.append):
                told = manifest.get(normalize(file.relative_to(path).as_posix()), {})
                yield from self._file(file, path, told)
            for refusal in closed:
                yield Failure(shown(Path(refusal.filename)), _unreadable(refusal))
        elif not (
            path.exists() or may_be_file(path)
        ):  # of what nobody may look at, newer Pythons say that it is not there
            error = ReadError("파일이나 폴더가 없습니다. 경로를 확인하세요.", "no such file or folder. Check the path.")
            yield Failure(shown(path), error)
        else:
            manifest = _read_manifest(path.parent)
            told = {} if isinstance(manifest, Failure) else manifest.get(normalize(path.name), {})
            yield from self._file(path, path.parent, told)

    def _file(self, path: Path, root: Path, told: Mapping[str, Any]) -> Iterator[Item]:
        """Yield what a file holds, or why it cannot be read. ``told`` is what the manifest says of it."""
        origin: Origin | None = None
        try:
            if not may_be_file(path):
                raise ReadError(
                    "보통 파일이 아닙니다. 내용을 파일로 저장해 넣으세요.",
                    "not a regular file. Save its content as one.",
                )
            if self._known is not None:
                origin = _origin(path, root, told, self._encoding)
                if ids := self._known(origin):
                    yield Unchanged(ids)
                    return
            _require_name(path, root)
            status = path.stat()
            for item in self._items(path, root, told):
                if isinstance(item, Article) and not item.original and not path.name.lower().endswith(LINES_SUFFIXES):
                    stamp = status.st_size, status.st_mtime_ns
                    item = replace(item, original=Original(shown(Path(path.name)), path, stamp))
                yield replace(item, origin=origin)
        except (ReadError, *UNFORESEEN) as error:  # and not that no reader starts, which is no file's fault
            yield Failure(shown(path), read_error(error), origin)
        except (OSError, EOFError, zlib.error) as error:
            yield Failure(shown(path), _unreadable(error), origin)

    def _items(self, path: Path, root: Path, told: Mapping[str, Any]) -> Iterator[Article | Failure]:
        name = path.name.lower()
        if name.endswith(LINES_SUFFIXES):
            yield from self._lines(path)
        elif name.endswith(TEXT_SUFFIXES):
            yield self._text(path, root, told)
        elif is_document(name, _head(path)):
            source = DocumentSource(path, path.relative_to(root).as_posix(), path.name, shown(path))
            yield from read_document(self._reader, source, told)
        else:
            raise unsupported(name)

    def _text(self, path: Path, root: Path, told: Mapping[str, Any]) -> Article:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise text_too_long()
        record = {"title": "", **told, "text": decode(path.read_bytes(), self._encoding)}
        record.setdefault("id", path.relative_to(root).with_suffix("").as_posix())
        record["title"] = record["title"] or path.stem if is_markup(record["text"]) else record["title"]
        article = without_markup(self._reader, article_from_record(record))
        if not article.title:
            article = replace(article, title=first_line(article.text) or normalize(path.stem))
        require_fits(article)
        return article

    def _lines(self, path: Path) -> Iterator[Article | Failure]:
        read = failed = blank = 0
        wasted = 0.0  # seconds of the processor for HTML that could not be read
        for number, line in enumerate(read_lines(path, MAX_RECORD_BYTES), 1):
            if line is not None and line.isspace():
                blank += 1
                if blank < _MOST_BLANK:
                    continue
                yield Failure(shown(path), _nothing_but_blank(number))
                return
            blank, spent = 0, self._reader.spent
            try:
                article = without_markup(
                    self._reader, article_from_record(parse_line(line, first=number == 1, limit=MAX_RECORD_BYTES))
                )
                require_fits(article)
                yield article
                read += 1
            except (ReadError, *UNFORESEEN) as error:
                yield Failure(f"{shown(path)}:{number}", read_error(error))
                failed += 1
                wasted += self._reader.spent - spent
            if failed >= max(_MOST_FAILURES, _FAILURES_AN_ARTICLE * read) or wasted >= _MOST_WASTED:
                yield Failure(shown(path), _given_up(failed, read))
                return


def _require_name(path: Path, root: Path) -> None:
    """Raise ReadError for a name that is no Unicode: an article's id is made of it."""
    try:
        str(path.relative_to(root)).encode()
    except UnicodeEncodeError:
        raise ReadError(
            "파일이나 폴더의 이름이 UTF-8이 아닙니다. 이름을 바꾸어 다시 넣으세요.",
            "the name of the file, or of a folder it is in, is not UTF-8. Rename it and try again.",
        ) from None


def _given_up(failed: int, read: int) -> ReadError:
    return ReadError(
        f"읽을 수 없는 줄이 너무 많아 여기서 멈췄습니다(읽음 {read:,}, 읽지 못함 {failed:,}). 파일 형식을 확인하고 다시 넣으세요.",
        f"too many lines cannot be read; stopped here ({read:,} read, {failed:,} not). Check the file's format and try again.",
    )


def _nothing_but_blank(number: int) -> ReadError:
    return ReadError(
        f"빈 줄만 {_MOST_BLANK:,}개 넘게 이어져 {number:,}번째 줄에서 멈췄습니다. 빈 줄을 지우고 다시 넣으세요.",
        f"more than {_MOST_BLANK:,} blank lines in a row; stopped at line {number:,}. Take them out and try again.",
    )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _origin(path: Path, root: Path, told: Mapping[str, Any], encoding: str | None) -> Origin:
    digest = hashlib.sha256(json.dumps([dict(told), encoding, dict(VERSIONS)], sort_keys=True, default=str).encode())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return Origin(shown(root.resolve()), shown(path.relative_to(root)), digest.hexdigest())


def _unreadable(error: Exception) -> ReadError:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return unreadable_file(reason)
