"""맞음 and 틀림 under an answer, the right sentence in the article, and the list of what was said."""

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.page.test_browser import QUESTION, UNANSWERABLE
from tests.api.page.test_details import name_of, overflow, violations
from tests.support.browser_fixtures import SIZES, Service, Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Shots = Callable[[Any, str], None]


def said(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{service.url}/v1/gold", timeout=60).json()["judgements"]
    return found


@pytest.fixture(autouse=True)
def nothing_said(service: Service) -> Iterator[None]:
    yield
    for verdict in said(service):
        httpx.delete(f"{service.url}/v1/gold/{verdict['id']}", timeout=60).raise_for_status()


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_said_listed_and_taken_along(visit: Visits, service: Service, shots: Shots, phone: bool, dark: bool) -> None:
    page = visit(phone=phone, dark=dark).ask(QUESTION)
    shots(page, name_of("verdict", phone=phone, dark=dark))
    found, wide = violations(page), overflow(page)
    page.get_by_role("button", name="맞음").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("저장했습니다")
    assert page.evaluate("document.activeElement.textContent") == "되돌리기"
    [kept] = said(service)
    assert (kept["question"], kept["verdict"], kept["quote"]) == (QUESTION, "right", page.text_content(".quote"))
    page.goto(f"{service.url}/?view=library")
    page.wait_for_selector(".gold summary")
    page.click(".gold summary")
    shots(page, name_of("verdicts-listed", phone=phone, dark=dark))
    found += violations(page)
    with page.expect_download() as coming:
        page.get_by_role("button", name="평가 세트로 내려받기").click()
    with zipfile.ZipFile(io.BytesIO(coming.value.path().read_bytes())) as archive:
        assert QUESTION in archive.read("geungeo-gold/queries.jsonl").decode()
    page.click(".gold .danger-icon")
    page.wait_for_selector(".gold-list li", state="detached")
    assert said(service) == []
    assert (found, max(wide, overflow(page))) == ([], 0)


def test_wrong_can_be_taken_back_and_the_right_sentence_said_in_the_article(
    visit: Visits, service: Service, shots: Shots
) -> None:
    page = visit().ask(QUESTION)
    page.get_by_role("button", name="틀림").click()
    expect(page.locator(".verdict")).to_contain_text("이 문장이 맞아요")
    page.get_by_role("button", name="되돌리기").click()
    expect(page.get_by_role("button", name="틀림")).to_be_visible()
    assert said(service) == []
    page.click(".source .opener >> nth=0")
    page.wait_for_selector("mark.cited")
    page.evaluate("""() => {
      const text = document.querySelector(".article-text");
      const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const at = node.data.indexOf("한국형 AI");
        if (at < 0) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 6);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
        return;
      }
    }""")
    shots(page, "sentence-selected")
    page.get_by_role("button", name="이 문장이 맞아요").click()
    expect(page.locator("#article [data-judge]")).to_contain_text("저장했습니다")
    [kept] = said(service)
    assert (kept["verdict"], kept["quote"]) == ("right", "한국형 AI")


def test_the_cited_sentence_is_meant_where_none_is_selected(visit: Visits, service: Service) -> None:
    page = visit().ask(QUESTION)
    page.click(".source .opener >> nth=0")
    page.wait_for_selector("mark.cited")
    page.get_by_role("button", name="이 문장이 맞아요").click()
    expect(page.locator("#article [data-judge]")).to_contain_text("저장했습니다")
    assert said(service)[0]["quote"] == page.text_content("mark.cited")


def test_a_refusal_can_be_right(visit: Visits, service: Service, shots: Shots) -> None:
    page = visit().ask(UNANSWERABLE)
    shots(page, "refusal-verdict")
    page.get_by_role("button", name="네, 없습니다").click()
    expect(page.locator(".verdict")).to_contain_text("저장했습니다")
    assert [(verdict["verdict"], verdict["article_id"]) for verdict in said(service)] == [("absent", None)]


def test_where_it_is_not_kept_nothing_is_offered(visit: Visits) -> None:
    own = visit()
    own.page.route(
        "**/v1/me", lambda route: route.fulfill(json={"id": "k", "scopes": ["ask", "write"], "judges": False})
    )
    page = own.ask(QUESTION)
    assert not page.is_visible(".verdict")
