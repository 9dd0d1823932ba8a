"""A very long article opens at the cited place, is drawn where one reads, and is all there to be found and copied."""

from collections.abc import Callable
from typing import Any

import pytest

from scripts.measure.long_article import answer_to, article_of, prose, row
from tests.api.page.test_browser import seen, told
from tests.support.browser_fixtures import Visit, import_playwright

expect = import_playwright().expect
pytestmark = pytest.mark.browser
Visits = Callable[..., Visit]
MANY = 20_000
MIDDLE = MANY // 2
SLOWER = 12  # at most, of an article a hundred times as long
# The milliseconds from the click to the mark, and the frame after it.
OPENED = """() => new Promise((done) => {
  const before = performance.now();
  const look = () => (document.querySelector("mark.cited")
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - before))) : setTimeout(look));
  document.querySelector(".source .opener").click();
  look();
})"""
SCROLLED = (
    "(place) => { const pane = document.querySelector('.pane-scroll'); pane.scrollTop = pane.scrollHeight * place; }"
)


def cited_in(
    visit: Visits, line: Callable[[int], str], lines: int, place: int, **more: Any
) -> tuple[Any, dict[str, Any]]:
    """The page with an answer out of an article of so many lines, of which the service knows nothing else."""
    own = visit(**more)
    article = article_of(line, lines)
    told(own.page, answer_to(article, line(place).strip()))
    own.page.route("**/v1/articles/long", lambda route: route.fulfill(json=article))
    page = own.open("?")
    page.wait_for_selector(".source .quote")
    page.wait_for_timeout(300)  # the article has come for what stands around the quote
    return page, article


