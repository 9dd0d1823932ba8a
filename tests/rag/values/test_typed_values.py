"""Typed values: hand-written texts, each with the values a reader finds in it."""

import time
from datetime import date

import pytest

from rag.values.typed_values import Value, ValueKind, covers, find_clauses, find_values, same_value

PUBLISHED = date(2024, 3, 4)  # a Monday


def keys(text: str, kind: ValueKind, published: date | None = None) -> list[str]:
    return [value.key for value in find_values(text, published=published) if value.kind is kind]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("4,500천원", "KRW 4500000"),
        ("450만 원", "KRW 4500000"),
        ("4,500,000원", "KRW 4500000"),
        ("12,400백만원", "KRW 12400000000"),
        ("3억 2천만원", "KRW 320000000"),
        ("1억 2천만원", "KRW 120000000"),
        ("1억 2천5백만원", "KRW 125000000"),
        ("3만 5천원", "KRW 35000"),
        ("3만5000원", "KRW 35000"),
        ("3만 5천5백원", "KRW 35500"),
        ("5백만원", "KRW 5000000"),
        ("금 오억원", "KRW 500000000"),
        ("일금 오백만원정", "KRW 5000000"),
        ("오만 원", "KRW 50000"),
        ("만 원", "KRW 10000"),
        ("4.6조원", "KRW 4600000000000"),
        ("2만 5천 원", "KRW 25000"),
        ("2만 6,300원", "KRW 26300"),
        ("1만2천3백원", "KRW 12300"),
        ("5천원씩", "KRW 5000"),
        ("470만원짜리", "KRW 4700000"),
        ("$300", "USD 300"),
        ("미화 110만 달러", "USD 1100000"),
        ("₩52,120,000,000", "KRW 52120000000"),
        ("200유로", "EUR 200"),
        ("0.87억 원", "KRW 87000000"),
        ("3) 돌침대 20,000", "KRW 20000"),
    ],
)
def test_money(text: str, key: str) -> None:
    assert keys(text, ValueKind.MONEY) == [key]


@pytest.mark.parametrize(
    "text", ["제4조에 따른다.", "5원칙을 지킨다.", "3백화점", "2개월", "제12회 축제", "전화 02-6712-3491"]
)
def test_no_money(text: str) -> None:
    assert keys(text, ValueKind.MONEY) == []


def test_two_amounts_side_by_side_are_two() -> None:
    assert keys("1만 원 2만 원", ValueKind.MONEY) == ["KRW 10000", "KRW 20000"]
    assert keys("3만 5만원", ValueKind.MONEY) == ["KRW 30000", "KRW 50000"]
    assert keys("1억 2억원", ValueKind.MONEY) == ["KRW 100000000", "KRW 200000000"]
    assert keys("3천 5천원", ValueKind.MONEY)[-1] == "KRW 5000"
    assert keys("국비 3억 원, 시비 1억 2천만원", ValueKind.MONEY) == ["KRW 300000000", "KRW 120000000"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("'24. 3. 5.(화)", "2024-03-05"),
        ("’24.3.5.", "2024-03-05"),
        ("24.3.5", "2024-03-05"),
        ("2024. 5. 16.", "2024-05-16"),
        ("2024.10.10", "2024-10-10"),
        ("2024-05-09", "2024-05-09"),
        ("2024/05/09", "2024-05-09"),
        ("20240420", "2024-04-20"),
        ("2024년 3월 5일", "2024-03-05"),
        ("2025년 4월 1개월", "2025-04"),
        ("3/7(목)", "????-03-07"),
        ("3.8.(금)", "????-03-08"),
        ("8. 31.", "????-08-31"),
        ("3월 7일", "????-03-07"),
        ("5월", "????-05"),
        ("2026년 5월", "2026-05"),
        ("2026년", "2026"),
        ("2026년도", "2026"),
        ("'23년", "2023"),
        ("2026년 상반기", "2026-H1"),
        ("2026년 하반기", "2026-H2"),
        ("2025년 2분기", "2025-Q2"),
        ("3분기", "????-Q3"),
        ("25일까지", "????-??-25"),
        ("매주 목요일", "weekday:목"),
        ("매달 둘째 금요일", "weekday:금"),
        ("화·금", "weekday:화금"),
        ("월~금", "weekday:월화수목금"),
        ("주말", "weekday:토일"),
        ("어린이날", "day:어린이날"),
    ],
)
def test_date(text: str, key: str) -> None:
    assert keys(text, ValueKind.DATE) == [key]


