"""A hundred citations of files of every kind: each says the page, the cell or the row that its value stands in."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from index.articles import Layout
from index.reading.composing.composer import Document
from index.reading.hancom import hwp, hwpx
from index.reading.office import docx, pptx
from index.reading.pdf import pdf
from index.reading.spreadsheets import csv_rows, sheets
from index.reading.web import html
from rag.answers import Citation
from rag.evidence.citing import make_citation
from rag.question.asked import read_asked
from rag.question.question import AnswerType
from tests.support import hwp_files, office_files, pdf_files
from tests.support.evidence_support import evidence_of, question_of, scope_of

HEAD = ("항목", "예산액", "집행액", "담당부서")
BUDGET = [
    ("인건비", "1200만원", "900만원", "총무과"),
    ("여비", "30만원", "12만원", "기획과"),
    ("회의비", "45만원", "20만원", "총무과"),
    ("도서구입비", "80만원", "76만원", "열람과"),
    ("홍보비", "150만원", "40만원", "공보과"),
    ("청소용역비", "600만원", "450만원", "시설과"),
    ("수도요금", "90만원", "61만원", "시설과"),
    ("전기요금", "240만원", "188만원", "시설과"),
    ("교육비", "70만원", "35만원", "기획과"),
    ("예비비", "100만원", "0원", "총무과"),
]
FEES = [
    ("시설", "인원", "요금"),
    ("강당", "300명", "150,000원"),
    ("교실", "40명", "45,000원"),
    ("체육관", "200명", "120,000원"),
    ("소회의실", "10명", "20,000원"),
    ("운동장", "500명", "80,000원"),
]
NOTICE = [
    ["도서관 이용 안내", "열람실은 아침 아홉 시에 문을 연다."],
    ["책은 한 번에 다섯 권까지 빌린다.", "빌린 책은 이 주 안에 돌려준다."],
    ["주차장은 지하 이층에 있다.", "주차 요금은 한 시간에 천 원이다."],
    ["회의실은 사흘 전에 신청한다.", "회의실 문의는 총무과로 한다."],
    ["휴관일은 매주 월요일이다.", "분실물은 안내 창구에서 찾는다."],
]
PLACES = """
예산.xlsx | 인건비 예산액 | 예산!B2
예산.xlsx | 인건비 집행액 | 예산!C2
예산.xlsx | 인건비 담당부서 | 예산!D2
예산.xlsx | 여비 예산액 | 예산!B3
예산.xlsx | 여비 집행액 | 예산!C3
예산.xlsx | 여비 담당부서 | 예산!D3
예산.xlsx | 회의비 예산액 | 예산!B4
예산.xlsx | 회의비 집행액 | 예산!C4
예산.xlsx | 회의비 담당부서 | 예산!D4
예산.xlsx | 도서구입비 예산액 | 예산!B5
예산.xlsx | 도서구입비 집행액 | 예산!C5
예산.xlsx | 도서구입비 담당부서 | 예산!D5
예산.xlsx | 홍보비 예산액 | 예산!B6
예산.xlsx | 홍보비 집행액 | 예산!C6
예산.xlsx | 홍보비 담당부서 | 예산!D6
예산.xlsx | 청소용역비 예산액 | 예산!B7
예산.xlsx | 청소용역비 집행액 | 예산!C7
예산.xlsx | 청소용역비 담당부서 | 예산!D7
예산.xlsx | 수도요금 예산액 | 예산!B8
예산.xlsx | 수도요금 집행액 | 예산!C8
예산.xlsx | 수도요금 담당부서 | 예산!D8
예산.xlsx | 전기요금 예산액 | 예산!B9
예산.xlsx | 전기요금 집행액 | 예산!C9
예산.xlsx | 전기요금 담당부서 | 예산!D9
예산.xlsx | 교육비 예산액 | 예산!B10
예산.xlsx | 교육비 집행액 | 예산!C10
예산.xlsx | 교육비 담당부서 | 예산!D10
예산.xlsx | 예비비 예산액 | 예산!B11
예산.xlsx | 예비비 집행액 | 예산!C11
예산.xlsx | 예비비 담당부서 | 예산!D11
예산.xlsx | 강당 요금 | 대관 요금!C4
예산.xlsx | 교실 요금 | 대관 요금!C5
예산.xlsx | 체육관 요금 | 대관 요금!C6
예산.xlsx | 소회의실 요금 | 대관 요금!C7
예산.xlsx | 운동장 요금 | 대관 요금!C8
예산.xls | 인건비 예산액 | 예산!B2
예산.xls | 여비 예산액 | 예산!B3
예산.xls | 회의비 예산액 | 예산!B4
예산.xls | 도서구입비 예산액 | 예산!B5
예산.xls | 홍보비 예산액 | 예산!B6
예산.xls | 청소용역비 예산액 | 예산!B7
예산.xls | 수도요금 예산액 | 예산!B8
예산.xls | 전기요금 예산액 | 예산!B9
예산.xls | 교육비 예산액 | 예산!B10
예산.xls | 예비비 예산액 | 예산!B11
예산.csv | 인건비 집행액 | 2행 3열
예산.csv | 여비 집행액 | 3행 3열
예산.csv | 회의비 집행액 | 4행 3열
예산.csv | 도서구입비 집행액 | 5행 3열
예산.csv | 홍보비 집행액 | 6행 3열
예산.csv | 청소용역비 집행액 | 7행 3열
예산.csv | 수도요금 집행액 | 8행 3열
예산.csv | 전기요금 집행액 | 9행 3열
예산.csv | 교육비 집행액 | 10행 3열
예산.csv | 예비비 집행액 | 11행 3열
계획.hwp | 인건비 예산액 | 1구역 2문단 표1 2행 2열
계획.hwp | 여비 예산액 | 1구역 2문단 표1 3행 2열
계획.hwp | 회의비 예산액 | 1구역 2문단 표1 4행 2열
계획.hwp | 도서구입비 예산액 | 1구역 2문단 표1 5행 2열
계획.hwp | 홍보비 예산액 | 1구역 2문단 표1 6행 2열
계획.hwp | 청소용역비 예산액 | 1구역 2문단 표1 7행 2열
계획.hwp | 수도요금 예산액 | 1구역 2문단 표1 8행 2열
계획.hwp | 전기요금 예산액 | 1구역 2문단 표1 9행 2열
계획.hwp | 교육비 예산액 | 1구역 2문단 표1 10행 2열
계획.hwp | 예비비 예산액 | 1구역 2문단 표1 11행 2열
계획.hwpx | 인건비 집행액 | 1구역 3문단 표1 2행 3열
계획.hwpx | 여비 집행액 | 1구역 3문단 표1 3행 3열
계획.hwpx | 회의비 집행액 | 1구역 3문단 표1 4행 3열
계획.hwpx | 도서구입비 집행액 | 1구역 3문단 표1 5행 3열
계획.hwpx | 홍보비 집행액 | 1구역 3문단 표1 6행 3열
계획.hwpx | 청소용역비 집행액 | 1구역 3문단 표1 7행 3열
계획.hwpx | 수도요금 집행액 | 1구역 3문단 표1 8행 3열
계획.hwpx | 전기요금 집행액 | 1구역 3문단 표1 9행 3열
계획.hwpx | 교육비 집행액 | 1구역 3문단 표1 10행 3열
계획.hwpx | 예비비 집행액 | 1구역 3문단 표1 11행 3열
계획.docx | 인건비 담당부서 | 1쪽 1구역 표1 2행 4열
계획.docx | 여비 담당부서 | 1쪽 1구역 표1 3행 4열
계획.docx | 회의비 담당부서 | 1쪽 1구역 표1 4행 4열
계획.docx | 도서구입비 담당부서 | 1쪽 1구역 표1 5행 4열
계획.docx | 홍보비 담당부서 | 1쪽 1구역 표1 6행 4열
계획.hwp | 도서관은 올해 시월에 새로 연다. | 1구역 1문단
계획.hwp | 예산은 다음과 같다. | 1구역 2문단
계획.hwp | 담당은 김하나 주무관이다. | 1구역 3문단
계획.hwpx | 공사는 삼월에 시작한다. | 1구역 2문단
계획.hwpx | 예산은 다음과 같다. | 1구역 3문단
계획.hwpx | 문의는 시설과로 한다. | 2구역 2문단
계획.docx | 첫째 쪽의 일은 오월에 끝난다. | 1쪽 1구역 1문단
계획.docx | 둘째 쪽의 일은 유월에 끝난다. | 2쪽 1구역 2문단
성과.pptx | 방문자는 이만 명이다. | 1쪽
성과.pptx | 대출은 삼만 권이다. | 2쪽
성과.pptx | 행사는 열두 번이다. | 3쪽
성과.pptx | 민원은 예순 건이다. | 4쪽
안내.pdf | 열람실은 아침 아홉 시에 문을 연다. | 1쪽
안내.pdf | 책은 한 번에 다섯 권까지 빌린다. | 2쪽
안내.pdf | 빌린 책은 이 주 안에 돌려준다. | 2쪽
안내.pdf | 주차장은 지하 이층에 있다. | 3쪽
안내.pdf | 주차 요금은 한 시간에 천 원이다. | 3쪽
안내.pdf | 회의실은 사흘 전에 신청한다. | 4쪽
안내.pdf | 회의실 문의는 총무과로 한다. | 4쪽
안내.pdf | 휴관일은 매주 월요일이다. | 5쪽
안내.pdf | 분실물은 안내 창구에서 찾는다. | 5쪽
요금.html | 강당 요금 | 표1 2행 3열
요금.html | 교실 요금 | 표1 3행 3열
요금.html | 체육관 인원 | 표1 4행 2열
요금.html | 소회의실 요금 | 표1 5행 3열
요금.html | 운동장 인원 | 표1 6행 2열
"""


def workbook() -> bytes:
    budget = [office_files.row(number, *cells) for number, cells in enumerate([HEAD, *BUDGET], 1)]
    fees = [office_files.row(number, *cells) for number, cells in enumerate(FEES, 3)]
    return office_files.xlsx({"예산": office_files.data(*budget), "대관 요금": office_files.data(*fees)})


def old_workbook() -> bytes:
    cells = [(row, column, text, 0) for row, line in enumerate([HEAD, *BUDGET]) for column, text in enumerate(line)]
    return office_files.xls(cells, ["General"])


def plan_of_hangul() -> bytes:
    table = hwp_files.table(1, [HEAD, *BUDGET])
    first = hwp_files.paragraph(0, "도서관은 올해 시월에 새로 연다.")
    second = hwp_files.paragraph(0, "예산은 다음과 같다.", hwp_files.control(11, "tbl "))
    return hwp_files.hwp(first + second + table + hwp_files.paragraph(0, "담당은 김하나 주무관이다."))


def plan_of_hangul_in_xml() -> bytes:
    cells = [[hwp_files.p(hwp_files.t(text)) for text in line] for line in [HEAD, *BUDGET]]
    lines = [
        hwp_files.t("사업 계획"),
        hwp_files.t("공사는 삼월에 시작한다."),
        hwp_files.t("예산은 다음과 같다.") + hwp_files.tbl(cells),
    ]
    other = [hwp_files.t("부록"), hwp_files.t("문의는 시설과로 한다.")]
    return hwp_files.hwpx("".join(map(hwp_files.p, lines)), "".join(map(hwp_files.p, other)))


def plan_of_word() -> bytes:
    table = office_files.w_table(HEAD, *BUDGET[:5])
    turn = "<w:r><w:lastRenderedPageBreak/><w:t>둘째 쪽의 일은 유월에 끝난다.</w:t></w:r>"
    return office_files.docx(office_files.w_p("첫째 쪽의 일은 오월에 끝난다.") + table + f"<w:p>{turn}</w:p>")


def slides() -> bytes:
    return office_files.pptx(
        [office_files.shape(f"{n}분기", "title") + office_files.shape(text) for n, text in enumerate(SLIDES, 1)]
    )


SLIDES = ["방문자는 이만 명이다.", "대출은 삼만 권이다.", "행사는 열두 번이다.", "민원은 예순 건이다."]
PAGE = "<table>" + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in FEES) + "</table>"
FILES: dict[str, tuple[Callable[[bytes, str], Document], Callable[[], bytes]]] = {
    "예산.xlsx": (sheets.read, workbook),
    "예산.xls": (sheets.read, old_workbook),
    "예산.csv": (csv_rows.read, lambda: "\n".join(",".join(line) for line in [HEAD, *BUDGET]).encode()),
    "계획.hwp": (hwp.read, plan_of_hangul),
    "계획.hwpx": (hwpx.read, plan_of_hangul_in_xml),
    "계획.docx": (docx.read, plan_of_word),
    "성과.pptx": (pptx.read, slides),
    "안내.pdf": (pdf.read, lambda: pdf_files.pdf_file([pdf_files.paragraph(*lines, step=40) for lines in NOTICE])),
    "요금.html": (html.read, lambda: f"<html><body><p>대관 요금이다.</p>{PAGE}</body></html>".encode()),
}
WORDS = {
    "page": "{}쪽", "sheet": "{}", "cell": "!{}", "section": "{}구역", "paragraph": "{}문단", "table": "표{}",
    "row": "{}행", "column": "{}열",
}  # fmt: skip


@cache
def document(name: str) -> Document:
    read, make = FILES[name]
    return read(make(), name)


def cited(name: str, words: str) -> Citation:
    """The line that holds ``words``: of a row its name, asked for the column that follows; else the sentence itself."""
    made = document(name)
    label, _, _ = words.rpartition(" ")
    lines = made.text.split("\n")
    line = next((line for line in lines if line.split("\t")[0] == label), words)
    question = f"{words}: {'어디인가요' if words.endswith('부서') else '얼마인가요'}?"
    scope = replace(scope_of(made.text), place_at=Layout(places=made.places).place_at)
    return make_citation(question_of(question, AnswerType.OTHER), read_asked(question), evidence_of(scope, line))


@pytest.mark.parametrize("line", PLACES.strip().split("\n"))
def test_a_citation_says_where_in_its_file_it_stands(line: str) -> None:
    name, words, place = line.split(" | ")
    located = cited(name, words).locator
    told = " ".join(
        form.format(located[key])
        for key, form in WORDS.items()
        if isinstance(located.get(key), str if key in ("sheet", "cell") else int)
    )
    assert told.replace(" !", "!") == place


def test_there_are_a_hundred_and_of_every_file() -> None:
    names = [line.split(" | ")[0] for line in PLACES.strip().split("\n")]
    assert len(names) >= 100
    assert set(names) == FILES.keys()
