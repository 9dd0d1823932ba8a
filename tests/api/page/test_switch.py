"""The language is switched where one stands: nothing that was typed or is running is lost, and all of it is said anew."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.page.test_browser import NOTICE, PARKING, QUESTION, RENT_ANSWER, UNANSWERABLE, answer_of, told
from tests.api.page.test_details import violations
from tests.api.page.test_late import PROBLEM
from tests.support.browser_fixtures import Service, Visit, import_playwright, until

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
# Text that a person sees, but for articles, questions and words of theirs.
SAID = """() => {
  const clone = document.body.cloneNode(true);
  for (const one of clone.querySelectorAll("[lang=ko], noscript, [hidden], .brand, #live, .answer > .small, option:not([value=''])")) one.remove();
  return clone.textContent.match(/[가-힣]+/g) ?? [];
}"""


def to_english(page: Any) -> None:
    page.click("#language")
    page.wait_for_selector("html[lang=en]")


def said_in_english(page: Any) -> None:
    """What comes from the service comes later, and stays as it came."""
    page.wait_for_timeout(300)
    page.wait_for_function(f"({SAID})().length === 0")


def test_a_typed_question_and_its_conditions_stay(visit: Visits) -> None:
    page = visit().open()
    page.click(".filter-toggle")
    page.fill("#filter-from", "2024-01-01")
    page.fill("#filter-source", "KPI뉴스")
    page.fill("#question", "아직 다 적지 않은 질")
    to_english(page)
    assert page.input_value("#question") == "아직 다 적지 않은 질"
    assert (page.input_value("#filter-from"), page.input_value("#filter-source")) == ("2024-01-01", "KPI뉴스")
    expect(page.locator("#filter-panel")).to_be_visible()
    assert page.text_content("#ask-button") == "Ask"
    expect(page.locator("#welcome")).to_contain_text("Searching the packaged sample articles")
    assert page.title() == "geungeo · ask your articles"
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer")
    assert page.text_content(".filter-toggle") == "January 1, 2024 – · KPI뉴스"


def test_an_answer_and_its_open_article_are_said_anew_and_not_asked_anew(visit: Visits) -> None:
    own = visit()
    page = own.ask(QUESTION)
    page.click(".source .opener >> nth=0")
    page.wait_for_selector("mark.cited")
    page.get_by_role("button", name="맞음").click()
    page.wait_for_selector(".verdict .plain")
    asked = len([url for url in own.requests if "query/stream" in url])
    to_english(page)
    assert page.text_content("#answer-title") == "Answer"
    expect(page.locator("#article .meta").first).to_contain_text("October 10, 2024")
    assert page.text_content("mark.cited .value") == "4조6000억 원"
    page.get_by_role("button", name="Undo").click()  # what was said of it is known still
    expect(page.get_by_role("button", name="Right")).to_be_visible()
    assert len([url for url in own.requests if "query/stream" in url]) == asked
    said_in_english(page)
    assert violations(page) == []


def test_a_verdict_on_its_way_is_said_once_and_known(visit: Visits, service: Service) -> None:
    page = visit().ask(QUESTION)
    waiting: list[Any] = []
    page.route("**/v1/gold", lambda route: waiting.append(route))
    page.get_by_role("button", name="맞음").click()
    until(page, lambda: waiting)
    to_english(page)
    page.get_by_role("button", name="Right").click()
    page.wait_for_timeout(100)
    assert len(waiting) == 1
    waiting[0].continue_()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Right")).to_be_visible()
    assert httpx.get(f"{service.url}/v1/gold", timeout=60).json()["judgements"] == []


@pytest.mark.parametrize("answer", [answer_of(RENT_ANSWER), None])
def test_no_word_of_the_other_language_is_left(visit: Visits, answer: dict[str, Any] | None) -> None:
    own = visit()
    if answer:
        told(own.page, answer)
    page = own.ask(QUESTION if answer else UNANSWERABLE)
    to_english(page)
    said_in_english(page)


def test_what_a_follow_up_leaves_out_is_still_known(visit: Visits) -> None:
    own = visit()
    page = own.ask(QUESTION)
    to_english(page)
    with page.expect_request("**/v1/query/stream") as sent:
        page.fill("#question", "그건 언제까지야?")
        page.keyboard.press("Enter")
    assert json.loads(sent.value.post_data)["context"] == [QUESTION]
    page.wait_for_selector("#result .card")


def test_an_upload_goes_on_and_says_its_result_in_the_other_language(visit: Visits, service: Service) -> None:
    own = visit()
    page = own.open()
    waiting: list[Any] = []
    page.route("**/v1/files", lambda route: waiting.append(route))
    page.set_input_files("#files", [{"name": "주차.txt", "mimeType": "text/plain", "buffer": NOTICE.encode()},
                                    {"name": "깨짐.pdf", "mimeType": "application/pdf", "buffer": b"x"}])  # fmt: skip
    expect(page.locator(".upload-state")).to_have_text("올리는 중")
    to_english(page)
    expect(page.locator(".upload-state")).to_have_text("Uploading")
    assert page.text_content(".upload-title") == "2 files"
    waiting[0].continue_()
    try:
        expect(page.locator(".upload-state")).to_have_text("1 article taken · 1 failed", timeout=60_000)
        page.wait_for_selector(".details")
        page.locator(".details input[name=source]").fill("아직 저장 안 함")
        page.click("#language")
        page.wait_for_selector("html[lang=ko]")
        assert page.text_content(".upload-state") == "글 1건을 받았습니다 · 읽지 못함 1건"
        expect(page.locator(".details input[name=source]")).to_have_value("아직 저장 안 함")
        assert len([url for url in own.requests if url.endswith("/v1/files")]) == 1
        page.goto(f"{service.url}/?q={PARKING}")
        page.wait_for_selector(".answer")
    finally:
        service.remove("주차")


def test_what_was_being_saved_of_an_upload_is_not_asked_for_again(visit: Visits, service: Service) -> None:
    page = visit().open()
    page.set_input_files("#files", [{"name": "주차.txt", "mimeType": "text/plain", "buffer": NOTICE.encode()}])
    waiting: list[Any] = []
    page.route(
        "**/v1/articles/*",
        lambda route: waiting.append(route) if route.request.method == "PATCH" else route.continue_(),
    )
    try:
        page.locator(".details input[name=source]").fill("한빛동")
        page.click(".details button")
        until(page, lambda: waiting)
        to_english(page)
        expect(page.locator(".details")).to_have_count(1)
        waiting[0].continue_()
        expect(page.locator(".upload .details-line")).to_contain_text("한빛동")
        expect(page.locator(".details")).to_have_count(0)
    finally:
        service.remove("주차")


def test_why_the_library_could_not_be_read_is_still_said(visit: Visits) -> None:
    page = visit().open()
    page.route("**/v1/articles?*", lambda route: route.fulfill(status=507, json=PROBLEM))
    page.click("#nav-library")
    expect(page.locator(".library-note")).to_have_text("저장할 수 없습니다. 디스크가 찼습니다.")
    to_english(page)
    page.wait_for_timeout(100)
    expect(page.locator(".library-note")).to_have_text("저장할 수 없습니다. 디스크가 찼습니다.")


def test_what_is_looked_for_and_picked_in_the_library_stays(visit: Visits) -> None:
    page = visit().open(view="library")
    page.fill("#library-search", "정서")
    expect(page.locator(".row")).to_have_count(1)
    page.select_option("#library-order", "title")
    page.wait_for_selector(".rows[aria-busy=false]")
    page.check(".pick >> nth=0")
    titles = page.locator(".row-title").all_text_contents()
    to_english(page)
    assert page.input_value("#library-search") == "정서"
    assert page.input_value("#library-order") == "title"
    assert page.locator(".row-title").all_text_contents() == titles
    assert page.is_checked(".pick >> nth=0")
    expect(page.locator(".picking .danger")).to_have_text("Delete 1 selected")
    said_in_english(page)
    page.click("#nav-help")
    said_in_english(page)
