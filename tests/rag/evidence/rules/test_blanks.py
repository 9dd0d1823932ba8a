"""A table that leaves open what is asked answers nothing."""

import pytest

from rag.evidence.rules.blanks import is_left_open
from rag.question.asked import read_asked
from tests.support.evidence_support import evidence_of, scope_of

HALLS = (
    "시설 | 오전 | 오후 | 이용료(원) | 담당자 | 방음\n"
    "노을전시실 | - | 20,000 | — | 태우람 | ○\n"
    "연습실 | 15,000 | 15,000 | 30,000 | | -"
)


@pytest.mark.parametrize(
    ("question", "row", "left_open"),
    [
        ("노을전시실 오전 대관료는 얼마인가요?", "노을전시실 | - | 20,000 | — | 태우람 | ○", True),
        ("노을전시실 이용료는 얼마인가요?", "노을전시실 | - | 20,000 | — | 태우람 | ○", True),
        ("노을전시실 오후 대관료는 얼마인가요?", "노을전시실 | - | 20,000 | — | 태우람 | ○", False),
        ("노을전시실 방음은 어떤가요?", "노을전시실 | - | 20,000 | — | 태우람 | ○", False),
        ("연습실 담당자는 누구인가요?", "연습실 | 15,000 | 15,000 | 30,000 | | -", False),  # may be as in the row above
        ("연습실 방음이 되나요?", "연습실 | 15,000 | 15,000 | 30,000 | | -", False),  # it does not
        ("노을전시실은 얼마인가요?", "노을전시실 | - | 20,000 | — | 태우람 | ○", False),
    ],
)
def test_a_dash_where_it_is_asked(question: str, row: str, left_open: bool) -> None:
    assert is_left_open(read_asked(question), evidence_of(scope_of(HALLS, "대관 안내"), row)) is left_open


def test_a_dash_outside_a_table_is_none() -> None:
    line = evidence_of(scope_of("오전: -", "대관 안내"), "오전: -")
    assert not is_left_open(read_asked("오전 대관료는 얼마인가요?"), line)
