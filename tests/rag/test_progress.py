"""What is told while articles are taken in: sentences done of those expected, their speed, and the time left."""

import io
import re
import sys
import time

import pytest

from index.ingest import IngestReport
from rag import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def report(sentences: int) -> IngestReport:
    """Of one article in hand, 200 sentences long."""
    return IngestReport(sentences=sentences, sentences_read=200, in_hand=1)


def test_lines_tell_the_time_left_while_the_first_article_is_in_hand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 10.0, 11.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with progress.progress_bar(3, "ko") as update:
        update(report(100))
        update(report(120))  # not a line each
    assert capsys.readouterr().err == "색인: 글 0/3 · 문장 100/약 600 (10/초), 50초쯤 남음\n"


@pytest.mark.parametrize(("total", "about"), [(3, "약 600"), (None, "약 ?")])
def test_a_bar_moves_by_sentences(monkeypatch: pytest.MonkeyPatch, total: int | None, about: str) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.progress_bar(total, "ko") as update:
        update(report(32))
        update(report(64))
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", sys.stderr.getvalue())  # type: ignore[attr-defined]
    assert f"문장 64/{about}" in shown
