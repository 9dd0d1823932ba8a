"""What a sentence holds: numbers, dates, people, places, reasons, by how Korean writes them."""

import pytest

from rag.evidence.answer_types import has_answer_type, names_person, new_values
from rag.question.question import AnswerType

HELD = [
    (AnswerType.NUMBER, "매출은 4조6000억 원이다."),
    (AnswerType.NUMBER, "참가자는 삼십만 명이다."),
    (AnswerType.NUMBER, "두 가지 방법이 있다."),
    (AnswerType.NUMBER, "예산의 절반을 썼다."),
    (AnswerType.DATE, "지난 2월 발표했다."),
    (AnswerType.DATE, "올해 안으로 설립한다."),
    (AnswerType.DATE, "내년 1분기 중 출범한다."),
    (AnswerType.DATE, "2024.10.10 입력"),
    (AnswerType.DATE, "30일 이내에 신청해야 한다."),
    (AnswerType.PERSON, "김영섭 대표가 말했다."),
    (AnswerType.PERSON, "사티아 나델라 MS CEO가 왔다."),
    (AnswerType.PERSON, "업계 관계자는 고개를 저었다."),
    (AnswerType.PERSON, "정부는 예산을 늘리겠다고 밝혔다."),
    (AnswerType.PLACE, "레드먼드 본사에서 만났다."),
    (AnswerType.PLACE, "노보텔 앰배서더 서울 동대문"),
    (AnswerType.PLACE, "해외로 나간다."),
    (AnswerType.REASON, "역량을 높이 샀기 때문이다."),
    (AnswerType.REASON, "고객을 만족시킬 수 있다는 판단으로 추진했다."),
    (AnswerType.REASON, "제휴를 통해 한계를 넘으려고 한다."),
    (AnswerType.OTHER, "무엇이든 된다."),
    (AnswerType.OTHER, ""),
]
NOT_HELD = [
    (AnswerType.NUMBER, "매출 목표를 세웠다."),
    (AnswerType.NUMBER, ""),
    (AnswerType.DATE, "매출은 4조6000억 원을 목표로 한다."),
    (AnswerType.PERSON, "매출이 늘었다."),
    (AnswerType.PLACE, "매출이 늘었다."),
    (AnswerType.REASON, "매출이 늘었다."),
]


@pytest.mark.parametrize(("kind", "text"), HELD)
def test_held(kind: AnswerType, text: str) -> None:
    assert has_answer_type(kind, text, "")


@pytest.mark.parametrize(("kind", "text"), NOT_HELD)
def test_not_held(kind: AnswerType, text: str) -> None:
    assert not has_answer_type(kind, text, "")


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("5년간 4조6000억 원", "", {"5", "4", "6000"}),
        ("5년간 4조6000억 원", "5년간 매출은?", {"4", "6000"}),
        ("값은 1,000원, 비율은 2.5%", "", {"1,000", "2.5"}),
        ("참가자는 30.", "30명인가?", set()),
        ("30, 40명", "30명과 40명", set()),
        ("2024.10.10.", "2024.10.10", set()),
        ("매출", "5년", set()),
    ],
)
def test_new_values_are_those_the_question_does_not_name(text: str, question: str, expected: set[str]) -> None:
    assert new_values(text, question) == expected


def test_a_number_of_the_question_is_no_answer_to_it() -> None:
    assert not has_answer_type(AnswerType.NUMBER, "향후 5년, 매출을 늘린다.", "5년 매출은 얼마?")
    assert has_answer_type(AnswerType.NUMBER, "향후 5년, 매출은 4조 원이다.", "5년 매출은 얼마?")


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("김영섭 대표가 말했다.", "누가 말했나", True),
        ("김영섭 KT 대표가 말했다.", "누가 말했나", True),
        ("김영섭 대표가 말했다.", "김영섭은 누구인가", False),
        ("김영섭 대표와 박철수 장관이 만났다.", "김영섭은 누구를 만났나", True),
        ("대표가 말했다.", "누가 말했나", False),
        ("매출이 늘었다.", "누가 말했나", False),
    ],
)
def test_names_person(text: str, question: str, expected: bool) -> None:
    assert names_person(text, question) is expected


@pytest.mark.parametrize("kind", list(AnswerType))
def test_long_texts_take_no_time(kind: AnswerType) -> None:
    for text in ("가" * 4000, "가 " * 2000, "가은 " * 1300, "1" * 4000, "1,." * 1300):
        has_answer_type(kind, text, "가")
        names_person(text, "가")