@pytest.mark.parametrize(
    "text",
    [
        "30일 이내",
        "근무일 기준 5일이 걸린다",
        "3일 전",
        "2시간",
        "13월 40일",
        "3.5cm",
        "1/2로 줄인다",
        "버전 2.8.1",
        "20년 동안",
        "02-2024-0301",
        "3일간",
    ],
)
def test_no_date(text: str) -> None:
    assert keys(text, ValueKind.DATE) == []


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("3월 2일부터 3월 13일까지", ["????-03-02", "????-03-13"]),
        ("8. 31.(월) ~ 9. 18.(금)", ["????-08-31", "????-09-18"]),
        ("2025. 2. 24.(월) ~ 2. 28.(금)", ["2025-02-24", "2025-02-28"]),
        ("2024년 12월 20일부터 1월 5일까지", ["2024-12-20", "2025-01-05"]),
        ("2024년 3월 2일부터 25일까지", ["2024-03-02", "2024-03-25"]),
        ("4월 24일, 25일", ["????-04-24", "????-04-25"]),
        ("7~8월", ["????-07", "????-08"]),
        ("2022~2024년", ["2022", "2024"]),
        ("2025. 3. 2 ~ 3. 9", ["2025-03-02", "2025-03-09"]),
        ("3. 2. ~ 3. 9 접수", ["????-03-02", "????-03-09"]),
    ],
)
def test_each_end_of_a_range_is_a_date(text: str, ends: list[str]) -> None:
    assert keys(text, ValueKind.DATE) == ends


@pytest.mark.parametrize(
    ("text", "resolved", "unresolved"),
    [
        ("오늘", "2024-03-04", "relative:오늘"),
        ("내일", "2024-03-05", "relative:내일"),
        ("어제", "2024-03-03", "relative:어제"),
        ("오는 15일", "2024-03-15", "relative:오는15일"),
        ("오는 2일", "2024-04-02", "relative:오는2일"),
        ("지난 12일", "2024-02-12", "relative:지난12일"),
        ("이달 17일", "2024-03-17", "relative:이달17일"),
        ("내달 초", "2024-04", "relative:내달초"),
        ("다음 달 3일", "2024-04-03", "relative:다음달3일"),
        ("지난달", "2024-02", "relative:지난달"),
        ("작년 말", "2023", "relative:작년말"),
        ("지난해", "2023", "relative:지난해"),
        ("올해", "2024", "relative:올해"),
        ("내년 1월", "2025-01", "relative:내년1월"),
        ("지난 11월", "2023-11", "relative:지난11월"),
        ("오는 1월", "2025-01", "relative:오는1월"),
        ("다음 주 수요일", "2024-03-13", "relative:다음주수요일"),
        ("작년 하반기", "2023-H2", "relative:작년하반기"),
        ("지난 3월 25일", "2023-03-25", "relative:지난3월25일"),
        ("지난 3월 4일", "2024-03-04", "relative:지난3월4일"),
        ("지난 3월", "2024-03", "relative:지난3월"),
        ("지난 5월 2일", "2023-05-02", "relative:지난5월2일"),
        ("오는 3월 25일", "2024-03-25", "relative:오는3월25일"),
        ("오는 3월 3일", "2025-03-03", "relative:오는3월3일"),
        ("지난달 31일", "relative:지난달31일", "relative:지난달31일"),
        ("내년 2월 29일", "relative:내년2월29일", "relative:내년2월29일"),
    ],
)
def test_relative_dates_are_counted_from_publication(text: str, resolved: str, unresolved: str) -> None:
    assert keys(f"{text} 열린다.", ValueKind.DATE, PUBLISHED) == [resolved]
    assert keys(f"{text} 열린다.", ValueKind.DATE) == [unresolved]


