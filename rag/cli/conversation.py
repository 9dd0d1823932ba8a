"""Questions one after another in a terminal, each in the light of those before."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from index.errors import UsageError
from index.text.messages import say
from rag.progress import note

_PROMPT = "? "
_ANEW = ("/새로", "/new")


def require_terminal() -> None:
    """Raise UsageError where nobody can type."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise UsageError(say("no_question", "ko"), say("no_question", "en"))


def converse(answer: Callable[[str, tuple[str, ...]], None], before: Sequence[str], lang: str) -> None:
    """Give every line that is typed to ``answer``, with the questions before it, until the input ends."""
    note(say("converse", lang))
    asked = list(before)
    while (line := _read_line()) is not None:
        if line in _ANEW:
            asked.clear()
            note(say("forgotten", lang))
        elif line and _answer_one(answer, line, tuple(asked), lang):
            asked.append(line)


def _answer_one(
    answer: Callable[[str, tuple[str, ...]], None], question: str, context: tuple[str, ...], lang: str
) -> bool:
    """Return whether the question was one; what cannot be asked is told, and the conversation goes on without it."""
    try:
        answer(question, context)
    except UsageError as error:
        note(error.message(lang))
        return False
    return True


def _read_line() -> str | None:
    """Return a line as it is typed, with the editing keys where the terminal has them; None at the end."""
    with suppress(ImportError):  # Windows edits lines by itself
        import readline  # noqa: F401  # input() does once it is imported
    try:
        return input(_PROMPT).strip()
    except EOFError:
        return None
