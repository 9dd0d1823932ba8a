"""The JSON-lines contract: a record with id, title and text is an article."""

import codecs
import datetime
import re
from collections.abc import Mapping
from typing import Any

from index.articles import Article
from index.errors import EmptyTextError, EncodingError, ReadError
from index.korean.terms import strip_ignorable
from index.reading.plain_text.fitting import MAX_ID, MAX_RECORD_BYTES, require_fits
from index.text.characters import normalize
from index.text.strict_json import JsonError, parse_text

_LOOSE_DATE = re.compile(r"(\d{4})년?(?:(?:[-./]\s?|\s)(\d{1,2})월?(?:(?:[-./]\s?|\s)(\d{1,2})일?)?)?\.?")
_META_FIELDS = (
    "author", "kind", "published_at_basis", "published_at_note", "title_basis", "source_basis", "author_basis", "reader",
    "notice",
)  # fmt: skip


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


def parse_line(line: bytes | None, *, first: bool, limit: int = MAX_RECORD_BYTES) -> dict[str, Any]:
    """Return the record of a line; ``first``: of its file. Raises ReadError, also for None, a line that was too long."""
    if line is None:
        raise ReadError(
            f"한 줄이 {limit:,}바이트보다 깁니다. 나누어 넣으세요.",
            f"line longer than {limit:,} bytes; split it.",
        )
    line = line.removeprefix(codecs.BOM_UTF8) if first else line
    try:
        record = parse_text(line.decode())
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"UTF-8이 아닙니다: 줄의 {error.start + 1}번째 바이트.", f"not UTF-8 at byte {error.start} of the line."
        ) from None
    except JsonError as error:
        raise ReadError(*_JSON_CURES.get(error.code, ("올바른 JSON이 아닙니다.", "not valid JSON."))) from None
    if not isinstance(record, dict):
        raise ReadError(
            "한 줄은 JSON 객체 하나여야 합니다. 글마다 중괄호로 묶어 한 줄에 쓰세요.",
            "a line must be one JSON object. Write each article in braces, on a line of its own.",
        )
    return record


def read_record(record: Mapping[str, Any]) -> Article:
    """Return the article of a record, as :func:`article_from_record`, if it fits. Raises ReadError naming the field."""
    article = article_from_record(record)
    require_fits(article)
    return article


def article_from_record(record: Mapping[str, Any]) -> Article:
    """Return the article of a record, by the JSON-lines contract: id, title, text, and optionally published_at (or date), url, source, collection, lang.

    Raises ReadError naming the field.
    """
    text = _string(record, "text", required=True)
    if not strip_ignorable(text).strip():
        raise EmptyTextError("글이 비어 있습니다. 내용을 넣으세요.", "text is empty. Put something into it.")
    article_id = _string(record, "id", required=True).strip()
    if not article_id or len(article_id) > MAX_ID or any(ord(char) < 32 for char in article_id):
        raise ReadError(
            f"글의 id는 줄바꿈이나 제어 문자 없이 1–{MAX_ID}자여야 합니다. id를 고쳐 다시 넣으세요.",
            f"id must be 1-{MAX_ID} printable characters. Change it and give the article again.",
        )
    date_field = "published_at" if record.get("published_at") else "date"
    return Article(
        id=article_id,
        title=_string(record, "title").strip(),
        text=text,
        source=_string(record, "source") or None,
        url=_string(record, "url") or None,
        published_at=_date(_string(record, date_field), date_field),
        lang=_string(record, "lang") or "ko",
        collection=_string(record, "collection").strip() or None,
        meta={name: _checked(str(record[name]), name) for name in _META_FIELDS if record.get(name)},
    )


def _string(record: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = record.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        if name == "id" and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        raise ReadError(f"‘{name}’ 값은 문자열이어야 합니다.", f"{name} must be a string.")
    return _checked(value, name)


def _checked(value: str, name: str) -> str:
    """Return the value in NFC. Raises ReadError for a lone surrogate, which no file can hold."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ReadError(
            f"‘{name}’ 값에 올바르지 않은 유니코드가 있습니다: {error.start + 1}번째 글자.",
            f"{name} holds a lone surrogate at character {error.start}.",
        ) from None
    return normalize(value)


def _date(value: str, name: str) -> str | None:
    """Return an ISO 8601 date as exact as it was given.

    It is a day, a month (``2021-02``) or a year; a time of day is cut off.
    """
    value = value.strip()
    if not value:
        return None
    try:
        if loose := _LOOSE_DATE.fullmatch(value):
            year, month, day = loose.groups()
            whole = datetime.date(int(year), int(month or 1), int(day or 1)).isoformat()
            return whole if day else whole[: len("2021-02" if month else "2021")]
        return datetime.datetime.fromisoformat(value).date().isoformat()
    except ValueError:
        raise ReadError(
            f"‘{name}’ 값은 2024-10-10이나 2024-10 같은 날짜여야 합니다.",
            f"{name} must be a date such as 2024-10-10 or 2024-10.",
        ) from None