@pytest.mark.parametrize("text", ["지난 회의에서", "다음과 같다", "오는 사람", "오늘날", "올바른 방법"])
def test_no_relative_date(text: str) -> None:
    assert keys(text, ValueKind.DATE, PUBLISHED) == []


def test_the_29th_comes_in_a_month_that_has_it() -> None:
    assert keys("오는 31일", ValueKind.DATE, date(2024, 4, 2)) == ["2024-05-31"]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("14:00", ["14:00"]),
        ("오후 2시 30분", ["14:30"]),
        ("오후 2시~4시", ["14:00", "16:00"]),
        ("오후 2~4시", ["14:00", "16:00"]),
        ("09~18시", ["09:00", "18:00"]),
        ("10~12시간", []),
        ("저녁 8시 반", ["20:30"]),
        ("낮 12시", ["12:00"]),
        ("낮 2시", ["14:00"]),
        ("밤 12시", ["00:00"]),
        ("밤 11시", ["23:00"]),
        ("새벽 5시", ["05:00"]),
        ("평일 09시부터 19시까지", ["09:00", "19:00"]),
        ("정오", ["12:00"]),
        ("두 시쯤", ["02:00"]),
        ("24시간", []),
        ("세 시간", []),
    ],
)
def test_time(text: str, clock: list[str]) -> None:
    assert keys(text, ValueKind.TIME) == clock


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("3년", "P36M"),
        ("36개월", "P36M"),
        ("30일 이내", "P30D"),
        ("2주간", "P14D"),
        ("일주일", "P7D"),
        ("2시간", "P7200T"),
        ("120분", "P7200T"),
        ("사흘 안에", "P3D"),
        ("열흘", "P10D"),
        ("보름", "P15D"),
        ("두 달", "P2M"),
        ("석 달", "P3M"),
        ("반년", "P6M"),
        ("한 시간", "P3600T"),
        ("두 시간쯤", "P7200T"),
    ],
)
def test_period(text: str, key: str) -> None:
    assert keys(text, ValueKind.PERIOD) == [key]


@pytest.mark.parametrize(
    ("text", "kind", "key", "unit"),
    [
        ("열두 명", ValueKind.COUNT, "12 명", "명"),
        ("120명에게", ValueKind.COUNT, "120 명", "명"),
        ("300여 명", ValueKind.COUNT, "300 명", "명"),
        ("3인", ValueKind.COUNT, "3 명", "인"),
        ("세 곳", ValueKind.COUNT, "3 곳", "곳"),
        ("두 차례", ValueKind.COUNT, "2 회", "차례"),
        ("12회", ValueKind.COUNT, "12 회", "회"),
        ("1,200가구", ValueKind.COUNT, "1200 가구", "가구"),
        ("마흔다섯 권", ValueKind.COUNT, "45 권", "권"),
        ("2만 명", ValueKind.COUNT, "20000 명", "명"),
        ("삼십만 명", ValueKind.COUNT, "300000 명", "명"),
        ("7건이", ValueKind.COUNT, "7 건", "건"),
        ("50%", ValueKind.RATE, "50%", "%"),
        ("50퍼센트", ValueKind.RATE, "50%", "퍼센트"),
        ("100분의 50", ValueKind.RATE, "50%", "분의"),
        ("2할", ValueKind.RATE, "20%", "할"),
        ("절반", ValueKind.RATE, "50%", "절반"),
        ("1.8%", ValueKind.RATE, "1.8%", "%"),
        ("4배", ValueKind.RATE, "×4", "배"),
        ("15대 1", ValueKind.RATE, "15:1", "대"),
        ("만 70세", ValueKind.AGE, "70", "세"),
        ("열네 살", ValueKind.AGE, "14", "살"),
        ("제3차", ValueKind.ORDINAL, "3차", "차"),
        ("3차", ValueKind.ORDINAL, "3차", "차"),
        ("2위", ValueKind.ORDINAL, "2위", "위"),
        ("1등급", ValueKind.ORDINAL, "1등급", "등급"),
        ("3학년", ValueKind.ORDINAL, "3학년", "학년"),
        ("9급", ValueKind.ORDINAL, "9급", "급"),
        ("4학기", ValueKind.ORDINAL, "4학기", "학기"),
        ("제12회", ValueKind.ORDINAL, "12회", "회"),
        ("두 번째", ValueKind.ORDINAL, "2번째", "번째"),
        ("3번 문항", ValueKind.ORDINAL, "3번", "번"),
        ("16제곱미터", ValueKind.MEASURE, "16 ㎡", "제곱미터"),
        ("16㎡", ValueKind.MEASURE, "16 ㎡", "㎡"),
        ("3km", ValueKind.MEASURE, "3000 m", "km"),
        ("3,000미터", ValueKind.MEASURE, "3000 m", "미터"),
        ("100kg", ValueKind.MEASURE, "100000 g", "kg"),
        ("4.5cm", ValueKind.MEASURE, "0.045 m", "cm"),
        ("500mL", ValueKind.MEASURE, "0.5 L", "mL"),
    ],
)
def test_number_with_a_unit(text: str, kind: ValueKind, key: str, unit: str) -> None:
    found = [(value.kind, value.key, value.unit) for value in find_values(text)]
    assert found == [(kind, key, unit)]


