"""Words that narrow a question and that a text can contradict: 2023년, 제3차, 하반기, 토요일, 9급, 김하람 주무관."""

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

from rag.values.dates import weekdays_between
from rag.values.typed_values import Value, ValueKind, find_values


class QualifierKind(StrEnum):
    """What a qualifier narrows by."""

    YEAR = "year"
    ORDINAL = "ordinal"
    HALF = "half"
    QUARTER = "quarter"
    SEASON = "season"
    WEEKDAY = "weekday"
    MONTH = "month"
    DAY = "day"
    GRADE = "grade"
    AGE_GROUP = "age_group"
    PERSON = "person"
    FLOOR = "floor"
    ROOM = "room"
    SIZE = "size"
    TIME_OF_DAY = "time_of_day"
    ORGANISATION = "organisation"


Q = QualifierKind


@dataclass(frozen=True, slots=True)
class Qualifier:
    """A qualifier at ``text[start:end]``; what stands before a colon in ``key`` is its family: ``차:3``, ``학년:2``.

    Two of one kind and family can contradict each other; 3학년 and 9급 cannot. ``lo/hi`` is a range: ``03-02/03-13``.
    """

    kind: QualifierKind
    key: str
    start: int
    end: int

    @property
    def family(self) -> str:
        """What the number counts in, empty where there is but one sort."""
        return self.key.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of each qualifier asked; ``instead`` holds what a text says in place of those it contradicts."""

    met: tuple[Qualifier, ...]
    contradicted: tuple[Qualifier, ...]
    absent: tuple[Qualifier, ...]
    instead: tuple[Qualifier, ...] = ()


def find_qualifiers(text: str, *, as_of: date | None = None) -> tuple[Qualifier, ...]:
    """Return every qualifier of a text in order; ``as_of`` resolves 올해, 작년, 지난달.

    >>> [(found.kind.value, found.key) for found in find_qualifiers("2023년 제3차 정기회")]
    [('year', '2023'), ('ordinal', '차:3')]
    """
    values = find_values(text, published=as_of)
    found = [qualifier for value in values for qualifier in _of_value(value)]
    found += _ranges(text, [value for value in values if value.kind is ValueKind.DATE])
    dated = {at for value in values if value.kind in _DATED for at in range(value.start, value.end)}
    keys = {(qualifier.kind, qualifier.key) for qualifier in found}
    found = [each for qualifier in found for each in _of_list(text, qualifier, dated, keys)]
    known = {place for qualifier in found for place in _places(qualifier)}
    found += (qualifier for qualifier in _of_words(text) if known.isdisjoint(_places(qualifier)))
    return tuple(sorted(dict.fromkeys(found), key=lambda qualifier: (qualifier.start, qualifier.end)))


_DATED = (ValueKind.DATE, ValueKind.TIME)
_NUMBERED = re.compile(r"(?P<family>\D*)(?P<number>\d{1,2})")
_LISTED = re.compile(
    r"(?P<below>지하\s?)?(?<![\d.])(?P<numbers>\d{1,2}\s?(?P<first>[·∙ㆍ,、~∼–-])\s?(?:\d{1,2}\s?[·∙ㆍ,、~∼–-]\s?)*)$"
)
_ONE_OF = re.compile(r"(?P<number>\d{1,2})\s?(?P<joint>.)")
_MOST_LETTERS = 16


def _of_list(
    text: str, qualifier: Qualifier, dated: Set[int], keys: set[tuple[QualifierKind, str]]
) -> Iterator[Qualifier]:
    """Yield the numbers before it that share its unit, and itself: 5 and 6 of 5·6층, 1 to 3 of 1~3학년.

    A number before a comma at a place in ``dated`` is a day's or a time's: 2 of 3. 2, 5층. One of ``keys`` is found already.
    """
    own = _NUMBERED.fullmatch(qualifier.key) if qualifier.kind in (Q.FLOOR, Q.GRADE, Q.ORDINAL) else None
    listed = _LISTED.search(text, max(0, qualifier.start - _MOST_LETTERS), qualifier.start) if own else None
    if own is None or listed is None or (listed["first"] in ",、" and listed.start("numbers") in dated):
        yield qualifier
        return
    family = own["family"] + ("지하" if listed["below"] and not own["family"].endswith("지하") else "")
    found = [(int(match["number"]), match["joint"]) for match in _ONE_OF.finditer(listed["numbers"])]
    ends = [*(number for number, _ in found[1:]), int(own["number"])]
    for (number, joint), following in zip(found, ends, strict=True):
        for each in range(number, following)[: 1 if joint in "·∙ㆍ,、" else None]:  # a list goes up
            if (named := (qualifier.kind, f"{family}{each}")) not in keys:
                keys.add(named)
                yield replace(qualifier, key=named[1], start=listed.start())
    yield replace(qualifier, key=f"{family}{own['number']}")


def _places(qualifier: Qualifier) -> Iterator[tuple[QualifierKind, str, int]]:
    """Yield its letters, so that one that says the same in the same place shares some."""
    return ((qualifier.kind, qualifier.key, at) for at in range(qualifier.start, qualifier.end))


def judge(asked: Sequence[Qualifier], held: Sequence[Qualifier], *, published: date | None = None) -> Verdict:
    """Return which asked qualifiers a text meets, contradicts (another of the kind, this one nowhere) or does not name.

    ``published`` stands in for the year where the text names none.
    """
    if published is not None and not any(qualifier.kind is Q.YEAR for qualifier in held):
        held = [*held, Qualifier(Q.YEAR, str(published.year), 0, 0)]
    met, contradicted, absent, instead = [], [], [], []
    for qualifier in asked:
        rivals = [other for other in held if other.kind is qualifier.kind and other.family == qualifier.family]
        if any(_same_kind_meets(other, qualifier) for other in held if other.kind is qualifier.kind):
            met.append(qualifier)
        elif rivals and not any(_overlaps(other.key, qualifier.key) for other in rivals):
            contradicted.append(qualifier)
            instead += rivals
        else:
            absent.append(qualifier)
    return Verdict(tuple(met), tuple(contradicted), tuple(absent), tuple(dict.fromkeys(instead)))


def _same_kind_meets(held: Qualifier, asked: Qualifier) -> bool:
    """Let names meet whatever title stands beside them, and an organisation its shorter name: 온새복지관, 온새노인복지관."""
    name, wanted = held.key.rpartition(":")[2], asked.key.rpartition(":")[2]
    if asked.kind is Q.PERSON:
        return name == wanted or (1 in (len(name), len(wanted)) and name[0] == wanted[0])
    if held.family != asked.family:
        return False
    if asked.kind is Q.ORGANISATION:
        return _within(name, wanted) or _within(wanted, name) or wanted in _GENERAL
    return _meets(held.key, asked.key)


def _within(short: str, long: str) -> bool:
    """Return whether the letters of ``short`` stand in ``long`` in this order."""
    letters = iter(long)
    return all(letter in letters for letter in short)


_GENERAL = frozenset(
    [
        "주민",
        "행정복지",
        "체육",
        "고객",
        "노인",
        "종합",
        "사회",
        "시립",
        "군립",
        "구립",
        "지역아동",
        "어린이",
        "아동",
        "청소년",
        "가족",
    ]
)
_WIDER = {
    "어린이": ("초등학생", "영유아"),
    "청소년": ("중학생", "고등학생"),
    "성인": ("대학생", "노인", "청년"),
}


def _meets(held: str, asked: str) -> bool:
    """Return whether ``held`` is or holds ``asked``: 평일 meets 화요일, 3월 2일~13일 meets 3월 5일."""
    if held == asked:
        return True
    if held.startswith("weekday ") and asked.startswith("weekday "):
        return set(asked[8:]) <= set(held[8:])
    if "/" in held and "/" not in asked:
        first, last = held.split("/")
        return _in_range(first, asked, last)
    if "??" in held or "??" in asked:
        return held[-2:] == asked[-2:] and len(held) == len(asked)
    return asked in _WIDER.get(held, ())


def _in_range(first: str, asked: str, last: str) -> bool:
    if "?" in first + asked + last:
        return first[-2:] <= asked[-2:] <= last[-2:]
    return first <= asked <= last if first <= last else asked >= first or asked <= last


def _overlaps(held: str, asked: str) -> bool:
    """Return whether the two can both hold, so that neither contradicts the other: 월요일 and 평일, 올해 and 2024."""
    if held.startswith("weekday ") and asked.startswith("weekday "):
        return bool(set(held[8:]) & set(asked[8:]))
    if "relative" in held or "relative" in asked:
        return True
    return _meets(asked, held)


# --- from typed values
def _of_value(value: Value) -> Iterator[Qualifier]:
    maker = _MAKERS.get(value.kind)
    if maker is not None:
        for kind, key in maker(value):
            yield Qualifier(kind, key, value.start, value.end)


def _of_date(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    """Yield the year, half, month and day that a date names, and its weekday."""
    if value.key.startswith("weekday:"):
        yield Q.WEEKDAY, "weekday " + value.key[8:]
    elif value.key.startswith("day:"):
        yield Q.WEEKDAY, value.key[4:]
    elif value.key.startswith("relative:"):
        if _YEAR_WORD.match(value.key, 9):
            yield Q.YEAR, "relative " + value.key[9:]
    else:
        yield from _of_calendar(value.key)


_YEAR_WORD = re.compile(r"올해|작년|지난해|내년|금년|전년|재작년|이듬해|올")


def _of_calendar(key: str) -> Iterator[tuple[QualifierKind, str]]:
    year, _, rest = key.partition("-")
    if "?" not in year:
        yield Q.YEAR, year
    if rest.startswith(("H", "Q")):
        yield (Q.HALF, "상반기" if rest == "H1" else "하반기") if rest[0] == "H" else (Q.QUARTER, rest[1])
    elif rest:
        if rest[:2] != "??":
            yield Q.MONTH, rest[:2]
        if len(rest) > 2:
            yield Q.DAY, rest


_GRADES = frozenset(["급", "학년", "등급"])


def _of_ordinal(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    number = value.key.removesuffix(value.unit)
    yield Q.GRADE if value.unit in _GRADES else Q.ORDINAL, f"{_FAMILIES.get(value.unit, value.unit)}:{number}"


_FAMILIES = {"회차": "회", "회째": "회", "번째": "회", "년차도": "차년도"}


def _of_place(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    if match := re.fullmatch(r"(지하)?(\d+)(층|호)", value.key):
        yield (Q.FLOOR if match[3] == "층" else Q.ROOM), f"{match[3]}:{match[1] or ''}{match[2]}"
    elif match := re.fullmatch(r"(\d+)동(?:(\d+)호)?", value.key):
        yield Q.ROOM, f"동:{match[1]}"
        if match[2]:
            yield Q.ROOM, f"호:{match[2]}"


def _of_time(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    """Yield the parts of the day of a sure time: 19:00 is 오후 and 야간."""
    hour = int(value.key[:2])
    if value.unit == "?":
        return
    yield Q.TIME_OF_DAY, "오전" if hour < 12 else "오후"
    if hour >= 18 or hour < 5:
        yield Q.TIME_OF_DAY, "야간"
    if hour < 6:
        yield Q.TIME_OF_DAY, "새벽"


_ORGANISATIONS = re.compile(
    r"(.{2,})(산업|전자|건설|식품|물산|상사|정밀|제약|통상|유통|보험|은행|저축은행|신문|방송|대학교|대학|고등학교|중학교|초등학교|고|중|초|병원|의원|도서관|복지관|박물관|미술관|체육관|체육센터|어린이집|유치원|센터|보건소|보건지소|공단|재단|협회|조합|위원회|과|팀|지사|지점|점|시청|군청|구청|분관|분원)$"
)


def _of_organisation(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    if match := _ORGANISATIONS.match(value.key.lstrip("㈜")):
        yield Q.ORGANISATION, f"{match[2]}:{match[1]}"


def _of_person(value: Value) -> Iterator[tuple[QualifierKind, str]]:
    yield Q.PERSON, f"{value.unit}:{value.key}"


_MAKERS: dict[ValueKind, Callable[[Value], Iterator[tuple[QualifierKind, str]]]] = {
    ValueKind.DATE: _of_date,
    ValueKind.ORDINAL: _of_ordinal,
    ValueKind.PLACE: _of_place,
    ValueKind.TIME: _of_time,
    ValueKind.PERSON: _of_person,
    ValueKind.ORGANISATION: _of_organisation,
}
_RANGE = re.compile(r"\s*(?:\([^()]{0,8}\))?[^가-힣\n]{0,6}(?:[~∼–-]|부터|에서)\s*")


def _ranges(text: str, dates: list[Value]) -> Iterator[Qualifier]:
    """Yield the range from the first date of a pair to the second: days, months and years between them are held too."""
    for first, last in pairwise(dates):
        if _RANGE.fullmatch(text, first.end, last.start) is None:
            continue
        pairs = {qualifier.kind: qualifier.key for qualifier in _of_value(first)}
        for qualifier in _of_value(last):
            if (
                qualifier.kind in pairs
                and qualifier.kind in (Q.DAY, Q.MONTH, Q.YEAR)
                and pairs[qualifier.kind] != qualifier.key
            ):
                yield replace(qualifier, key=f"{pairs[qualifier.kind]}/{qualifier.key}", start=first.start)
        for qualifier in _of_value(last):
            if qualifier.kind is Q.WEEKDAY and (key := _weekday_range(pairs.get(Q.WEEKDAY, ""), qualifier.key)):
                yield replace(qualifier, key=key, start=first.start)


def _weekday_range(first: str, last: str) -> str:
    """Return the key of the days from the first of ``first`` to the last of ``last``; empty where one is no weekday."""
    if not (first.startswith("weekday ") and last.startswith("weekday ")):
        return ""
    return f"weekday {first[8:-1]}{weekdays_between(first[-1], last[8])}{last[9:]}"


# --- from words
_AGE_WORDS = {
    "어린이": "어린이", "소인": "어린이", "아동": "어린이", "초등학생": "초등학생", "초등생": "초등학생", "영유아": "영유아", "유아": "영유아", "영아": "영유아",
    "청소년": "청소년", "중학생": "중학생", "고등학생": "고등학생", "대학생": "대학생", "성인": "성인", "어른": "성인", "대인": "성인",
    "경로": "노인", "노인": "노인", "어르신": "노인", "고령자": "노인", "시니어": "노인", "청년": "청년",
}  # fmt: skip
_SEASONS = {
    "봄": "봄",
    "춘계": "봄",
    "여름": "여름",
    "하계": "여름",
    "가을": "가을",
    "추계": "가을",
    "겨울": "겨울",
    "동계": "겨울",
    "하절기": "여름",
    "동절기": "겨울",
}
_SIZES = {
    "초대형": "특대형",
    "특대형": "특대형",
    "특대": "특대형",
    "대형": "대형",
    "중대형": "중대형",
    "중형": "중형",
    "소형": "소형",
    "초소형": "초소형",
    "경형": "경형",
}
_DAY_PARTS = {
    "오전": "오전",
    "오후": "오후",
    "야간": "야간",
    "저녁": "야간",
    "밤": "야간",
    "심야": "야간",
    "새벽": "새벽",
    "주간": "주간",
}
_RANKS = {
    "사원": "사원", "주임": "주임", "대리": "대리", "과장": "과장", "차장": "차장", "부장": "부장", "팀장": "팀장", "팀원": "팀원", "임원": "임원", "국장": "국장",
    "실장": "실장", "본부장": "본부장", "이사": "이사", "전무": "전무", "상무": "상무", "평사원": "사원", "정규직": "정규직", "계약직": "계약직", "기간제": "계약직",
}  # fmt: skip
_HALVES = {"상반기": "상반기", "하반기": "하반기", "전반기": "상반기", "후반기": "하반기"}


def _alternatives(words: dict[str, str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORDS = re.compile(
    rf"(?P<age>{_alternatives(_AGE_WORDS)})|(?P<half>{_alternatives(_HALVES)})|(?P<season>{_alternatives(_SEASONS)})|(?P<size>{_alternatives(_SIZES)})"
    rf"|(?P<part>{_alternatives(_DAY_PARTS)})|(?P<rank>{_alternatives(_RANKS)})|(?P<seat>\d{{1,3}}인[용실])|(?P<place>[가-힣]?(?:첫|둘|셋|넷|다섯)째)(?=\s?(?:주|아이|자녀|아|날|번|해))"
)
_TABLES = {
    "age": (Q.AGE_GROUP, _AGE_WORDS),
    "half": (Q.HALF, _HALVES),
    "season": (Q.SEASON, _SEASONS),
    "size": (Q.SIZE, _SIZES),
    "part": (Q.TIME_OF_DAY, _DAY_PARTS),
    "rank": (Q.GRADE, _RANKS),
}
_NOT_A_SIZE = re.compile(r"폐기물|마트")
_COUNTS_WEEKS = re.compile(r"(?:\d|(?<![가-힣])[몇한두세네])\s?$")
_MOVES = re.compile(
    r"(?:를|을)?\s?(?:비용|비|날|짐|지원|업체|센터|철|신고|차량|트럭|청소|서비스|예정"
    r"|[가오하](?=[고는면려니시지던기])|[갈갔온왔할했]|올(?!해)|간(?!의|에)|한(?!\s?(?:명|분|사람)))"
)
_JOSA = re.compile(r"(?:은|는|이|가|을|를|의|에|와|과|도|으?로|급|들|용|님|까지|부터|보다|만|이나|요|인)")


def _of_words(text: str) -> Iterator[Qualifier]:
    for match in _WORDS.finditer(text):
        name = match.lastgroup or ""
        word = match.group()
        if name == "seat":
            yield Qualifier(Q.ORDINAL, f"{word[-2:]}:{word[:-2]}", *match.span())
        elif name == "place":
            yield Qualifier(Q.ORDINAL, f"째:{word}", *match.span())
        elif _stands_alone(name, match):
            kind, table = _TABLES[name]
            yield Qualifier(kind, f"직급:{table[word]}" if name == "rank" else table[word], *match.span())


def _stands_alone(name: str, match: re.Match[str]) -> bool:
    """Return whether the match is no part of another word: not 사원 in 사원증, 봄 in 돌봄, 밤 in 밤나무."""
    text, start, end = match.string, *match.span()
    if name != "age" and name != "half" and start and "가" <= text[start - 1] <= "힣":
        return False
    if name == "size" and _NOT_A_SIZE.match(text, end):
        return False
    word, joined = match.group(), "가" <= text[end : end + 1] <= "힣"
    if word == "주간" and (not joined or _COUNTS_WEEKS.search(text, max(0, start - 2), start)):
        return False  # 주간 계획 is a week's, 3주간의 three weeks long
    if word == "이사" and _MOVES.match(text, end):
        return False  # 이사 비용: somebody moves house
    if joined and name in ("rank", "part"):
        return _JOSA.match(text, end) is not None
    return not (joined and word == "경로")
