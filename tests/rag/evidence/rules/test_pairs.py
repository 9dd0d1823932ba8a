"""The two that a question wants one of."""

import pytest

from rag.evidence.rules.alike import Row, Rows
from rag.evidence.rules.pairs import named_pair, rows_meant

NAMES = (
    "기본형",
    "어르신형(65세 이상)",
    "엑스선회절기(XRD)",
    "핵자기공명(NMR)",
    "은",
    "어린이",
    "크라운 금",
    "크라운 메탈",
)
ROWS = Rows(("등급", "값"), tuple(Row(place, (name, "1")) for place, name in enumerate(NAMES)))


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("기본형 검진이랑 어르신형 중에 어느 쪽이 더 싼가요?", ("기본형", "어르신형(65세 이상)")),
        ("중소기업인데 XRD랑 NMR 시간당 어디가 더 비쌉니까", ("엑스선회절기(XRD)", "핵자기공명(NMR)")),
        ("은등급하고 어린이 자전거 중 보증이 더 긴 건?", ("은", "어린이")),
        ("새잎치과 크라운은 금이랑 메탈 중 어느 쪽이 비싼가요?", ("크라운 금", "크라운 메탈")),
        ("금이랑 메탈 크라운 가운데 비싼 것", ("크라운 금", "크라운 메탈")),
        ("기본형과 큰형 중 어느 것이 싼가요?", ("기본형", None)),
    ],
)
def test_the_rows_that_are_meant(question: str, meant: tuple[str | None, str | None]) -> None:
    pair = named_pair(question)
    assert pair is not None
    found = tuple(side[0].cells[0] if len(side) == 1 else None for side in rows_meant(pair, ROWS))
    assert found == meant


@pytest.mark.parametrize(
    "question",
    [
        "결과 중 가장 높은 것은?",
        "기본형이랑 어르신형은 얼마인가요?",
        "방 중에 무엇이 싼가요?",
    ],
)
def test_no_two_are_named(question: str) -> None:
    assert named_pair(question) is None
