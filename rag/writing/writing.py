"""An answer's citations in, sentences out, each checked before anybody sees it."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answers import Answer, Written
from rag.writing.checking import Fault, check
from rag.writing.client import WriterError
from rag.writing.prompts import is_instruction, messages

logger = logging.getLogger(__name__)
_MOST_SENTENCES = 5
Tell = Callable[[str], None]  # of "written", a fault, or the kind of an error: for the metric


class Lines(Protocol):
    """A service that writes, or a fake in a test."""

    def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
        """Each line as soon as it is whole. Raises WriterError at any time."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Writes answers with ``lines``; ``tell`` hears of each sentence and of each failure."""

    writer: Lines
    tell: Tell = lambda _: None

    def write(self, answer: Answer) -> Iterator[Written]:
        """Return the sentences that pass, as they come; none where nothing is answered or the writer fails: never an error."""
        given = [
            (number, citation) for number, citation in enumerate(answer.citations, 1)
            if not is_instruction(citation.quote)
        ]  # fmt: skip
        if not given or is_instruction(answer.question):
            return
        allowed = {number for number, _ in given}
        try:
            yield from self._passed(
                answer, allowed, self.writer.lines(messages(answer.completed or answer.question, given))
            )
        except WriterError as error:
            self.tell(error.kind)
            logger.warning("the writer failed: %s", error.kind)

    def _passed(self, answer: Answer, allowed: set[int], lines: Iterator[str]) -> Iterator[Written]:
        passed = 0
        for line in lines:
            found = check(line, answer.citations)
            if isinstance(found, Written) and all(citation + 1 in allowed for citation in found.citations):
                passed += 1
                self.tell("written")
                yield found
            else:
                self.tell(str(found) if isinstance(found, Fault) else str(Fault.UNCITED))
            if passed == _MOST_SENTENCES:
                return
