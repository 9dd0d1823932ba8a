"""Each set of characters, by its ranges: what a search key is without decides what is found."""

import random
import re
import sys
import time
import unicodedata
from typing import Literal

import pytest

from index.text import characters

EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))
SETS = {
    "IGNORABLE": "ad 34f 115f-1160 17b4-17b5 180e 200b-200f 202a-202e 2060-206f 3164 fe00-fe0f feff ffa0 e0000-e0fff",
    "UNREADABLE": "0-1f 7f-9f ad 200b-200c 200e-200f 2028-202e 2060 d800-dfff feff",
    "UNWRITTEN": "0-8 b-1f 7f d800-dfff fffe-ffff",
    "UNPRINTED": "0-8 b-1f 7f feff fffe-ffff",
    "UNSEEN_IN_NAMES": "0-1f 7f-9f ad 61c 115f-1160 200b-200f 2028-202e 2060-206f 3164 feff ffa0 e0000-e0fff",
    "OBEYED_IN_LOGS": "0-8 b-1f 7f-9f 61c 200e-200f 2028-202e 2066-2069",
    "_SHOWN_AS_MARKS": "0-8 b-1f 7f-9f 61c 200e-200f 2028-202e 2066-2069 e0000-e0fff",
    "_WITHOUT_WIDTH": "200b-200d 2060-2065 206a-206f feff",
}


def ranges(found: list[str]) -> str:
    """``41-43 61`` for A, B, C and a."""
    runs: list[list[int]] = []
    for code in map(ord, found):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return " ".join(f"{first:x}-{last:x}" if last > first else f"{first:x}" for first, last in runs)


@pytest.mark.parametrize("name", SETS)
def test_a_set_holds_these_characters_and_no_others(name: str) -> None:
    assert ranges(getattr(characters, name).findall(EVERY_CHARACTER)) == SETS[name]


def test_no_group_holds_a_character_of_another() -> None:
    groups = [group for name, group in vars(characters).items() if isinstance(group, str) and "\\" in group]
    together = (characters._CONTROLS, characters._ZERO_WIDTH, characters._DIRECTIONS, characters._UNSEEN)
    single = [group for group in groups if group not in together]
    held = [char for group in single for char in re.findall(f"[{group}]", EVERY_CHARACTER)]
    assert len(held) == len(set(held))


def test_a_line_ends_where_python_ends_one() -> None:
    text = "가".join(EVERY_CHARACTER)
    assert characters.LINE.findall(text) == [line for line in text.splitlines() if line]


def test_what_xml_forbids_and_what_another_encoding_betrays() -> None:
    first = "".join(map(chr, range(0x80)))
    assert ranges([char.decode() for char in characters.XML_FORBIDDEN.findall(first.encode())]) == "0-8 b-c e-1f"
    assert ranges(characters.OTHER_ENCODING.findall(EVERY_CHARACTER)) == "0 e-f"
    assert characters.OTHER_ENCODING.search("\x1b$B") is not None


def test_a_web_address_ends_where_one_must_and_nowhere_else() -> None:
    ends = ranges([char for char in EVERY_CHARACTER if characters.WEB_ADDRESS.fullmatch(f"HTTPS://a{char}") is None])
    assert ends == "0-20 22 3c 3e 7f 85 a0 1680 2000-200a 2028-2029 202f 205f 3000"


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\x00\x7f", "\u200b\ufeff\xad", "\u3164\u115f", "\u0301", "\u2800", "\U000e007f"]
)
def test_what_nobody_sees_is_not_visible(text: str) -> None:
    assert not characters.is_visible(text)
    assert characters.is_visible(f"{text}가{text}")


def test_safe_text_is_one_line_that_nothing_obeys() -> None:
    assert characters.safe("  가\r\n나\x1b[31m\u202e다\t ") == "가  나␛[31m⟨U+202E⟩다"
    assert characters.safe_inner(" 가\n") == " 가 "


@pytest.mark.parametrize("form", ["NFC", "NFKC"])
def test_piled_marks_have_the_normal_form_of_the_standard(form: Literal["NFC", "NFKC"]) -> None:
    rng = random.Random(7)
    marks = "\u0301\u0316\u0327\u0344\u0f73\u0f75\u0f81\u3099\uff9e\uff9f\u1dce\u0345\u05b0"
    others = "가ᄀ\u1161\u11a8aé\u1fc1…─ "
    for length in (5, 39, 40, 41, 90, 300):
        for _ in range(40):
            text = "".join(rng.choice(marks if rng.random() < 0.95 else others) for _ in range(length))
            assert characters.normal_form(form, text) == unicodedata.normalize(form, text), ascii(text)


@pytest.mark.alone
def test_a_long_text_of_marks_is_normalised_in_a_moment() -> None:
    began = time.process_time()
    assert len(characters.normalize("a" + "\u0301\u0316" * 100_000)) == 200_000
    assert time.process_time() - began < 5  # half a minute letter by letter
