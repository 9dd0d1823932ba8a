"""Numbers as the lists of word processors show them (3, 다, ③, iii, 三), by the names of OOXML's and OWPML's formats."""

import re
from collections.abc import Callable

_RAISED = str.maketrans("0123456789()ivxlcdm", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾ⁱᵛˣˡᶜᵈᵐ")
_FIGURE = re.compile(r"\s*(?P<figure>[-−(]?\d[\d(),.*]*)\s*")
_MINUS = str.maketrans("-−", "⁻⁻")
_GANADA = "가나다라마바사아자차카타파하"
_CHOSUNG = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"
_VOWELS = (0, 4, 8, 13, 18, 20)  # ㅏ ㅓ ㅗ ㅜ ㅡ ㅣ, by which 가나다 goes on
_DIGITS = "영일이삼사오육칠팔구"
_HANJA = "〇一二三四五六七八九"
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"))
_ROMAN_ONES = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
# Letters of the symbol fonts (Symbol, Wingdings) as the signs they draw.
SYMBOLS = {
    0xF06C: "●", 0xF06E: "■", 0xF06F: "□", 0xF071: "❑", 0xF075: "◆", 0xF076: "❖", 0xF077: "◆", 0xF0A7: "▪", 0xF0A8: "◻",
    0xF0B7: "•", 0xF0D8: "➢", 0xF0DC: "➲", 0xF0E0: "→", 0xF0E8: "➔", 0xF0F0: "⇨", 0xF0FC: "✓", 0xF0FE: "☑", 0xF0A3: "□",
    0xF02D: "-", 0xF0AE: "→", 0xF0AC: "←", 0xF0B4: "×", 0xF0B1: "±", 0xF0A0: "▪", 0xF09F: "•", 0xF0B0: "°",
}  # fmt: skip


def number(count: int, kind: str) -> str:
    """Return ``count`` in one of the formats; in decimal where the format is not known or has no such number.

    >>> number(3, "ganada"), number(15, "HANGUL_SYLLABLE"), number(4, "lowerRoman"), number(12, "CIRCLED_DIGIT")
    ('다', '거', 'iv', '⑫')
    """
    if kind in ("none", "bullet") or not 0 <= count < 100_000:
        return ""
    make = _FORMATS.get(kind)
    return (make(count) if make and count else "") or str(count)


def raised(mark: str) -> str:
    """Return a note's mark as it is seen: after a figure it is no part of it.

    >>> raised("4)")
    '⁴⁾'
    """
    return mark.translate(_RAISED)


def beside(text: str, mark: str) -> str:
    """Return a note's mark as it stands after ``text``: a blank parts it from a figure, which it would be read into.

    >>> beside("2,909", "³⁾"), beside("액체", "³⁾")
    (' ³⁾', '³⁾')
    """
    return f" {mark}" if mark and text[-1:].isascii() and text[-1:].isdigit() else mark


def above(text: str, small: str) -> str:
    """Return small print that stands raised after ``text``: a figure after a figure as a mark is, all else as it is.

    >>> above("2,909", "3)"), above("10", "-3"), above("m", "2")
    (' ³⁾', ' ⁻³', '2')
    """
    match = _FIGURE.fullmatch(small) if text[-1:].isdigit() or text[-1:] == "⁾" else None
    if match is None:
        return small
    return beside(text, raised(match["figure"]).translate(_MINUS))


def symbol(code: int) -> str:
    """Return the sign a letter of a symbol font draws, "" where that is not known."""
    if code in SYMBOLS:
        return SYMBOLS[code]
    if code < 0x20 or 0xD800 <= code <= 0xF8FF or code > 0x10FFFF:
        return ""
    return chr(code)


def korean(count: int, digits: str = _DIGITS, tens: str = "십백천", units: str = "만억조") -> str:
    """Return a number in words: 일백이십삼, with every 일 that Excel writes."""
    if count == 0:
        return digits[0]
    words, place = "", 0
    while count:
        count, group = divmod(count, 10_000)
        if group:
            words = _group(group, digits, tens) + (units[place - 1] if place and place <= len(units) else "") + words
        place += 1
    return words


def hanja(count: int) -> str:
    """Return a number in 한자: 一百二十三."""
    return korean(count, _HANJA, "十百千", "万億兆")


def _group(group: int, digits: str, tens: str) -> str:
    written = str(group)
    pairs = zip(written, range(len(written) - 1, -1, -1), strict=True)
    return "".join(digits[int(digit)] + (tens[power - 1] if power else "") for digit, power in pairs if digit != "0")


def _repeated(letters: str) -> Callable[[int], str]:
    """Return a format that goes on as Word does: a … z, aa, bb, and so on."""
    return lambda count: letters[(count - 1) % len(letters)] * min((count - 1) // len(letters) + 1, 10)


def _only(letters: str) -> Callable[[int], str]:
    return lambda count: letters[count - 1] if count <= len(letters) else ""


def _syllable(count: int) -> str:
    """Return a syllable, going on as Hangul does: after 하 come 거, 너, …, 허, 고, 노, and so on."""
    row, column = divmod(count - 1, len(_GANADA))
    return chr(ord(_GANADA[column]) + 28 * _VOWELS[row]) if row < len(_VOWELS) else ""


def _sino(digits: str) -> Callable[[int], str]:
    """Return a number to 99 in words, without the one before ten: 십이."""
    return lambda count: (
        korean(count, f" {digits}", digits[9]).removeprefix(digits[0] if 9 < count < 20 else "") if count < 100 else ""
    )


def _roman(count: int) -> str:
    words = ""
    for value, letter in (*_ROMAN, *_ROMAN_ONES):
        times, count = divmod(count, value)
        words += letter * times
    return words


def _from(first: str, most: int) -> Callable[[int], str]:
    return lambda count: chr(ord(first) + count - 1) if count <= most else ""


def _circled(count: int) -> str:
    return _from("①", 20)(count) or (chr(ord("㉑") + count - 21) if count <= 35 else "")


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimalZero": lambda count: f"{count:02d}",
    "upperRoman": _roman,
    "lowerRoman": lambda count: _roman(count).lower(),
    "upperLetter": _repeated("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "lowerLetter": _repeated("abcdefghijklmnopqrstuvwxyz"),
    "ganada": _repeated(_GANADA),
    "chosung": _repeated(_CHOSUNG),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedParen": _from("⑴", 20),
    "decimalEnclosedFullstop": _from("⒈", 20),
    "decimalFullWidth": lambda count: "".join(chr(ord("０") + int(digit)) for digit in str(count)),
    "koreanDigital": lambda count: "".join(_DIGITS[int(digit)] for digit in str(count)),
    "koreanDigital2": lambda count: "".join(_HANJA[int(digit)] for digit in str(count)),
    "koreanCounting": lambda count: korean(count).removeprefix("일") if 10 <= count < 20 else korean(count),
    "ideographDigital": lambda count: "".join(_HANJA[int(digit)] for digit in str(count)),
    "chineseCounting": hanja,
    "ordinal": lambda count: f"{count}.",
} | {
    "CIRCLED_DIGIT": _circled,
    "ROMAN_CAPITAL": _roman,
    "ROMAN_SMALL": lambda count: _roman(count).lower(),
    "LATIN_CAPITAL": _from("A", 26),
    "LATIN_SMALL": _from("a", 26),
    "CIRCLED_LATIN_CAPITAL": _from("Ⓐ", 26),
    "CIRCLED_LATIN_SMALL": _from("ⓐ", 26),
    "HANGUL_SYLLABLE": _syllable,
    "CIRCLED_HANGUL_SYLLABLE": _from("㉮", 14),
    "HANGUL_JAMO": _only(_CHOSUNG),
    "CIRCLED_HANGUL_JAMO": _from("㉠", 14),
    "HANGUL_PHONETIC": _sino("일이삼사오육칠팔구십"),
    "IDEOGRAPH": _sino("一二三四五六七八九十"),
    "CIRCLED_IDEOGRAPH": _from("㊀", 10),
    "DECAGON_CIRCLE": _only("갑을병정무기경신임계"),
    "DECAGON_CIRCLE_HANJA": _only("甲乙丙丁戊己庚辛壬癸"),
}
