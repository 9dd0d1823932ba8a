"""The numbers that a word processor computes before its paragraphs ("1.", "가.", "①"): they are seen, but not in the file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_RAISED = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
_PLACEHOLDER = re.compile(r"\^(1[0-9]|[1-9nN])")
_SYLLABLES = "가나다라마바사아자차카타파하"
_CONSONANTS = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"))
_ROMAN_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_SINO = {"HANGUL_PHONETIC": "일이삼사오육칠팔구십", "IDEOGRAPH": "一二三四五六七八九十"}
_CYCLES = {
    "LATIN_CAPITAL": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "LATIN_SMALL": "abcdefghijklmnopqrstuvwxyz",
    "CIRCLED_LATIN_CAPITAL": "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏ",
    "CIRCLED_LATIN_SMALL": "ⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩ",
    "HANGUL_SYLLABLE": _SYLLABLES,
    "CIRCLED_HANGUL_SYLLABLE": "㉮㉯㉰㉱㉲㉳㉴㉵㉶㉷㉸㉹㉺㉻",
    "HANGUL_JAMO": _CONSONANTS,
    "CIRCLED_HANGUL_JAMO": "㉠㉡㉢㉣㉤㉥㉦㉧㉨㉩㉪㉫㉬㉭",
    "CIRCLED_DIGIT": "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳㉑㉒㉓㉔㉕㉖㉗㉘㉙㉚㉛㉜㉝㉞㉟",
    "CIRCLED_IDEOGRAPH": "㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉",
    "DECAGON_CIRCLE": "갑을병정무기경신임계",
    "DECAGON_CIRCLE_HANJA": "甲乙丙丁戊己庚辛壬癸",
}

FORMATS = (
    "DIGIT",
    "CIRCLED_DIGIT",
    "ROMAN_CAPITAL",
    "ROMAN_SMALL",
    "LATIN_CAPITAL",
    "LATIN_SMALL",
    "CIRCLED_LATIN_CAPITAL",
    "CIRCLED_LATIN_SMALL",
    "HANGUL_SYLLABLE",
    "CIRCLED_HANGUL_SYLLABLE",
    "HANGUL_JAMO",
    "CIRCLED_HANGUL_JAMO",
    "HANGUL_PHONETIC",
    "IDEOGRAPH",
    "CIRCLED_IDEOGRAPH",
    "DECAGON_CIRCLE",
    "DECAGON_CIRCLE_HANJA",
)
"""HWPX's names of the formats in the order of HWP 5's numbers."""


@dataclass(frozen=True, slots=True)
class Level:
    """How one level of a list is numbered: ``form`` is "^1." with ``^n`` for the number of level n."""

    form: str
    format: str = "DIGIT"
    start: int = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a paragraph of some shape: a bullet, or the number of ``list_id``'s ``level`` (from 0)."""

    list_id: str = ""
    level: int = 0
    bullet: str = ""
    is_outline: bool = False


@dataclass(slots=True)
class Numbering:
    """Counts the lists of one document as its paragraphs pass in order."""

    lists: Mapping[str, Sequence[Level]]
    _counts: dict[str, list[int]] = field(default_factory=dict)

    def mark(self, head: Head, outline_id: str = "") -> str:
        """What stands before a paragraph with this head, with a blank after it; "" where nothing is known to."""
        if head.bullet:
            return f"{head.bullet} "
        list_id = outline_id if head.is_outline else head.list_id
        levels = self.lists.get(list_id, ())
        if not 0 <= head.level < len(levels):
            return ""
        counts = self._count(list_id, head.level, levels)
        text = _PLACEHOLDER.sub(lambda match: _filled(match[1], counts, head.level, levels), levels[head.level].form)
        return f"{text.strip()} " if text.strip() else ""

    def _count(self, list_id: str, level: int, levels: Sequence[Level]) -> list[int]:
        counts = self._counts.setdefault(list_id, [])
        del counts[level + 1 :]
        if len(counts) > level:
            counts[level] += 1
        while len(counts) <= level:
            counts.append(levels[len(counts)].start)
        return counts


def note_mark(value: int, style: str, before: str, after: str) -> str:
    """The mark of a note at its place and before its text, raised as it is seen: after a figure it is no part of it.

    >>> note_mark(4, "DIGIT", "", ")")
    '⁴⁾'
    """
    return f"{before}{number(value, style)}{after}".translate(_RAISED)


def _filled(place: str, counts: Sequence[int], level: int, levels: Sequence[Level]) -> str:
    if place in "nN":
        path = ".".join(str(count) for count in counts[: level + 1])
        return f"{path}." if place == "N" else path
    wanted = int(place) - 1
    return number(counts[wanted], levels[wanted].format) if wanted < len(counts) else ""


def number(value: int, style: str) -> str:
    """``value`` as a list of that style shows it; in digits where the style has no such number.

    >>> number(3, "HANGUL_SYLLABLE"), number(15, "HANGUL_SYLLABLE"), number(4, "ROMAN_SMALL"), number(12, "CIRCLED_DIGIT")
    ('다', '거', 'iv', '⑫')
    """
    if value < 1 or value > 3999:
        return str(value)
    if style.startswith("ROMAN"):
        return _roman(value) if style == "ROMAN_CAPITAL" else _roman(value).lower()
    if style in _SINO:
        return _sino(value, _SINO[style])
    if style == "HANGUL_SYLLABLE" and value > len(_SYLLABLES):
        return _further_syllable(value)
    letters = _CYCLES.get(style, "")
    return letters[value - 1] if value <= len(letters) else str(value)


def _further_syllable(value: int) -> str:
    """After 하 come 거, 너, …, 허, 고, 노, …"""
    row, column = divmod(value - 1, len(_SYLLABLES))
    vowels = (0, 4, 8, 13, 18, 20)  # ㅏ ㅓ ㅗ ㅜ ㅡ ㅣ
    return chr(ord(_SYLLABLES[column]) + 28 * vowels[row]) if row < len(vowels) else str(value)


def _roman(value: int) -> str:
    text = ""
    for worth, letters in _ROMAN:
        text += letters * (value // worth)
        value %= worth
    return text + _ROMAN_ONES[value]


def _sino(value: int, digits: str) -> str:
    if value > 99:
        return str(value)
    tens, ones = divmod(value, 10)
    return (digits[tens - 1] if tens > 1 else "") + (digits[9] if tens else "") + (digits[ones - 1] if ones else "")
