"""Numbers of spreadsheets as people see them: ``12,000,000원``, ``35%``, ``2025-03-05``, as a Korean Excel shows them.

A format is up to four sections ("positive;negative;zero;text"), each of literals and of places for digits or for parts of
a date. What a locale decides is decided as Korean: the short date is ``yyyy-mm-dd``, ``ddd`` stays English as it does
there unless the format names a language.
"""

import datetime
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from index.reading.composing.list_numbers import hanja, korean

_WON = "₩"
_LONG_HAN = 'yyyy"年" mm"月" dd"日"'
# What a number in the file stands for without a text of its own, as Korean Excel has it.
BUILTIN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
    5: '"₩"#,##0;-"₩"#,##0', 6: '"₩"#,##0;-"₩"#,##0', 7: '"₩"#,##0.00;-"₩"#,##0.00', 8: '"₩"#,##0.00;-"₩"#,##0.00',
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
    14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm",
    21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    27: _LONG_HAN, 28: "mm-dd", 29: "mm-dd", 30: "mm-dd-yy", 31: 'yyyy"년" mm"월" dd"일"', 32: 'h"시" mm"분"',
    33: 'h"시" mm"분" ss"초"', 34: "yyyy-mm-dd", 35: "yyyy-mm-dd", 36: _LONG_HAN,
    37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: '#,##0;-#,##0;"-"', 42: '"₩"#,##0;-"₩"#,##0;"₩"-', 43: '#,##0.00;-#,##0.00;"-"', 44: '"₩"#,##0.00;-"₩"#,##0.00;"₩"-',
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    50: _LONG_HAN, 51: "mm-dd", 52: "yyyy-mm-dd", 53: "yyyy-mm-dd", 54: "mm-dd", 55: "yyyy-mm-dd", 56: "mm-dd",
    57: _LONG_HAN, 58: "mm-dd",
}  # fmt: skip

_TOKEN = re.compile(
    r"""
    "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<pad>.?) | \*(?P<fill>.?) | \[(?P<bracket>[^\]]*)\]
    | (?P<general>General|G/표준) | (?P<half>AM/PM|A/P|오전/오후) | (?P<power>E[+-])
    | (?P<date>y+|m+|d+|h+|s+|a{3,4}|e+|g+) | (?P<digit>[0#?]) | (?P<mark>[.,%/@;]) | (?P<plain>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")
_ELAPSED = re.compile(r"(h+|m+|s+)", re.IGNORECASE)
_PLAIN = re.compile(r"(L*)([#,]*0)(\.0+)?(L*)")
_SYSTEM_DATE, _SYSTEM_TIME = "f800", "f400"
_KOREAN_DATE, _KOREAN_TIME = '[$-412]yyyy"년" m"월" d"일" dddd', "[$-412]AM/PM h:mm:ss"
_DAYS_KO = "월화수목금토일"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LAST_DAY = 2_958_466  # 9999-12-31 and its hours
_GENERAL_DIGITS = 11
_MAX_FORMAT = 1_000
_MAX_PLACES = 30


class Token(NamedTuple):
    """A piece of a format: ``kind`` is the name of its group in the pattern, or "literal"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class _Plain:
    """A format that only groups and rounds: ``#,##0.00"원"``."""

    before: str
    after: str
    grouped: bool
    decimals: int
    hundreds: int  # percent signs

    def write(self, value: float) -> str:
        if not self.decimals and not self.hundreds and value == int(value) and abs(value) < 1e15:
            digits = f"{abs(int(value)):,}" if self.grouped else str(abs(int(value)))
        else:
            amount = _decimal(abs(value)) * 100**self.hundreds
            amount = amount.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)
            digits = format(amount, ",f" if self.grouped else "f")
        return f"{'-' if value < 0 else ''}{self.before}{digits}{self.after}"


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a format."""

    tokens: tuple[Token, ...]
    condition: tuple[str, float] | None = None
    language: str = ""
    spelled: str = ""  # [DBNum1] and so on
    is_date: bool = False
    plain: _Plain | None = None

    def has(self, kind: str, text: str = "") -> bool:
        """Return whether it has such a token."""
        return any(token.kind == kind and text in (token.text, "") for token in self.tokens)


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """Return a number in a format."""
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    sections = _sections(code[:_MAX_FORMAT])
    section, magnitude = _choose(value, sections)
    if section is None or (len(sections) > 1 and not section.tokens):
        return ""
    if section.is_date:
        return _date(value, section, from_1904=from_1904)
    if section.plain is not None and abs(magnitude) < 1e20:
        with suppress(InvalidOperation):  # more digits than decimals hold
            return " ".join(section.plain.write(magnitude).split())
    return " ".join(_number(magnitude, section).split())


def shown_text(text: str, code: str) -> str:
    """Return a text in a format: as it is, but for a section of its own ("@님", or nothing at all)."""
    sections = _sections(code[:_MAX_FORMAT])
    own = sections[3] if len(sections) > 3 else sections[-1]
    if len(sections) < 4 and not own.has("mark", "@"):
        return text
    return "".join(text if token == Token("mark", "@") else _literal(token) for token in own.tokens)


def is_date_format(code: str) -> bool:
    """Return whether numbers in that format are dates or times."""
    return any(section.is_date for section in _sections(code[:_MAX_FORMAT]))


def general(value: float) -> str:
    """Return a number without a format: whole ones in full, others to eleven digits."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    written = format(value, f".{_GENERAL_DIGITS - 1}g")
    if "e" not in written:
        return written
    mantissa, _, power = format(value, ".5e").partition("e")
    if -10 < int(power) < 0:
        return format(Decimal(format(value, ".10g")).quantize(Decimal("1e-10")), "f").rstrip("0").rstrip(".") or "0"
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}E{power}"


