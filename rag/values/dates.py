"""Dates and times as Korean offices write them, relative dates, and which of two days holds the other."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from rag.values.base import Value, ValueKind, starts_word, unit_ends

K = ValueKind
_DAY_NAME = r"(?:\s?\([월화수목금토일](?:요일)?(?:[,·/]\s?[^()]{1,8})?\))?"
_PART_OF_YEAR = r"(?:\s?(?P<part>[상하]반기|[1-4]\s?/?\s?[사]?분기))?"
_MONTH, _DAY = r"(?P<month>1[0-2]|0?[1-9])", r"(?P<day>3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?P<year>(?:19|20)\d\d|\d\d(?=\s?[년.\-/]))"
_FORMS = tuple(
    re.compile(form + _DAY_NAME)
    for form in (
        rf"{_YEAR}\s?[.\-/년]\s?{_MONTH}\s?[.\-/월]\s?{_DAY}(?!\d)(?:\s?일|\.(?!\d)|(?!개월|주간|명))",
        r"(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
        rf"{_MONTH}\s?월\s?{_DAY}(?!\d)(?:\s?일(?!간)|(?=\s?\()|(?=\s?[~∼\-–·,]))",
        rf"{_YEAR}\s?년도?\s?{_MONTH}\s?월",
        r"(?P<year>(?:19|20)\d\d)\s?[.\-]\s?(?P<month>1[0-2]|0?[1-9])(?![\d,])\.?(?!\s?\d+[.\-]\s?\d)",
        rf"(?P<year>(?:19|20)\d\d)(?:\s?(?:년도?|학년도|절기)|(?=\s?[상하]반기|\s?[1-4]분기)){_PART_OF_YEAR}",
        rf"{_MONTH}\s?월(?!드)",
        rf"{_MONTH}\.\s?{_DAY}(?!\d)(?:\.(?!\d)|(?=\s?\([월화수목금토일])|(?=까지|부터|에|자|인가|\s?[~∼]))",
        rf"{_MONTH}\s?/\s?{_DAY}(?![\d/])",
        r"(?P<part>[1-4]\s?분기)",
    )
)
_BY_NEXT = {  # by what stands behind the first figure; None is the end or anything else
    "년": (0, 3, 5),
    "월": (2, 6),
    ".": (0, 4, 7),
    "-": (0, 4),
    "/": (0, 8),
    "분": (9,),
    "학": (5,),
    "절": (5,),
    "상": (5,),
    "하": (5,),
}
_SHORT_YEAR = re.compile(
    rf"(?P<year>\d\d)(?:\s?년도?|(?=\s?\.)|\s?학년도)(?:\s?\.?\s?{_MONTH}\s?월?(?:\s?[.]?\s?{_DAY}(?!\d)\s?[일.]?)?)?{_PART_OF_YEAR}{_DAY_NAME}"
)
_BARE_DAY = re.compile(rf"{_DAY}\s?일{_DAY_NAME}")
_NOT_A_DAY = re.compile(
    r"\s?(?:간|이내|동안|이상|이하|미만|초과|전|후|뒤|만에|씩|치|차|째|내|당|분|이 걸|이 지|의 (?:휴가|연차|유급)|이 넘|정도|안에|을 (?:넘|준|더|쉬|초과)|까지 늘|짜리)"
)
_IS_A_DAY = re.compile(
    r"\s?(?:\(|까지|부터|에|자|[~∼]|\d|오전|오후|아침|낮|저녁|밤|새벽|[월화수목금토일]요일|현재|은 |기준|공휴|이면|인데|이 맞|밝혔|전했|발표|열[린리렸]|개[최막장]|시[행작]|실시|마감|출발|도착)"
)
_FIRST_OF_TWO = re.compile(r"(?P<month>1[0-2]|0?[1-9])(?=\s?[~∼\-–·,]\s?(?:1[0-2]|\d)\s?월)")
_FRACTION_AFTER = re.compile(r"\s?(?:로|의|이상|가량|수준|을|를|만|정도|이하)(?![~∼])")
_OF_A_MONTH = re.compile(r"분(?!기)|호(?![가-힣])")  # 9월분 관리비, 5월호
_RANGE_END = re.compile(rf"{_MONTH}\.\s?{_DAY}(?![\d.%])")
_TO = re.compile(r"[~∼–-]\s*$")
_YEAR_ALONE = re.compile(r"(?P<year>(?:19|20)\d\d)(?=\s?[~∼\-–]\s?(?:19|20)\d\d)")


@dataclass(frozen=True, slots=True)
class Day:
    """A date as far as it is said; ``part`` is H1, H2 or Q1 to Q4 of its year."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    part: str = ""

    @property
    def key(self) -> str:
        """``2024-03-05``, ``????-03-07``, ``2026-05``, ``2026``, ``2026-H1``, ``????-??-25``."""
        year = "????" if self.year is None else f"{self.year:04}"
        if self.part:
            return f"{year}-{self.part}"
        if self.day is not None:
            return f"{year}-{'??' if self.month is None else f'{self.month:02}'}-{self.day:02}"
        return year if self.month is None else f"{year}-{self.month:02}"


