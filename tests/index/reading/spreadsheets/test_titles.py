"""What a table is called: the cell that stands alone above it, never its first row."""

import pytest

from index.reading.spreadsheets.cells import Cell, Sheet
from index.reading.spreadsheets.titles import title_above, title_of

TABLE = ["구분|금액|비고", "인건비|1,200|총무과", "여비|30|기획과"]


def cells(*rows: str, hidden: tuple[int, ...] = ()) -> list[Cell]:
    """Cells of rows as they are drawn here: ``|`` parts them, "" is a blank row; rows are hidden by number."""
    return [
        Cell(number, column, text, number in hidden)
        for number, row in enumerate(rows, 1)
        for column, text in enumerate(row.split("|"), 1)
        if text
    ]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (["2025년 예산", *TABLE], "2025년 예산"),  # merged over the columns, or in the first alone
        (["2025년 예산", "", *TABLE], "2025년 예산"),
        (["2025년 예산", "||(단위: 천원)", *TABLE], "2025년 예산"),
        (["2025년 예산||(단위 : 천원)", *TABLE], "2025년 예산"),
        (["(단위: 천원)", *TABLE], ""),
        (["[별지 제1호서식]", "휴가 신청서", "성명|김하나|부서|총무과"], "휴가 신청서"),
        (["[붙임 1]", "2025년 예산", *TABLE], "2025년 예산"),
        (["※ 잠정치", "", *TABLE], ""),
        (TABLE, ""),
        (["", "", *(f"|{row}" for row in TABLE)], ""),  # at B3
        (["|2025년 예산", "", *(f"|{row}" for row in TABLE)], "2025년 예산"),
        (["2025년 예산", "", *(f"|{row}" for row in TABLE)], "2025년 예산"),
        (["|2025년 예산", "", *TABLE], "2025년 예산"),  # set in the middle
        (["|2025년||", "구분|국비|도비|계", "인건비|1|2|3"], ""),  # the upper of two rows of names
        (["구분|2025년||비고", "|국비|도비", "인건비|1|2"], ""),
        (["2025년 예산", "구분|2025년||비고", "|국비|도비", "인건비|1|2"], "2025년 예산"),
        (["항목|(단위: 원)", "인건비|1,200"], ""),
        (["성명|김하나", "부서|총무과"], ""),  # a form that begins with its fields
        (["회의록", "", "일시: 3월 4일", "장소: 본관"], "회의록"),  # a form without a table
        (["이름", "김하나", "이두리"], ""),  # a column
        (["2025", "구분|금액"], ""),
        (["2025년 예산"], ""),
        ([], ""),
    ],
)
def test_the_title_of_a_table(rows: list[str], title: str) -> None:
    assert title_above(cells(*rows)) == title


def test_what_nobody_sees_is_no_title() -> None:
    assert title_above(cells("옛 이름", "2025년 예산", *TABLE, hidden=(1,))) == "2025년 예산"
    assert title_above(cells("옛 이름", *TABLE, hidden=(1,))) == ""


@pytest.mark.parametrize(
    ("sheets", "title"),
    [
        ([["2025년 예산", *TABLE], TABLE], "2025년 예산"),
        ([["2025년 예산", *TABLE], ["2025년 예산", *TABLE]], "2025년 예산"),
        ([["1분기 예산", *TABLE], ["2분기 예산", *TABLE]], ""),  # the first is not what the second's rows are of
        ([TABLE, ["2분기 예산", *TABLE]], ""),
        ([[], ["2025년 예산", *TABLE]], "2025년 예산"),
        ([["!옛 예산", *TABLE], ["2025년 예산", *TABLE]], "2025년 예산"),  # hidden
        ([], ""),
    ],
)
def test_the_title_of_a_workbook(sheets: list[list[str]], title: str) -> None:
    made = [Sheet("가", is_hidden="!" in "".join(rows), cells=cells(*rows)) for rows in sheets]
    assert title_of(made) == title
