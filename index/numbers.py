"""Korean number forms: ``4조6000억``, ``4.6조``, ``4조 6천억`` and ``4,600,000,000,000`` are one value."""

import re
from decimal import Decimal

_DIGITS = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_ARABIC = re.compile(rf"(?:{_FIGURE})(?:\s?[십백천]?[만억조경]|[십백천](?![가-힣])|\s?(?:{_FIGURE})(?=\s?[십백천]?[만억조경]))*")
_PART = re.compile(rf"({_FIGURE})|([십백천])|([만억조경])")
_HANGUL = re.compile(r"(?<![가-힣])[일이삼사오육칠팔구십백천]+[만억조경](?:\s?[일이삼사오육칠팔구십백천]+[만억조경])*")
_MAX_LENGTH = 40


def find_numbers(text: str) -> list[tuple[int, int, Decimal]]:
    """(start, end, value) of every number in ``text``, in code points, in order."""
    found = []
    for match in _ARABIC.finditer(text):
        if match.end() - match.start() <= _MAX_LENGTH:
            found.append((match.start(), match.end(), _arabic_value(match.group())))
    taken = [(start, end) for start, end, _ in found]
    for match in _HANGUL.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append((match.start(), match.end(), _hangul_value(match.group())))
    return sorted(found)


def canonical(value: Decimal) -> str:
    """One spelling per value: ``4600000000000``, ``15.3``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _arabic_value(text: str) -> Decimal:
    total, section, figure = Decimal(0), Decimal(0), None
    for number, small, large in _PART.findall(text):
        if number:
            figure = Decimal(number.replace(",", "")) if figure is None else figure
        elif small:
            section += (Decimal(1) if figure is None else figure) * _SMALL[small]
            figure = None
        else:
            part = section + (figure if figure is not None else 0)
            total += (part or Decimal(1)) * _LARGE[large]
            section, figure = Decimal(0), None
    return total + section + (figure if figure is not None else 0)


def _hangul_value(text: str) -> Decimal:
    total, section, digit = 0, 0, 0
    for char in text.replace(" ", ""):
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _SMALL:
            section += (digit or 1) * _SMALL[char]
            digit = 0
        else:
            total += ((section + digit) or 1) * _LARGE[char]
            section = digit = 0
    return Decimal(total + section + digit)
