"""What is told on standard error meanwhile: notes, and how far an ingest is, as a bar with articles a second and the time left on a terminal, plain lines otherwise."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(say("indexing", lang), total=total, speed="")
        start = time.monotonic()

        def update(report: "IngestReport") -> None:
            speed = report.done / max(time.monotonic() - start, 1e-3)
            bar.update(task, completed=report.done + report.share, speed=f"{speed:.1f} {say('per_second', lang)}")

        yield update


def _lines(total: int | None, lang: str) -> "Callable[[IngestReport], None]":
    start = last = time.monotonic()

    def update(report: "IngestReport") -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _LINE_SECONDS:
            last = now
            speed = report.done / max(now - start, 1e-3)
            left = f", {(total - report.done) / speed:.0f} s" if total and speed > 0 else ""
            text = (
                f"{say('indexing', lang)}: {report.done}/{total or '?'} ({speed:.1f} {say('per_second', lang)}{left})"
            )
            print(text, file=sys.stderr, flush=True)

    return update
