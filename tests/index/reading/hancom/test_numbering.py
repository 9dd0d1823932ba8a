"""List numbers as Hangul computes them."""

import pytest

from index.reading.composing.list_numbers import number
from index.reading.hancom.hwp_records import bullet
from index.reading.hancom.numbering import Head, Level, Numbering, note_mark


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("DIGIT", "1 2 14 15"),
        ("CIRCLED_DIGIT", "① ② ⑭ ⑮"),
        ("ROMAN_CAPITAL", "I II XIV XV"),
        ("ROMAN_SMALL", "i ii xiv xv"),
        ("LATIN_CAPITAL", "A B N O"),
        ("HANGUL_SYLLABLE", "가 나 하 거"),
        ("CIRCLED_HANGUL_SYLLABLE", "㉮ ㉯ ㉻ 15"),
        ("HANGUL_JAMO", "ㄱ ㄴ ㅎ 15"),
        ("HANGUL_PHONETIC", "일 이 십사 십오"),
        ("IDEOGRAPH", "一 二 十四 十五"),
        ("UNKNOWN", "1 2 14 15"),
    ],
)
def test_styles(style: str, shown: str) -> None:
    assert " ".join(number(value, style) for value in (1, 2, 14, 15)) == shown


def test_roman_numbers() -> None:
    assert [number(value, "ROMAN_CAPITAL") for value in (4, 9, 40, 90, 400, 1994)] == [
        "IV",
        "IX",
        "XL",
        "XC",
        "CD",
        "MCMXCIV",
    ]


def test_levels_start_again_and_name_those_above() -> None:
    numbering = Numbering({"1": [Level("^1."), Level("^1.^2."), Level("^n)", start=5)]})
    levels = (0, 1, 1, 2, 0, 1, 2)
    marks = [numbering.mark(Head("1", level)).strip() for level in levels]
    assert marks == ["1.", "1.1.", "1.2.", "1.2.5)", "2.", "2.1.", "2.1.5)"]


def test_what_is_not_known_is_not_invented() -> None:
    assert Numbering({}).mark(Head("1", 0)) == ""
    assert Numbering({"1": [Level("^1.")]}).mark(Head("1", 3)) == ""


def test_bullets_are_what_people_see() -> None:
    assert [bullet(character) for character in ("■", "\xad", "\uf06c", "\x01", "")] == ["■", "-", "•", "", ""]


def test_marks_of_notes_are_raised() -> None:
    assert note_mark(12, "DIGIT", "", ")") == "¹²⁾"
    assert note_mark(2, "CIRCLED_DIGIT", "", "") == "②"
