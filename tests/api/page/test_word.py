"""An answer to be attached to a report: a Word document that our own reader, and any other, can open."""

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from index.reading.reader_process import ReaderProcess
from tests.api.page.test_browser import QUESTION, RENT, RENT_ANSWER, VALUE, answer_of, told
from tests.support.browser_fixtures import Service, Visit

pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def saved(page: object, folder: Path) -> Path:
    with page.expect_download() as coming:  # type: ignore[attr-defined]
        page.get_by_role("button", name="Word로 저장").click()  # type: ignore[attr-defined]
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path


def test_it_holds_the_answer_with_its_citation(visit: Visits, tmp_path: Path) -> None:
    page = visit().ask(QUESTION)
    path = saved(page, tmp_path)
    assert path.suffix == ".docx"
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        tree = ET.fromstring(archive.read("word/document.xml"))
        assert sorted(archive.namelist()) == ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]
    marked = ["".join(run.itertext()) for run in tree.iter(f"{W}r") if run.find(f"{W}rPr/{W}shd") is not None]
    assert marked == [VALUE]
    with closing(ReaderProcess()) as reader:
        document = reader.read(path, path.name).document
    words = page.text_content(".source .quote")
    assert document.text.startswith(QUESTION)
    assert words in document.text
    assert "[1] 한국 정서·문화 이해하는 한국형 AI 개발" in document.text
    assert "KPI뉴스 · 2024년 10월 10일" in document.text


def test_a_cited_row_is_a_table_with_its_columns(visit: Visits, service: Service, tmp_path: Path) -> None:
    service.put("월세", "청년 월세 지원 공고", RENT)
    page = visit().open()
    told(page, answer_of(RENT_ANSWER | {"question": "월세 <지원> & 금액은?"}))
    page.goto(f"{service.url}/?q={quote('월세 지원은 얼마이고 전화번호는?')}")
    page.wait_for_selector(".table")
    with zipfile.ZipFile(io.BytesIO(saved(page, tmp_path).read_bytes())) as archive:
        tree = ET.fromstring(archive.read("word/document.xml"))
    service.remove("월세")
    rows = [["".join(cell.itertext()) for cell in row.iter(f"{W}tc")] for row in tree.iter(f"{W}tr")]
    assert rows == [["구분", "대상", "지원 금액"], ["2유형", "2인 가구", "월 25만 원"]]
    text = "\n".join("".join(paragraph.itertext()) for paragraph in tree.iter(f"{W}p"))
    assert "월세 <지원> & 금액은?" in text
    assert "찾지 못했습니다: 전화번호는?" in text
    assert "다르게 적힌 글이 있습니다: 월 15만 원" in text
