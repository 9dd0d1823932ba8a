"""Qualifiers: what a question narrows by, and whether a text meets, contradicts or does not name it."""

import time
from datetime import date

import pytest

from rag.values.qualifiers import QualifierKind, find_qualifiers, judge

AS_OF = date(2024, 3, 4)


@pytest.mark.parametrize(
    ("text", "kind", "keys"),
    [
        ("2023년 참가비", QualifierKind.YEAR, ["2023"]),
        ("'23년 참가비", QualifierKind.YEAR, ["2023"]),
        ("올해 참가비", QualifierKind.YEAR, ["2024"]),
        ("작년 참가비", QualifierKind.YEAR, ["2023"]),
        ("제3차 회의", QualifierKind.ORDINAL, ["차:3"]),
        ("3차 회의", QualifierKind.ORDINAL, ["차:3"]),
        ("제12회 축제", QualifierKind.ORDINAL, ["회:12"]),
        ("1학기 수강", QualifierKind.ORDINAL, ["학기:1"]),
        ("3기 모집", QualifierKind.ORDINAL, ["기:3"]),
        ("2인용 매트리스", QualifierKind.ORDINAL, ["인용:2"]),
        ("하반기 점검", QualifierKind.HALF, ["하반기"]),
        ("2024년 상반기", QualifierKind.HALF, ["상반기"]),
        ("2분기 실적", QualifierKind.QUARTER, ["2"]),
        ("겨울 독서교실", QualifierKind.SEASON, ["겨울"]),
        ("하계 휴가", QualifierKind.SEASON, ["여름"]),
        ("돌봄 교실", QualifierKind.SEASON, []),
        ("토요일 셔틀", QualifierKind.WEEKDAY, ["weekday 토"]),
        ("공휴일 운영", QualifierKind.WEEKDAY, ["공휴일"]),
        ("3월 5일", QualifierKind.MONTH, ["03"]),
        ("3월 5일", QualifierKind.DAY, ["03-05"]),
        ("9급 공무원", QualifierKind.GRADE, ["급:9"]),
        ("3학년 교실", QualifierKind.GRADE, ["학년:3"]),
        ("팀장의 일비", QualifierKind.GRADE, ["직급:팀장"]),
        ("사원증 발급", QualifierKind.GRADE, []),
        ("부장으로 승진한 사람", QualifierKind.GRADE, ["직급:부장"]),
        ("청소년 요금", QualifierKind.AGE_GROUP, ["청소년"]),
        ("어르신 요금", QualifierKind.AGE_GROUP, ["노인"]),
        ("김하람 주무관", QualifierKind.PERSON, ["주무관:김하람"]),
        ("3층 회의실", QualifierKind.FLOOR, ["층:3"]),
        ("지하 2층", QualifierKind.FLOOR, ["층:지하2"]),
        ("705호", QualifierKind.ROOM, ["호:705"]),
        ("5·6층 병동", QualifierKind.FLOOR, ["층:5", "층:6"]),
        ("2~4층 사무실", QualifierKind.FLOOR, ["층:2", "층:3", "층:4"]),
        ("3, 4학년 교실", QualifierKind.GRADE, ["학년:3", "학년:4"]),
        ("초등 3~6학년", QualifierKind.GRADE, ["학년:3", "학년:4", "학년:5", "학년:6"]),
        ("제3·4차 회의", QualifierKind.ORDINAL, ["차:3", "차:4"]),
        ("지하 1~2층 주차장", QualifierKind.FLOOR, ["층:지하1", "층:지하2"]),
        ("지하1·지하2층 주차장", QualifierKind.FLOOR, ["층:지하1", "층:지하2"]),
        ("2025. 3. 2, 3층 강당", QualifierKind.FLOOR, ["층:3"]),
        ("10:02, 3층 강당", QualifierKind.FLOOR, ["층:3"]),
        ("정원 20, 3학년", QualifierKind.GRADE, ["학년:3"]),
        ("1. 3~6학년", QualifierKind.GRADE, ["학년:3", "학년:4", "학년:5", "학년:6"]),
        ("9월분 관리비", QualifierKind.MONTH, ["09"]),
        ("하절기 이용시간", QualifierKind.SEASON, ["여름"]),
        ("동절기 이용시간", QualifierKind.SEASON, ["겨울"]),
        ("셋째 해 임차료", QualifierKind.ORDINAL, ["째:셋째"]),
        ("소형 승용차", QualifierKind.SIZE, ["소형"]),
        ("대형폐기물", QualifierKind.SIZE, []),
        ("야간 진료", QualifierKind.TIME_OF_DAY, ["야간"]),
        ("19:00 개강", QualifierKind.TIME_OF_DAY, ["오후", "야간"]),
        ("주간에는 쉰다", QualifierKind.TIME_OF_DAY, ["주간"]),
        ("주간의 근무", QualifierKind.TIME_OF_DAY, ["주간"]),
        ("주간 계획", QualifierKind.TIME_OF_DAY, []),
        ("3주간의 신입 교육", QualifierKind.TIME_OF_DAY, []),
        ("두 주간의 교육", QualifierKind.TIME_OF_DAY, []),
        ("몇 주간을 쉬나요", QualifierKind.TIME_OF_DAY, []),
        ("이사의 임기", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 3명을 뽑는다", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 간의 협의", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 가운데 한 명", QualifierKind.GRADE, ["직급:이사"]),
        ("이사가 한 명이다", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 한 명", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 올해 임기", QualifierKind.GRADE, ["직급:이사"]),
        ("이사 오전 회의", QualifierKind.GRADE, ["직급:이사"]),
        ("이사하는 날", QualifierKind.GRADE, []),
        ("이사 비용", QualifierKind.GRADE, []),
        ("이사 갈 때", QualifierKind.GRADE, []),
        ("이사를 가면", QualifierKind.GRADE, []),
        ("이사 온 주민", QualifierKind.GRADE, []),
        ("경로 할인", QualifierKind.AGE_GROUP, ["노인"]),
        ("경로당 위치", QualifierKind.AGE_GROUP, []),
        ("미르산업", QualifierKind.ORGANISATION, ["산업:미르"]),
    ],
)
def test_found(text: str, kind: QualifierKind, keys: list[str]) -> None:
    assert [
        find_qualifier.key for find_qualifier in find_qualifiers(text, as_of=AS_OF) if find_qualifier.kind is kind
    ] == keys


MET = [
    ("화요일 운영시간", "평일 09:00부터 18:00까지"),
    ("2024년 축제", "2024. 3. 5.(화) 개막"),
    ("3월 축제", "3/7(목) 개막"),
    ("3월 5일 휴관", "3월 2일부터 13일까지 휴관"),
    ("4월 접수", "3월 2일 ~ 5월 13일 접수"),
    ("목요일 진료", "월~금 진료"),
    ("수요일 진료", "월∼금요일 진료"),
    ("수요일 진료", "월∼금 진료"),
    ("수요일 진료", "월 ~ 금요일 진료"),
    ("화요일 진료", "월~수, 금요일 진료"),
    ("일요일 진료", "금~월요일 진료"),
    ("일요일 진료", "금요일~월요일 진료"),
    ("월요일 진료", "일∼화 진료"),
    ("화요일 진료", "평일부터 토요일까지 진료"),
    ("제3차 회의", "3차 회의를 열었다"),
    ("중학생 요금", "청소년 1,000원"),
    ("김하람 주무관", "주무관 김하람"),
    ("저녁 강좌", "19:30에 시작한다"),
    ("5층 병동", "5·6층 병동"),
    ("4학년 교실", "3~6학년 교실"),
    ("온새복지관 셔틀", "온새노인복지관 셔틀"),
    ("25일 마감", "3월 25일까지 받는다"),
]
CONTRADICTED = [
    ("2023년 걷기대회 참가비", "2024년 걷기대회 참가비는 1만원", "2024"),
    ("토요일 셔틀버스", "월요일 셔틀버스", "weekday 월"),
    ("토요일 진료", "평일 진료", "weekday 월화수목금"),
    ("목요일 진료", "금요일~월요일 진료", "weekday 금토일월"),
    ("토요일 진료", "월∼금요일 진료", "weekday 월화수목금"),
    ("미르산업 창립일", "도담산업 창립일", "산업:도담"),
    ("박하람 주무관", "김하람 주무관", "주무관:김하람"),
    ("9급 여비", "5급 여비", "급:5"),
    ("겨울 교실", "여름 교실", "여름"),
    ("하반기 점검", "상반기 점검", "상반기"),
    ("제3차 회의", "제2차 회의", "차:2"),
    ("3층 회의실", "4층 회의실", "층:4"),
    ("1층 주차장", "지하 1~2층 주차장", "층:지하1"),
    ("9월분 급식비", "8월분 급식비", "08"),
    ("겨울 이용시간", "하절기 이용시간", "여름"),
    ("어린이 요금", "성인 요금", "성인"),
    ("3월 15일 휴관", "3월 2일부터 13일까지 휴관", "03-02/03-13"),
    ("소형 차량", "대형 차량", "대형"),
    ("오전 강좌", "오후 강좌", "오후"),
]
ABSENT = [
    ("2023년 참가비", "참가비는 1만원"),
    ("9급 여비", "3학년 여비"),
    ("제3차 회의", "제12회 축제"),
    ("평일 운영", "월요일 운영"),
    ("박하람 주무관", "김하늘 기자"),
    ("3월 5일 행사", "3월 행사"),
]


@pytest.mark.parametrize(("asked", "held"), MET)
def test_met(asked: str, held: str) -> None:
    verdict = judge(find_qualifiers(asked), find_qualifiers(held))
    assert verdict.met
    assert (verdict.contradicted, verdict.absent) == ((), ())


@pytest.mark.parametrize(("asked", "held", "instead"), CONTRADICTED)
def test_contradicted(asked: str, held: str, instead: str) -> None:
    verdict = judge(find_qualifiers(asked), find_qualifiers(held))
    assert len(verdict.contradicted) == 1
    assert instead in [qualifier.key for qualifier in verdict.instead]


@pytest.mark.parametrize(("asked", "held"), ABSENT)
def test_absent(asked: str, held: str) -> None:
    verdict = judge(find_qualifiers(asked), find_qualifiers(held))
    assert verdict.absent
    assert verdict.contradicted == ()


def test_the_year_of_publication_stands_in_for_an_unnamed_one() -> None:
    asked, held = find_qualifiers("2023년 참가비"), find_qualifiers("참가비는 1만원")
    assert judge(asked, held, published=date(2023, 1, 2)).met == asked
    assert judge(asked, held, published=AS_OF).contradicted == asked
    assert judge(asked, find_qualifiers("2023년 참가비"), published=AS_OF).met == asked


def test_one_that_is_held_somewhere_is_not_contradicted_by_its_neighbours() -> None:
    verdict = judge(find_qualifiers("3학년"), find_qualifiers("1학년, 2학년, 3학년"))
    assert [qualifier.key for qualifier in verdict.met] == ["학년:3"]


def test_the_size_of_an_engine_is_nobody_s_name() -> None:
    engine, person = "125씨씨 오토바이", "김하람 씨 오토바이"
    assert judge(find_qualifiers(engine), find_qualifiers(person)) == judge((), find_qualifiers(person))
    assert judge(find_qualifiers(person), find_qualifiers(engine)).absent == find_qualifiers(person)


@pytest.mark.parametrize("text", ["상반기" * 12_000, "성인 " * 8_000, "2월~5월 " * 4_000, "1~99층 " * 4_000])
def test_a_long_line_does_not_linger(text: str) -> None:
    began = time.thread_time()
    assert len(find_qualifiers(text)) >= 4_000
    assert time.thread_time() - began < 8  # it takes .5; each looked for to the end of the line, minutes


def test_nothing_asked_nothing_judged() -> None:
    assert judge((), find_qualifiers("2024년 3월")) == judge((), ())
