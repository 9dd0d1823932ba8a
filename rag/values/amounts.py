"""Numbers with units: money, counts, rates, periods, ages, ordinals and measures, in figures and in words."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from rag.values.base import Value, ValueKind, starts_word, unit_ends, words

K = ValueKind
_FIGURE = r"(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
_FORM = re.compile(
    rf"{_FIGURE}(?:(?:[십백천]?[만억조]|[십백천]|\s[만억조](?=\s?[원명달]))(?:\s?{_FIGURE}(?=[십백천만억조]|\s?[원명개건여]))?){{0,20}}"
)
_PART = re.compile(rf"({_FIGURE})|([십백천])|([만억조])")
_SMALL = {"십": 10, "백": 100, "천": 1000}
_LARGE = {"만": 10**4, "억": 10**8, "조": 10**12}
_SINO = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9}

_CURRENCY = {
    "원": "KRW",
    "달러": "USD",
    "불": "USD",
    "유로": "EUR",
    "엔": "JPY",
    "위안": "CNY",
    "동화": "VND",
    "파운드": "GBP",
}
_SIGNS = {"$": "USD", "₩": "KRW", "€": "EUR", "¥": "JPY", "￦": "KRW", "£": "GBP"}
_COUNTED = words(
    "사람 명 인 곳 군데 개소 개교 개국 개사 개동 개반 개팀 개조 개 건 대 권 가구 세대 회 차례 종류 종 부 석 팀 마리 그루 장 매 편 쪽 페이지 줄 점 표 필지"
    " 병 상자 박스 포기 포대 포 봉지 봉 켤레 벌 채 척 량 칸 면 자리 좌석 객실 학급 강좌 과목 경기 승 패 골 마을 학점 쌍 세트 통 잔 끼 식 알 송이"
    " 묶음 가지 항목 문항 문제 품목 인분 구좌 계좌 차선 자 글자 번 판 곡 점포 업체 농가 노선 정거장 모금 환 톨 뿌리 단 두 수 필 롤 캔 팩 그릇 스푼 걸음 보 방울 대분 박자 바퀴 어절"
    " 시군 개월분 급식 호실 침상 병상 분 호 대국 종목 정 례 기사 홉 말 되 단어 마디 작품 시간제 주 명분 포인트"
)
_PERIODS = {
    "년": ("M", 12),
    "해": ("M", 12),
    "개년": ("M", 12),
    "개월": ("M", 1),
    "달": ("M", 1),
    "주": ("D", 7),
    "주일": ("D", 7),
    "일": ("D", 1),
    "날": ("D", 1),
    "밤": ("D", 1),
    "박": ("N", 1),
    "시간": ("T", 3600),
    "분": ("T", 60),
    "초": ("T", 1),
}
_ORDINALS = words(
    "차 위 등 등급 학년 급 급지 학기 기 번째 주차 교시 호선 단계 호기 반 차시 공장 공구 학과 지구 종지 순위 년차 연차 부 호봉 회차 일차 차년도 세트 쿼터 이닝 라운드 번기"
)
# canonical unit and how many of it one of this is
_MEASURES: dict[str, tuple[str, int | str]] = {
    "㎡": ("㎡", 1), "m²": ("㎡", 1), "m2": ("㎡", 1), "제곱미터": ("㎡", 1), "평방미터": ("㎡", 1), "평": ("평", 1),
    "ha": ("㎡", 10_000), "㏊": ("㎡", 10_000), "헥타르": ("㎡", 10_000), "제곱킬로미터": ("㎡", 10**6), "㎢": ("㎡", 10**6),
    "km": ("m", 1000), "㎞": ("m", 1000), "킬로미터": ("m", 1000), "m": ("m", 1), "미터": ("m", 1),
    "cm": ("m", "0.01"), "㎝": ("m", "0.01"), "센티미터": ("m", "0.01"), "센티": ("m", "0.01"),
    "mm": ("m", "0.001"), "㎜": ("m", "0.001"), "밀리미터": ("m", "0.001"), "㎛": ("㎛", 1), "리": ("리", 1),
    "kg": ("g", 1000), "㎏": ("g", 1000), "킬로그램": ("g", 1000), "킬로": ("킬로", 1), "g": ("g", 1), "그램": ("g", 1),
    "mg": ("g", "0.001"), "㎎": ("g", "0.001"), "밀리그램": ("g", "0.001"), "t": ("g", 10**6), "톤": ("g", 10**6), "근": ("근", 1),
    "L": ("L", 1), "l": ("L", 1), "ℓ": ("L", 1), "리터": ("L", 1), "mL": ("L", "0.001"), "ml": ("L", "0.001"),
    "㎖": ("L", "0.001"), "밀리리터": ("L", "0.001"), "cc": ("L", "0.001"), "㎥": ("㎥", 1), "세제곱미터": ("㎥", 1), "입방미터": ("㎥", 1),
    "루베": ("㎥", 1), "kW": ("W", 1000), "㎾": ("W", 1000), "킬로와트": ("W", 1000), "MW": ("W", 10**6), "메가와트": ("W", 10**6),
    "W": ("W", 1), "와트": ("W", 1), "kWh": ("Wh", 1000), "MWh": ("Wh", 10**6), "V": ("V", 1), "볼트": ("V", 1), "A": ("A", 1),
    "Hz": ("Hz", 1), "℃": ("℃", 1), "°C": ("℃", 1), "도": ("℃", 1), "GB": ("MB", 1024), "TB": ("MB", 1024 * 1024), "MB": ("MB", 1),
    "기가": ("MB", 1024), "dB": ("dB", 1), "데시벨": ("dB", 1), "ppm": ("ppm", 1), "Pa": ("Pa", 1), "파스칼": ("Pa", 1), "인치": ("inch", 1),
    "Mbps": ("Mbps", 1), "px": ("px", 1), "km/h": ("km/h", 1), "㎍": ("㎍", 1), "㎍/㎥": ("㎍/㎥", 1), "NTU": ("NTU", 1),
    "mAh": ("mAh", 1), "kcal": ("kcal", 1), "㎉": ("kcal", 1), "칼로리": ("kcal", 1), "RT": ("RT", 1),
}  # fmt: skip


def _units() -> dict[str, list[tuple[str, ValueKind]]]:
    """Return the units by their first letter, the longest first: 개월 before 개."""
    table: dict[str, ValueKind] = dict.fromkeys(_COUNTED, K.COUNT)
    table |= dict.fromkeys(_PERIODS, K.PERIOD) | dict.fromkeys(_MEASURES, K.MEASURE) | dict.fromkeys(_CURRENCY, K.MONEY)
    table |= dict.fromkeys(_ORDINALS, K.ORDINAL) | {"세": K.AGE, "살": K.AGE, "주년": K.ORDINAL, "부": K.COUNT}
    table |= dict.fromkeys(["%", "％", "퍼센트", "프로", "%p", "%포인트", "할", "배"], K.RATE)
    table |= {"층": K.PLACE, "회": K.COUNT, "세트": K.COUNT}
    found: dict[str, list[tuple[str, ValueKind]]] = {}
    for unit in sorted(table, key=len, reverse=True):
        found.setdefault(unit[0], []).append((unit, table[unit]))
    return found


_UNITS = _units()
_ORDINAL_UNITS = _ORDINALS | {"회", "호", "장", "절", "대", "권", "세", "번", "조", "관", "동"}
_NUMBERED = re.compile(
    r"번\s?(?:출구|창구|문항|항목|버스|게이트|홈|승강장|칸|자리|좌석|타자|정류장|질문|문제|트랙|방|코스)"
)
_OF_PEOPLE = re.compile(r"대\s?(?:남|여|청|이상|이하|미만|노|중|초|후|가\s|는\s)")


def read_number(text: str, start: int) -> tuple[int, Decimal]:
    """Return the end and value of the number that begins at ``start``: "3억 2천만" is 320,000,000."""
    match = _FORM.match(text, start)
    if match is None:  # not reached from a digit
        return start, Decimal(0)
    return _worth(match)


def _worth(match: re.Match[str]) -> tuple[int, Decimal]:
    total, section, figure = Decimal(0), Decimal(0), None
    large_before, small_before, read = 10**20, 10**4, (match.start(), Decimal(0))
    for part in _PART.finditer(match.string, match.start(), match.end()):
        number, small, large = part.groups()
        if (large and _LARGE[large] >= large_before) or (small and _SMALL[small] >= small_before):
            return read  # the figure behind the last unit begins another number: 3만 5만, 3천 5천
        if number:
            figure = Decimal(number.replace(",", ""))
        elif small:
            small_before = _SMALL[small]
            section, figure = section + (1 if figure is None else figure) * small_before, None
        else:
            large_before, small_before = _LARGE[large], 10**4
            total, section, figure = total + (section + (figure or 0)) * large_before, Decimal(0), None
        read = read if number else (part.end(), total + section)
    return match.end(), total + section + (figure or 0)


def plain(number: Decimal) -> str:
    """Return the one spelling of a number: ``4500000``, ``1.8``."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unit_at(text: str, at: int) -> tuple[str, ValueKind, int] | None:
    """Return the longest unit that stands at a place, its kind and its end; 여 and one space may come before."""
    while at < len(text) and text[at] in " 여" and at + 1 < len(text):
        at += 1
        if text[at - 1] == " " and text[at] == " ":
            return None
    if at >= len(text):
        return None
    for unit, kind in _UNITS.get(text[at], ()):
        end = at + len(unit)
        if text.startswith(unit, at) and _may_end(text, end, unit):
            return unit, kind, end
    return None


