"""Hanja read aloud: ``韓國`` is ``한국``. Sounds and their order are those of KS X 1001 (data/hanja.txt)."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from rag.question.keyboard import put_together, take_apart

_RUN = re.compile("[\u4e00-\u9fff]{2,}")  # one alone is more often a sign (美, 中) than a word; those are aliases
_SOFT_VOWELS = frozenset("ㅑㅕㅖㅛㅠㅣ")


class HanjaWord(NamedTuple):
    """A run of Hanja, ``text[start:end]``, and how it is read."""

    start: int
    end: int
    sound: str


def hanja_words(text: str) -> list[HanjaWord]:
    """Return every run of two or more Hanja whose sounds are all known. ``text`` is NFC."""
    found = []
    for run in _RUN.finditer(text):
        sounds = [_sounds().get(char) for char in run[0]]
        if all(sounds):
            found.append(HanjaWord(run.start(), run.end(), read_aloud("".join(filter(None, sounds)), run[0])))
    return found


def read_aloud(sounds: str, hanja: str = "") -> str:
    """Return the sounds of one word as they are written: 녀자 → 여자, 비률 → 비율 (두음법칙, 한글 맞춤법 10–12항)."""
    written = _at_the_start(sounds[0])
    for position, sound in enumerate(sounds[1:], 1):
        following = sounds[position + 1 : position + 2]
        if sound in "렬률":
            before = take_apart(written[-1])[2:]
            sound = {"렬": "열", "률": "율"}[sound] if before in ((), ("ㄴ",)) else sound
        elif sound == "불" and hanja[position : position + 1] == "不":
            sound = _not(following)
        written += sound
    return _not(sounds[1:2]) + written[1:] if hanja[:1] == "不" else written


def _not(following: str) -> str:
    """Read 不: 부 before ㄷ and ㅈ, as in 부정 and 부당; else 불."""
    return "부" if following and take_apart(following)[0] in ("ㄷ", "ㅈ") else "불"


def _at_the_start(sound: str) -> str:
    initial, vowel, *final = take_apart(sound)
    if initial in ("ㄴ", "ㄹ") and vowel in _SOFT_VOWELS:
        initial = "ㅇ"
    elif initial == "ㄹ":
        initial = "ㄴ"
    return put_together(initial, vowel, *final)


@cache
def _sounds() -> dict[str, str]:
    lines = files("rag").joinpath("data/hanja.txt").read_text(encoding="utf-8").splitlines()
    return {char: line[0] for line in lines if not line.startswith("#") for char in line[1:]}