@pytest.mark.parametrize("line", [prose, row])
def test_a_hundred_times_as_long_is_not_a_hundred_times_as_slow(visit: Visits, line: Callable[[int], str]) -> None:
    times = []
    for lines in (MANY // 100, MANY):
        page, _ = cited_in(visit, line, lines, lines // 2)
        times.append(page.evaluate(OPENED))
        assert seen(page, "mark.cited")
    assert times[1] < SLOWER * times[0], times


def test_it_is_all_there_and_drawn_where_one_reads(visit: Visits) -> None:
    page, article = cited_in(visit, prose, MANY, MIDDLE)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    page.wait_for_timeout(500)  # what comes near meanwhile does not push it away
    assert seen(page, "mark.cited")
    assert page.text_content("mark.cited") == prose(MIDDLE).strip()
    assert page.text_content(".article-text") == article["text"]
    assert page.locator(".article-text .break").count() < MANY / 10
    for place in (0.25, 0, 1):
        page.evaluate(SCROLLED, place)
        page.wait_for_function(
            """() => {
              const box = document.querySelector(".pane-scroll").getBoundingClientRect();
              const at = document.elementFromPoint(box.left + box.width / 3, box.top + box.height / 2);
              return at.closest(".stretch")?.querySelector(".break");
            }"""
        )
    assert page.text_content(".article-text") == article["text"]
    assert page.evaluate("(words) => window.find(words)", prose(123).strip())
    assert prose(123).strip() in page.evaluate("String(getSelection())")


def test_parts_of_a_long_table_have_the_same_columns(visit: Visits) -> None:
    page, article = cited_in(visit, row, MANY, MIDDLE)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    edges = page.eval_on_selector_all(
        ".text-table",
        "(all) => all.map((one) => [...one.querySelector('.text-row').children].map((cell) => cell.offsetLeft).join())",
    )
    assert len(edges) > 1
    assert len(set(edges)) == 1
    number, name, _, office, _ = page.eval_on_selector_all(
        ".text-row:has(mark.cited) .text-cell", "(all) => all.map((cell) => cell.offsetWidth)"
    )
    assert name > number > office  # as their longest words
    cells = page.eval_on_selector(
        ".text-row:has(mark.cited)", "(one) => [...one.querySelectorAll('.text-cell')].map((cell) => cell.textContent)"
    )
    assert cells == [str(MIDDLE), f"사업 {MIDDLE}호", f"{MIDDLE * 3}만 원", "총무과", ""]
    assert page.text_content(".article-text") == article["text"]


# What is chosen from the article's beginning into its last stretch, which is not drawn, and the length of that.
CHOSEN = """() => {
  const [first, last] = [".stretch", ".stretch:last-child"].map((one) => document.querySelector(`.article-text > ${one}`));
  getSelection().setBaseAndExtent(first, 0, last.firstChild, 100);
  return last.querySelector(".break") ? -1 : String(getSelection().getRangeAt(0)).length;
}"""


def test_what_is_chosen_stays_so_where_it_is_drawn(visit: Visits) -> None:
    page, article = cited_in(visit, prose, MANY, MIDDLE)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    length = page.evaluate(CHOSEN)
    assert length > 0
    page.evaluate(SCROLLED, 1)
    page.wait_for_selector(".stretch:last-child .break")
    assert page.evaluate("String(getSelection().getRangeAt(0))") == article["text"][:length]
    words = prose(MANY - 2).strip()
    page.evaluate(SCROLLED, 0)
    page.reload()
    page.wait_for_selector("mark.cited")
    assert page.evaluate("(words) => window.find(words)", words)
    page.evaluate(SCROLLED, 1)
    page.wait_for_selector(".stretch:last-child .break")
    assert page.evaluate("String(getSelection())").strip() == words


BORDER = 12_000  # of a stretch, in UTF-16 units
LINE = "각도 가\u0301 👍🏽 **굵게** 끝.\n"
ROW = "| 👍🏽 값 | \u1100\u1161\u11a8 |  |\n"
TEXTS = {
    "nothing": "",
    "one letter": "가",
    "one long line": ("가나다라 " * 500 + "👍🏽") * 12,
    "line ends alone": "\n" * (3 * BORDER),
    "pairs and marks at every border": LINE * 3000,
    "a table alone": ROW * 3000,
    "tables between lines": (LINE * 400 + ROW * 700) * 3 + LINE,
    "a table with a rule and wide rows": "|" + "긴 머리 " * 4000 + "| 값 |\n|---|---|\n" + "| a | b |\n" * 2000,
}
# The text as it was drawn, and what is marked in it, from {text, spans}.
DRAWN = """async ({ text, spans }) => {
  const base = document.querySelector('script[type=module]').src.replace("main.js", "library/stretches.js");
  const { textOf, drawNear } = await import(base);
  const root = textOf(text, spans);
  document.body.append(root);
  drawNear(root, 0);
  dispatchEvent(new Event("beforeprint"));
  const marked = [...root.querySelectorAll("mark.cited")].map((mark) => mark.textContent).join("");
  const found = [root.textContent, marked, root.querySelectorAll(".stretch").length];
  root.remove();
  return found;
}"""


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_drawn_letter_for_letter_and_marked_where_it_is_cited(visit: Visits, text: str) -> None:
    page = visit().open()
    for start in {0, len(text) // 3, len(text) // 2, max(0, len(text) - 9)}:
        spans = [{"start": start, "end": start + 40, "name": "cited"}, {"start": 0, "end": len(text), "name": "body"}]
        written, marked, stretches = page.evaluate(DRAWN, {"text": text, "spans": spans})
        assert written == text
        cells = str.maketrans("", "", "|-\n ")  # what parts cells and rows is not marked
        assert marked.translate(cells) == text[start : start + 40].translate(cells)
        assert (stretches > 1) is ("\n" in text)


@pytest.mark.parametrize("phone", [False, True])
def test_what_is_known_anew_leaves_the_reader_where_he_is(visit: Visits, phone: bool) -> None:
    page, _ = cited_in(visit, prose, MANY, MIDDLE, phone=phone)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    where = "document.querySelector('mark.cited').getBoundingClientRect().top"
    before = page.evaluate(where)
    page.evaluate("window.dispatchEvent(new Event('key'))")  # forgets what was fetched
    changed = article_of(prose, MANY) | {"title": "새 제목"}
    page.route("**/v1/articles/long", lambda route: route.fulfill(json=changed))
    page.evaluate("window.dispatchEvent(new Event('answer'))")
    expect(page.locator("#article-title")).to_have_text("새 제목")
    page.wait_for_timeout(300)
    assert abs(page.evaluate(where) - before) < 40


def test_all_of_it_is_drawn_for_paper(visit: Visits) -> None:
    page, _ = cited_in(visit, prose, 2000, 1000)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    assert page.locator(".break").count() < 2000
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".break").count() == 2000


def test_what_was_closed_is_not_drawn_for_paper(visit: Visits) -> None:
    page, _ = cited_in(visit, prose, 2000, 1000)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    page.click("#article .icon-button")
    page.wait_for_selector("#article", state="hidden")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".break").count() < 2000


def test_what_has_the_focus_is_outlined_all_round(visit: Visits) -> None:
    page, _ = cited_in(visit, row, 2000, 1000)
    page.click(".source .opener")
    page.wait_for_selector("mark.cited")
    page.keyboard.press("Tab")
    page.locator(".text-table-frame:has(mark.cited)").evaluate("(one) => one.focus({ preventScroll: true })")
    box = page.locator(".text-row:has(mark.cited)").bounding_box()
    edge = {"x": box["x"] - 8, "y": box["y"], "width": 8, "height": 10}
    outlined = page.screenshot(clip=edge)
    page.locator(".stretch:has(mark.cited)").evaluate("(one) => { one.style.contentVisibility = 'visible'; }")
    assert page.screenshot(clip=edge) == outlined
    page.evaluate("document.activeElement.blur()")
    assert page.screenshot(clip=edge) != outlined