def _may_end(text: str, end: int, unit: str) -> bool:
    if unit[-1].isascii() and unit[-1].isalpha():
        return end >= len(text) or not (text[end].isascii() and text[end].isalnum())
    return unit_ends(text, end)


def read_amount(text: str, start: int, number_start: int) -> Value | None:
    """Return the typed number whose figure begins at ``number_start``.

    ``start`` is where a sign or 제 before it begins.
    """
    end, number = read_number(text, number_start)
    fraction = _fraction(text, number_start, end, number)
    if fraction is not None:
        return fraction
    found = _unit_at(text, end)
    before = text[start:number_start]
    if before.strip() in _SIGNS:
        return Value(K.MONEY, start, end, f"{_SIGNS[before.strip()]} {plain(number)}", before.strip())
    if found is None:
        return _bare(text, number_start, end, number)
    unit, kind, last = found
    if before == "제 " and unit not in _ORDINAL_UNITS:
        start, before = number_start, ""
    return make_value(text, start, last, number, unit, kind, numbered=before.startswith("제"))


def make_value(
    text: str, start: int, end: int, number: Decimal, unit: str, kind: ValueKind, *, numbered: bool = False
) -> Value | None:
    """Return the value of a number in a unit: 14 and 주 (weeks) make ``P98D``."""
    figure = plain(number)
    if numbered or (unit == "번" and _NUMBERED.match(text, end - 1)):
        return Value(K.ORDINAL, start, end, figure + unit, unit)
    if kind is K.MONEY:
        return Value(kind, start, end, f"{_CURRENCY[unit]} {figure}", unit)
    if kind is K.PERIOD:
        return Value(kind, start, end, period_key(number, unit), unit)
    if kind is K.MEASURE:
        name, scale = _MEASURES[unit]
        return Value(kind, start, end, f"{plain(number * Decimal(scale))} {name}", unit)
    if kind is K.RATE:
        return Value(kind, start, end, _rate_key(number, unit), unit)
    if kind is K.AGE or (unit == "대" and number % 10 == 0 and _OF_PEOPLE.match(text, end - 1)):
        return Value(K.AGE, start, end, figure, unit)
    if kind is K.COUNT:
        return Value(kind, start, end, f"{figure} {_same_unit(unit)}", unit)
    if kind is K.PLACE:
        return Value(kind, start, end, figure + unit, unit)
    return Value(K.ORDINAL, start, end, figure + unit, unit)


