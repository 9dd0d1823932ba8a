"""Typed values in a text: 4,500천원 and 450만 원 are one amount, '24. 3. 5.(화) and 2024년 3월 5일 one day."""

import re
from datetime import date

from rag.values.amounts import find_spelled, read_amount
from rag.values.base import Value, ValueKind
from rag.values.dates import (
    Day,
    covers,
    find_recurring,
    find_relative,
    find_spoken_times,
    inherit,
    joins,
    read_bare_day,
    read_date,
    read_range_end,
    read_time,
)
from rag.values.names import find_names

__all__ = ["Value", "ValueKind", "covers", "find_clauses", "find_values", "same_value"]

K = ValueKind
_DIGITS = re.compile(r"\d+")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>()\"'가-힣]+|(?<![\w@.-])[\w-]+(?:\.[\w-]+)*\.(?:kr|com|net|org|io)(?:/[^\s<>()가-힣]*)?",
    re.ASCII,
)
# Not 제2024-1234호, 1998-2004년, 1000-2000명: a number of two figures without an area code stands for itself.
_UNNUMBERED = r"(?<!제)(?<!제\s)(?!(?:19|20)\d\d-(?:19|20)\d\d)"
_COUNTERS = r"(?:호|년|학년도|학기|명|원|개|건|회|권|석|가구|세대|억|천|만\s?[원명개건])"
_UNCOUNTED = (
    rf"(?!\d|{_COUNTERS}|\s{_COUNTERS}(?![가-힣])|\s?(?:[%㎡㎏㎞]|k?[gmW]\b|[cm]m\b|kg\b))"  # no 1577-1000 건강보험공단
)
_PHONE = re.compile(
    r"\+?82[-.\s]?0?\d{1,2}[-.\s]?\d{3,4}[-.\s]?\d{4}(?!\d)"
    r"|0\d{1,3}\s?[)\-.\s∙·–]\s?\d{3,4}\s?[-.\s∙·–]\s?\d{4}(?!\d)"
    r"|0(?:1\d|2|[3-6]\d|70|80|50\d)\d{7,8}(?!\d)"
    rf"|{_UNNUMBERED}1[5-9]\d\d[-.\s]\d{{4}}{_UNCOUNTED}"
    rf"|{_UNNUMBERED}\d{{3,4}}-\d{{4}}(?!-){_UNCOUNTED}"
)
_SHORT_PHONE = re.compile(r"(?:내선|구내|교환|국번\s?없이|전화|☎|☏|번호)\s?:?\s?(?:번호\s?)?$")
_SHORT_DIGITS = re.compile(r"\d{3,8}(?![\d,.:시년월일원명만천])")
_CLAUSE = re.compile(
    r"(?P<article>\d{1,4})\s?조(?!\d*[억원만천])(?:\s?의\s?(?P<of>\d{1,2})(?!\d|[명개건원일월년]))?"
    r"(?:\s?제?\s?(?P<paragraph>\d{1,2})\s?항)?(?:\s?제?\s?(?P<item>\d{1,2})\s?호(?![선실기]))?(?:\s?(?P<letter>[가-하])목)?"
)
_PARAGRAPH = re.compile(r"(?P<paragraph>\d{1,2})\s?항(?![공목구해])(?:\s?제?\s?(?P<item>\d{1,2})\s?호(?![선실기]))?")
_RULES = re.compile(r"(?:법|령|규칙|규정|조례|규약|정관|지침|약관|계약서|세칙|내규|요령|회칙|헌법|협약|강령)」?\s?$")
_WORD_HINT = re.compile(r"[한두둘세셋석네넷넉다여일아열스서마쉰예삼사오육칠팔구십백천만억이하닷엿나보반절전]")
_REL_HINT = re.compile(
    r"그제|그저|어제|오늘|내일|모레|글피|지난|작년|저번|전년|이번|이달|금년|올|오는|내달|다음|내년|이듬|익|명년|당월|금월|새해"
)
_DAY_HINT = re.compile(
    r"요일|매[월달]|말일|평일|주말|휴일|추석|성탄|스마스|현충|석가|부처님|[날절]|[월화수목금토일][·∙ㆍ~∼]"
)


_CLOCK_MARKS = frozenset(":시~∼–-")
_DATE_MARKS = frozenset("년월일.-/분학절상하~∼–·,1234")


