"""Documents through the process that reads them: every format, and what dies of itself alone."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from index.articles import Article
from index.errors import ReadError
from index.reading.documents import Failure
from index.reading.reader_child import _KEPT, ReaderLimits
from index.reading.reader_process import ReaderProcess
from index.reading.readers import read_articles
from tests.support import hwp_files, office_files
from tests.support.pdf_files import bomb, paragraph, pdf_file
from tests.support.waiting import is_alive, wait_until

MAIL = """From: a@b.kr
Subject: =?utf-8?b?7ZqM7J2Y?=
Date: Mon, 3 Mar 2025 10:00:00 +0900
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8

첨부를 보세요.
--x
Content-Type: text/csv; name="b.csv"
Content-Disposition: attachment; filename="b.csv"

항목,금액
인건비,100
--x
Content-Type: image/png; name="logo.png"
Content-Disposition: attachment; filename="logo.png"

x
--x--
"""
CSV = "이름,값\n휴가비,30만원\n".encode()
FILES = {
    "가.hwp": hwp_files.hwpx(hwp_files.p(hwp_files.t("한글 문서다."))),
    "다.docx": office_files.docx(office_files.w_p("워드 문서다.")),
    "라.csv": CSV,
    "마.html": "<html><title>안내</title><body><p>웹 문서다.</p></body></html>".encode(),
    "바.eml": MAIL.encode(),
}


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Article]:
    folder = tmp_path_factory.mktemp("documents")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    items = list(read_articles([folder]))
    assert [item for item in items if isinstance(item, Failure)] == []
    return {item.id: item for item in items if isinstance(item, Article)}


def test_every_document_of_a_folder(articles: dict[str, Article]) -> None:
    assert {article_id: article.text.split("\n")[0] for article_id, article in articles.items()} == {
        "가.hwp": "한글 문서다.",
        "다.docx": "워드 문서다.",
        "라.csv": "이름\t값",
        "마.html": "웹 문서다.",
        "바.eml": "첨부를 보세요.",
        "바.eml/b.csv": "항목\t금액",
    }


def test_what_is_known_and_how(articles: dict[str, Article]) -> None:
    mail = articles["바.eml"]
    assert (mail.title, mail.published_at, mail.meta["title_basis"]) == ("회의", "2025-03-03", "Subject")
    assert (mail.meta["reader"], mail.meta["notice"]) == ("eml-2", "읽지 않은 첨부파일 1개: logo.png")
    assert articles["가.hwp"].meta["reader"] == "hwpx-4"
    assert (articles["라.csv"].title, articles["라.csv"].meta["title_basis"]) == ("라", "file name")


@pytest.mark.parametrize(
    ("rows", "title", "basis"),
    [
        ("이름,값\n휴가비,30만원\n", "표", "file name"),  # names of columns
        (",1월\n매출,3\n", "표", "file name"),
        ("이름\n김하나\n", "표", "file name"),  # a column's name, too
        ("2025년 식단,,\n\n요일,점심,저녁\n월,비빔밥,국수\n", "2025년 식단", "first line"),
        ("2025년 식단이다.,\n요일,점심\n", "표", "file name"),
        ("(단위: 명),\n요일,점심\n", "표", "file name"),
    ],
)
def test_a_row_of_cells_is_no_title_and_a_line_above_them_is(
    tmp_path: Path, rows: str, title: str, basis: str, reader: ReaderProcess
) -> None:
    (tmp_path / "표.csv").write_text(rows, "utf-8")
    (article,) = read_articles([tmp_path], reader=reader)
    assert isinstance(article, Article)
    assert (article.title, article.meta["title_basis"]) == (title, basis)


Grid = Sequence[Sequence[str]]


def placed(grid: Grid) -> list[tuple[int, int, str | float, int]]:
    return [(row, column, text, 0) for row, cells in enumerate(grid) for column, text in enumerate(cells) if text]


def xlsx(grid: Grid) -> bytes:
    rows = (office_files.row(number, *cells) for number, cells in enumerate(grid, 1))
    return office_files.xlsx({"Sheet1": office_files.data(*rows)})


def ods(grid: Grid) -> bytes:
    cells = ("".join(f"<table:table-cell><text:p>{text}</text:p></table:table-cell>" for text in row) for row in grid)
    rows = "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
    return office_files.ods(f'<table:table table:name="Sheet1">{rows}</table:table>')


WORKBOOKS: dict[str, Callable[[Grid], bytes]] = {
    "xlsx": xlsx,
    "xls": lambda grid: office_files.xls(placed(grid), []),
    "xlsb": lambda grid: office_files.xlsb(placed(grid), []),
    "ods": ods,
}
TABLE = [("구분", "금액", "비고"), ("인건비", "1,200", "총무과")]


@pytest.mark.parametrize("kind", WORKBOOKS)
@pytest.mark.parametrize(
    ("above", "title", "basis"),
    [
        ([], "표", "file name"),
        ([("2025년 예산",)], "2025년 예산", "first line"),
        ([("2025년 예산",), ("", "", "(단위: 천원)")], "2025년 예산", "first line"),
        ([("예산은 다음과 같다.",)], "표", "file name"),
    ],
)
def test_a_workbook_is_titled_as_a_csv_is(
    tmp_path: Path, kind: str, above: Grid, title: str, basis: str, reader: ReaderProcess
) -> None:
    (tmp_path / f"표.{kind}").write_bytes(WORKBOOKS[kind]([*above, *TABLE]))
    (article,) = read_articles([tmp_path], reader=reader)
    assert isinstance(article, Article)
    assert (article.title, article.meta["title_basis"], article.meta["reader"]) == (title, basis, "sheets-3")


@pytest.mark.parametrize(
    ("given", "title", "basis"),
    [("2025년 예산", "2025년 예산", "properties"), ("2019년 결산", "표", "file name")],
)
def test_a_workbooks_properties_title_it_where_its_text_begins_with_that(
    tmp_path: Path, given: str, title: str, basis: str, reader: ReaderProcess
) -> None:
    rows = [office_files.row(number, *cells) for number, cells in enumerate([*TABLE, ("2025년 예산", "계")], 1)]
    more = {"docProps/core.xml": office_files.core(given)}
    (tmp_path / "표.xlsx").write_bytes(office_files.xlsx({"Sheet1": office_files.data(*rows)}, more=more))
    (article,) = read_articles([tmp_path], reader=reader)
    assert isinstance(article, Article)
    assert (article.title, article.meta["title_basis"]) == (title, basis)


def test_places(articles: dict[str, Article]) -> None:
    csv = articles["라.csv"]
    assert csv.layout
    place = csv.layout.place_at(csv.text.index("30만원"))
    assert place
    assert (place.row, place.column) == (2, 2)


@pytest.fixture
def reader() -> Iterator[ReaderProcess]:
    running = ReaderProcess()
    yield running
    running.close()


def test_a_bomb_is_refused_and_the_next_is_read(reader: ReaderProcess) -> None:
    with pytest.raises(ReadError):
        reader.read(bomb(300), "폭탄.pdf")
    assert reader.read(CSV, "a.csv").reader == "csv-4"


@pytest.mark.parametrize("code", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_died_is_started_again(reader: ReaderProcess, code: signal.Signals) -> None:
    reader.read(CSV, "a.csv")
    assert reader._process
    process_id = reader._process.pid
    assert process_id
    os.kill(process_id, code)
    wait_until(lambda: not is_alive(process_id))
    assert reader.read(CSV, "a.csv").kind == "csv"


def test_what_takes_too_long_is_ended() -> None:
    reader = ReaderProcess(ReaderLimits(seconds=0.5, bytes_a_second=1 << 40))
    reader.read(CSV, "a.csv")
    before = reader.spent
    with pytest.raises(ReadError, match="오래"):
        reader.read(b"a,b\n" * 8_000_000, "긴.csv")
    assert 0 < before < 0.5 < reader.spent
    reader.close()


def test_a_small_file_takes_little(tmp_path: Path) -> None:
    reader = ReaderProcess(ReaderLimits(memory=64 << 20))
    (tmp_path / "a.csv").write_bytes(CSV)
    assert reader.read(tmp_path / "a.csv", "a.csv").kind == "csv"
    reader.close()


def test_no_document_takes_more_than_a_quarter_of_a_gigabyte() -> None:
    limits = ReaderLimits()
    assert limits.memory_for(100 << 20) + _KEPT <= 256 << 20
    assert limits.memory_for(512 << 20) > 512 << 20  # of the command line: its file at least


def test_what_is_too_long_is_refused_where_it_was_read(reader: ReaderProcess) -> None:
    with pytest.raises(ReadError, match="500,000"):
        reader.read(b"a" * 600_000, "a.csv")


def test_what_takes_too_much_is_ended(tmp_path: Path) -> None:
    reader = ReaderProcess(ReaderLimits(memory=64 << 20))
    (tmp_path / "큰.csv").write_bytes(b"a,b\n" * 12_000_000)
    with pytest.raises(ReadError, match="메모리"):
        reader.read(tmp_path / "큰.csv", "큰.csv")
    reader.close()


class Judge:
    """Joins every line end, and remembers which."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        self.asked += ends
        return [8.0] * len(ends)


