"""Workbooks: a row a line, each value with its sheet and cell, what is hidden marked."""

import time
import tracemalloc

import pytest

from index.articles import SpanKind
from index.errors import ReadError, UnpackingError
from index.reading.composing.composer import Document
from index.reading.spreadsheets import cells as cells_module
from index.reading.spreadsheets import sheets
from index.reading.spreadsheets.cells import Cell, cell_place, column_name
from tests.support.office_files import data, ods, ole, record, relations, row, xls, xlsb, xlsx
from tests.support.waiting import traced

HIDDEN = 'hidden="1"'


def cells(document: Document) -> dict[str, str]:
    return {
        f"{place.sheet}!{place.cell}": document.text[place.start : place.end] for place in document.places if place.cell
    }


def marked(document: Document, kind: SpanKind) -> list[str]:
    return [document.text[span.start : span.end] for span in document.spans if span.kind is kind]


def test_rows_are_lines_and_cells_have_places() -> None:
    document = sheets.read(
        xlsx({"예산": data(row(1, "항목", "금액"), row(2, "인건비", (12e6, 1)))}, ['#,##0"원"']), "a.xlsx"
    )
    assert document.text == "예산\n항목\t금액\n인건비\t12,000,000원"
    assert cells(document) == {"예산!A1": "항목", "예산!B1": "금액", "예산!A2": "인건비", "예산!B2": "12,000,000원"}


def test_columns_stay_in_line_and_gaps_part_tables() -> None:
    document = sheets.read(
        xlsx({"Sheet1": data(row(1, "", "", "제목"), row(2, "가", "", "다"), row(5, "", "", "라"))}), "a.xlsx"
    )
    assert document.text == "\t제목\n가\t다\n\n\t라"


def test_hidden_sheets_rows_and_columns_are_marked() -> None:
    columns = '<cols><col min="2" max="2" hidden="1"/></cols>'
    book = {
        "보임": columns + data(row(1, "가", "숨은 열"), row(2, "숨은 행", attributes=HIDDEN)),
        "!숨은 시트": data(row(1, "나")),
    }
    document = sheets.read(xlsx(book), "a.xlsx")
    assert document.text == "보임\n가\t숨은 열\n숨은 행\n\n숨은 시트\n나"
    assert marked(document, SpanKind.HIDDEN) == ["숨은 열\n숨은 행", "숨은 시트\n나"]


def test_a_raised_mark_is_no_part_of_the_figure_before_it() -> None:
    raised = '<rPr><vertAlign val="superscript"/></rPr>'
    strings = [
        f"<r><t>2,909</t></r><r>{raised}<t>3)</t></r><r><t>명</t></r>",
        f"<r><t>m</t></r><r>{raised}<t>2</t></r>",
        "<t>2</t>",
    ]
    made = "".join(f'<c t="s"><v>{place}</v></c>' for place in range(3))
    assert (
        sheets.read(xlsx({"Sheet1": data(f"<row>{made}</row>")}, strings=strings), "a.xlsx").text == "2,909 ³⁾명\tm2\t2"
    )


def test_strings_of_every_kind() -> None:
    strings = ["<t>가</t><rPh><t>훈독</t></rPh>", "<r><t>나</t></r><r><t>다_x000D_\n라</t></r>"]
    made = '<c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="str"><f>A</f><v>결과</v></c><c t="b"><v>1</v></c><c t="e"><v>#DIV/0!</v></c><c t="s"><v>99</v></c>'
    document = sheets.read(xlsx({"Sheet1": data(f"<row>{made}</row>")}, strings=strings), "a.xlsx")
    assert document.text == "가\t나다 라\t결과\tTRUE\t#DIV/0!"
    assert list(cells(document)) == ["Sheet1!A1", "Sheet1!B1", "Sheet1!C1", "Sheet1!D1", "Sheet1!E1"]


def test_iso_dates_and_formulas_without_a_value() -> None:
    made = '<c r="A1" t="d" s="1"><v>2025-03-05T00:00:00</v></c><c r="B1"><f>SUM(A1)</f><v></v></c>'
    document = sheets.read(xlsx({"Sheet1": data(f"<row>{made}</row>")}, ["yyyy. m. d"]), "a.xlsx")
    assert document.text == "2025. 3. 5"
    assert "수식 1개" in document.warnings[0]


def test_comments_and_text_boxes_follow() -> None:
    more = {
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            {"c": ("comments", "../comments1.xml"), "d": ("drawing", "../d.xml")}
        ),
        "xl/comments1.xml": '<comments><comment ref="B2"><text><r><t>메모</t></r><r><t>말</t></r></text></comment></comments>',
        "xl/d.xml": '<d xmlns:a="urn:a"><txBody><a:p><a:r><a:t>글상자</a:t></a:r></a:p></txBody></d>',
    }
    document = sheets.read(xlsx({"Sheet1": data(row(1, "가"))}, more=more), "a.xlsx")
    assert document.text == "가\n\n글상자\n메모말"
    assert marked(document, SpanKind.NOTE) == ["메모말"]
    assert cells(document)["Sheet1!B2"] == "메모말"


