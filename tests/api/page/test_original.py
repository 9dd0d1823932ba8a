"""The original file, saved from the citation and from the article beside it."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.api.page.test_browser import QUESTION
from tests.support.browser_fixtures import Service, Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
TEXT = "한빛대교 준공\n\n한빛대교가 2021년 5월 4일 준공됐다. 한빛대교 공사비는 320억원이었다.\n"


@pytest.fixture
def bridge(service: Service) -> Iterator[None]:
    with httpx.Client(base_url=service.url, timeout=120) as client:
        accepted = client.post("/v1/files", files=[("files", ("다리 안내.txt", TEXT.encode()))])
        while client.get(accepted.headers["location"]).json()["state"] not in ("done", "failed"):
            time.sleep(0.2)
        yield
        client.delete("/v1/articles/다리 안내")


def saved(page: Any, within: str) -> tuple[str, str]:
    with page.expect_download() as coming:
        page.locator(within).get_by_role("button", name="원본 파일 저장").first.click()
    return coming.value.suggested_filename, coming.value.path().read_text("utf-8")


def test_it_is_saved_from_the_citation_and_from_the_article(visit: Visits, bridge: None) -> None:
    visited = visit()
    page = visited.ask("한빛대교 공사비는 얼마인가요?")
    assert saved(page, "#result .source") == ("다리 안내.txt", TEXT)
    visited.open(article="다리 안내")
    page.wait_for_selector("#article .article-text")
    assert saved(page, "#article") == ("다리 안내.txt", TEXT)
    visited.require_clean()


def test_there_is_no_button_where_none_is_kept(visit: Visits) -> None:
    page = visit().ask(QUESTION)
    page.wait_for_load_state("networkidle")  # the cited articles have come
    expect(page.get_by_role("button", name="원본 파일 저장")).to_have_count(0)
