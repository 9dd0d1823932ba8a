"""A line of another publisher than the question names answers nothing, however alike their documents are."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.evidence.evidence import Evidence
from rag.evidence.rules.elsewhere import is_elsewhere
from tests.support.evidence_support import evidence_of, scope_of


def line_of(source: str | None, text: str, title: str = "안내") -> Evidence:
    scope = scope_of(text, title, article_id=f"{source} {title}")
    scope.article = replace(scope.article, source=source)
    return evidence_of(scope, text)


BILL = line_of("해든시 수도과", "고지서는 매월 25일에 보냅니다.")
OTHER = line_of("노을군", "연체금은 3퍼센트로 한다.", "노을군 수도 조례")


@pytest.mark.parametrize(
    ("question", "ranked", "elsewhere"),
    [
        ("해든시 수도요금이 밀리면 연체금은?", [OTHER, BILL], True),
        ("해든시에서는 연체금을 얼마나 받나요?", [OTHER, BILL], True),
        ("수도요금이 밀리면 연체금은?", [OTHER, BILL], False),
        ("해든시 고지서는 언제 오나요?", [BILL, OTHER], False),
        ("해든시 수도요금이 밀리면 연체금은?", [OTHER], False),  # nothing near it is known to be of 해든시
        ("파랑해운 반려동물은 어디에 두나요?", [OTHER, line_of("(주)파랑해운", "이동장에 넣습니다.")], True),
        ("주민센터 연체금은?", [OTHER, line_of("하늬시 주민센터", "3층입니다.")], False),
    ],
)
def test_the_publisher_asked_about(question: str, ranked: Sequence[Evidence], elsewhere: bool) -> None:
    assert is_elsewhere(question, ranked) is elsewhere


@pytest.mark.parametrize(
    ("source", "text", "title"),
    [
        (None, "연체금은 3퍼센트로 한다.", "수도 조례"),
        ("수도과", "연체금은 3퍼센트로 한다.", "수도 조례"),
        ("관리사무소 사무국", "연체금은 3퍼센트로 한다.", "수도 조례"),
        ("노을군", "해든에서 받는 연체금은 3퍼센트로 한다.", "수도 조례"),
        ("노을군", "연체금은 3퍼센트로 한다.", "해든 지역 수도 조례"),
        ("해든상수도공사", "연체금은 3퍼센트로 한다.", "수도 조례"),
    ],
)
def test_an_article_that_may_be_about_it(source: str | None, text: str, title: str) -> None:
    assert not is_elsewhere("해든시 수도요금이 밀리면 연체금은?", [line_of(source, text, title), BILL])


def test_only_a_line_close_behind_tells_who_is_meant() -> None:
    far = [line_of("노을군", f"{place}번째 조항입니다.") for place in range(5)]
    assert not is_elsewhere("해든시 수도요금이 밀리면 연체금은?", [OTHER, *far, BILL])
    assert is_elsewhere("해든시 수도요금이 밀리면 연체금은?", [OTHER, *far[:2], BILL])