def _day(match: re.Match[str]) -> Day:
    groups = match.groupdict()
    year, part = groups.get("year"), groups.get("part") or ""
    return Day(
        _full_year(year) if year else None,
        int(groups["month"]) if groups.get("month") else None,
        int(groups["day"]) if groups.get("day") else None,
        _part_key(part),
    )


def _part_key(part: str) -> str:
    if not part:
        return ""
    return {"상": "H1", "하": "H2"}.get(part[0], f"Q{part[0]}")


def _full_year(figure: str) -> int:
    year = int(figure)
    return year if year > 99 else (2000 if year < 70 else 1900) + year


def _following(text: str, end: int) -> str:
    """Return what stands behind a figure, over one space."""
    following = text[end : end + 1]
    return text[end + 1 : end + 2] if following == " " else following


def read_date(text: str, start: int, end: int) -> tuple[int, Day] | None:
    """Return the end and the day of a date whose first figure is ``text[start:end]``; None where none begins."""
    if text[start - 1 : start] in ("'", "’", "‘", "`") and start and (match := _SHORT_YEAR.match(text, start)):
        return match.end(), _day(match)
    following = _following(text, end)
    for form in (1,) if end - start == 8 else (5,) if following.isdigit() else _BY_NEXT.get(following, ()):
        match = _FORMS[form].match(text, start)
        if match is not None and _plausible(match):
            return match.end(), _day(match)
    if following not in "년.~∼-–·,학":
        return None
    match = _SHORT_YEAR.match(text, start)
    if match is not None and 10 <= int(match["year"]) <= 35 and _year_like(match):
        return match.end(), _day(match)
    return _two_in_one(text, start)


def _year_like(match: re.Match[str]) -> bool:
    """Return whether two figures and 년 are a year: before a month, 도 or a half; else 20년 is a length of time."""
    piece = match.group()
    return bool((match["month"] and "년" in piece) or "년도" in piece or match["part"])


def _two_in_one(text: str, start: int) -> tuple[int, Day] | None:
    match = _FIRST_OF_TWO.match(text, start) or _YEAR_ALONE.match(text, start)
    return (match.end(), _day(match)) if match else None


_YEAR_BEFORE = re.compile(r"(?<!\d)(?:19|20)\d\d-$")  # of 2022-2023년


