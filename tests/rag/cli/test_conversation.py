"""Questions typed one after another."""

import builtins
import io
import sys

import pytest

from index.errors import UsageError
from rag.cli.conversation import converse, require_terminal


class Typed:
    """Whoever sits at the terminal: each line once, then Ctrl-D."""

    def __init__(self, *lines: str) -> None:
        self._lines = list(lines)

    def __call__(self, prompt: str) -> str:
        if not self._lines:
            raise EOFError
        return self._lines.pop(0)


def test_each_question_comes_with_those_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []
    monkeypatch.setattr(builtins, "input", Typed("박람회는 언제야?", "", " 장소는? ", "/새로", "입장료는?"))
    converse(lambda question, context: asked.append((question, context)), ["앞"], "ko")
    assert asked == [
        ("박람회는 언제야?", ("앞",)), ("장소는?", ("앞", "박람회는 언제야?")), ("입장료는?", ()),
    ]  # fmt: skip


def test_what_cannot_be_asked_is_told_and_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []

    def answer(question: str, context: tuple[str, ...]) -> None:
        if question == "??":
            raise UsageError("질문이 비어 있습니다.", "the question is empty.")
        asked.append((question, context))

    monkeypatch.setattr(builtins, "input", Typed("??", "입장료는?"))
    converse(answer, (), "ko")
    assert asked == [("입장료는?", ())]  # what was refused is no earlier question
    assert "비어" in capsys.readouterr().err


def test_it_needs_somebody_who_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("질문"))
    with pytest.raises(UsageError, match="질문이 없습니다"):
        require_terminal()
