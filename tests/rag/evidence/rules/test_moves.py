"""Arrows: who goes where, and who comes from there."""

import pytest

from rag.evidence.rules.moves import End, moved_of, named_end
from rag.question.asked import read_asked
from tests.support.evidence_support import lines_of, scope_of

ORDER = "1. 승진\n- 사공준: 대리 → 과장 (영업2팀)\n2. 전보\n- 편유담: 부산지사 → 감사실\n- 어진솔: 인사팀 → 부산지사\n3. 휴직\n- 남궁비: 육아휴직"


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("부산지사로 가는 사람은 누구인가요?", (End.TO, "부산지사")),
        ("과장으로 승진한 사람은?", (End.TO, "과장")),
        ("부산지사에서 오는 사람은 누구인가요?", (End.FROM, "부산지사")),
        ("인사팀에서 옮긴 사람은?", (End.FROM, "인사팀")),
        ("편유담은 어디로 옮기나요?", None),
        ("부산지사 전화번호는?", None),
        ("실제로 온 사람은 누구인가요?", None),
    ],
)
def test_which_end_is_named(question: str, end: tuple[End, str] | None) -> None:
    assert named_end(question) == end


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("부산지사로 가는 사람은 누구인가요?", ["- 어진솔: 인사팀 → 부산지사"]),
        ("부산지사에서 오는 사람은 누구인가요?", ["- 편유담: 부산지사 → 감사실"]),
        ("과장으로 승진한 사람은 누구인가요?", ["- 사공준: 대리 → 과장 (영업2팀)"]),
        ("영업2팀으로 전보된 사람은 누구인가요?", []),
        ("부장으로 승진한 사람은 누구인가요?", []),
        ("편유담은 어디로 옮기나요?", None),
    ],
)
def test_whose_arrow_has_it_there(question: str, lines: list[str] | None) -> None:
    ranked = [line for line in lines_of(scope_of(ORDER)) if "→" in line.text]
    places = moved_of(read_asked(question), ranked)
    assert (places if places is None else [ranked[place].text for place in places]) == lines


def test_a_line_without_an_arrow_is_left_alone() -> None:
    ranked = lines_of(scope_of("남궁비: 부산지사로 감\n어진솔: 인사팀 → 부산지사"))
    assert moved_of(read_asked("부산지사로 가는 사람은 누구인가요?"), ranked) is None
    assert moved_of(read_asked("부산지사로 가는 사람은 누구인가요?"), []) is None
