"""CSV: whatever parts the cells, whatever the encoding."""

import pytest

from index.errors import EmptyTextError, EncodingError
from index.reading.spreadsheets import csv_rows

TEXT = '이름,설명,금액\n홍길동,"쉼표, 그리고\n줄바꿈",12000\n김철수,,3\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_rows_are_lines(encoding: str) -> None:
    document = csv_rows.read(TEXT.encode(encoding), "a.csv")
    assert document.text == "이름\t설명\t금액\n홍길동\t쉼표, 그리고 줄바꿈\t12000\n김철수\t\t3"
    assert {document.text[place.start : place.end]: (place.row, place.column) for place in document.places}[
        "12000"
    ] == (2, 3)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_what_parts_the_cells_is_found(mark: str) -> None:
    text = mark.join("가나다") + "\n" + mark.join(["1", "2", "서울, 부산; 대구"]).replace(mark, mark) + "\n"
    if mark in ",;":
        text = mark.join("가나다") + "\n" + mark.join(["1", "2", '"서울, 부산; 대구"']) + "\n"
    assert csv_rows.read(text.encode(), "a.csv").text == "가\t나\t다\n1\t2\t서울, 부산; 대구"


def test_commas_of_figures_part_no_cells_where_tabs_do() -> None:
    text = "예산 현황\n작성: 총무과, 2025. 3. 4.\n이름\t값\n가\t1,000\n나\t2,000\n"
    assert csv_rows.read(text.encode(), "a.csv").text == text.strip()


def test_what_is_written_for_excel_is_read_as_excel_shows_it() -> None:
    document = csv_rows.read('sep=;\n계좌;전화\n="00123";"=""010-1234"""\n'.encode(), "a.csv")
    assert document.text == "계좌\t전화\n00123\t010-1234"
    assert [(place.row, place.column) for place in document.places] == [(2, 1), (2, 2), (3, 1), (3, 2)]


def test_one_column_is_lines() -> None:
    assert csv_rows.read("가\n나\n".encode(), "a.csv").text == "가\n나"


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(EncodingError):
        csv_rows.read("公司发布了新产品,价格为一百元".encode("gb18030"), "a.csv")
    with pytest.raises(EmptyTextError):
        csv_rows.read(b",,\n,,\n", "a.csv")