def serial(moment: datetime.datetime | datetime.date | datetime.time | datetime.timedelta, *, from_1904: bool) -> float:
    """Return a date or time as spreadsheets count it, in days."""
    if isinstance(moment, datetime.timedelta):
        return moment / datetime.timedelta(days=1)
    if isinstance(moment, datetime.time):
        moment = datetime.datetime.combine(_epoch(from_1904), moment)
    elif not isinstance(moment, datetime.datetime):
        moment = datetime.datetime.combine(moment, datetime.time())
    days = (moment - datetime.datetime.combine(_epoch(from_1904), datetime.time())) / datetime.timedelta(days=1)
    return days - 1 if not from_1904 and 1 < days < 61 else days


@lru_cache(maxsize=1_000)
def _sections(code: str) -> list[Section]:
    tokens: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "plain"
        text = match[kind]
        if kind == "mark" and text == ";":
            tokens.append([])
        elif kind in ("quoted", "escaped", "plain"):
            tokens[-1].append(Token("literal", _WON if text == "\\" else text))
        else:
            tokens[-1].append(Token(kind, text))
    return [_section(section) for section in tokens[:4]]


def _section(tokens: Sequence[Token]) -> Section:
    kept: list[Token] = []
    condition, language, spelled = None, "", ""
    for token in tokens:
        if token.kind != "bracket":
            kept.append(token)
        elif match := _CONDITION.fullmatch(token.text):
            condition = (match[1], _float(match[2]))
        elif token.text.startswith("$"):
            symbol, _, language = token.text[1:].partition("-")
            kept.append(Token("literal", _WON if symbol == "\\" else symbol))
        elif token.text[:5].lower() == "dbnum":
            spelled = token.text[5:]
        elif _ELAPSED.fullmatch(token.text):
            kept.append(Token("elapsed", token.text.lower()))
    language = "412" if language.lower().startswith("ko") else language.lower().lstrip("0")[-4:]
    if language in (_SYSTEM_DATE, _SYSTEM_TIME):
        return _sections(_KOREAN_DATE if language == _SYSTEM_DATE else _KOREAN_TIME)[0]
    is_date = any(token.kind in ("date", "elapsed", "half") for token in kept)
    return Section(tuple(kept), condition, language, spelled, is_date, None if is_date or spelled else _plain(kept))


def _plain(tokens: Sequence[Token]) -> _Plain | None:
    signs = "".join(
        token.text
        if token.kind == "digit" or (token.kind == "mark" and token.text in ",.")
        else "L"
        if _is_literal(token)
        else "x"
        for token in tokens
    )
    match = _PLAIN.fullmatch(signs)
    if match is None:
        return None
    before = "".join(map(_literal, tokens[: match.end(1)]))
    after = "".join(map(_literal, tokens[match.start(4) :]))
    hundreds = sum(token == Token("mark", "%") for token in tokens)
    return _Plain(before, after, "," in match[2], max(len(match[3] or "") - 1, 0), hundreds)


