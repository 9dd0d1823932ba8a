"""What stands under an unasked question where the articles are one's own."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.page.test_browser import RENT
from tests.api.page.test_details import name_of, overflow, violations
from tests.support.browser_fixtures import SIZES, Service, Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
NOTICE = f"{RENT}\n신청 기간: 2026. 3. 2.부터 3. 31.까지\n문의처: 한빛시 주택과 02-123-4567\n"


@pytest.mark.parametrize(("phone", "dark"), SIZES)
def test_questions_are_offered_that_the_articles_answer(
    visit: Callable[..., Visit], service: Service, shots: Callable[[Any, str], None], phone: bool, dark: bool
) -> None:
    service.put("월세", "청년 월세 지원 공고", NOTICE)
    page = visit(phone=phone, dark=dark).open()
    page.wait_for_selector(".example")
    shots(page, name_of("own-examples", phone=phone, dark=dark))
    found, wide = violations(page), overflow(page)
    question = page.text_content(".example")
    page.click(".example")
    page.wait_for_selector("#result .card")
    answered = page.locator(".answer").count()
    service.remove("월세")
    assert "청년 월세 지원 공고에서" in question
    assert (answered, found, wide) == (1, [], 0)