_SAME = {
    "사람": "명",
    "인": "명",
    "군데": "곳",
    "개소": "곳",
    "차례": "회",
    "번": "회",
    "매": "장",
    "페이지": "쪽",
    "세대": "가구",
    "종류": "종",
    "분": "명",
}


def _same_unit(unit: str) -> str:
    return _SAME.get(unit, unit)


def period_key(number: Decimal, unit: str) -> str:
    """Return a period's key, years as months, weeks as days, hours as seconds: 1년 = 12개월 = ``P12M``."""
    letter, scale = _PERIODS[unit]
    return f"P{plain(number * scale)}{letter}"


def _rate_key(number: Decimal, unit: str) -> str:
    if unit == "배":
        return f"×{plain(number)}"
    return f"{plain(number * 10 if unit == '할' else number)}%"


_OF = re.compile(r"분의\s?(\d+(?:\.\d+)?)")
_TO = re.compile(r"(?:\s?대\s?|:)1(?![\d시분:])")


def _fraction(text: str, start: int, end: int, number: Decimal) -> Value | None:
    """Read 100분의 50, which is 50 %, or 15대 1, which is 15:1; None where neither stands here."""
    if match := _OF.match(text, end):
        if number == 0:
            return None
        return Value(K.RATE, start, match.end(), f"{plain(Decimal(match[1]) * 100 / number)[:8]}%", "분의")
    if match := _TO.match(text, end):
        return Value(K.RATE, start, match.end(), f"{plain(number)}:1", "대")
    return None


