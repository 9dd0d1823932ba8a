"""Tables of an article are tables in the pane, and its text is still the article's, letter for letter."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.test_browser import RENT
from tests.api.page.test_details import name_of, overflow, violations
from tests.support.browser_fixtures import SIZES, Service, Visit

pytestmark = pytest.mark.browser
TABS = "직급\t인원\t비고\n과장\t2명\t\n주무관\t5명\t🎉 신규"
PROSE = "가 | 나 하고 말했다.\n\n혼자 있는\t줄\n\n끝."
ROWS = "(all) => all.map((row) => [...row.children].filter((one) => !one.hidden).map((one) => one.textContent))"


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_rows_and_columns(
    visit: Callable[..., Visit], service: Service, shots: Callable[[Any, str], None], phone: bool, dark: bool
) -> None:
    text = f"{RENT}\n{TABS}\n\n{PROSE}"
    service.put("월세", "청년 월세 지원 공고", text)
    row = "| 2유형 | 2인 가구 | 월 25만 원 |"
    start = text.index(row)
    page = visit(phone=phone, dark=dark).open(article="월세", at=f"{start}-{start + len(row)}")
    page.wait_for_selector("mark.cited")
    shots(page, name_of("table", phone=phone, dark=dark))
    found, wide = violations(page), overflow(page)
    shown = page.text_content(".article-text")
    rows = page.eval_on_selector_all(".text-row", ROWS)
    heads = page.locator("[role=columnheader]").all_text_contents()
    cited = "".join(page.locator("mark.cited").all_text_contents())
    service.remove("월세")
    assert shown == text
    assert rows == [
        ["구분", "대상", "지원 금액"], ["1유형", "1인 가구", "월 20만 원"], ["2유형", "2인 가구", "월 25만 원"],
        ["직급", "인원", "비고"], ["과장", "2명", ""], ["주무관", "5명", "🎉 신규"],
    ]  # fmt: skip
    assert heads == ["구분", "대상", "지원 금액"]
    assert cited == "2유형2인 가구월 25만 원"
    assert (found, wide) == ([], 0)
