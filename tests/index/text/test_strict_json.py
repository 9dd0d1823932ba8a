"""Our JSON reader against Python's: the same values where both take a text, and nothing that RFC 8259 refuses."""

import json
import math
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.text.strict_json import MAX_DEPTH, JsonError, find_surrogate, parse_json

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"',
        "\\",
        "1",
        "-",
        "0",
        ".",
        "e",
        "E5",
        "true",
        "nul",
        "null",
        " ",
        "\n",
        "가",
        "NaN",
    ]
)


@settings(max_examples=100, deadline=None)
@given(VALUES, st.booleans(), st.sampled_from([None, 0, 2]))
def test_reads_what_python_writes(value: Any, ascii_only: bool, indent: int | None) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()) == value


@settings(max_examples=250, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_takes_nothing_that_python_refuses(text: str) -> None:
    try:
        ours = parse_json(text.encode())
    except JsonError as error:
        place = (error.line, error.column)
    else:
        assert repr(ours) == repr(json.loads(text))
        return
    assert 1 <= place[1] <= len(text.split("\n")[place[0] - 1]) + 1


@pytest.mark.parametrize(
    "text", ["0", "-0", "1.5e3", "1E+2", '"\\ud83d\\ude00"', '"\\/\\b"', "[]", "{}", " [ 1 , 2 ] ", '{"":{}}']
)
def test_equals_python(text: str) -> None:
    assert repr(parse_json(text.encode())) == repr(json.loads(text))


def test_depth() -> None:
    nested = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_json(nested.encode()) == json.loads(nested)
    with pytest.raises(JsonError, match="too_deep"):
        parse_json(f"[{nested}]".encode())


def test_equal_keys_in_different_objects_are_no_duplicates() -> None:
    assert parse_json(b'[{"a": 1}, {"a": {"a": 2}}]') == [{"a": 1}, {"a": {"a": 2}}]


def test_never_a_number_that_is_not_finite() -> None:
    for text in ("1e308", "-1e308", "1e-999"):
        assert math.isfinite(parse_json(text.encode()))  # type: ignore[arg-type]
    for text in ("1e309", "-1e309", "9e999999999"):
        with pytest.raises(JsonError, match="number_too_large"):
            parse_json(text.encode())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes(data: bytes) -> None:
    try:
        value = parse_json(data)
    except JsonError:
        return
    assert repr(value) == repr(json.loads(data.decode()))


def test_surrogates_are_found_where_they_are() -> None:
    assert find_surrogate({"a": [1, {"b": "\ud800"}]}) == ("a", 1, "b")
    assert find_surrogate({"a": {"\ud800": 1}}) == ("a",)
    assert find_surrogate({"a": ["가", None, 1.5, True, "😀"]}) is None


def test_a_long_text_is_read_at_c_speed() -> None:
    """The reader in Python took a minute of a processor for this."""
    text = "한빛대교가 준공됐다. " * 1000
    data = json.dumps(
        {"articles": [{"id": str(number), "text": text} for number in range(1000)]}, ensure_ascii=False
    ).encode()
    numbers = json.dumps({"articles": [[1, 2.5, "가"]] * 40_000}).encode()
    for body in (data[: 16 << 20], numbers):
        started = time.process_time()
        with suppress(JsonError):
            parse_json(body)
        assert time.process_time() - started < 15


@pytest.mark.parametrize("piece", ["[],", "{},", "1,", '"",', '{"a":1},', '"\\\\",', '",",'])
def test_many_values_are_refused_before_any_is_made(piece: str) -> None:
    text = f"[{piece * 2_000_000}0]"
    with pytest.raises(JsonError, match="too_many_values"):
        parse_json(text.encode())


def test_commas_and_brackets_inside_strings_are_no_values() -> None:
    value = {"a": ",[{" * 100_000, "b": '\\",[' * 100_000, "c": "\\"}
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ('"a": 1, "a": 2}', "duplicate_key"),
        ('"a": NaN}', "syntax"),
        ('"a": 1e999}', "number_too_large"),
        (f'"a": {"1" * 101}}}', "number_too_long"),
        (f'"a": {"[" * 40}{"]" * 40}}}', "too_deep"),
        (f'"a": {"[" * 5000}{"]" * 5000}}}', "too_deep"),
        ('"a": 1} 2', "trailing_text"),
        ('"a": 1', "syntax"),
    ],
)
def test_a_long_text_is_read_as_strictly(end: str, code: str) -> None:
    with pytest.raises(JsonError, match=code):
        parse_json(f'{{"text": "{"가" * 100_000}", {end}'.encode())