@pytest.mark.parametrize("text", ["2인용 침대", "5대학", "세대 차이", "두부", "한편", "이 명단", "3부제"])
def test_no_count(text: str) -> None:
    assert keys(text, ValueKind.COUNT) == []


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("☎ 02-6712-3491", "0267123491"),
        ("0267123490", "0267123490"),
        ("031)889-2031", "0318892031"),
        ("(02) 711-2222", "027112222"),
        ("031.889.2020", "0318892020"),
        ("1588-0000", "15880000"),
        ("내선 3304", "3304"),
        ("국번 없이 120", "120"),
        ("010 2288 9034", "01022889034"),
        ("01022889034", "01022889034"),
        ("+82-2-6712-3491", "0267123491"),
        ("+82-2-123-4567", "021234567"),
        ("+82 31-889-2031", "0318892031"),
        ("821-2345", "8212345"),
        ("080-441-2003", "0804412003"),
        ("711-2480", "7112480"),
        ("2123-4567로", "21234567"),
        ("123-4567번으로", "1234567"),
        ("123-4567만", "1234567"),
        ("1899-0119", "18990119"),
    ],
)
def test_phone(text: str, digits: str) -> None:
    assert [(value.kind, value.key) for value in find_values(text)] == [(ValueKind.PHONE, digits)]


@pytest.mark.parametrize(
    "text", ["대표전화 1577-1000 건강보험공단", "콜센터 1577-1000 개인정보", "860-1234 호텔 프런트"]
)
def test_a_phone_before_a_word_that_begins_as_a_unit_does(text: str) -> None:
    digits = "".join(letter for letter in text if letter.isdigit())
    assert [value.key for value in find_values(text) if value.kind is ValueKind.PHONE] == [digits]


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("2023-2024 시즌", ["2023"]),
        ("공고 제2024-1234호", []),
        ("고시 제 2024-1234호", []),
        ("고시 2024-1234호", []),
        ("2022-2023년", ["2022", "2023"]),
        ("1998-2004년", ["1998", "2004"]),
        ("2023-2024학년도", ["2023", "2024"]),
        ("1000-2000명", ["2000 명"]),
        ("1500-2000만 원", ["KRW 20000000"]),
        ("1500-2000㎡", ["2000 ㎡"]),
        ("500-1000g", ["1000 g"]),
    ],
)
def test_two_numbers_that_are_no_phone(text: str, others: list[str]) -> None:
    values = [value for value in find_values(text) if value.kind is not ValueKind.COUNT or value.key != "1234 호"]
    assert ValueKind.PHONE not in {value.kind for value in values}
    assert [value.key for value in values] == others