def _is_literal(token: Token) -> bool:
    return token.kind in ("literal", "pad", "fill") or token == Token("mark", "%")


def _choose(value: float, sections: Sequence[Section]) -> tuple[Section | None, float]:
    """Return the section for a value, and the value as the section shows it: without its sign where the section has its own."""
    numeric = list(sections[:3])
    if len(numeric) > 1 and numeric[-1].has("mark", "@"):
        numeric.pop()
    if any(section.condition for section in numeric):
        return _by_condition(value, numeric)
    if len(numeric) == 1 or value > 0:
        return numeric[0], value
    if value < 0:
        return numeric[1], abs(value)
    return numeric[2 if len(numeric) > 2 else 0], 0.0


def _by_condition(value: float, sections: Sequence[Section]) -> tuple[Section | None, float]:
    for position, section in enumerate(sections):
        if section.condition is None:
            implied = position == 1 and len(sections) > 2 and value >= 0
            if implied:  # [>100]a;b;c: b is for what is below zero
                continue
            return section, abs(value) if position and value < 0 else value
        operator, limit = section.condition
        if _holds(value, operator, limit):
            below = operator in ("<", "<=") and limit <= 0
            return section, abs(value) if below or (operator == "=" and value < 0) else value
    return None, value


def _holds(value: float, operator: str, limit: float) -> bool:
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit,
        "=": value == limit, "<>": value != limit,
    }[operator]  # fmt: skip


def _literal(token: Token) -> str:
    if token.kind in ("pad", "fill"):
        return " " if token.kind == "pad" else ""
    return token.text if token.kind in ("literal", "mark", "digit", "power", "general", "half") else ""


# Numbers


def _number(value: float, section: Section) -> str:
    tokens = section.tokens
    if section.spelled and not section.has("mark", ".") and value == int(value) and abs(value) < 1e15:
        return _spelled(int(value), section)
    if not tokens or section.has("general") or section.has("mark", "@"):
        return _general(value, tokens)
    if not section.has("digit"):
        sign = "-" if value < 0 else ""
        return sign + "".join(map(_literal, tokens))
    amount = _decimal(abs(value)) * 100 ** sum(token == Token("mark", "%") for token in tokens)
    write = _power if section.has("power") else _fraction if section.has("mark", "/") else _places
    try:
        text = write(amount, tokens)
    except InvalidOperation:  # more digits than decimals hold
        text = general(abs(value))
    return f"-{text}" if value < 0 else text


def _general(value: float, tokens: Sequence[Token]) -> str:
    if not tokens:
        return general(value)
    number = [token.kind == "general" or token == Token("mark", "@") for token in tokens]
    text = "".join(
        general(abs(value)) if is_it else _literal(token) for token, is_it in zip(tokens, number, strict=True)
    )
    return f"-{text}" if value < 0 else text


def _decimal(value: float) -> Decimal:
    """Return the value to the fifteen digits that spreadsheets count with."""
    return Decimal(format(value, ".15g"))


def _places(amount: Decimal, tokens: Sequence[Token]) -> str:
    dot = tokens.index(Token("mark", ".")) if Token("mark", ".") in tokens else len(tokens)
    whole, rest = list(tokens[:dot]), list(tokens[dot + 1 :])
    amount = amount.scaleb(-3 * _scaling(whole, rest))
    count = min(sum(token.kind == "digit" for token in rest), _MAX_PLACES)
    amount = amount.quantize(Decimal(1).scaleb(-count), rounding=ROUND_HALF_UP)
    left, _, right = format(amount, "f").partition(".")
    text = _whole(left.lstrip("0"), whole)
    return text + (("." + _rest(right, rest)) if dot < len(tokens) else "")


def _scaling(whole: list[Token], rest: list[Token]) -> int:
    """Take out the commas after the last digit, each of which hides three digits, and return how many they are."""
    count = 0
    for part in (whole, rest):
        last = max((position for position, token in enumerate(part) if token.kind == "digit"), default=-1)
        while last >= 0 and last + 1 < len(part) and part[last + 1] == Token("mark", ","):
            del part[last + 1]
            count += 1
    return count


