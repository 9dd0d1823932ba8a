"""The real service and a real Chromium, for the tests of the page; without either they are skipped, and say why."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.rag_support import command, environment, first_ask

__all__ = ["browser", "service", "shots", "visit"]
# (on a phone, in the dark)
SIZES = [
    (False, False),
    (True, True),
    pytest.param(False, True, marks=pytest.mark.full),
    pytest.param(True, False, marks=pytest.mark.full),
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What must never happen, noted where the page cannot take it back.
_WATCH = """
window.__seen = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { window.__seen.push(name); };
Object.defineProperty(window, "__x", { set() { window.__seen.push("__x"); } });
document.addEventListener("securitypolicyviolation", (event) => window.__seen.push(`csp ${event.violatedDirective}`));
"""


@dataclass(frozen=True)
class Service:
    """``geungeo serve`` at ``url``; ``env`` is that of its process."""

    url: str
    env: dict[str, str]

    def put(self, article_id: str, title: str, text: str) -> None:
        response = httpx.put(
            f"{self.url}/v1/articles/{quote(article_id)}", json={"title": title, "text": text}, timeout=60
        )
        response.raise_for_status()

    def article(self, article_id: str) -> Any:
        return httpx.get(f"{self.url}/v1/articles/{quote(article_id)}", timeout=60).json()

    def remove(self, *ids: str) -> None:
        """All at once, by the command line: over HTTP each deletion publishes a generation of its own.

        The server takes that up within a second; the next page must not be opened before.
        """
        subprocess.run(command("remove", "--wait", "30", *ids), env=self.env, check=True, capture_output=True)
        deadline = time.monotonic() + 60
        while any(
            httpx.get(f"{self.url}/v1/articles/{quote(article_id)}", timeout=60).status_code != 404
            for article_id in ids
        ):
            assert time.monotonic() < deadline
            time.sleep(0.1)


class Visit:
    """A page of a context of its own, whose every request, error and forbidden act is noted."""

    def __init__(self, context: Any, service: Service) -> None:
        self.service = service
        self.context = context
        context.add_init_script(_WATCH)
        context.on("request", lambda request: self.requests.append(request.url))
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.errors.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def open(self, question: str = "", **said: str) -> Any:
        """The page at that place, ready to be used."""
        values = {"q": question} | said
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items() if value)
        self.page.goto(f"{self.service.url}/?{query}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def ask(self, question: str) -> Any:
        """The page with what came of the question."""
        page = self.open(question)
        page.wait_for_selector("#result .card")
        return page

    def require_clean(self) -> None:
        """No script of anybody else's ran, nothing was blocked, nothing went to another host, no error was thrown."""
        assert self.page.evaluate("window.__seen") == []
        assert self.errors == []
        foreign = [url for url in self.requests if not url.startswith((f"{self.service.url}/", "data:", "blob:"))]
        assert foreign == []


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Over the five seeds, in a data folder of its own. Whoever puts articles in takes them out again."""
    _require_browser()
    first = first_ask(tmp_path_factory.getbasetemp())
    data = tmp_path_factory.mktemp("page") / "data"
    shutil.copytree(first.data, data)
    env = environment(data, first.cache) | {"GEUNGEO_GOLD": "1", "GEUNGEO_ORIGINALS": "1"}
    log = data.with_name("log")  # a pipe that nobody reads would fill up and stop the service
    with log.open("wb") as out:
        process = subprocess.Popen(command("serve", "--port", "0"), env=env, stderr=out)
    try:
        yield Service(_ready_address(log), env)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _ready_address(log: Path) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = re.search(r"http://[\w.:]+", log.read_text("utf-8"))
        if found and httpx.get(f"{found[0]}/readyz", timeout=60).status_code == 200:
            return found[0]
        time.sleep(0.05)
    pytest.fail(f"the service did not become ready: {log.read_text('utf-8')[-2000:]}")


def until(page: Any, holds: Callable[[], object]) -> None:
    """Wait for something outside the page: its routes are served while Playwright itself waits."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        page.wait_for_timeout(20)


def import_playwright() -> Any:
    """``playwright.sync_api``; the module that asks is skipped where it is not installed."""
    return pytest.importorskip("playwright.sync_api", reason="needs the browser extra: pip install 'geungeo[browser]'")


def _require_browser() -> str:
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"needs a Chromium on PATH: one of {', '.join(_NAMES)}")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Closed with the module: while Playwright runs, no other test could start an event loop."""
    executable = _require_browser()
    import_playwright().expect.set_options(timeout=30_000)  # its own five seconds are too few for a busy machine
    with import_playwright().sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Any, service: Service) -> Iterator[Callable[..., Visit]]:
    """Makes visits (``phone``, ``dark``, ``locale``); each must have been clean in the end."""
    visits: list[Visit] = []

    def make(*, phone: bool = False, dark: bool = False, locale: str = "ko-KR", **more: Any) -> Visit:
        size = {"width": 360, "height": 740} if phone else {"width": 1280, "height": 860}
        context = browser.new_context(
            viewport=size, has_touch=phone, is_mobile=phone, color_scheme="dark" if dark else "light",
            reduced_motion="reduce", locale=locale, **more,
        )  # fmt: skip
        visits.append(Visit(context, service))
        return visits[-1]

    yield make
    for visit in visits:
        visit.require_clean()
        visit.context.close()


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any, str], None]:
    """Keeps a screenshot under ``$PAGE_SHOTS``, or else in pytest's own folder."""
    folder = Path(os.environ.get("PAGE_SHOTS") or tmp_path_factory.mktemp("shots"))
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Any, name: str) -> None:
        page.screenshot(path=str(folder / f"{name}.png"))

    return keep