def _plausible(match: re.Match[str]) -> bool:
    groups = match.groupdict()
    if groups.get("day") and int(groups["day"]) > (29, 31)[groups["month"] != "2" and groups["month"] != "02"]:
        return False
    text, piece, before = match.string, match.group(), match.string[max(0, match.start() - 1) : match.start()]
    if _YEAR_BEFORE.search(text, max(0, match.start() - 5), match.start()) and not groups.get("month"):
        before = ""
    if before in (".", "/", "-", ",") or (before.isascii() and before.isalnum()):
        return False
    if "/" in piece and not groups.get("year") and "(" not in piece:
        return _FRACTION_AFTER.match(text, match.end()) is None and not piece.startswith("1/")
    ends = unit_ends(text, match.end()) or _OF_A_MONTH.match(text, match.end())
    return piece[-1] != "월" or bool(ends)


def read_bare_day(text: str, start: int, *, follows_date: bool) -> tuple[int, Day] | None:
    """Read ``25일`` where it is a day and no length of time: 25일까지, 31일 오전, but not 5일 이내, 5일이 걸린다."""
    match = _BARE_DAY.match(text, start)
    if match is None or _NOT_A_DAY.match(text, match.end()):
        return None
    if "(" in match.group() or follows_date or _IS_A_DAY.match(text, match.end()):
        return match.end(), _day(match)
    return None


def read_range_end(text: str, start: int, first: Day | None) -> tuple[int, Day] | None:
    """Read ``3. 9`` where it ends what a whole day began: "2025. 3. 2 ~ 3. 9"."""
    if first is None or first.day is None or not _TO.search(text, max(0, start - 3), start):
        return None
    match = _RANGE_END.match(text, start)
    return (match.end(), _day(match)) if match and _plausible(match) else None


_JOINS = re.compile(r"\s*(?:\([^()]{0,12}\))?\s*(?:[~∼\-–,·/]|부터|에서|및|과|와|또는|\s)\s*(?:매월 |매달 )?")
_WIDE = re.compile(r"[^.。\n]{0,14}?(?:부터|[~∼])\s*")


def joins(text: str, end: int, start: int) -> bool:
    """Return whether what stands between two dates makes them a pair: ``~``, 부터, a comma."""
    return start - end <= 18 and bool(_JOINS.fullmatch(text, end, start) or _WIDE.fullmatch(text, end, start))


def inherit(first: Day, second: Day) -> Day:
    """Return the second of a pair with year and month of the first: "3월 2일부터 13일까지"."""
    if second.year is not None or second.part:
        return second
    if second.month is None:
        return Day(first.year, first.month, second.day) if second.day is not None else second
    later = first.year is not None and first.month is not None and second.month < first.month
    return Day(first.year + 1 if later and first.year else first.year, second.month, second.day)


# --- relative dates
_WHEN = r"(?:그저께|그제|어제|오늘|내일|모레|글피|지지난|재작년|작년|지난|저번|전년|이번|이달|금년|올해|올|오는|내달|다음|내년|이듬해|익월|익년|명년|당월|금월|새해)"
_RELATIVE = re.compile(
    rf"(?P<when>{_WHEN})(?P<what>\s?(?:해(?!\w)|달|주(?![가-힣]{{2}}|차)|년도?|연도))?"
    rf"(?:(?:\s?{_MONTH}\s?월(?:\s?(?P<day>3[01]|[12]\d|0?[1-9])\s?일)?)|\s?(?P<only>3[01]|[12]\d|0?[1-9])\s?일)?"
    rf"(?:\s?(?P<part>[상하]반기|[1-4]\s?분기)|\s?(?P<about>초순|중순|하순|초|말)(?![가-힣]{{2}}))?(?:\s?(?P<week>[월화수목금토일])요일)?{_DAY_NAME}"
)
_OFFSETS = {"그저께": -2, "그제": -2, "어제": -1, "오늘": 0, "내일": 1, "모레": 2, "글피": 3}
_YEARS = {
    "재작년": -2,
    "작년": -1,
    "전년": -1,
    "금년": 0,
    "올해": 0,
    "올": 0,
    "내년": 1,
    "이듬해": 1,
    "명년": 1,
    "익년": 1,
    "새해": 1,
}
_TURNS = {"지지난": -2, "지난": -1, "저번": -1, "이번": 0, "이": 0, "다음": 1, "오는": 1}
_MONTHS = {"이달": 0, "내달": 1, "익월": 1, "당월": 0, "금월": 0}
_WEEKDAYS = "월화수목금토일"