def _whole(digits: str, tokens: Sequence[Token]) -> str:
    """Put digits into their places from the right; the first place takes all that are left."""
    grouped = Token("mark", ",") in tokens and any(token.kind == "digit" for token in tokens)
    first = next((position for position, token in enumerate(tokens) if token.kind == "digit"), None)
    if first is None:
        return "".join(_literal(token) for token in tokens) + digits
    found: list[str] = []
    count = 0
    for position in range(len(tokens) - 1, -1, -1):
        token = tokens[position]
        if token.kind != "digit":
            found.append("" if token == Token("mark", ",") else _literal(token))
            continue
        while True:
            digit, digits = (digits[-1], digits[:-1]) if digits else ({"0": "0", "?": " "}.get(token.text, ""), "")
            if digit:
                found.append(digit + ("," if grouped and count and count % 3 == 0 and digit != " " else ""))
                count += 1
            if position != first or not digits:
                break
    return "".join(reversed(found))


def _rest(digits: str, tokens: Sequence[Token]) -> str:
    places = [token.text for token in tokens if token.kind == "digit"]
    digits = digits.ljust(len(places), "0")[: len(places)]
    kept = len(digits)
    while kept and digits[kept - 1] == "0" and places[kept - 1] != "0":
        kept -= 1
    found, count = [], 0
    for token in tokens:
        if token.kind != "digit":
            found.append("" if token == Token("mark", ",") else _literal(token))
            continue
        found.append(digits[count] if count < kept else " " if token.text == "?" else "")
        count += 1
    return "".join(found)


def _power(amount: Decimal, tokens: Sequence[Token]) -> str:
    at = next(position for position, token in enumerate(tokens) if token.kind == "power")
    mantissa = tokens[:at]
    width = max(1, sum(token.kind == "digit" for token in takewhile(lambda token: token.text != ".", mantissa)))
    power = amount.adjusted() // width * width if amount else 0
    decimals = sum(token.kind == "digit" for token in mantissa) - width
    if amount and amount.scaleb(-power).quantize(Decimal(1).scaleb(-max(decimals, 0)), ROUND_HALF_UP) >= 10**width:
        power += width
    digits = sum(token.kind == "digit" for token in tokens[at + 1 :])
    sign = "-" if power < 0 else "+" if tokens[at].text[1] == "+" else ""
    after = "".join(_literal(token) for token in tokens[at + 1 :] if token.kind != "digit")
    return f"{_places(amount.scaleb(-power), mantissa)}E{sign}{abs(power):0{digits}d}{after}"


def _fraction(amount: Decimal, tokens: Sequence[Token]) -> str:
    at = tokens.index(Token("mark", "/"))
    below = "".join(token.text for token in tokens[at + 1 :] if token.kind in ("digit", "literal")).strip()
    has_whole = Token("literal", " ") in tokens[:at] and any(
        token.kind == "digit" for token in tokens[: max(at - 1, 0)]
    )
    whole, part = divmod(amount, 1) if has_whole else (Decimal(0), amount)
    if below.isdecimal() and int(below):
        over, under = int((part * int(below)).to_integral_value(ROUND_HALF_UP)), int(below)
    else:
        near = Fraction(part).limit_denominator(10 ** min(max(len(below), 1), 6) - 1)
        over, under = near.numerator, near.denominator
    if has_whole and over == under:
        whole, over = whole + 1, 0
    if over == 0:
        return str(int(whole))
    return f"{int(whole)} {over}/{under}" if whole else f"{over}/{under}"


def _spelled(value: int, section: Section) -> str:
    """Spell a number: [DBNum4] is 숫자(한글), 1 and 2 한자, 3 full width."""
    words = {"1": hanja, "2": hanja, "4": korean}.get(section.spelled[:1])
    if words is None or section.has("mark", ","):
        return _number(value, Section(section.tokens))
    text = words(abs(value))
    found, put = [], False
    for token in section.tokens:
        if token.kind in ("digit", "general"):
            found.append("" if put else text)
            put = True
        else:
            found.append(_literal(token))
    return ("-" if value < 0 else "") + "".join(found)


