"""Which letters of a cited sentence are marked as the answer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.korean.numbers import canonical, find_numbers
from index.korean.sentences import SentenceSplitter
from rag.evidence.highlight import find_highlights, without_particles
from rag.question.aliases import Aliases
from rag.question.question import AnswerType, Question, read_question
from tests.support.fakes import RegexSplitter

SPLITTER = RegexSplitter()
NO_ALIASES = Aliases([], SPLITTER)


def ask(text: str, kind: AnswerType | None = None) -> Question:
    question = read_question(text, SPLITTER, NO_ALIASES)
    return replace(question, kind=kind or question.kind)


def marked(question: str, text: str, kind: AnswerType | None = None) -> list[str]:
    return [text[start:end] for start, end in find_highlights(ask(question, kind), text, 0)]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("매출 목표는?", "향후 5년간 4조6000억 원의 누적 매출을 목표로 한다.", ["4조6000억 원"]),
        ("5년간 매출 목표는?", "향후 5년간 4조6000억 원의 누적 매출을 목표로 한다.", ["4조6000억 원"]),
        ("4.6조원을 몇 년에?", "5년간 4조6000억 원을 번다.", ["5년"]),
        ("비율은?", "전체의 2.5%였다.", ["2.5%"]),
        ("몇 명?", "참가자는 12만3456명이었다.", ["12만3456명"]),
        ("몇 명?", "30여 명이 왔다.", ["30여 명"]),
        ("얼마나 긴가, 규모는?", "길이 2.5㎞, 넓이 300㎡ 이상", ["2.5㎞", "300㎡ 이상"]),
        ("얼마?", "없다.", []),
        ("매출은 １００억인가 얼마인가", "매출은 100억 원, 이익은 20억 원", ["20억 원"]),
    ],
)
def test_numbers_come_with_their_unit_and_without_those_asked(question: str, text: str, expected: list[str]) -> None:
    assert marked(question, text, AnswerType.NUMBER) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("언제 계약했나", "지난 달 27일(현지시간) 계약을 체결했다.", ["지난 달 27일(현지시간)"]),
        ("언제 출범하나", "올해 안으로 설립, 내년 1분기 중 본격 출범한다.", ["올해 안", "내년 1분기 중"]),
        ("언제 열렸나", "2024년 10월 10일 열렸다.", ["2024년 10월 10일"]),
        ("2024년 언제 열렸나", "2024년 10월 10일 열렸다.", ["2024년 10월 10일"]),
        ("10월 10일은 언제", "행사는 10월 10일과 11월 2일이다.", ["11월 2일"]),
        ("언제", "2024-10-10 입력", ["2024-10-10"]),
        ("언제", "곧 열린다.", []),
    ],
)
def test_dates(question: str, text: str, expected: list[str]) -> None:
    assert marked(question, text) == expected


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("누가 말했나", "김영섭 대표가 말했다.", ["김영섭"]),
        ("누가 말했나", "김영섭 KT 대표와 박철수 장관이 말했다.", ["김영섭", "박철수"]),
        ("김영섭은 누구를 만났나", "김영섭 대표는 박철수 장관을 만났다.", ["박철수"]),
        ("누구?", "대표가 말했다.", []),
        ("누구?", "그는 KT 대표로서 행사에서 새 의장과 만났다.", []),
        ("누구?", "현대자동차 대표가 왔다.", []),
        ("누구?", "정다은 대표와 민서 교수가 왔다.", ["정다은", "민서"]),
    ],
)
def test_people(question: str, text: str, expected: list[str]) -> None:
    assert marked(question, text) == expected


def test_other_questions_mark_nothing() -> None:
    assert marked("왜?", "2024년 김영섭 대표가 4조 원을 냈기 때문이다.") == []
    assert marked("무엇을 하나", "2024년 김영섭 대표가 4조 원을 냈다.") == []


def test_spans_count_in_the_article() -> None:
    text = "👍 매출은 4조 원이다."
    article = "제목\n" + text
    ((start, end),) = find_highlights(ask("매출은?"), text, 3)
    assert article[start:end] == "4조 원"


PIECES = st.lists(
    st.sampled_from(
        ["4조6000억", " 원", "2024년", " 10월", " 10일", "(현지시간)", "지난 ", "달 ", "올해", " 안", "김영섭", " KT", " 대표", "5", ",", ".",
         "12만", "3456명", " ", "\n", "여 명", "이상", "%", "👍", "𠀀", "삼십만", "1분기 ", "말"]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(PIECES, PIECES, st.sampled_from(list(AnswerType)), st.integers(0, 1000))
def test_spans_are_ordered_disjoint_and_inside(question: str, text: str, kind: AnswerType, start: int) -> None:
    spans = find_highlights(ask(question, kind), text, start)
    assert list(spans) == sorted(spans)
    position = start
    for first, last in spans:
        assert position <= first < last <= start + len(text)
        piece = text[first - start : last - start]
        assert piece == piece.strip()
        position = last


@given(PIECES, PIECES)
def test_numbers_of_the_question_are_never_marked(question: str, text: str) -> None:
    asked = {canonical(value) for _, _, value in find_numbers(question)}
    spans = find_highlights(ask(question, AnswerType.NUMBER), text, 0)
    starts = {start: canonical(value) for start, _, value in find_numbers(text)}
    assert all(starts[first] not in asked for first, _ in spans)


def test_only_numbers_in_the_unit_that_is_asked_for() -> None:
    text = "2027년까지 AI 사업에 총 7조원을 투입하고 1000명을 뽑는다."
    assert marked("투자 금액은 얼마인가?", text) == ["7조원"]
    assert marked("몇 명을 뽑나?", text) == ["1000명"]


@pytest.mark.parametrize(
    ("sentence", "marked", "value"),
    [
        ("검침 수수료로 달마다 1,000원을 낸다.", "1,000원을", "1,000원"),
        ("모자라는 돈은 대표 김소담이 자기 월급에서 낸다.", "대표 김소담이", "대표 김소담"),
        ("첫 배는 1611년에 떠났다.", "1611년에", "1611년"),
        ("문을 닫은 것은 손님이 줄었기 때문이다.", "손님이 줄었기 때문이다", "손님이 줄었기 때문"),
        ("상금은 모두 12만원입니다.", "12만원입니다.", "12만원"),
        ("접수는 7월 18일까지 받는다.", "7월 18일까지", "7월 18일까지"),
        ("평일 낮에만 문을 연다.", "평일 낮에만", "평일 낮에만"),
        ("방문 접수는 받지 않습니다.", "받지 않습니다", "받지 않습니다"),
        ("온라인 주문은 받지 않는다.", "는", "는"),
        ("값: 이", "이", "이"),
    ],
)
def test_particles_and_copula_are_no_part_of_a_value(
    splitter: SentenceSplitter, sentence: str, marked: str, value: str
) -> None:
    start = sentence.index(marked)
    end = without_particles(sentence, start, start + len(marked), splitter.tokenize)
    assert sentence[start:end] == value


def test_a_value_without_a_morpheme_of_its_own_stays(splitter: SentenceSplitter) -> None:
    assert without_particles("가 · 나", 1, 2, splitter.tokenize) == 2
