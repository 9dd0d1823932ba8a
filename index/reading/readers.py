"""Files to articles: text, Markdown and JSON lines, with a folder's ``manifest.json`` for what the files do not say.

A reader yields an Article or a Failure for each thing it meets, so that one bad file never stops the rest.
"""

import codecs
import datetime
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.articles import Article, normalize
from index.errors import EmptyTextError, EncodingError, GeungeoError, ReadError
from index.korean.terms import strip_ignorable
from index.reading.decoding import decode
from index.reading.fitting import MAX_ID, MAX_RECORD_BYTES, MAX_TEXT_BYTES, require_fits, text_too_long
from index.reading.lines import count_lines, read_lines
from index.text.strict_json import JsonError, parse_text

TEXT_SUFFIXES = (".txt", ".md")
LINES_SUFFIXES = (".jsonl", ".jsonl.gz")
MANIFEST = "manifest.json"
MAX_BYTES = MAX_RECORD_BYTES  # one line of JSON
_MOST_FAILURES = 1000  # of one file of lines, unless ten times as many
_FAILURES_AN_ARTICLE = 10  # were read
_TITLE_LENGTH = 120
_LOOSE_DATE = re.compile(r"(\d{4})년?(?:(?:[-./]\s?|\s)(\d{1,2})월?(?:(?:[-./]\s?|\s)(\d{1,2})일?)?)?\.?")
_META_FIELDS = ("author", "kind", "published_at_basis", "published_at_note", "title_basis")


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that could not be read: ``where`` is a path, with the line number for JSON lines."""

    where: str
    error: GeungeoError


def read_articles(paths: Sequence[Path], encoding: str | None = None) -> Iterator[Article | Failure]:
    """Every article under ``paths`` (files or folders), folders in name order, hidden files left out."""
    for path in paths:
        try:
            yield from _read_path(path, encoding)
        except OSError as error:  # a name too long, a folder nobody may enter
            yield Failure(shown(path), _unreadable(error))


def _read_path(path: Path, encoding: str | None) -> Iterator[Article | Failure]:
    if path.is_dir():
        manifest = _read_manifest(path)
        if isinstance(manifest, Failure):
            yield manifest
            manifest = {}
        for file in _files(path):
            known = manifest.get(normalize(file.relative_to(path).as_posix()), {})
            yield from _read_file(file, path, known, encoding)
    elif not path.exists():
        yield Failure(shown(path), ReadError("파일이나 폴더가 없습니다.", "no such file or folder."))
    else:
        manifest = _read_manifest(path.parent)
        known = {} if isinstance(manifest, Failure) else manifest.get(normalize(path.name), {})
        yield from _read_file(path, path.parent, known, encoding)


def shown(path: Path) -> str:
    """A path as it can be printed: bytes of its name that are no UTF-8 as ``\\xb0``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def count_articles(paths: Sequence[Path]) -> int:
    """About how many :func:`read_articles` will yield, for a progress bar: files, and lines of JSON lines."""
    return sum(_count_under(path) for path in paths)


def _count_under(path: Path) -> int:
    try:
        return sum(map(_count, _files(path) if path.is_dir() else [path]))
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


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.name.lower().endswith(TEXT_SUFFIXES + LINES_SUFFIXES) and path.is_file():
            yield path


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


def _read_file(path: Path, root: Path, known: Mapping[str, Any], encoding: str | None) -> Iterator[Article | Failure]:
    name = path.name.lower()
    try:
        if not path.is_file():
            raise ReadError("보통 파일이 아닙니다.", "not a regular file.")
        if name.endswith(LINES_SUFFIXES):
            yield from _read_lines(path)
        elif name.endswith(TEXT_SUFFIXES):
            yield _read_text(path, root, known, encoding)
        else:
            supported = " ".join(TEXT_SUFFIXES + LINES_SUFFIXES)
            raise ReadError(f"지원하지 않는 형식입니다. 가능한 형식: {supported}", f"unsupported type; use {supported}")
    except GeungeoError as error:
        yield Failure(shown(path), error)
    except (OSError, EOFError, zlib.error) as error:
        yield Failure(shown(path), _unreadable(error))


def _unreadable(error: Exception) -> ReadError:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return ReadError(f"읽을 수 없습니다: {reason}", f"cannot be read: {reason}")


def _read_text(path: Path, root: Path, known: Mapping[str, Any], encoding: str | None) -> Article:
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise text_too_long()
    text = decode(path.read_bytes(), encoding)
    record = {"title": _first_line(text) or path.stem, **known, "text": text}
    record.setdefault("id", path.relative_to(root).with_suffix("").as_posix())
    return read_record(record)


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "").lstrip("#").strip()
    return line if len(line) <= _TITLE_LENGTH else ""