def find_relative(text: str, published: date | None) -> Iterator[Value]:
    """Yield relative dates: 오는 15일, 지난달, 작년 말, 내일; their keys are absolute where ``published`` is known."""
    for match in _RELATIVE.finditer(text):
        if not starts_word(text, match.start()) or not _says_a_date(match):
            continue
        found = resolve(match, published) if published else None
        key = found.key if found else "relative:" + re.sub(r"\s|\([^)]*\)", "", match.group())
        yield Value(K.DATE, match.start(), match.end(), key)


def _says_a_date(match: re.Match[str]) -> bool:
    when, groups = match["when"], match.groupdict()
    if when in ("지난", "저번", "오는", "다음", "이번", "지지난"):
        return any(groups[name] for name in ("what", "month", "only", "week"))
    if when == "올":
        return (
            any(groups[name] for name in ("month", "part", "about"))
            or _SEASON_AFTER.match(match.string, match.end()) is not None
        )
    return unit_ends(match.string, match.end()) or bool(groups["about"] or groups["week"])


_SEASON_AFTER = re.compile(r"\s(?:봄|여름|가을|겨울|연말)")


def resolve(match: re.Match[str], published: date) -> Day | None:
    """Return what a relative date names, counted from the day of publication; None for one that no calendar has."""
    try:
        day = _resolved(match, published)
        if day is not None and day.day is not None:
            date(day.year or 0, day.month or 0, day.day)
    except (OverflowError, ValueError):  # 내일 of 9999-12-31, 어제 of 0001-01-01, 지난달 31일 in March
        return None
    return day


def _resolved(match: re.Match[str], published: date) -> Day | None:
    when, what = match["when"], (match["what"] or "").strip()
    if when in _OFFSETS:
        return _of(published + timedelta(_OFFSETS[when]))
    if when in _YEARS or what in ("해", "년", "년도", "연도"):
        year = published.year + (_YEARS[when] if when in _YEARS else _TURNS[when])
        return Day(year, _number(match["month"]), _number(match["day"]), _part_key(match["part"] or ""))
    if when in _MONTHS or what == "달":
        year, month = _shift(published, _MONTHS[when] if when in _MONTHS else _TURNS[when])
        return Day(year, month, _number(match["only"]))
    if what == "주":
        return _in_week(match, published, _TURNS[when])
    return _nearest(match, published)


def _number(figure: str | None) -> int | None:
    return int(figure) if figure else None


def _of(when: date) -> Day:
    return Day(when.year, when.month, when.day)


def _shift(when: date, months: int) -> tuple[int, int]:
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    return year, month + 1


def _in_week(match: re.Match[str], published: date, weeks: int) -> Day | None:
    if not match["week"]:
        return None
    monday = published - timedelta(published.weekday()) + timedelta(7 * weeks)
    return _of(monday + timedelta(_WEEKDAYS.index(match["week"])))


def _nearest(match: re.Match[str], published: date) -> Day | None:
    """Return the day meant: 오는 15일 is the next 15th, 지난 12일 the last 12th, 지난 2월 the last February."""
    ahead = match["when"] in ("오는", "다음", "이번")
    month, day = _number(match["month"]), _number(match["day"] or match["only"])
    if month is None and day is None:
        return _nearest_weekday(match["week"], published, ahead=ahead)
    if month is None:
        return _nearest_day(day or 1, published, ahead=ahead)
    asked, now = (month, day or 1), (published.month, published.day if day else 1)
    return Day(published.year + (ahead and asked < now) - (not ahead and asked > now), month, day)