def find_values(text: str, *, published: date | None = None) -> tuple[Value, ...]:
    """Return every typed value of a text in order; one span may be a place and an organisation.

    ``published`` resolves relative dates: "오는 15일" in an article of 2024-03-02 is ``2024-03-15``, else
    ``relative:오는15일``. A date of an unknown year is ``????-03-07``.

    >>> [(value.kind.value, value.key) for value in find_values("사업비는 4,500천원이다.")]
    [('money', 'KRW 4500000')]
    """
    found: list[Value] = []
    _written_out(text, found)
    _relatives(text, published, found)
    _figures(text, _letters_of(found), found)
    _words(text, found)
    found += find_names(text)
    return tuple(_settled(found))


def same_value(a: Value, b: Value) -> bool:
    """Return whether two values mean the same; of dates, whether one lies in the other.

    >>> same_value(find_values("3/7(목)")[0], find_values("2024년 3월 7일")[0])
    True
    """
    if a.kind is not b.kind:
        return False
    if a.key == b.key:
        return a.kind is not K.PERSON or len(a.key) > 1 or a.unit == b.unit
    if a.kind is K.DATE:
        return covers(a.key, b.key) or covers(b.key, a.key)
    if a.kind is K.TIME:
        return "?" in (a.unit, b.unit) and _minutes(a) % 720 == _minutes(b) % 720
    if a.kind is K.PERSON:
        return 1 in (len(a.key), len(b.key)) and a.key[0] == b.key[0] and a.unit == b.unit
    if a.kind is K.PHONE:
        return min(len(a.key), len(b.key)) >= 7 and (a.key.endswith(b.key) or b.key.endswith(a.key))
    if a.kind is K.COUNT:
        return a.key.split(" ")[0] == b.key.split(" ")[0] and "" in (a.unit, b.unit)
    return (
        a.kind in (K.PLACE, K.ORGANISATION)
        and min(len(a.key), len(b.key)) > 1
        and (a.key.endswith(b.key) or b.key.endswith(a.key))
    )


def _minutes(time: Value) -> int:
    return int(time.key[:2]) * 60 + int(time.key[3:])


def _written_out(text: str, found: list[Value]) -> None:
    """Add e-mail and web addresses, whose digits are no numbers."""
    if "@" in text:
        found += (Value(K.EMAIL, *match.span(), match.group().lower()) for match in _EMAIL.finditer(text))
    if "://" in text or "www." in text or ".kr" in text or ".com" in text or ".net" in text or ".org" in text:
        mails = _letters_of(found)
        for match in _URL.finditer(text):
            if match.start() not in mails:
                found.append(Value(K.URL, *match.span(), match.group().rstrip(".,").lower()))


def _letters_of(values: list[Value]) -> set[int]:
    """Return the places of all letters that belong to a value."""
    return {at for value in values for at in range(value.start, value.end)}


def _relatives(text: str, published: date | None, found: list[Value]) -> None:
    if _REL_HINT.search(text):
        found += find_relative(text, published)


def _figures(text: str, taken: set[int], found: list[Value]) -> None:
    """Append to ``found`` every value that begins with a figure, from left to right; none at a place in ``taken``."""
    done, last, clock = 0, _Last(), None
    for match in _DIGITS.finditer(text):
        start, end = match.span()
        if start < done or start in taken:
            continue
        following = text[end + 1 : end + 2] if text[end : end + 1] == " " else text[end : end + 1]
        value = _clause(text, start) if following in ("조", "항") else _phone(text, start, end)
        if value is None and (following in _DATE_MARKS or end - start == 8):
            value = _dated(text, start, end, last)
        if value is None and following in _CLOCK_MARKS:
            value = read_time(text, start, clock)
        if value is None:
            value = read_amount(text, _sign(text, start), start)
        if value is not None:
            clock = value if value.kind is K.TIME else clock
            done = value.end
            found.append(value)


class _Last:
    """The date read last, whose year and month the next one of a pair takes."""

    __slots__ = ("day", "end")

    def __init__(self) -> None:
        self.day: Day | None = None
        self.end = 0


def _dated(text: str, start: int, figure_end: int, last: _Last) -> Value | None:
    if text[max(0, start - 1) : start] == "제":
        return None
    follows = last.day is not None and joins(text, last.end, start)
    read = read_date(text, start, figure_end) or read_bare_day(text, start, follows_date=follows)
    read = read or (read_range_end(text, start, last.day) if follows else None)
    if read is None:
        return None
    end, day = read
    day = inherit(last.day, day) if follows and last.day is not None else day
    last.day, last.end = day, end
    first = start - 1 if text[max(0, start - 1) : start] in ("'", "’", "‘", "`") and start else start
    return Value(K.DATE, first, end, day.key)