def _bare(text: str, start: int, end: int, number: Decimal) -> Value | None:
    """Return a grouped figure without a unit, as in tables: money where it ends in 0, else a count of nothing named."""
    piece = text[start:end]
    if piece[-1] in "만억" and unit_ends(text, end) and number >= 10_000:
        return Value(K.MONEY, start, end, f"KRW {plain(number)}", "")
    if "," not in piece or (end < len(text) and "가" <= text[end] <= "힣" and not unit_ends(text, end)):
        return None
    if piece.endswith("0"):
        return Value(K.MONEY, start, end, f"KRW {plain(number)}", "")
    return Value(K.COUNT, start, end, f"{plain(number)} ", "")


_SPELLED = re.compile(
    r"[일이삼사오육칠팔구십백천만억조]{2,}(?:\s[일이삼사오육칠팔구십백천만억]{2,})*\s?|[만억]\s?(?=원)"
)
_SPELLED_UNITS = ("원", "달러", "명", "퍼센트", "개월", "년", "세", "개")
_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "네": 4, "넷": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8,
    "아홉": 9,
}  # fmt: skip
_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_NATIVE = re.compile(rf"(?:({'|'.join(_TENS)})({'|'.join(_ONES)})?|({'|'.join(_ONES)}))(?=\s?[가-힣])")
_CLOSE = words("명 개 곳 가지 차례 사람 달 시간 마리 군데 건 번 살 시 해 자리 송이 그루 켤레")
_DAYS = {
    "하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "여드레": 8, "아흐레": 9, "열흘": 10, "보름": 15, "일주일": 7,
    "이주일": 14, "반년": 0, "한나절": 0, "반나절": 0,
}  # fmt: skip
_DAY_WORD = re.compile("|".join(_DAYS))
_HALF = re.compile(r"절반|반값|반액|반반|전액")


def find_spelled(text: str) -> Iterator[Value]:
    """Yield numbers in words: 열두 명, 세 곳, 두 차례, 사흘, 금 오억원, 절반."""
    if (
        "흘" in text
        or "루" in text
        or "레" in text
        or "새" in text
        or "름" in text
        or "틀" in text
        or "주일" in text
        or "년" in text
    ):
        yield from _day_words(text)
    for match in _NATIVE.finditer(text):
        if starts_word(text, match.start()) and (value := _native(match)) is not None:
            yield value
    for match in _SPELLED.finditer(text):
        if (value := _spelled(match)) is not None:
            yield value
    if "반" in text or "전액" in text:
        yield from (_half(match) for match in _HALF.finditer(text))


def _half(match: re.Match[str]) -> Value:
    return Value(K.RATE, *match.span(), "100%" if match.group() == "전액" else "50%", match.group())


def _day_words(text: str) -> Iterator[Value]:
    for match in _DAY_WORD.finditer(text):
        word = match.group()
        if starts_word(text, match.start()) and unit_ends(text, match.end()) and word[-2:] != "나절":
            yield Value(K.PERIOD, *match.span(), "P6M" if word == "반년" else f"P{_DAYS[word]}D", "일")


def _native(match: re.Match[str]) -> Value | None:
    text, at = match.string, match.end()
    spaced = text[at] == " "
    found = _unit_at(text, at)
    if found is None or text[at] == "여" or not (spaced or found[0] in _CLOSE):
        return None
    unit, kind, end = found
    if (kind is K.ORDINAL and unit != "번째") or unit in (
        "동",
        "정",
        "자",
        "도",
        "수",
        "리",
        "말",
        "주",
        "두",
        "호",
        "일",
        "날",
    ):
        return None
    tens, ones, alone = match.groups()
    number = Decimal(_TENS.get(tens or "", 0) + _ONES.get(ones or alone or "", 0))
    return make_value(text, match.start(), end, number, unit, kind)


@lru_cache(maxsize=1024)
def _sino(word: str) -> Decimal:
    total, section, digit = 0, 0, 0
    for char in word:
        if char in _SINO:
            digit = _SINO[char]
        elif char in _SMALL:
            section, digit = section + (digit or 1) * _SMALL[char], 0
        elif char in _LARGE:
            total, section, digit = total + ((section + digit) or 1) * _LARGE[char], 0, 0
    return Decimal(total + section + digit)


def _spelled(match: re.Match[str]) -> Value | None:
    text, start, end = match.string, *match.span()
    word = match.group().rstrip()
    if (len(word) < 2 and word not in ("만", "억")) or text[max(0, start - 1) : start].isdigit():
        return None
    if not starts_word(text, start) and text[start - 1] != "금":
        return None
    unit = next((spelled for spelled in _SPELLED_UNITS if text.startswith(spelled, end)), None)
    if unit is None or not unit_ends(text, end + len(unit)):
        return None
    kind = next(kind for name, kind in _UNITS[unit[0]] if name == unit)
    return make_value(text, start, end + len(unit), _sino(word), unit, kind)