def _nearest_weekday(name: str | None, published: date, *, ahead: bool) -> Day | None:
    if not name:
        return None
    gap = (_WEEKDAYS.index(name) - published.weekday()) % 7
    return _of(published + timedelta(gap or 7) if ahead else published - timedelta((7 - gap) % 7 or 7))


def _nearest_day(day: int, published: date, *, ahead: bool) -> Day:
    step = 0
    while True:
        year, month = _shift(published, step if ahead else -step)
        if day <= monthrange(year, month)[1]:
            when = date(year, month, day)
            if when >= published if ahead else when <= published:
                return _of(when)
        step += 1


# --- recurring days
_WEEKDAY = re.compile(
    r"(?P<days>[월화수목금토일](?:(?:[·,∙/ㆍ]|\s?[~∼])\s?[월화수목금토일])*)요일"
    r"|(?<![가-힣])(?P<letters>[월화수목금토일](?:[·∙ㆍ~∼][월화수목금토일])+)(?![가-힣])"
)
_RANK = re.compile(r"(?:매[주월년달]\s?)?(?:(?:첫째|둘째|셋째|넷째|다섯째|마지막|첫|[1-5]째)\s?주?[·,]?\s?)*$")
_FEAST = re.compile(
    r"매[월달]\s?(?:말일|마지막\s?날|\d{1,2}일)|말일|평일|주말|공휴일|휴일"
    r"|설날|추석|어린이날|어버이날|성탄절|크리스마스|삼일절|광복절|한글날|개천절|현충일|석가탄신일|부처님\s?오신\s?날|근로자의\s?날|스승의\s?날"
)
_GROUPS = {"평일": "weekday:월화수목금", "주말": "weekday:토일", "휴일": "day:공휴일", "공휴일": "day:공휴일"}


def find_recurring(text: str) -> Iterator[Value]:
    """Yield weekdays and feasts: the key of 매주 목요일 is ``weekday:목``, of 화·금 ``weekday:화금``."""
    for match in _WEEKDAY.finditer(text):
        rank = _RANK.search(text, max(0, match.start() - 16), match.start())
        start = rank.start() if rank else match.start()
        yield Value(K.DATE, start, match.end(), "weekday:" + _weekdays(match["days"] or match["letters"]))
    for match in _FEAST.finditer(text):
        word = match.group().replace(" ", "")
        yield Value(K.DATE, *match.span(), _GROUPS.get(word, "day:" + word))


_ANOTHER = re.compile(rf"([~∼]?)\s?([{_WEEKDAYS}])")


def _weekdays(days: str) -> str:
    found = ""
    for to, day in _ANOTHER.findall(days):
        found += weekdays_between(found[-1], day)[1:] if to and found else day
    return found


def weekdays_between(first: str, last: str) -> str:
    """Return the days from one to another, over the week's end too: 금토일월."""
    start = _WEEKDAYS.index(first)
    return (_WEEKDAYS[start:] + _WEEKDAYS[:start])[: (_WEEKDAYS.index(last) - start) % 7 + 1]


# --- times of day
_CLOCK = re.compile(r"(?P<hour>2[0-4]|[01]?\d):(?P<minute>[0-5]\d)(?!\d|:\d)")
_HOUR = re.compile(r"(?P<hour>2[0-4]|1\d|0?\d)\s?시(?:\s?(?P<minute>[0-5]?\d)\s?분|\s?(?P<half>반)(?![가-힣]{2}))?")
_FIRST_HOUR = re.compile(r"(?P<hour>2[0-4]|1\d|0?\d)(?=\s?[~∼–-]\s?(?:오[전후]\s?)?(?:2[0-4]|1\d|0?\d)\s?시(?!간))")
_HALF_DAY = re.compile(r"(오전|오후|낮|밤|저녁|아침|새벽|정오|점심|야간)\s?$")
_ROUND = re.compile(r"정오|자정")
_SPOKEN = re.compile(
    r"(열두|열한|열|아홉|여덟|일곱|여섯|다섯|네|세|두|한)\s?시(?:\s?(반))?(?![간민장가-힣]{2}|간|장|민)"
)
_HOURS = {
    word: hour
    for hour, word in enumerate(
        ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두"], 1
    )
}