class Unable(Judge):
    """Fails at the first line end."""

    def scores(self, ends: Sequence[tuple[str, str]]) -> list[float]:
        raise UnicodeEncodeError("utf-8", "", 0, 1, "surrogates")


BROKEN_LINES = pdf_file([paragraph("새 도서관을 짓는 데에는 모두 합하여 십이억 원이 들었으며 공사를 맡은 회사는 내년 봄까",
                                   "지 모든 일을 마치겠다고 시청과 시민들에게 약속한 바 있다고 담당자가 말했다.")])  # fmt: skip


def test_line_ends_are_judged_where_kiwi_is_loaded_already() -> None:
    judge = Judge()
    reader = ReaderProcess(make_joiner=lambda: judge)
    try:
        text = reader.read(BROKEN_LINES, "도서관.pdf").document.text
        assert reader._process
        maps = Path(f"/proc/{reader._process.pid}/maps").read_text("utf-8")
    finally:
        reader.close()
    assert judge.asked == [("내년 봄까", "지 모든")]
    assert "내년 봄까지 모든" in text
    assert "kiwi" not in maps


def test_a_document_whose_line_ends_cannot_be_judged_fails_alone() -> None:
    reader = ReaderProcess(make_joiner=Unable)
    try:
        with pytest.raises(ReadError, match="읽다가 멈췄습니다"):
            reader.read(BROKEN_LINES, "도서관.pdf")
        assert reader.read(CSV, "a.csv").kind == "csv"
    finally:
        reader.close()