def _sign(text: str, start: int) -> int:
    """Return where a currency sign or 제 before the figure begins, else where the figure does."""
    before = text[max(0, start - 2) : start]
    if before.endswith(("$", "₩", "€", "¥", "￦", "£", "제")):
        return start - 1
    return start - 2 if before in ("제 ", "$ ", "₩ ") else start


def _clause(text: str, start: int) -> Value | None:
    numbered = text[max(0, start - 2) : start].rstrip().endswith("제")
    first = text.rfind("제", 0, start) if numbered else start
    match = _CLAUSE.match(text, start)
    if match is None:
        match = _PARAGRAPH.match(text, start) if numbered else None
    elif not (numbered or match["of"] or match["paragraph"] or _RULES.search(text, max(0, start - 8), start)):
        return None
    return None if match is None else Value(K.CLAUSE, first, match.end(), clause_key(match))


_ASKED_CLAUSE = re.compile(r"(?<![\d.,])제?\s?(?=\d{1,4}\s?[조항])")
_NO_CLAUSE = re.compile(r"\d+\s?조(?:\s?\d*[억원만천]|\s?원|각)|\d+\s?항(?:공|목|구)")


def find_clauses(text: str) -> tuple[Value, ...]:
    """Return clauses as people name them in a question, without 제 too: 3조 2항, 14조 내용, 제4조의2."""
    found: list[Value] = []
    for match in _ASKED_CLAUSE.finditer(text):
        if _NO_CLAUSE.match(text, match.end()):
            continue
        clause = _CLAUSE.match(text, match.end()) or _PARAGRAPH.match(text, match.end())
        if clause is not None and not any(value.end >= clause.end() for value in found):
            found.append(Value(K.CLAUSE, match.start(), clause.end(), clause_key(clause)))
    return tuple(found)


def clause_key(match: re.Match[str]) -> str:
    """Return the one spelling of a clause: ``제3조제2항``, ``제4조의2``, ``제2항``."""
    parts = match.groupdict()
    article = f"제{int(parts['article'])}조" if parts.get("article") else ""
    of = f"의{parts['of']}" if parts.get("of") else ""
    rest = "".join(
        f"제{int(parts[name])}{mark}" for name, mark in (("paragraph", "항"), ("item", "호")) if parts.get(name)
    )
    return article + of + rest + (f"{parts['letter']}목" if parts.get("letter") else "")


def _phone(text: str, start: int, end: int) -> Value | None:
    if end - start < 2 or (end - start == 2 and text[start] not in "08"):
        return None
    first = start - 1 if text[max(0, start - 1) : start] in ("(", "+") and start else start
    match = _PHONE.match(text, first) if text[first] == "+" else _PHONE.match(text, start)
    if match is None or text[max(0, start - 1) : start] in ("-", "."):
        match = _SHORT_DIGITS.match(text, start) if _SHORT_PHONE.search(text, max(0, start - 8), start) else None
        first = start
    if match is None:
        return None
    if text[first] == "(" and ")" not in match.group():
        first += 1
    digits = re.sub(r"\D", "", match.group())
    return Value(
        K.PHONE,
        first,
        match.end(),
        "0" + digits[2:].lstrip("0") if digits.startswith("82") and len(digits) > 8 else digits,
    )


def _words(text: str, found: list[Value]) -> None:
    """Add values written in words."""
    if _DAY_HINT.search(text):
        found += find_recurring(text)
    if "시" in text or "정오" in text or "자정" in text:
        found += find_spoken_times(text)
    if _WORD_HINT.search(text):
        found += find_spelled(text)


def _settled(found: list[Value]) -> list[Value]:
    """Return the values in order, without those inside another of their sort: 3층 inside an address, a repeated span."""
    if len(found) < 2:
        return found
    found.sort(key=_place)
    kept: list[Value] = []
    for value in found:
        for other in kept[-6:]:
            if value.start < other.end and _shadowed(value.kind, other.kind):
                break
        else:
            kept.append(value)
    return kept


def _place(value: Value) -> tuple[int, int]:
    return value.start, -value.end


_NAMES = frozenset([K.PERSON, K.PLACE, K.ORGANISATION])


def _shadowed(inner: ValueKind, outer: ValueKind) -> bool:
    """Return whether an earlier or longer value displaces one that overlaps it: of names, only one of the same kind."""
    if outer is K.EMAIL or outer is K.URL or outer is inner:
        return True
    return inner not in _NAMES and outer not in _NAMES