def read_time(text: str, start: int, previous: Value | None) -> Value | None:
    """Return a time of day in figures: 14:00, 오후 2시 30분, 9 of 9~18시; the second of a pair takes 오후 from the first."""
    match = _CLOCK.match(text, start) or _HOUR.match(text, start) or _FIRST_HOUR.match(text, start)
    if match is None or (
        "시" in match.group() and (text.startswith("간", match.end()) or not unit_ends(text, match.end()))
    ):
        return None
    groups = match.groupdict()
    minute = 30 if groups.get("half") else int(groups.get("minute") or 0)
    return _time(text, match.start(), match.end(), int(match["hour"]), minute, previous)


def _time(text: str, start: int, end: int, hour: int, minute: int, previous: Value | None) -> Value:
    marker = _HALF_DAY.search(text, max(0, start - 4), start)
    word = marker[1] if marker else ""
    if (
        not word
        and previous is not None
        and start - previous.end <= 4
        and previous.unit in ("오후", "저녁", "낮")
        and hour < 12
    ):
        word = "오후" if joins(text, previous.end, start) else ""
    sure = bool(word) or hour > 12 or hour == 0 or text[start] == "0" or ":" in text[start:end]
    first = marker.start() if marker and word else start
    return Value(K.TIME, first, end, f"{_of_24(hour, word):02}:{minute:02}", word or ("시" if sure else "?"))


def _of_24(hour: int, word: str) -> int:
    if hour > 12:
        return hour % 24
    if word in ("오후", "저녁", "낮", "야간") or (word == "밤" and 6 <= hour < 12) or (word == "점심" and hour < 5):
        return hour if word == "낮" and hour >= 10 else 12 if hour == 12 else hour + 12
    if hour == 12:
        return 0 if word in ("오전", "밤", "새벽") else 12
    return hour


def find_spoken_times(text: str) -> Iterator[Value]:
    """Yield times in words: 정오, 자정, 두 시, 낮 열두 시 반."""
    for match in _ROUND.finditer(text):
        if starts_word(text, match.start()):
            yield Value(K.TIME, *match.span(), "12:00" if match.group() == "정오" else "00:00", "시")
    for match in _SPOKEN.finditer(text):
        if starts_word(text, match.start()) and unit_ends(text, match.end()):
            yield _time(text, *match.span(), _HOURS[match[1]], 30 if match[2] else 0, None)


# --- what holds what
def covers(wide: str, narrow: str) -> bool:
    """Return whether the date ``wide`` holds the date ``narrow``: 2024-03 covers 2024-03-05, ????-03-07 any year's."""
    if wide == narrow:
        return True
    if wide.startswith("weekday:") and narrow.startswith("weekday:"):
        return set(narrow[8:]) <= set(wide[8:])
    if ":" in wide or ":" in narrow:
        return False
    outer, inner = wide.split("-"), narrow.split("-")
    if len(outer) == 2 and outer[1][0] in "HQ":
        return _agrees(outer[0], inner[0]) and len(inner) > 1 and _in_part(outer[1], inner[1])
    return len(outer) <= len(inner) and all(map(_agrees, outer, inner))


def _agrees(one: str, other: str) -> bool:
    return one == other or "?" in one or "?" in other


def _in_part(part: str, inner: str) -> bool:
    if inner[0] in "HQ":
        return part == inner or (part[0] == "H" and inner[0] == "Q" and (int(inner[1]) + 1) // 2 == int(part[1]))
    if not inner.isdigit():
        return False
    return (int(inner) - 1) // (6 if part[0] == "H" else 3) + 1 == int(part[1])
