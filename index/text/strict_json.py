"""JSON as RFC 8259 has it and no more, at the speed of Python's C scanner, and bounded before anything is made of it.

Python's ``json`` takes NaN, Infinity and 1e999, lets the last of two equal keys win, and answers deep nesting with
RecursionError and a 5,000-digit number with ValueError; ``[[],[],…]`` takes twenty times its size in memory. Each is
refused here. A short text that is refused is read again, slowly, to say where it is wrong.
"""

import json
import math
import re
from typing import Never

MAX_DEPTH = 32
MAX_NUMBER_LENGTH = 100
MAX_VALUES = 200_000  # some 300 bytes each at most
_QUOTES_A_VALUE = 4  # of a text that is looked through string by string
_LOCATED = 64 * 1024  # characters; a longer one is not read a second time
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)((?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_WORDS: tuple[tuple[str, bool | None], ...] = (("true", True), ("false", False), ("null", None))
_strings = json.JSONDecoder()


class JsonError(Exception):
    """``code`` is what is wrong; ``line`` and ``column`` count from 1, in code points; None where nobody looked."""

    def __init__(self, code: str, text: str, place: int | None) -> None:
        super().__init__(code)
        self.code = code
        self.line = None if place is None else text.count("\n", 0, place) + 1
        self.column = None if place is None else place - text.rfind("\n", 0, place)


class _RefusedError(Exception):
    """From inside the scanner, which does not tell where it is."""


def parse_json(data: bytes) -> object:
    """Return the one value in ``data``, which must be UTF-8. Strings may hold lone surrogates (``find_surrogate``)."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise JsonError("not_utf8", before, len(before)) from None
    return parse_text(text)


def parse_text(text: str) -> object:
    """Return the one value in ``text``, as :func:`parse_json` does."""
    if _holds_more_than(text, MAX_VALUES):
        raise JsonError("too_many_values", text, None)
    try:
        return _scanned(text)
    except JsonError:
        if len(text) > _LOCATED:
            raise
    return _Reader(text).document()


def _scanned(text: str) -> object:
    try:
        value: object = _scanner.decode(text)
    except json.JSONDecodeError as error:
        raise JsonError("trailing_text" if error.msg == "Extra data" else "syntax", text, error.pos) from None
    except _RefusedError as error:
        raise JsonError(str(error), text, None) from None
    except RecursionError:
        raise JsonError("too_deep", text, None) from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(value):
        raise JsonError("too_deep", text, None)
    return value


def _holds_more_than(text: str, most: int) -> bool:
    """Return whether there are more values than ``most``, counted by what parts them, or too many strings to look."""
    if _marks(text, 0, len(text)) <= most:  # those inside strings included
        return False
    if text.count('"') > _QUOTES_A_VALUE * most:
        return True
    found, place = 0, 0
    while found <= most:
        start = text.find('"', place)
        found += _marks(text, place, len(text) if start < 0 else start)
        if start < 0:
            break
        place = _end_of_string(text, start)
    return found > most


def _marks(text: str, start: int, end: int) -> int:
    return sum(text.count(sign, start, end) for sign in ",[{")


def _end_of_string(text: str, start: int) -> int:
    """Return the place behind the quotation mark that ends what begins at ``start``; the text's end where none does."""
    place = start
    while (place := text.find('"', place + 1)) >= 0:
        before = place - 1
        while text[before] == "\\":
            before -= 1
        if (place - before) % 2:
            return place + 1
    return len(text)


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            member
            for value in level
            for member in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
            if isinstance(member, dict | list)
        ]
    return bool(level)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError("duplicate_key")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise _RefusedError("number_too_long")
    return int(digits)


def _real(digits: str) -> float:
    if len(digits) > MAX_NUMBER_LENGTH:
        raise _RefusedError("number_too_long")
    number = float(digits)
    if math.isinf(number):
        raise _RefusedError("number_too_large")
    return number


def _constant(_: str) -> Never:
    raise _RefusedError("syntax")


_scanner = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_real, parse_constant=_constant)


def find_surrogate(value: object, path: tuple[str | int, ...] = ()) -> tuple[str | int, ...] | None:
    """Return where the first lone surrogate is, as keys and positions from the root; for a key, its object."""
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
    """Recursive descent over ``text``, which says where it fails; ``place`` is the next character to read."""

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
        """Return the next character that is no space, or an empty string; ``place`` moves to it."""
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
