"""What is said of an article, on the page: asked for at upload, mended in the library; collections asked within."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.test_browser import SEED, upload
from tests.support.browser_fixtures import SIZES, Service, Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
Shots = Callable[[Any, str], None]
LETTER = "한빛시청\n\n마을회관 이용 안내\n\n마을회관의 이용료는 하루 3만원이다. 문의는 총무과로 한다.\n\n2026. 3. 5."
ASKED = "마을회관 이용료는 하루에 얼마인가?"


def name_of(state: str, *, phone: bool, dark: bool) -> str:
    return f"{state}-{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{violation['id']}: {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page).response["violations"]
    ]


def overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_source_and_date_are_asked_for_at_upload_and_prefilled(
    visit: Visits, service: Service, shots: Shots, phone: bool, dark: bool
) -> None:
    page = visit(phone=phone, dark=dark).open(view="library")
    upload(page, 회관_txt=LETTER)
    page.wait_for_selector(".details")
    shots(page, name_of("asked-at-upload", phone=phone, dark=dark))
    found, wide = violations(page), overflow(page)
    source, date, collection = (page.locator(".details input").nth(place) for place in range(3))
    assert (source.input_value(), date.input_value()) == ("한빛시청", "2026. 3. 5")
    assert "글에 적힌 첫 날짜" in page.text_content(".details")
    date.fill("2026년 봄")
    page.click(".details button")
    expect(page.locator(".details [role=alert]")).to_contain_text("글로 읽을 수 없습니다")
    date.fill("2026. 3. 5.")
    collection.fill("시설")
    page.keyboard.press("Enter")
    page.wait_for_selector(".details-line")
    said = page.text_content(".details-line")
    assert "한빛시청 (사람이 적음)" in said
    assert "2026년 3월 5일" in said
    shots(page, name_of("known-after-upload", phone=phone, dark=dark))
    article = service.article("회관")
    service.remove("회관")
    assert (article["source"], article["published_at"], article["collection"]) == ("한빛시청", "2026-03-05", "시설")
    assert (found, wide) == ([], 0)


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_they_are_mended_in_the_library(visit: Visits, service: Service, shots: Shots, phone: bool, dark: bool) -> None:
    service.put("회관", "마을회관 이용 안내", LETTER)
    page = visit(phone=phone, dark=dark).open(view="library")
    page.click("[data-article='회관'] button[aria-label*='고치기']")
    page.wait_for_selector("dialog")
    assert page.evaluate("document.activeElement.id").endswith("-source")
    shots(page, name_of("edit", phone=phone, dark=dark))
    found = violations(page)
    page.fill("dialog input[id$=published_at]", "어제")
    page.click("dialog .primary")
    expect(page.locator("dialog [role=alert]")).to_contain_text("글로 읽을 수 없습니다")
    page.fill("dialog input[id$=published_at]", "2026-03")
    page.fill("dialog input[id$=collection]", "시설")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-article='회관'] .meta")).to_contain_text("2026년 3월")
    expect(page.locator("[data-article='회관'] .tag")).to_have_text("시설")
    page.wait_for_selector("#library-collection:not([hidden])")
    page.select_option("#library-collection", "시설")
    expect(page.locator(".row")).to_have_count(1)
    shots(page, name_of("library-collection", phone=phone, dark=dark))
    found += violations(page)
    wide = overflow(page)
    service.remove("회관")
    assert (found, wide) == ([], 0)


def test_several_are_put_in_a_collection_at_once_and_asked_within(
    visit: Visits, service: Service, shots: Shots
) -> None:
    service.put("회관", "마을회관 이용 안내", LETTER)
    service.put("회관2", "별빛마을회관 이용 안내", LETTER.replace("3만원", "9만원"))
    page = visit().open(view="library")
    page.click("[data-article='회관'] .pick")
    page.get_by_role("button", name="모음에 넣기").click()
    page.fill("#move-to", "시설")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-article='회관'] .tag")).to_have_text("시설")
    page.click("#nav-ask")
    page.click(".filter-toggle")
    page.wait_for_selector("#filter-collection", state="visible")
    page.select_option("#filter-collection", "시설")
    shots(page, "filter-collection")
    page.fill("#question", ASKED)
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer")
    assert page.text_content(".filter-toggle") == "시설"
    assert "9만원" not in page.text_content("#result")
    assert "in=" in page.url
    page.reload()
    page.wait_for_selector(".answer")
    assert page.text_content(".filter-toggle") == "시설"
    service.remove("회관", "회관2")


def test_the_title_changes_and_the_open_article_with_it(visit: Visits, service: Service) -> None:
    service.put("회관", "마을회관 이용 안내", LETTER)
    page = visit().open(view="library")
    page.click("[data-article='회관'] .opener")
    page.wait_for_selector(".article-text")
    page.click("[data-article='회관'] button[aria-label*='고치기']")
    page.fill("dialog input[id$=title]", "회관 쓰는 법")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    expect(page.locator("[data-article='회관'] .opener")).to_have_text("회관 쓰는 법")
    assert re.search("회관", page.text_content("#article-title"))
    service.remove("회관")


def test_who_may_only_read_is_not_offered_to_mend(visit: Visits) -> None:
    own = visit()
    own.page.route("**/v1/me", lambda route: route.fulfill(json={"id": "k", "scopes": ["ask"], "collections": None}))
    page = own.open(view="library")
    page.wait_for_selector(f"[data-article='{SEED}']")
    assert not page.is_visible(f"[data-article='{SEED}'] button[aria-label*='고치기']")
