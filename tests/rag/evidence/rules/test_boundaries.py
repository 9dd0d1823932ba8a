"""When it begins and when it ends: a line that says the one alone does not tell the other."""

import pytest

from rag.evidence.rules.boundaries import other_end, says_other_end
from rag.question.asked import read_asked
from tests.support.evidence_support import evidence_of, scope_of


@pytest.mark.parametrize(
    ("question", "text", "other"),
    [
        ("음악회는 몇 시에 끝나나요?", "일시: 8월 16일(토) 오후 7시 30분", True),
        ("음악회는 몇 시에 시작하나요?", "일시: 8월 16일(토) 오후 7시 30분", False),
        ("회의는 몇 시에 끝나나요?", "일시: 3월 12일 19:30 ~ 21:10", False),
        ("예약은 언제까지인가요?", "예약은 7월 21일 오전 10시부터 받습니다.", True),
        ("예약은 언제까지인가요?", "예약은 7월 21일부터 25일까지 받습니다.", False),
        ("접수는 언제부터인가요?", "제출 기한: 7. 18.(금) 18:00", True),
        ("접수는 언제부터인가요?", "7월 1일 시작하여 18일 마감", False),
        ("접수는 언제까지인가요?", "제출 기한: 7. 18.(금) 18:00", False),
        ("도서실은 몇 시에 닫나요?", "문 닫는 시각: 오후 7시", False),
        ("접수는 언제 하나요?", "7월 21일부터", False),
        ("임기는 언제까지인가요?", "임기는 2024년 3월 1일부터 2년으로 한다.", False),
        ("하자보수 기간은 언제까지인가요?", "하자보수 기간은 준공검사일부터 1년이다.", False),
        ("행사는 몇 시에 끝나나요?", "행사는 오전 10시부터 3시간입니다.", False),
        ("18시에 끝나는 회의는 언제 있나요?", "일시: 2024년 5월 3일 14시", False),
        ("언제부터 언제까지인가요?", "7월 21일부터", False),
    ],
)
def test_the_other_end(question: str, text: str, other: bool) -> None:
    assert says_other_end(question, text) is other


def test_only_where_a_time_is_asked_for() -> None:
    line = evidence_of(scope_of("예약은 7월 21일부터 받습니다."), "예약은 7월 21일부터 받습니다.")
    assert other_end(read_asked("예약은 언제까지인가요?"), line)
    assert not other_end(read_asked("예약은 누가 받나요?"), line)
