"""Small things that a reader stumbles over: an article that is gone, a failed upload, squeezed tables, values cut in two."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.test_browser import NOTICE, QUESTION, RENT, RENT_ANSWER, answer_of, selected, told
from tests.support.browser_fixtures import Service, Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
PAPERS = "주민등록등본, 임대차계약서 사본, 소득 증명서"
WIDE = (
    RENT
    + f"""
| 구분 | 대상 | 지원 금액 | 필요 서류 | 비고 |
|---|---|---|---|---|
| 3유형 | 3인 가구 | 월 30만 원 | {PAPERS} | 만 19세 이상 34세 이하 |
"""
)
# Lines of text in each cell.
LINES = """(all) => all.map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom / 8))).size;
})"""


@pytest.mark.parametrize("phone", [False, True])
def test_an_article_that_is_gone_is_said_where_one_looks(visit: Visits, phone: bool) -> None:
    own = visit(phone=phone)
    told(own.page, answer_of(RENT_ANSWER))
    page = own.ask(QUESTION)
    page.click(".source .opener >> nth=0")
    expect(page.locator("#article .error-text")).to_have_text("이 글은 이제 없습니다")
    expect(page.locator("#article .pane-note")).to_be_in_viewport()
    expect(page.locator("#article-title")).to_be_focused()


def test_an_article_that_is_gone_takes_no_one_from_what_they_write(visit: Visits) -> None:
    own = visit()
    told(own.page, answer_of(RENT_ANSWER))
    page = own.open(article="없는 글")
    expect(page.locator("#article .error-text")).to_have_text("이 글은 이제 없습니다")
    page.focus("#question")
    with page.expect_response("**/v1/articles/**"):
        page.evaluate("window.dispatchEvent(new Event('answer'))")  # as where one comes late
    expect(page.locator("#article .error-text")).to_have_text("이 글은 이제 없습니다")
    page.wait_for_timeout(100)
    expect(page.locator("#question")).to_be_focused()
    page.click("#language")
    expect(page.locator("#article .error-text")).to_have_text("This article is not here")
    expect(page.locator("#language")).to_be_focused()


def test_an_upload_that_cannot_be_taken_is_not_offered_again(visit: Visits) -> None:
    page = visit().open()
    problem = {"title": "파일이 너무 큽니다", "detail": "나누어 올려 주세요.", "code": "body_too_large", "status": 413}
    page.route("**/v1/files", lambda route: route.fulfill(status=413, json=problem))
    page.set_input_files("#files", [{"name": "주차.txt", "mimeType": "text/plain", "buffer": NOTICE.encode()}])
    expect(page.locator(".upload-state")).to_have_text("파일이 너무 큽니다. 나누어 올려 주세요.")
    expect(page.get_by_role("button", name="다시 올리기")).to_have_count(0)


def test_an_upload_that_failed_is_sent_again(visit: Visits, service: Service) -> None:
    page = visit().open()
    page.route("**/v1/files", lambda route: route.abort(), times=1)
    page.set_input_files("#files", [{"name": "주차.txt", "mimeType": "text/plain", "buffer": NOTICE.encode()}])
    expect(page.locator(".upload-state")).to_have_text(
        "서비스에 연결할 수 없습니다. 서비스가 켜져 있는지, 네트워크가 이어져 있는지 확인해 주세요."
    )
    page.get_by_role("button", name="다시 올리기").click()
    try:
        expect(page.locator(".upload-state")).to_have_text("글 1건을 받았습니다", timeout=60_000)
        expect(page.locator(".upload")).to_have_count(1)
    finally:
        service.remove("주차")


def test_cells_of_a_table_are_not_squeezed_nor_values_cut_in_two(visit: Visits) -> None:
    own = visit(phone=True)
    article = {
        "id": "월세",
        "title": "월세",
        "text": WIDE,
        "source": None,
        "published_at": None,
        "url": None,
        "spans": [],
    }
    own.page.route("**/v1/articles/*", lambda route: route.fulfill(json=article))
    start = WIDE.index("| 3유형")
    page = own.open(article="월세", at=f"{start}-{start + 6}")
    page.wait_for_selector("mark.cited")
    assert max(page.eval_on_selector_all(".text-cell", LINES)) <= 5
    told(own.page, answer_of({"citations": [_cited_value("월 20만 원")]}))
    page = own.ask("월세는 얼마를 지원하나?")
    assert page.eval_on_selector_all("mark.value", LINES) == [1]
    page.click(".source .opener")
    page.wait_for_selector("#article .value")
    assert page.eval_on_selector_all("#article .value", LINES) == [1]


def test_a_value_with_two_blanks_is_copied_with_both(visit: Visits) -> None:
    own = visit()
    text = "한빛시는 무주택 청년에게 월  20만 원을 지원한다."
    at = text.index("월")
    article = {"id": "월세", "title": "월세", "text": text, "source": None, "published_at": None, "url": None, "spans": []}  # fmt: skip
    quoted = {"article_id": "월세", "title": "월세", "source": None, "url": None, "published_at": None, "start": 0, "end": len(text),
              "quote": text, "score": 0.9, "context": [], "locator": {}, "highlights": [{"start": at, "end": at + 8}]}  # fmt: skip
    own.page.route("**/v1/articles/*", lambda route: route.fulfill(json=article))
    told(own.page, answer_of({"citations": [quoted]}))
    page = own.ask("월세는 얼마를 지원하나?")
    page.click(".source .opener")
    page.wait_for_selector("#article .value.short")
    assert selected(page, "mark.cited") == text


def _cited_value(value: str) -> dict[str, Any]:
    quote = "이 사업은 무주택 청년에게 월 20만 원을 지원한다."
    start = WIDE.index(quote)
    at = WIDE.index(value, start)
    return {"article_id": "월세", "title": "월세", "source": None, "url": None, "published_at": None, "start": start,
            "end": start + len(quote), "quote": quote, "score": 0.9, "context": [], "locator": {},
            "highlights": [{"start": at, "end": at + len(value)}]}  # fmt: skip


def test_what_is_done_with_what_is_picked_stands_together(visit: Visits) -> None:
    page = visit().open(view="library")
    page.check(".pick >> nth=0")
    boxes = [page.locator(f".picking .{name}").bounding_box() for name in ("secondary", "danger")]
    assert boxes[1]["x"] - boxes[0]["x"] - boxes[0]["width"] < 40