def test_addresses_of_the_net() -> None:
    found = find_values("문의 help@narae.go.kr, https://www.narae.go.kr/apply?no=31 또는 narae.kr")
    assert [(value.kind, value.key) for value in found] == [
        (ValueKind.EMAIL, "help@narae.go.kr"),
        (ValueKind.URL, "https://www.narae.go.kr/apply?no=31"),
        (ValueKind.URL, "narae.kr"),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("제3조제2항", "제3조제2항"),
        ("제3조 제2항", "제3조제2항"),
        ("제4조의2", "제4조의2"),
        ("제4조(수수료)", "제4조"),
        ("15조 3항", "제15조제3항"),
        ("제5조제3항제3호", "제5조제3항제3호"),
        ("제2항 각 호", "제2항"),
        ("규약 14조", "제14조"),
    ],
)
def test_clause(text: str, key: str) -> None:
    found = find_values(text)
    assert [(value.kind, value.key) for value in found] == [(ValueKind.CLAUSE, key)]


@pytest.mark.parametrize("text", ["3조 원", "4조6000억 원", "1조각"])
def test_no_clause(text: str) -> None:
    assert keys(text, ValueKind.CLAUSE) == []
    assert find_clauses(text) == ()


def test_a_question_names_clauses_without_their_first_syllable() -> None:
    assert [value.key for value in find_clauses("규약 14조 내용 알려줘")] == ["제14조"]
    assert [value.key for value in find_clauses("4조의2 2항은 뭔가요")] == ["제4조의2제2항"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("표가람 매니저가 맡는다.", ["표가람"]),
        ("교감 탁지원", ["탁지원"]),
        ("위원 노아름: 동의합니다.", ["노아름"]),
        ("농정과장 박서진은 말했다.", ["박서진"]),
        ("담당: 김하늘", ["김하늘"]),
        ("이기봄 님", ["이기봄"]),
        ("이기봄님께", ["이기봄"]),
        ("남궁솔 과장", ["남궁솔"]),
        ("표 차장이 간다.", ["표"]),
        ("총무팀 | 주무관 | 이도현 | 민방위", ["이도현"]),
        ("담당 갈승호, 6월 15일까지.", ["갈승호"]),
        ("가수 민하루 씨의 공연", ["민하루"]),
        ("견본 통관 확인(소여름)", ["소여름"]),
        ("위원회 회의는 위원장이 소집한다.", []),
        ("총무팀 팀장", []),
        ("담당 과장", []),
        ("신청자 명단과 전체 회원 명부", []),
        ("공영주차장", []),
        ("빈소는 이사장이 정한다.", []),
        ("125씨씨 오토바이", []),
    ],
)
def test_person(text: str, names: list[str]) -> None:
    assert keys(text, ValueKind.PERSON) == names


@pytest.mark.parametrize(
    ("text", "kind", "held"),
    [
        ("본사 12층 소나무홀", ValueKind.PLACE, ["본사", "12층", "소나무홀"]),
        ("시청 지하 1층 배움터에서", ValueKind.PLACE, ["시청", "지하1층", "배움터"]),
        ("강변로 12", ValueKind.PLACE, ["강변로12"]),
        ("느티1길 8", ValueKind.PLACE, ["느티1길8"]),
        ("705호 환자", ValueKind.PLACE, ["705호"]),
        ("대회의실에서 연다", ValueKind.PLACE, ["대회의실"]),
        ("활동을 하면 고장으로 2대가", ValueKind.PLACE, []),
        ("자원순환과로 문의", ValueKind.ORGANISATION, ["자원순환과"]),
        ("푸른손(주)이 맡는다", ValueKind.ORGANISATION, ["푸른손"]),
        ("㈜라온", ValueKind.ORGANISATION, ["라온"]),
        ("한길손해보험", ValueKind.ORGANISATION, ["한길손해보험"]),
        ("시설팀에 넘겼다", ValueKind.ORGANISATION, ["시설팀"]),
        ("결과와 효과를 통과한 위임장과", ValueKind.ORGANISATION, []),
    ],
)
def test_place_and_organisation(text: str, kind: ValueKind, held: list[str]) -> None:
    assert keys(text, kind) == held


