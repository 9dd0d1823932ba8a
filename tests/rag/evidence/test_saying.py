"""Whether a sentence says a thing of the sort that is asked for."""

import pytest

from rag.evidence.saying import asks_corrected, corrects, gives_reason, says_sort, settles
from rag.question.asked import read_asked


@pytest.mark.parametrize(
    ("question", "says", "does_not"),
    [
        (
            "겨울에는 왜 절반만 채우나요?",
            "얼면서 부풀어 벽이 갈라지는 일을 막기 위해서이다.",
            "겨울에는 저장칸을 절반만 채운다.",
        ),
        ("단수 이유가 뭔가요?", "까닭: 소화전 옮김", "지역: 둔지동 5~9통"),
        ("증차가 왜 미뤄졌나요?", "기사님을 구하지 못해서입니다.", "셔틀버스 증차는 늦어지고 있는데요."),
        ("주민이 아니어도 들을 수 있나요?", "다른 동 주민도 신청할 수 있으나 우리 동 주민이 먼저임", "정원은 20명"),
        ("책을 늦게 내면 연체료가 있나요?", "연체료는 없음", "한 번 7일 연장"),
        ("야시장은 금요일만 하기로 결정됐나요?", "→ 찬성 3, 반대 4로 부결", "안건 2. 야시장 날짜"),
        ("어떻게 신청하나요?", "누리집에서 신청하거나 방문하십시오.", "대상: 65세 이상"),
        ("서류를 모두 알려 주세요", "신청서, 통장 사본, 신분증", "서류"),
    ],
)
def test_sort(question: str, says: str, does_not: str) -> None:
    asked = read_asked(question)
    assert says_sort(asked, says, wanted=False) == 1.0
    assert says_sort(asked, does_not, wanted=False) == -1.0


def test_a_value_is_what_the_kinds_of_value_ask_for() -> None:
    asked = read_asked("수강료는 얼마인가요?")
    assert (says_sort(asked, "3만 원", wanted=True), says_sort(asked, "목요일", wanted=False)) == (1.0, -1.0)


def test_any_text_may_answer_where_no_sort_is_asked_for() -> None:
    assert says_sort(read_asked("은하동 주민자치 강좌"), "목요일", wanted=False) == 0.0


def test_single_signs() -> None:
    assert settles("우편은 받지 않음")
    assert not settles("신청서 한 통")
    assert gives_reason("비가 와서입니다.")
    assert not gives_reason("비가 온다.")
    assert corrects("(틀림) 14대 → (바름) 12대")
    assert not corrects("교체 대수 14대")
    assert asks_corrected("고친 금액은 얼마예요?")
    assert not asks_corrected("금액은 얼마예요?")
