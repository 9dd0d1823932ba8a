"""JSON as RFC 8259 has it and no more.

Python's ``json`` takes NaN, Infinity and 1e999, lets the last of two equal keys win, and answers deep nesting with
RecursionError and a 5,000-digit number with ValueError. This reader refuses each of them and says where.
"""

import json
import math
import re
from typing import Never

MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 100
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_WORDS: tuple[tuple[str, bool | None], ...] = (("true", True), ("false", False), ("null", None))
_strings = json.JSONDecoder()


class JsonError(Exception):
    """``code`` is what is wrong; ``line`` and ``column`` count from 1, in code points."""

    def __init__(self, code: str, text: str, place: int) -> None:
        super().__init__(code)
        self.code = code
        self.line = text.count("\n", 0, place) + 1
        self.column = place - text.rfind("\n", 0, place)


def parse_json(data: bytes) -> object:
    """The one value in ``data``, which must be UTF-8. Strings may hold lone surrogates (``find_surrogate``)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise JsonError("not_utf8", before, len(before)) from None
    return _Reader(text).document()


def find_surrogate(value: object, path: tuple[str | int, ...] = ()) -> tuple[str | int, ...] | None:
    """Where the first lone surrogate is, as keys and positions from the root; for a key, the object that has it."""
    if isinstance(value, str):
        return path if _has_surrogate(value) else None
    if isinstance(value, dict):
        if any(_has_surrogate(key) for key in value):
            return path
        places = (find_surrogate(member, (*path, key)) for key, member in value.items())
    elif isinstance(value, list):
        places = (find_surrogate(item, (*path, number)) for number, item in enumerate(value))
    else:
        return None
    return next((place for place in places if place is not None), None)


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()  # a hundred times as fast as looking at each character
    except UnicodeEncodeError:
        return True
    return False


class _Reader:
    """Recursive descent over ``text``; ``place`` is the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def document(self) -> object:
        value = self.value(0)
        if self.next_sign():
            self.fail("trailing_text")
        return value

    def value(self, depth: int) -> object:
        sign = self.next_sign()
        if sign == '"':
            return self.string()
        if sign and sign in "{[":
            if depth == MAX_DEPTH:
                self.fail("too_deep")
            self.place += 1
            return self.members(depth + 1) if sign == "{" else self.items(depth + 1)
        return self.scalar()

    def members(self, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        if self.took("}"):
            return found
        while True:
            if self.next_sign() != '"':
                self.fail()
            start = self.place
            key = self.string()
            if key in found:
                self.fail("duplicate_key", start)
            self.expect(":")
            found[key] = self.value(depth)
            if self.took("}"):
                return found
            self.expect(",")

    def items(self, depth: int) -> list[object]:
        found: list[object] = []
        if self.took("]"):
            return found
        while True:
            found.append(self.value(depth))
            if self.took("]"):
                return found
            self.expect(",")

    def string(self) -> str:
        try:
            value, self.place = _strings.raw_decode(self.text, self.place)
        except json.JSONDecodeError as error:
            self.fail(place=min(error.pos, len(self.text)))
        return str(value)

    def scalar(self) -> object:
        for word, value in _WORDS:
            if self.text.startswith(word, self.place):
                self.place += len(word)
                return value
        match = _NUMBER.match(self.text, self.place)
        if match is None:
            self.fail()
        if len(match[0]) > MAX_NUMBER_LENGTH:
            self.fail("number_too_long")
        number = float(match[0]) if match[1] else int(match[0])
        if math.isinf(number):
            self.fail("number_too_large")
        self.place = match.end()
        return number

    def next_sign(self) -> str:
        """The next character that is no space, or an empty string; ``place`` moves to it."""
        match = _SPACE.match(self.text, self.place)
        self.place = match.end() if match else self.place
        return self.text[self.place : self.place + 1]

    def took(self, sign: str) -> bool:
        found = self.next_sign() == sign
        self.place += found
        return found

    def expect(self, sign: str) -> None:
        if not self.took(sign):
            self.fail()

    def fail(self, code: str = "syntax", place: int | None = None) -> Never:
        raise JsonError(code, self.text, self.place if place is None else place) from None