def only(text: str, kind: ValueKind) -> Value:
    return next(value for value in find_values(text) if value.kind is kind)


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        (ValueKind.MONEY, "4,500천원", "450만 원", True),
        (ValueKind.MONEY, "450만 원", "45만 원", False),
        (ValueKind.MONEY, "돌침대 20,000", "2만원", True),
        (ValueKind.DATE, "3월 7일", "2024-03-07", True),
        (ValueKind.DATE, "2024년 3월", "'24. 3. 7.", True),
        (ValueKind.DATE, "2023년 3월", "'24. 3. 7.", False),
        (ValueKind.DATE, "2026년 상반기", "2026. 5. 1.", True),
        (ValueKind.DATE, "2026년 하반기", "2026. 5. 1.", False),
        (ValueKind.DATE, "평일", "화요일", True),
        (ValueKind.DATE, "평일", "토요일", False),
        (ValueKind.TIME, "오후 3시", "15:00", True),
        (ValueKind.TIME, "3시", "15:00", True),
        (ValueKind.TIME, "오전 3시", "15:00", False),
        (ValueKind.PERIOD, "1년", "12개월", True),
        (ValueKind.RATE, "절반", "50%", True),
        (ValueKind.COUNT, "세 명", "3인", True),
        (ValueKind.COUNT, "3명", "3곳", False),
        (ValueKind.PHONE, "031)889-2031", "0318892031", True),
        (ValueKind.PHONE, "031)889-2031", "889-2031", True),
        (ValueKind.PHONE, "+82-2-123-4567", "02-123-4567", True),
        (ValueKind.PERSON, "표가람 차장", "표 차장", True),
        (ValueKind.PERSON, "표가람 과장", "표 차장", False),
        (ValueKind.PERSON, "이도현 주무관", "주무관 이도현", True),
        (ValueKind.MEASURE, "3km", "3,000m", True),
    ],
)
def test_same_value(kind: ValueKind, one: str, other: str, *, same: bool) -> None:
    assert same_value(only(one, kind), only(other, kind)) is same
    assert same_value(only(other, kind), only(one, kind)) is same


def test_values_of_two_kinds_are_never_the_same() -> None:
    assert not same_value(only("12회", ValueKind.COUNT), only("제12회", ValueKind.ORDINAL))


@pytest.mark.parametrize(
    ("wide", "narrow", "held"),
    [
        ("2024", "2024-03-05", True),
        ("2024-03", "2024-03-05", True),
        ("2024-03-05", "2024-03", False),
        ("????-03", "2024-03-05", True),
        ("2024-Q1", "2024-03-05", True),
        ("2024-H1", "2024-Q2", True),
        ("2024-H2", "2024-Q2", False),
        ("2024-H1", "2024", False),
        ("relative:올해", "2024", False),
    ],
)
def test_covers(wide: str, narrow: str, *, held: bool) -> None:
    assert covers(wide, narrow) is held


def test_every_value_is_a_slice_in_order() -> None:
    text = "□ '24. 3. 5.(화) 14:00 청렴 교육(대회의실), 참석 120명, 문의 감사과 02-6712-3491 표가람 팀장"
    found = find_values(text)
    assert [text[value.start : value.end] for value in found] == [
        "'24. 3. 5.(화)",
        "14:00",
        "대회의실",
        "120명",
        "감사과",
        "02-6712-3491",
        "표가람",
    ]
    assert [value.start for value in found] == sorted(value.start for value in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "제",
        "제 ",
        "'",
        "1",
        "0" * 5_000,
        "1," * 2_000,
        "만" * 3_000,
        "1조" * 500,
        "(" * 999,
        "a" * 40_000 + "@",
        "오늘1 " * 8_000,
        "a@b.kr www.a.kr 1 " * 4_000,
    ],
)
def test_odd_texts_neither_fail_nor_linger(text: str) -> None:
    began = time.process_time()
    find_values(text, published=PUBLISHED)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("published", [date.min, date.max])
@pytest.mark.parametrize("text", ["어제", "내일", "모레", "그저께", "다음 주 월요일", "지난주 월요일", "오는 15일", "지난 12일", "다음 달 1일",
                                  "재작년 5월 3일", "내년 5월 3일"])  # fmt: skip
def test_a_day_that_no_calendar_has_is_none_and_stops_nothing(published: date, text: str) -> None:
    values = find_values(f"{text}에 모임이 있고 회비는 3만원이다.", published=published)
    assert ValueKind.MONEY in {value.kind for value in values}
