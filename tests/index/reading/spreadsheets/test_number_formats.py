"""Numbers as a Korean Excel shows them: the cells of budgets, rosters and time tables."""

import datetime

import pytest

from index.reading.spreadsheets import sheets
from index.reading.spreadsheets.number_formats import BUILTIN, general, is_date_format, serial, shown, shown_text
from tests.support.office_files import data, row, xls, xlsb, xlsx

ACCOUNTS = '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-'
WON_ACCOUNTS = '_-"₩"* #,##0_-;-"₩"* #,##0_-;_-"₩"* "-"_-;_-@_-'
CELLS = [
    (12000000, '#,##0"원"', "12,000,000원"),
    (0.35, "0%", "35%"),
    (0.256, "0.0%", "25.6%"),
    (-0.35, "0%", "-35%"),
    (45721, "yyyy-mm-dd", "2025-03-05"),
    (45721, 'yyyy"년" m"월" d"일"', "2025년 3월 5일"),
    (45721, "yyyy. m. d", "2025. 3. 5"),
    (45721, "yy/mm/dd", "25/03/05"),
    (45721, "m/d/yyyy", "3/5/2025"),
    (45721, "yyyy-mm-dd(aaa)", "2025-03-05(수)"),
    (45721, "yyyy-mm-dd aaaa", "2025-03-05 수요일"),
    (45721, "[$-412]dddd", "수요일"),
    (45721, "ddd", "Wed"),
    (45721, '[$-ko-KR]yyyy"년" m"월" d"일" dddd;@', "2025년 3월 5일 수요일"),
    (20250305, '0000"-"00"-"00', "2025-03-05"),
    (45721, "mmm-yy", "Mar-25"),
    (45721, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2025년 3월 5일 수요일"),
    (45721.629, "AM/PM h:mm", "PM 3:05"),
    (45721.629, "[$-412]AM/PM h:mm", "오후 3:05"),
    (45721.25, "오전/오후 h:mm", "오전 6:00"),
    (45721.5, "yyyy-mm-dd h:mm", "2025-03-05 12:00"),
    (0.75, 'h"시" mm"분"', "18시 00분"),
    (1.5, "[h]:mm", "36:00"),
    (0.0625, "[mm]", "90"),
    (0.5208449, "hh:mm:ss", "12:30:01"),
    (0.00011574, "mm:ss.0", "00:10.0"),
    (12000, '"₩"#,##0', "₩12,000"),
    (12000, "[$₩-412]#,##0", "₩12,000"),
    (12000, "\\\\#,##0", "₩12,000"),
    (1234567, WON_ACCOUNTS, "₩1,234,567"),
    (-5000, "#,##0;[Red]-#,##0", "-5,000"),
    (-5000, "#,##0_);(#,##0)", "(5,000)"),
    (-5000, '#,##0;"△"#,##0', "△5,000"),
    (0, ACCOUNTS, "-"),
    (1234567, ACCOUNTS, "1,234,567"),
    (1234.5, "#,##0.00", "1,234.50"),
    (1234567890, '#,##0,,"백만원"', "1,235백만원"),
    (1234567, '#,##0,"천원"', "1,235천원"),
    (1012345678, "000-0000-0000", "010-1234-5678"),
    (1234567890, "000-00-00000", "123-45-67890"),
    (5, "000", "005"),
    (7, '"제"0"호"', "제7호"),
    (9.5, '0.0"점"', "9.5점"),
    (100, '#,##0"명";;"없음"', "100명"),
    (0, '#,##0"명";;"없음"', "없음"),
    (150, '[>=100]"많음";"적음"', "많음"),
    (50, '[>=100]"많음";"적음"', "적음"),
    (12345.678, "0.00E+00", "1.23E+04"),
    (1.5, "# ?/?", "1 1/2"),
    (123, "[DBNum4][$-412]General", "일백이십삼"),
    (10000, '[DBNum4][$-412]General"원정"', "일만원정"),
    (3.14159, "General", "3.14159"),
    (2024, 'General"년"', "2024년"),
    (1.005, "0.00", "1.01"),
    (2.5, "0", "3"),
    (0.5, "0.##", "0.5"),
    (12.5, "+0.0;-0.0", "+12.5"),
]


@pytest.mark.parametrize(("value", "code", "wanted"), CELLS)
def test_a_number_reads_as_people_see_it(value: float, code: str, wanted: str) -> None:
    assert shown(value, code) == wanted


@pytest.mark.parametrize("make", ["xlsx", "xls", "xlsb"])
def test_every_cell_of_a_file_reads_as_people_see_it(make: str) -> None:
    codes = [code for _, code, _ in CELLS]
    cells = [
        cell
        for place, (value, _, _) in enumerate(CELLS)
        for cell in ((place, 0, "값", 0), (place, 1, float(value), place + 1))
    ]
    rows = [row(place + 1, "값", (float(value), place + 1)) for place, (value, _, _) in enumerate(CELLS)]
    made = {"xlsx": xlsx({"예산": data(*rows)}, codes), "xls": xls(cells, codes), "xlsb": xlsb(cells, codes)}[make]
    document = sheets.read(made, f"a.{make}")
    found = {place.cell: document.text[place.start : place.end] for place in document.places}
    assert [found[f"B{place + 1}"] for place in range(len(CELLS))] == [wanted for _, _, wanted in CELLS]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (12000000.0, "12000000"),
        (0.1 + 0.2, "0.3"),
        (1e-7, "0.0000001"),
        (1.5e20, "1.5E+20"),
        (-12.0, "-12"),
        (1 / 3, "0.3333333333"),
    ],
)
def test_a_number_without_a_format(value: float, wanted: str) -> None:
    assert general(value) == wanted == shown(value, "")