def test_a_sheet_is_read_by_what_it_holds() -> None:
    claimed = '<dimension ref="A1:XFD1048576"/>' + data(row(1, "가"), row(2, "나"))
    begun = time.process_time()
    assert sheets.read(xlsx({"Sheet1": claimed}), "a.xlsx").text == "가\n나"
    scattered = data(row(1, "가"), '<row r="1048576"><c r="XFD1048576" t="str"><v>끝</v></c></row>')
    with pytest.raises(UnpackingError, match="흩어져"):
        sheets.read(xlsx({"Sheet1": scattered}), "a.xlsx")
    assert time.process_time() - begun < 5


def test_a_diagonal_does_not_fill_the_text_with_tabs() -> None:
    rows = [f'<row r="{n}"><c r="{column_name(n)}{n}"><v>{n}</v></c></row>' for n in range(1, 2001)]
    assert len(sheets.read(xlsx({"Sheet1": data(*rows)}), "a.xlsx").text) < 20_000


def test_cells_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "MAX_CELLS", 5)
    with pytest.raises(UnpackingError):
        sheets.read(xlsx({"Sheet1": data(*(row(n, "가") for n in range(1, 8)))}), "a.xlsx")


def test_xls_and_xlsb() -> None:
    given = [(0, 0, "항목", 0), (0, 1, "금액", 0), (2, 0, "인건비", 0), (2, 1, 12e6, 1)]
    for made in (xls(given, ['#,##0"원"'], hidden=2), xlsb(given, ['#,##0"원"'])):
        document = sheets.read(made, "a")
        assert document.text == "예산\n항목\t금액\n\n인건비\t12,000,000원"
        assert cells(document)["예산!B3"] == "12,000,000원"
    assert marked(sheets.read(xls(given, ["0"], hidden=2), "a"), SpanKind.HIDDEN) == ["인건비\t12000000"]


def test_an_xls_with_a_password_or_scattered_cells() -> None:
    bof = record(0x809, b"\0\6\5\0" + bytes(12))
    with pytest.raises(ReadError, match="암호"):
        sheets.read(ole({"Workbook": bof + record(0x2F, bytes(54))}), "a.xls")
    with pytest.raises(UnpackingError):
        sheets.read(xls([(0, 0, "가", 0), (65535, 255, "끝", 0)], []), "a.xls")
    with pytest.raises(ReadError):
        sheets.read(ole({"WordDocument": b"x"}), "a.xls")


def test_ods() -> None:
    styles = '<office:automatic-styles><style:style style:name="h"><style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    first = (
        "<table:table-column/><table:table-column table:visibility='collapse'/>"
        '<table:table-row><table:table-cell><text:p>항목<text:s text:c="2"/>말</text:p><office:annotation><dc:creator>나</dc:creator><text:p>메모</text:p></office:annotation></table:table-cell>'
        "<table:table-cell><text:p>숨은 열</text:p></table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="3"/>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value="12000000"><text:p>12,000,000원</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-repeated="16383"/></table:table-row>'
    )
    content = f'{styles}<table:table table:name="예산">{first}</table:table><table:table table:name="비밀" table:style-name="h"><table:table-row><table:table-cell office:value="3"/></table:table-row></table:table>'
    document = sheets.read(ods(content), "a.ods")
    assert document.text == "예산\n항목 말\t숨은 열\n\n12,000,000원\n12,000,000원\n\n메모\n\n비밀\n3"
    assert marked(document, SpanKind.HIDDEN) == ["숨은 열", "비밀\n3"]
    assert cells(document)["예산!A6"] == "12,000,000원"
    with pytest.raises(ReadError, match="암호"):
        sheets.read(ods(content, {"META-INF/manifest.xml": "<a><encryption-data/></a>"}), "a.ods")


def test_cell_names() -> None:
    assert [column_name(n) for n in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert cell_place("XFD1048576") == (1048576, 16384)
    assert [cell_place(odd) for odd in ("", "A", "1", "A0", "가1", "ABCD1", "A12345678")] == [None] * 7
    assert Cell(1, 2, "가").is_hidden is False


def test_blanks_that_are_repeated_take_no_room() -> None:
    blanks = '<text:s text:c="1000000"/>' * 30
    cell = f"<table:table-cell><text:p>가{blanks}나</text:p></table:table-cell>"
    data = ods(f'<table:table table:name="예산"><table:table-row>{cell}</table:table-row></table:table>')
    with traced():
        assert sheets.read(data, "예산.ods").text.endswith("가 나")
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
