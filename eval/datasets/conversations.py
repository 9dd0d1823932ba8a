"""Conversations written by hand in a readable text file: questions one after another, and what each follow-up means.

A conversation begins with ``c:`` and the ids of its documents; ``q:`` is a question, ``f:`` behind it the same question in
full. A question without ``f:`` stands alone. docs/answers/conversation.md tells how they were made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.datasets.records import failure


@dataclass(frozen=True, slots=True)
class Said:
    """One question of a conversation, and the whole of it where it leaves something out."""

    question: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Two questions or more about ``documents``; ``where`` is its ``file:line``."""

    documents: tuple[str, ...]
    said: tuple[Said, ...]
    where: str


def read_conversations(folder: Path) -> list[Conversation]:
    """Return the conversations of the folder's ``*.txt``, in order of name. Raises ReadError naming file and line."""
    return [conversation for path in sorted(folder.glob("*.txt")) for conversation in _read_file(path)]


def _read_file(path: Path) -> Iterator[Conversation]:
    documents, said, where = "", list[Said](), ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        mark, _, text = line.partition(":")
        text = text.strip()
        if mark == "c":
            yield from _made(documents, said, where)
            documents, said, where = text, [], f"{path}:{number}"
        elif mark == "q" and where and text:
            said.append(Said(text))
        elif mark == "f" and len(said) > 1 and text and not said[-1].whole:
            said[-1] = Said(said[-1].question, text)
        elif line.strip() and not line.startswith("#"):
            raise failure(
                f"{path}:{number}", f"알 수 없는 줄입니다: {line[:40]!r}", f"what is this line? {line[:40]!r}"
            )
    yield from _made(documents, said, where)


def _made(documents: str, said: list[Said], where: str) -> Iterator[Conversation]:
    if not where:
        return
    if len(said) < 2 or not documents:
        raise failure(
            where, "대화에는 글과 질문 둘이 있어야 합니다", "a conversation needs documents and two questions"
        )
    yield Conversation(tuple(documents.split()), tuple(said), where)
