"""Lines that say the same things in the same order."""

import time

import pytest

from rag.evidence.rules.alike import rows_of
from tests.support.evidence_support import evidence_of, scope_of


def read(text: str, line: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]] | None:
    """The names and the cells of the rows that a line is one of."""
    rows = rows_of(evidence_of(scope_of(text), line))
    return rows and (rows.names, [row.cells for row in rows.rows])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("곳 | 수 | 값\n---|---|---\n산 | 2 | 9\n강 | 3 | 8", "산 | 2 | 9"),
        ("곳\t수\t값\n산\t2\t9\n강\t3\t8\n합계\t5\t17", "강\t3\t8"),
        ("곳  수  값\n산  2  9\n강  3  8", "산  2  9"),
        ("곳,수,값\n산,2,9\n강,3,8", "강,3,8"),
        ("곳 / 수 / 값\n산 / 2 / 9\n강 / 3 / 8\n계 / 5 / 17\n* 값은 바뀔 수 있음", "강 / 3 / 8"),
        ("곳 ; 수 ; 값\n산 ; 2 ; 9\n강 ; 3 ; 8", "산 ; 2 ; 9"),
        ("곳, 수, 값\n산, 2, 9\n강, 3, 8", "강, 3, 8"),
        ("곳: 산 | 수: 2 | 값: 9\n곳: 강 | 수: 3 | 값: 8\n곳: 합계 | 수: 5 | 값: 17", "곳: 강 | 수: 3 | 값: 8"),
    ],
)
def test_every_notation_is_read(text: str, line: str) -> None:
    assert read(text, line) == (("곳", "수", "값"), [("산", "2", "9"), ("강", "3", "8")])


def test_lines_that_end_in_a_figure_are_rows_under_what_names_it() -> None:
    text = "번호 일시 동네 세대\n101 12월 2일(화) 나루동 312\n102 12월 4일(목) 은모래 27\n* 비가 오면 미룸"
    names, cells = read(text, "102 12월 4일(목) 은모래 27") or ((), [])
    assert (names, cells[1]) == (("번호 일시 동네", "세대"), ("102 12월 4일(목) 은모래", "27"))


def test_a_cell_that_reaches_down_names_the_rows_under_it() -> None:
    text = "품목\t규격\t수수료\n장롱\t120cm\t15,000\n\t90cm\t8,000\n책장\t180cm\t7,000"
    _, cells = read(text, "90cm\t8,000") or ((), [])
    assert [first for first, *_ in cells] == ["장롱", "장롱", "책장"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("산은 높다.\n\n강은 길다.\n\n들은 넓다.", "강은 길다."),
        ("서울, 부산, 대구에 갔다.\n산, 강, 들을 보았다.\n첫째, 둘째, 셋째가 2번 왔다.", "산, 강, 들을 보았다."),
        ("산 / 2 / 9\n강 / 3 / 8\n들 / 4 / 7", "강 / 3 / 8"),
        ("곳 / 길 / 말\n산 / 가 / 나\n강 / 다 / 라", "강 / 다 / 라"),
        ("곳 / 수\n산 / 2", "산 / 2"),
    ],
)
def test_lines_without_names_above_figures_are_no_rows(text: str, line: str) -> None:
    assert read(text, line) is None


def test_a_text_of_hostile_lines_is_read_at_once() -> None:
    line = "가 " + ", 나" * 600
    scope = scope_of("\n".join([line] * 2_000 + ["산 / 2 / 9"]))
    began = time.thread_time()
    assert rows_of(evidence_of(scope, line)) is None
    assert time.thread_time() - began < 2
