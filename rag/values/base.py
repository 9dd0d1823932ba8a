"""What a typed value is, and what may follow its unit."""

import re
from dataclasses import dataclass
from enum import StrEnum


class ValueKind(StrEnum):
    """What kind of thing a value is: 4,500천원 is MONEY, 열두 명 a COUNT, 제3조 a CLAUSE and no amount."""

    MONEY = "money"
    COUNT = "count"
    RATE = "rate"
    DATE = "date"
    TIME = "time"
    PERIOD = "period"
    AGE = "age"
    ORDINAL = "ordinal"
    MEASURE = "measure"
    PHONE = "phone"
    EMAIL = "email"
    URL = "url"
    CLAUSE = "clause"
    PERSON = "person"
    PLACE = "place"
    ORGANISATION = "organisation"


@dataclass(frozen=True, slots=True)
class Value:
    """A value at ``text[start:end]``; ``key`` is the same for the same meaning, ``unit`` what it is counted in.

    "12,400백만원" is ``Value(MONEY, 0, 10, "KRW 12400000000", "원")``.
    """

    kind: ValueKind
    start: int
    end: int
    key: str
    unit: str = ""


def words(text: str) -> frozenset[str]:
    """Return a set of words as it is written, with spaces between."""
    return frozenset(text.split())


# What may stand right behind a unit: 30명이, 5천원씩, 3년간, 2곳뿐.
_AFTER = re.compile(
    r"(?:은|는|이|가|을|를|의|에|로|으로|와|과|도|만|까지|부터|씩|당|째|쯤|정도|가량|내외|안팎|뿐|중|인|임|나|마다|보다|밖|꼴"
    r"|규모|한정|한도|전|후|모두|등|짜리|어치|정|대|간|동안|미만|초과|내|따|께|한테|들|지원|모집|참석|참여|감면|할인|인상|인하|추가|증가|감소"
    r"|무료|예요|였|여서|하|로써|랑|든|야|요|죠|맞|뭐|이던|면|입|신청|접수|기준|선착순|넘|받|줄|늘|데|된|됩|인가)"
)


def unit_ends(text: str, end: int) -> bool:
    """Return whether a Korean unit may end here: 3명이 does, 2인용 and 5대학 do not."""
    return end >= len(text) or not "가" <= text[end] <= "힣" or _AFTER.match(text, end) is not None


def starts_word(text: str, start: int) -> bool:
    """Return whether no Hangul letter stands right before ``start``."""
    return start == 0 or not "가" <= text[start - 1] <= "힣"
