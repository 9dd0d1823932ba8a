"""Korean number forms: ``4조6000억``, ``4.6조``, ``4조 6천억`` and ``4,600,000,000,000`` are one value."""

import re
from decimal import Decimal, localcontext
from typing import NamedTuple

_DIGITS = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_COUNTER = "원|달러|유로|엔|위안|명|여|개|건|곳|대|권|장|점|톤|회|호|년|가구|세대|킬로|미터|평|배|쪽|표|그루|마리"
_MAX_LENGTH = 40
# As many as make no number longer than that. Without a bound, a run would be gone through again from each of its figures.
_MORE = f"{{0,{_MAX_LENGTH // 2}}}"
_FIGURE = r"(?:\d{1,3}(?:,\d{3})++(?:\.\d+)?|\d++(?:\.\d+)?)"
_SECTION = rf"{_FIGURE}(?:[십백천]\s?{_FIGURE}){_MORE}[십백천]?"  # below 10,000: 6000, 6천, 2천5백30
_SMALL_FORM = rf"{_FIGURE}(?:[십백천]{_FIGURE}){_MORE}[십백천](?:(?![가-힣])|(?={_COUNTER}))"  # 5천원, but no 2백화점
_MIXED = rf"{_FIGURE}(?:[십백천]{_FIGURE}){_MORE}(?![십백천만억조경])"  # 5천300, or a figure alone
_TAIL = rf"{_MIXED}|\s?{_SMALL_FORM}"  # what follows 만: 12만3456명, 3만 5천 명
_UNITS = ("경(?!기)", "조(?![각건])", "억", "만")  # no 7경기, 3조각, 2조건


def _falling(section: str) -> str:
    """Return a pattern of sections with units from 경 down to 만: no unit twice, so "1만 2만" is two numbers."""
    parts = [f"{section}{unit}" for unit in _UNITS]
    return "|".join(
        part + "".join(rf"(?:\s?{lower})?" for lower in parts[position + 1 :]) for position, part in enumerate(parts)
    )


_WITH_UNITS = _falling(rf"{_SECTION}\s?")
_ARABIC = re.compile(rf"(?<=제){_FIGURE}|(?:{_WITH_UNITS})(?:{_TAIL})?|{_MIXED}|{_SMALL_FORM}|{_FIGURE}")
_PART = re.compile(rf"({_FIGURE})|([십백천])|([만억조경])")
_SPELLED = "[일이삼사오육칠팔구십백천]"
_SPELLED_WITH_UNITS = _falling(f"{_SPELLED}+")
_HANGUL = re.compile(
    rf"(?<![가-힣])(?:{_SPELLED_WITH_UNITS})(?:\s?{_SPELLED}*[십백천]{_SPELLED}*(?=\s?(?:{_COUNTER})))?"
)
_COUNTED = re.compile(r"\s?(?:여\s)?(?:원|달러|명)")
_WORDS = frozenset({"구조", "구경"})  # structure, sightseeing: hardly ever 9조, 9경


class FoundNumber(NamedTuple):
    """``text[start:end]``, in code points, is a number of that ``value``."""

    start: int
    end: int
    value: Decimal


def find_numbers(text: str) -> list[FoundNumber]:
    """Return each number in ``text``, in order; of ``제2조`` (a clause) only the 2."""
    with localcontext(prec=2 * _MAX_LENGTH):
        figures = filter(_short, _ARABIC.finditer(text))
        found = [FoundNumber(match.start(), match.end(), _arabic_value(match.group())) for match in figures]
        taken = [(number.start, number.end) for number in found]
        for match in _HANGUL.finditer(text):
            if _is_number(match) and not any(start < match.end() and match.start() < end for start, end in taken):
                found.append(FoundNumber(match.start(), match.end(), _hangul_value(match.group())))
    return sorted(found)


def canonical(value: Decimal) -> str:
    """Return one spelling per value: ``4600000000000``, ``15.3``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(match: re.Match[str]) -> bool:
    return match.end() - match.start() <= _MAX_LENGTH


def _is_number(match: re.Match[str]) -> bool:
    """Return whether a word in Hangul is a number.

    One digit and one unit are a number only before what is counted: "오만 원", but no "오만", "이만", "일만".
    """
    word = match.group()
    if len(word) > 2 or word[0] in _SMALL:
        return _short(match)
    return word not in _WORDS and _COUNTED.match(match.string, match.end()) is not None


def _arabic_value(text: str) -> Decimal:
    total, section, figure = Decimal(0), Decimal(0), None
    for number, small, large in _PART.findall(text):
        if number:
            figure = Decimal(number.replace(",", "")) if figure is None else figure
        elif small:
            section += (Decimal(1) if figure is None else figure) * _SMALL[small]
            figure = None
        else:
            total += (section + (figure if figure is not None else 0)) * _LARGE[large]
            section, figure = Decimal(0), None
    return total + section + (figure if figure is not None else 0)


def _hangul_value(text: str) -> Decimal:
    total, section, digit = 0, 0, 0
    for char in "".join(text.split()):
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit = 0
        else:
            total += ((section + digit) or 1) * _LARGE[char]
            section = digit = 0
    return Decimal(total + section + digit)
