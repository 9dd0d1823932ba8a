"""How long a very long article takes to open from its citation on the page, and to go to its end; several versions in turn.

    python -m scripts.measure.long_article [--lines 60000] [FOLDER ...]

Each FOLDER holds the page's files (``api/page/files`` of a checkout), the first is what the others are compared with; without
one this checkout's are measured. No service is needed: what it would answer is made here.
"""

import argparse
import json
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

import api.page

HOST = "http://page.test"
OWN = Path(api.page.__path__[0], "files")
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
ROUNDS = 3
# From a click to the frame that is painted after the mark is there.
OPEN = """() => new Promise((done) => {
  const before = performance.now();
  const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - before)));
  const look = () => (document.querySelector("mark.cited") ? painted() : setTimeout(look, 0));
  document.querySelector(".source .opener").click();
  look();
})"""
END = """() => new Promise((done) => {
  const pane = document.querySelector(".pane-scroll");
  const before = performance.now();
  pane.scrollTop = pane.scrollHeight;
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - before)));
})"""


def prose(number: int) -> str:
    return f"제{number}호 안내: 한빛시는 {number}번째 사업에 예산 {number * 3}만 원을 쓰며, 담당 부서는 총무과이다.\n"


def row(number: int) -> str:
    return f"| {number} | 사업 {number}호 | {number * 3}만 원 | 총무과 | |\n"


def article_of(line: Callable[[int], str], lines: int) -> dict[str, Any]:
    text = "".join(map(line, range(lines)))
    return {"id": "long", "title": "긴 글", "text": text, "source": "한빛시청", "published_at": "2026-01-02", "url": None,
            "spans": [{"start": 0, "end": len(text), "kind": "body"}]}  # fmt: skip


def answer_to(article: dict[str, Any], quote: str) -> dict[str, Any]:
    start = article["text"].index(quote)
    citation = {name: article[name] for name in ("title", "source", "published_at", "url")} | {
        "article_id": "long", "start": start, "end": start + len(quote), "quote": quote, "score": 1.0, "highlights": [],
        "context": [], "locator": {"row": 1} if quote.startswith("|") else {},
    }  # fmt: skip
    return {"question": "?", "answered": True, "reason": "answered", "answer": quote, "confidence": 0.9,
            "certainty": "high", "citations": [citation], "passages": [], "expansions": []}  # fmt: skip


def serve(page: Page, files: Path, article: dict[str, Any], answer: dict[str, Any]) -> None:
    """Answer every request of the page as the service would."""

    def reply(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            html = (files / "index.html").read_text("utf-8").replace("{version}", "0").replace("{preloads}", "")
            return route.fulfill(content_type="text/html; charset=utf-8", body=html)
        if path.startswith("/static/0/"):
            file = files / path.removeprefix("/static/0/")
            return route.fulfill(content_type=TYPES[file.suffix], body=file.read_text("utf-8"))
        if path == "/v1/query/stream":
            return route.fulfill(content_type="text/event-stream", body=f"event: done\ndata: {json.dumps(answer)}\n\n")
        return route.fulfill(
            json=article if path == "/v1/articles/long" else {"scopes": [], "articles": [], "total": 1}
        )

    page.route("**/*", reply)


def measure(browser: Browser, files: Path, article: dict[str, Any], answer: dict[str, Any]) -> tuple[float, float]:
    """Return the milliseconds to the open article and from there to its end."""
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.set_default_timeout(300_000)
    serve(page, files, article, answer)
    page.goto(f"{HOST}/?q=x")
    page.wait_for_selector(".source .quote")
    page.wait_for_timeout(1000)  # the article has come for what stands around the citation
    times = page.evaluate(OPEN), page.evaluate(END)
    page.close()
    return times


def compare(browser: Browser, folders: list[Path], line: Callable[[int], str], lines: int) -> list[str]:
    """Return a line for each folder: the medians, and their ratios to those of the first."""
    article = article_of(line, lines)
    answer = answer_to(article, line(lines // 2).strip())
    times: dict[Path, list[tuple[float, float]]] = {folder: [] for folder in folders}
    for _ in range(ROUNDS):
        for folder, found in times.items():
            found.append(measure(browser, folder, article, answer))
    medians = {
        folder: [statistics.median(part) for part in zip(*found, strict=True)] for folder, found in times.items()
    }
    first = medians[folders[0]]
    return [
        f"open {own[0]:.0f} ms ({own[0] / first[0]:.2f}), to the end {own[1]:.0f} ms ({own[1] / first[1]:.2f}): {folder}"
        for folder, own in medians.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=[OWN])
    parser.add_argument("--lines", type=int, default=60_000)
    said = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium())
        for name, line in (("lines", prose), ("rows of a table", row)):
            print(f"{said.lines} {name}", *compare(browser, said.folders, line, said.lines), sep="\n  ")
        browser.close()


def _chromium() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise SystemExit("needs a Chromium on PATH")
    return found


if __name__ == "__main__":
    main()
