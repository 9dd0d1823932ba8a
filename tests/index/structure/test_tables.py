"""Rows in every notation, and which of them name the columns."""

import time

import pytest

from index.structure.tables import cells, find_tables, is_rule, notation


def texts(line: str) -> list[str]:
    return [line[cell.start : cell.end] for cell in cells(line)]


@pytest.mark.parametrize(
    ("line", "how", "found"),
    [
        ("| 강당 | 3만원 | 5만원 |", "|", ["강당", "3만원", "5만원"]),
        ("강당 | 3만원 | 5만원", "|", ["강당", "3만원", "5만원"]),
        ("강당 | 3만원", "|", ["강당", "3만원"]),
        ("|강당||5만원|", "|", ["강당", "", "5만원"]),
        ("│ 강당 │ 3만원 │", "|", ["강당", "3만원"]),
        ("강당\t3만원\t\t5만원", "\t", ["강당", "3만원", "", "5만원"]),
        ("강당    3만원    5만원", "  ", ["강당", "3만원", "5만원"]),
        ("강당　　3만원　　5만원", "  ", ["강당", "3만원", "5만원"]),
        ("강당,3만원,5만원", ",", ["강당", "3만원", "5만원"]),
        ('강당,"30,000원",5만원', ",", ["강당", '"30,000원"', "5만원"]),
        ("강당, 교실, 식당을 빌린다.", "", []),
        ("강당은  넓습니다.", "", []),
        ("강당", "", []),
    ],
)
def test_cells(line: str, how: str, found: list[str]) -> None:
    assert notation(line) == how
    assert texts(line) == found


@pytest.mark.alone
def test_a_long_row_is_cut_in_one_pass() -> None:
    """Four times as long a row takes some four times as long: sixteen where each comma looks to the end of its line."""
    short, long = (processor_seconds('가나,"12,000"' * (size // 10)) for size in (10_000, 40_000))
    assert long < 8 * short + 0.1


def processor_seconds(line: str) -> float:
    began = time.thread_time()
    cells(line, ",")
    return time.thread_time() - began


@pytest.mark.parametrize("line", ["|---|---|", "━━━━━", "| :--- | ---: |", "+----+----+", "======", "-----"])
def test_rules(line: str) -> None:
    assert is_rule(line)


@pytest.mark.parametrize("line", ["--", "\t-\t", "| 1 |", "---가", ""])
def test_no_rules(line: str) -> None:
    assert not is_rule(line)


@pytest.mark.parametrize(
    ("lines", "headers", "rows"),
    [
        (["| 시설 | 요금 |", "|---|---|", "| 강당 | 3만원 |"], (0,), (2,)),
        (["| 시설 | 요금 |", "| 강당 | 3만원 |"], (0,), (1,)),
        (["| 강당 | 3만원 |", "| 교실 | 2만원 |"], (), (0, 1)),
        (["| 3층 | 2 |", "|---|---|", "| 4층 | 5 |"], (0,), (2,)),
        (["구분\t2023년\t2024년", "남\t10\t11"], (0,), (1,)),
        (["구분\t1차\t2차", "남\t10\t11"], (0,), (1,)),
        (["강당\t3만원", "교실\t2만원"], (), (0, 1)),
        (["이름,부서,전화", "김하늘,총무과,1234", "박도윤,재무과,5678"], (0,), (1, 2)),
        (["구분   평일   주말", "어른   3천원   4천원"], (0,), (1,)),
        (["| 구분 | 올해 | |", "| | 남 | 여 |", "| 본사 | 1 | 2 |", "| 지사 | 3 | 4 |"], (0, 1), (2, 3)),
        (["구분\t올해\t", "\t남\t여", "본사\t1\t2", "지사\t3\t4"], (0, 1), (2, 3)),
        (["품목\t규격\t값", "장롱\t큰 것\t9천원", "\t\t8천원", "합계\t\t"], (0,), (1, 2, 3)),
        (["품목\t규격\t값", "장롱\t큰 것\t9천원", "\t-\t"], (0,), (1, 2)),
        (["\t이름\t나이", "\t하늘\t7"], (0,), (1,)),
    ],
)
def test_which_rows_name_the_columns(lines: list[str], headers: tuple[int, ...], rows: tuple[int, ...]) -> None:
    (table,) = find_tables(lines)
    assert (table.headers, table.rows) == (headers, rows)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["강당은 넓습니다.", "교실은 좁습니다."],
        ["| 강당 | 3만원 |"],
        ["\t강당\t3만원\t"],
        ["가,나,다", "라,마,바"],
        ["일시 : 5월  3일", "장소 : 본관  2층", "대상 : 주민  모두"],
    ],
)
def test_no_table(lines: list[str]) -> None:
    assert find_tables(lines) == []


def test_two_tables_apart() -> None:
    found = find_tables(["이름\t나이", "하늘\t7", "글이다.", "| 시설 | 요금 |", "| 강당 | 3만원 |"])
    assert [(table.headers, table.rows) for table in found] == [((0,), (1,)), ((3,), (4,))]
