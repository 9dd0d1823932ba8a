"""Reading lines of a data set, with errors that say what, in which file, on which line."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import ReadError


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON object and the ``file:line`` it stood on."""

    where: str
    fields: Mapping[str, Any]

    def string(self, name: str, default: str | None = None) -> str:
        """Return a non-empty string, or ``default`` where the field is absent. Raises ReadError."""
        value = self.fields.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and name in ("id", "qid"):
            return str(value)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise failure(self.where, f"‘{name}’ 값은 비어 있지 않은 문자열이어야 합니다", f"{name} must be a string")
        return value

    def items(self, name: str) -> list[Any]:
        """Return a list, empty where the field is absent. Raises ReadError."""
        value = self.fields.get(name, [])
        if not isinstance(value, list):
            raise failure(self.where, f"‘{name}’ 값은 배열이어야 합니다", f"{name} must be an array")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return ``true`` or ``false`` as a bool. Raises ReadError."""
        value = self.fields.get(name, default)
        if not isinstance(value, bool):
            raise failure(self.where, f"‘{name}’ 값은 true나 false여야 합니다", f"{name} must be true or false")
        return value


def failure(where: str, korean: str, english: str) -> ReadError:
    """Return an error of the data set at ``where``, in the project's two languages."""
    return ReadError(f"{where}: {korean}.", f"{where}: {english}.")


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield ``(file:line, text)`` of every line that is not blank; UTF-8 with or without BOM, ``.gz`` unpacked."""
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rb") as file:
            for number, line in enumerate(file, 1):
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if text.strip():
                    yield f"{path}:{number}", text
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise failure(str(path), f"읽을 수 없습니다({error})", f"cannot be read ({error})") from error


def read_records(path: Path) -> Iterator[Record]:
    """Yield every line as a JSON object. Raises ReadError."""
    for where, line in read_lines(path):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            raise failure(where, "올바른 JSON이 아닙니다", "not valid JSON") from None
        if not isinstance(fields, dict):
            raise failure(where, "한 줄은 JSON 객체 하나여야 합니다", "a line must be one JSON object")
        yield Record(where, fields)
