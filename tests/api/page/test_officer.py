"""An officer's way: a folder of mixed documents is dropped on the page, asked, and each citation opened at its place."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import hwp_files
from tests.support.browser_fixtures import Service, Visit, import_playwright
from tests.support.office_files import data, docx, row, w_p, w_table, xlsx

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Shots = Callable[[Any, str], None]

FILES = {
    "인사/휴가 안내.hwp": hwp_files.hwp(
        hwp_files.paragraph(0, "장기재직휴가 안내") + hwp_files.paragraph(0, "장기재직휴가는 재직 십 년마다 7일을 준다.")
    ),
    "인사/공지.txt": "신규 직원 교육 안내\n\n신규 직원 교육은 별관 3층 강의실에서 한다.\n".encode(),
    "총무/공지.txt": "승강기 점검 안내\n\n승강기 점검은 6월 12일에 한다.\n".encode("cp949"),
    "총무/당직.docx": docx(
        w_p("당직 근무 요령") + w_p("당직실 전화번호는 055-712-3111이다.") + w_table(("요일", "당직 부서"), ("화요일", "총무과"))
    ),
    "예산.xlsx": xlsx({"예산": data(row(1, "사업명", "예산액"), row(2, "청사 도색", "4200만 원"), row(3, "복사기 임차", "310만 원"))}),
    "사진.png": b"\x89PNG\r\n\x1a\n",
    ".DS_Store": b"x",
    "인사/~$휴가 안내.docx": b"x",
}  # fmt: skip
TAKEN = ["예산.xlsx", "공지", "휴가 안내.hwp", "우리 과 - 총무 - 공지", "당직.docx"]
ASKED = {
    "장기재직휴가는 며칠을 주나요?": ("휴가 안내.hwp", "7일"),
    "신규 직원 교육은 어디에서 하나요?": ("공지", "별관 3층 강의실"),
    "승강기 점검은 언제 하나요?": ("우리 과 - 총무 - 공지", "6월 12일"),
    "당직실 전화번호는?": ("당직.docx", "055-712-3111"),
    "청사 도색 예산액은 얼마인가요?": ("예산.xlsx", "4200만 원"),
}


@pytest.fixture
def folder(tmp_path: Path, service: Service) -> Iterator[Path]:
    made = tmp_path / "우리 과"
    for name, content in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(content)
    yield made
    service.remove(*TAKEN)


def drop(page: Any, *paths: Path) -> None:
    """Let files or folders of the disk fall on the middle of the page, as a hand with a mouse does."""
    devtools = page.context.new_cdp_session(page)
    held = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 400, "y": 500, "data": held})


def test_a_folder_is_dropped_asked_and_each_citation_opened_at_its_place(
    visit: Visits, folder: Path, service: Service, shots: Shots
) -> None:
    page = visit().open()
    drop(page, folder)
    expect(page.locator(".upload-results .taken")).to_have_count(len(TAKEN), timeout=120_000)
    shots(page, "officer-dropped")
    assert sorted(page.locator(".taken .result-name").all_text_contents()) == sorted(TAKEN)
    assert page.locator(".failed .result-name").all_text_contents() == ["사진.png"]
    expect(page.locator("#question")).to_be_in_viewport(ratio=1)
    for number, (question, (article, value)) in enumerate(ASKED.items()):
        page.fill("#question", question)
        page.keyboard.press("Enter")
        expect(page.locator(".answer .source .words").first).to_contain_text(value)
        expect(page.locator(".upload-results")).to_be_hidden()  # what was asked has the room
        shots(page, f"officer-answered-{number}")
        expect(page.locator(".answer .quote").first).to_be_in_viewport(ratio=1)
        page.click(".source .quote, .source .table")
        page.wait_for_selector("mark.cited")
        shots(page, f"officer-opened-{number}")
        text = service.article(article)["text"]
        cited = page.text_content("mark.cited")
        assert cited in text, question
        assert value in "".join(page.locator("mark.cited").all_text_contents()), question
        page.keyboard.press("Escape")
    assert httpx.get(f"{service.url}/v1/articles/사진.png", timeout=60).status_code == 404


def test_a_folder_of_more_than_one_request_holds_goes_in_parts(visit: Visits, tmp_path: Path, service: Service) -> None:
    names = [f"쪽지-{number:03}" for number in range(103)]
    made = tmp_path / "쪽지함"
    made.mkdir()
    for name in names:
        (made / f"{name}.txt").write_text(f"{name}\n\n{name}의 내용이다.\n", "utf-8")
    page = visit().open()
    try:
        drop(page, made)
        expect(page.locator(".upload-state")).to_have_text("글 103건을 받았습니다", timeout=120_000)
    finally:
        service.remove(*names)