@pytest.mark.parametrize(
    ("number", "value", "wanted"),
    [(14, 45721, "2025-03-05"), (42, 0, "₩-"), (31, 45721, "2025년 03월 05일"), (9, 0.5, "50%")],
)
def test_formats_that_a_file_only_numbers(number: int, value: float, wanted: str) -> None:
    assert shown(value, BUILTIN[number]) == wanted


def test_text_in_a_format() -> None:
    assert shown_text("홍길동", '@"님"') == "홍길동님"
    assert shown_text("홍길동", "#,##0") == "홍길동"
    assert shown_text("홍길동", ";;;") == shown(5, ";;;") == ""


def test_the_two_calendars() -> None:
    assert [shown(day, "yyyy-mm-dd") for day in (1, 59, 61)] == ["1900-01-01", "1900-02-28", "1900-03-01"]
    assert shown(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"
    assert serial(datetime.date(2025, 3, 5), from_1904=False) == 45721
    assert serial(datetime.time(12), from_1904=False) == 0.5
    assert serial(datetime.timedelta(hours=36), from_1904=False) == 1.5


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e300, 2_958_466.0, 5e-324])
@pytest.mark.parametrize(
    "code",
    [
        "yyyy-mm-dd",
        "#,##0",
        "0%",
        "0.00E+00",
        "# ?/?",
        "[h]:mm",
        "[DBNum4]General",
        "0" * 900,
        ";",
        '"',
        "[",
        "\\",
        ".",
    ],
)
def test_no_number_and_no_format_is_too_odd(value: float, code: str) -> None:
    assert isinstance(shown(value, code), str)


@pytest.mark.parametrize(
    ("value", "code", "from_1904", "wanted"),
    [
        (6e19, "0.000000000", False, "6E+19"),
        (-6e19, '#,##0.000000000"원"', False, "-6E+19"),
        (9e19, "0.00000000%", False, "9E+19"),
        (2_958_000.0, "yyyy-mm-dd", True, "2958000"),
        (2_958_465.9999999995, "yyyy-mm-dd h:mm:ss", False, "2958466"),
    ],
)
def test_one_cell_beyond_decimals_or_dates_leaves_its_workbook_readable(
    value: float, code: str, from_1904: bool, wanted: str
) -> None:
    assert shown(value, code, from_1904=from_1904) == wanted


def test_dates_are_told_from_numbers() -> None:
    assert is_date_format("[h]:mm")
    assert is_date_format('m"월"')
    assert not is_date_format('#,##0"m"')
