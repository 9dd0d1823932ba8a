"""Sixty ways to make a page run somebody else's script, in each of six places: none runs, none becomes an element.

Every visit also ends with ``Visit.require_clean``: no dialog, no ``window.__x``, nothing the policy had to block, no
request to another host. The loops run inside the page: a step of Playwright's for each payload would take minutes.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.reading.web.html import holds_markup, read_markup
from index.text.characters import normalize
from tests.support.browser_fixtures import Service, Visit, import_playwright, until

expect = import_playwright().expect
pytestmark = pytest.mark.browser

PAYLOADS = (Path(__file__).parents[2] / "fixtures" / "xss_payloads.txt").read_text("utf-8").splitlines()
URLS = (
    "javascript:window.__x=1",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "//127.0.0.2:9/",
    "https://example.com/원문",
)
SHOWN = {"![그림](http://127.0.0.2:9/leak?d=1)": "그림"}  # Markdown as it is read: its words, and no picture
Visits = Callable[..., Visit]

# Elements that the page's own scripts never make, or that bear attributes they never set.
STRANGE = """() => {
  const tags = "script:not([src*='static/']), link:not([href*='static/']), img, iframe, object, embed, video, audio, base, "
    + "source, template, math, marquee, animate, foreignObject, meta[http-equiv], [style*='url'], x, select:not(#library-order, #library-collection, #filter-collection)";
  const handled = [...document.querySelectorAll("*")].filter((one) => one.getAttributeNames().some((name) => /^on/i.test(name)));
  return [...document.querySelectorAll(tags), ...handled].map((one) => one.outerHTML.slice(0, 100));
}"""
LOOP = f"""
const strange = {STRANGE};
const shown = (selector) => document.querySelector(selector)?.textContent ?? null;
async function until(reached) {{
  for (const end = Date.now() + 20000; !reached(); ) {{
    if (Date.now() > end) throw new Error(`not reached: ${{reached}}`);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }}
}}
"""
ASK_EACH = f"""async (questions) => {{
  {LOOP}
  const told = [];
  for (const question of questions) {{
    document.getElementById("result").replaceChildren();
    document.getElementById("question").value = question;
    document.getElementById("ask-form").requestSubmit();
    await until(() => document.querySelector("#result .card"));
    told.push({{
      title: document.title, question: document.getElementById("question").value, problem: shown(".problem-title"),
      answer: shown(".answer-text p"), quote: shown(".source .quote"), strange: strange(),
      links: document.querySelectorAll("#result a").length,
    }});
  }}
  return told;
}}"""
OPEN_EACH = f"""async () => {{
  {LOOP}
  const told = {{}};
  for (const row of document.querySelectorAll(".row")) {{
    document.querySelector(".article-text")?.remove();
    row.querySelector(".opener").click();
    await until(() => document.querySelector(".article-text"));
    told[row.dataset.article] = {{
      row: row.querySelector(".opener").textContent, title: shown("#article-title"), text: shown(".article-text"),
      strange: strange(), links: [...document.querySelectorAll(".pane a")].map((one) => [one.protocol, one.rel]),
    }};
  }}
  return told;
}}"""


def test_the_list_is_sixty_different_ones() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) == 60


def test_an_execution_would_be_noticed(visit: Visits) -> None:
    """What a script does is noted; a handler in markup is blocked, and that is noted too."""
    own = visit()
    page = own.open()
    page.evaluate("window.__x = 1; alert(1)")
    page.evaluate("document.querySelector('#welcome').innerHTML = '<img src=x onerror=alert(1)>'")
    until(page, lambda: "csp script-src-attr" in page.evaluate("window.__seen"))
    seen = page.evaluate("window.__seen.splice(0)")
    assert seen[:2] == ["__x", "alert"]
    assert "csp script-src-attr" in seen
    assert page.evaluate(STRANGE) != []


def test_s13_titles_bodies_and_sources(visit: Visits, service: Service) -> None:
    articles = {
        f"xss-{n:02}": {
            "title": payload,
            "text": f"{payload} 열쇠말{n}은 답이다.",
            "source": payload,
            "url": URLS[n % len(URLS)],
        }
        for n, payload in enumerate(PAYLOADS)
    }
    page = visit().open(view="library")
    lines = "\n".join(json.dumps({"id": name} | article, ensure_ascii=False) for name, article in articles.items())
    page.set_input_files("#files", [{"name": "x.jsonl", "mimeType": "text/plain", "buffer": lines.encode()}])
    page.wait_for_selector(".upload-results li")
    page.fill("#library-search", "xss-")
    expect(page.locator("#library-size")).to_have_text("글 60건")
    for loaded in (20, 40, 60):
        expect(page.locator(".row")).to_have_count(loaded)
        if loaded < len(PAYLOADS):
            page.click(".more")
    told = page.evaluate(OPEN_EACH)
    service.remove(*articles)
    assert told.keys() == articles.keys()
    for name, article in articles.items():
        title, text = normalize(article["title"]).strip(), normalize(article["text"])
        if holds_markup(text):  # what is pasted as HTML is read as HTML; the rest is letters
            text = read_markup(text).text
        links = [["https:", "noopener noreferrer"]] if article["url"].startswith("https://") else []
        assert told[name] == {"row": title, "title": title, "text": text, "strange": [], "links": links}


@pytest.mark.parametrize("half", [0, 30])
def test_s13_file_names(visit: Visits, half: int) -> None:
    """Named so, none can be read; each is listed under its name."""
    page = visit().open()
    names = [f"{payload.replace('/', '／')}.jsonl" for payload in PAYLOADS[half : half + 30]]  # else a path
    page.set_input_files("#files", [{"name": name, "mimeType": "text/plain", "buffer": b"{"} for name in names])
    page.wait_for_selector(".upload-results li")
    shown = page.locator(".upload-results .failed .result-name").all_text_contents()
    assert len(shown) == len(names)
    assert sum("<" in name for name in shown) == sum("<" in name for name in names)
    assert page.evaluate(STRANGE) == []


@pytest.mark.parametrize("each", [5, pytest.param(1, marks=pytest.mark.full)])
def test_s13_questions(visit: Visits, each: int) -> None:
    """Really answered, so every fifth is enough of them day by day."""
    page, payloads = visit().open(), PAYLOADS[::-each]
    told = page.evaluate(ASK_EACH, payloads)
    for payload, result in zip(payloads, told, strict=True):
        assert result["question"] == payload
        assert result["title"].startswith(payload.split()[0])
        assert result["strange"] == []
    page.reload()
    page.wait_for_selector("#result .card")
    assert page.input_value("#question") == payloads[-1]


def test_s13_answers_citations_and_their_links(visit: Visits) -> None:
    """What a service that writes its answers itself might be made to say."""
    page = visit().open()
    page.route(
        "**/v1/query/stream", lambda route: route.fulfill(content_type="text/event-stream", body=answered(route))
    )
    for payload, result in zip(PAYLOADS, page.evaluate(ASK_EACH, PAYLOADS), strict=True):
        assert result["answer"] == f"{payload} [1]"
        assert result["quote"] == SHOWN.get(payload, payload)
        assert result["strange"] == []
        assert result["links"] == 0


def test_s13_error_texts(visit: Visits) -> None:
    page = visit().open()
    page.route(
        "**/v1/**", lambda route: route.fulfill(status=500, content_type="application/problem+json", body=failed(route))
    )
    for payload, result in zip(PAYLOADS, page.evaluate(ASK_EACH, PAYLOADS), strict=True):
        assert result["problem"] == payload
        assert result["strange"] == []


def asked(route: Any) -> str:
    return str(json.loads(route.request.post_data)["question"])


def answered(route: Any) -> str:
    payload = asked(route)
    citation = {
        "article_id": payload, "title": payload, "source": payload, "url": payload, "published_at": payload, "start": 0,
        "end": len(payload), "quote": payload, "score": 1, "highlights": [{"start": 0, "end": 3}],
        "context": [f"## {payload}"], "locator": {"clause": payload, "row": payload, "page": payload},
    }  # fmt: skip
    passage = {"id": payload, "article_id": payload, "title": payload, "text": payload, "start": 0, "end": 1}
    data = {
        "question": payload, "answered": True, "reason": "answered", "answer": f"{payload}\n{payload} [1]",
        "confidence": 0.5, "citations": [citation], "passages": [passage], "expansions": [payload], "certainty": payload,
        "parts": [{"question": payload, "citations": []}, {"question": payload, "citations": [0]}],
        "conflicts": [{"value": payload, "citation": citation}],
    }  # fmt: skip
    return f"event: done\ndata: {json.dumps(data)}\n\n"


def failed(route: Any) -> str:
    payload = asked(route)
    return json.dumps({"title": payload, "detail": payload, "code": payload, "status": 500})