# Dates


def _epoch(from_1904: bool) -> datetime.date:
    return datetime.date(1904, 1, 1) if from_1904 else datetime.date(1899, 12, 30)


def _date(value: float, section: Section, *, from_1904: bool) -> str:
    if not 0 <= value < _LAST_DAY:
        return general(value)
    tokens = _minutes(section.tokens)
    decimals = _decimals_of_seconds(tokens)
    days = value + 1 if not from_1904 and 1 <= value < 60 else value  # 1900 is no leap year, but for spreadsheets
    seconds = round(days * 86_400, decimals)
    try:
        moment = datetime.datetime.combine(_epoch(from_1904), datetime.time()) + datetime.timedelta(seconds=seconds)
    except OverflowError:  # past the year 9999: counted from 1904, or rounded up
        return general(value)
    halved = any(token.kind == "half" for token in tokens)
    parts = [_date_part(token, moment, value, section.language, halved=halved) for token in tokens]
    return " ".join(_with_decimals(tokens, parts, moment, decimals).split())


def _with_decimals(tokens: Sequence[Token], parts: Sequence[str], moment: datetime.datetime, decimals: int) -> str:
    """Return the parts, with the digits after the seconds' point filled in."""
    if not decimals:
        return "".join(parts)
    digits = iter(f"{moment.microsecond:06d}"[:decimals])
    return "".join(
        next(digits, "") if token.kind == "digit" else part for token, part in zip(tokens, parts, strict=True)
    )


def _date_part(token: Token, moment: datetime.datetime, value: float, language: str, *, halved: bool) -> str:
    if token.kind == "elapsed":
        unit = {"h": 3600, "m": 60, "s": 1}[token.text[0]]
        return f"{int(round(value * 86_400, 3) // unit):0{len(token.text)}d}"
    if token.kind == "half":
        return _half(token.text, moment, language)
    if token.kind != "date":
        return _literal(token)
    text, long = token.text.lower(), len(token.text)
    if text[0] in "ye":
        return str(moment.year) if long > 2 or text[0] == "e" else f"{moment.year % 100:02d}"
    if text[0] in "md" and long > 2:
        return _name(text, moment, language)
    if text[0] == "a":
        return _DAYS_KO[moment.weekday()] + ("요일" if long > 3 else "")
    if text[0] == "g":
        return ""
    hour = (moment.hour % 12 or 12) if halved else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "s": moment.second, "n": moment.minute}[text[0]]
    return f"{number:0{long}d}"


def _name(text: str, moment: datetime.datetime, language: str) -> str:
    if text[0] == "m":
        if language.endswith("412"):
            return f"{moment.month}월"
        name = _MONTHS[moment.month - 1]
        return name[:1] if len(text) == 5 else name if len(text) > 3 else name[:3]
    if language.endswith("412"):
        return _DAYS_KO[moment.weekday()] + ("요일" if len(text) > 3 else "")
    name = _DAYS[moment.weekday()]
    return name if len(text) > 3 else name[:3]


def _half(text: str, moment: datetime.datetime, language: str) -> str:
    if language.endswith("412") or text.startswith("오"):
        return "오전" if moment.hour < 12 else "오후"
    names = text.split("/")
    return names[0] if moment.hour < 12 else names[1]


def _minutes(tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens with ``n`` for an ``m`` that means minutes: one after hours or before seconds."""
    found = list(tokens)
    times = [position for position, token in enumerate(found) if token.kind in ("date", "elapsed")]
    for order, position in enumerate(times):
        text = found[position].text.lower()
        before = found[times[order - 1]].text[0].lower() if order else ""
        after = found[times[order + 1]].text[0].lower() if order + 1 < len(times) else ""
        if found[position].kind == "date" and text in ("m", "mm") and (before == "h" or after == "s"):
            found[position] = Token("date", "n" * len(text))
    return found


def _decimals_of_seconds(tokens: Sequence[Token]) -> int:
    for position, token in enumerate(tokens):
        if token == Token("mark", ".") and position and tokens[position - 1].text[:1].lower() == "s":
            return min(sum(1 for _ in takewhile(lambda token: token.kind == "digit", tokens[position + 1 :])), 6)
    return 0


def _float(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return 0.0