def _read_lines(path: Path) -> Iterator[Article | Failure]:
    read = failed = 0
    for number, line in enumerate(read_lines(path, MAX_BYTES), 1):
        if line is not None and line.isspace():
            continue
        try:
            yield read_record(_parse_line(line, first=number == 1))
            read += 1
        except GeungeoError as error:
            yield Failure(f"{shown(path)}:{number}", error)
            failed += 1
        if failed >= max(_MOST_FAILURES, _FAILURES_AN_ARTICLE * read):
            yield Failure(shown(path), _given_up(failed, read))
            return


def _given_up(failed: int, read: int) -> ReadError:
    return ReadError(
        f"읽을 수 없는 줄이 너무 많아 여기서 멈췄습니다(읽음 {read:,}, 읽지 못함 {failed:,}). 파일 형식을 확인하고 다시 넣으세요.",
        f"too many lines cannot be read; stopped here ({read:,} read, {failed:,} not). Check the file's format and try again.",
    )


_JSON_CURES = {
    "duplicate_key": (
        "같은 이름의 필드가 두 번 있습니다. 하나만 남기세요.",
        "a field is there twice. Keep one of them.",
    ),
    "too_deep": (
        "JSON이 너무 깊이 겹쳐 있습니다. 필드를 평평하게 두세요.",
        "the JSON is nested too deep. Keep the fields flat.",
    ),
    "too_many_values": ("한 줄에 값이 너무 많습니다. 줄을 나누세요.", "the line holds too many values. Split it."),
}


def _parse_line(line: bytes | None, *, first: bool) -> dict[str, Any]:
    if line is None:
        raise ReadError(
            f"한 줄이 {MAX_BYTES:,}바이트보다 깁니다. 나누어 넣으세요.",
            f"line longer than {MAX_BYTES:,} bytes; split it.",
        )
    line = line.removeprefix(codecs.BOM_UTF8) if first else line
    try:
        record = parse_text(line.decode())
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"UTF-8이 아닙니다: 줄의 {error.start}번째 바이트.", f"not UTF-8 at byte {error.start} of the line."
        ) from None
    except JsonError as error:
        raise ReadError(*_JSON_CURES.get(error.code, ("올바른 JSON이 아닙니다.", "not valid JSON."))) from None
    if not isinstance(record, dict):
        raise ReadError("한 줄은 JSON 객체 하나여야 합니다.", "a line must be one JSON object.")
    return record


def read_record(record: Mapping[str, Any]) -> Article:
    """:func:`article_from_record` of one that also fits. Raises ReadError naming the field."""
    article = article_from_record(record)
    require_fits(article)
    return article


def article_from_record(record: Mapping[str, Any]) -> Article:
    """The JSON-lines contract: id, title, text, and optionally published_at (or date), url, source, lang.

    Raises ReadError naming the field.
    """
    text = _string(record, "text", required=True)
    if not strip_ignorable(text).strip():
        raise EmptyTextError("text가 비어 있습니다.", "text is empty.")
    article_id = _string(record, "id", required=True).strip()
    if not article_id or len(article_id) > MAX_ID or any(ord(char) < 32 for char in article_id):
        raise ReadError(f"id는 1–{MAX_ID}자의 글자여야 합니다.", f"id must be 1-{MAX_ID} printable characters.")
    date_field = "published_at" if record.get("published_at") else "date"
    return Article(
        id=article_id,
        title=_string(record, "title").strip(),
        text=text,
        source=_string(record, "source") or None,
        url=_string(record, "url") or None,
        published_at=_date(_string(record, date_field), date_field),
        lang=_string(record, "lang") or "ko",
        meta={name: _checked(str(record[name]), name) for name in _META_FIELDS if record.get(name)},
    )


def _string(record: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        if name == "id" and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ReadError(f"{name}은(는) 문자열이어야 합니다.", f"{name} must be a string.")
    return _checked(value, name)


def _checked(value: str, name: str) -> str:
    """NFC. Raises ReadError for a lone surrogate, which no file can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ReadError(
            f"{name}에 올바르지 않은 유니코드가 있습니다: {error.start}번째 글자.",
            f"{name} holds a lone surrogate at character {error.start}.",
        ) from None
    return normalize(value)


def _date(value: str, name: str) -> str | None:
    """ISO 8601, as exact as it was given: a day, a month (``2021-02``) or a year; a time of day is cut off."""
    value = value.strip()
    if not value:
        return None
    try:
        if loose := _LOOSE_DATE.fullmatch(value):
            year, month, day = loose.groups()
            whole = datetime.date(int(year), int(month or 1), int(day or 1)).isoformat()
            return whole if day else whole[: len("2021-02")] if month else year
        return datetime.datetime.fromisoformat(value).date().isoformat()
    except ValueError:
        raise ReadError(
            f"{name}은(는) 2024-10-10이나 2024-10 같은 날짜여야 합니다.",
            f"{name} must be a date such as 2024-10-10 or 2024-10.",
        ) from None
