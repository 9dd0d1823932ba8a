"""What is told on standard error meanwhile: notes, and how far an ingest is.

On a terminal that is a bar, by sentences and with the time left; elsewhere plain lines.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.text.characters import safe
from index.text.messages import say

if TYPE_CHECKING:
    from index.ingest import IngestReport

_LINE_SECONDS = 5.0


def note(text: str) -> None:
    """Print a line on standard error."""
    print(safe(text), file=sys.stderr)


@contextmanager
def waiting(lang: str) -> Iterator[None]:
    """Turn a spinner on standard error meanwhile, where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(say("loading", lang)):
        yield


@contextmanager
def progress_bar(total: int | None, lang: str) -> "Iterator[Callable[[IngestReport], None]]":
    """Give what to call with each new state of an ingest. ``total`` articles, or None where it is not known."""
    if not sys.stderr.isatty():
        yield _lines(total, lang)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(say("indexing", lang), total=None, told="")
        start = time.monotonic()

        def update(report: "IngestReport") -> None:
            state = _State.of(report, total, time.monotonic() - start)
            bar.update(task, completed=report.sentences, total=state.expected, told=state.told(lang))

        yield update


def _lines(total: int | None, lang: str) -> "Callable[[IngestReport], None]":
    start = last = time.monotonic()

    def update(report: "IngestReport") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LINE_SECONDS:
            last = now
            state = _State.of(report, total, now - start)
            left = f", {say('seconds_left', lang, seconds=state.left)}" if state.left is not None else ""
            print(f"{say('indexing', lang)}: {state.told(lang)}{left}", file=sys.stderr, flush=True)

    return update


@dataclass(frozen=True, slots=True)
class _State:
    """How far an ingest is. Articles are of any length, sentences are not: these tell how long it will take."""

    articles: str
    sentences: int
    expected: int | None
    speed: float  # sentences a second

    @classmethod
    def of(cls, report: "IngestReport", total: int | None, seconds: float) -> "_State":
        expected = None if total is None else report.expected_sentences(total)
        return cls(f"{report.done}/{total or '?'}", report.sentences, expected, report.sentences / max(seconds, 1e-3))

    @property
    def left(self) -> int | None:
        """Seconds."""
        if self.expected is None or not self.sentences:
            return None
        return round((self.expected - self.sentences) / self.speed)

    def told(self, lang: str) -> str:
        about = "?" if self.expected is None else f"{self.expected:,}"
        speed = f"{self.speed:,.0f}"
        return say("indexed", lang, articles=self.articles, sentences=f"{self.sentences:,}", about=about, speed=speed)
