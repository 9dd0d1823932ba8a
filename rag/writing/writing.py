"""An answer's citations in, sentences out, each checked before anybody sees it."""

import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.answers import Answer, Written
from rag.writing.checking import Fault, check
from rag.writing.client import WriterError, make_writer
from rag.writing.prompts import is_instruction, messages

logger = logging.getLogger(__name__)
_MOST_SENTENCES = 5
_PAUSE_SECONDS = 30.0
_WAIT_SECONDS = 2.0
Tell = Callable[[str], None]  # of "written", "paused", "late", a fault, or the kind of an error: for the metric


class Lines(Protocol):
    """A service that writes, or a fake in a test."""

    def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
        """Yield each line as soon as it is whole. Raises WriterError at any time."""


class Pause:
    """For a while after a failure nobody waits for the writer; ``now`` is a clock that never goes back."""

    def __init__(self, seconds: float = _PAUSE_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._until = -math.inf

    def begin(self) -> None:
        """Pause from now on, or longer."""
        self._until = self._now() + self._seconds

    @property
    def lasts(self) -> bool:
        """Whether it is not over yet."""
        return self._now() < self._until


@dataclass(frozen=True, slots=True)
class Prose:
    """Writes answers with ``writer``; ``tell`` hears of each sentence and of each failure.

    A reply that is sent whole waits ``wait`` seconds for it, and not at all for a while after that was in vain (``late``).
    """

    writer: Lines
    tell: Tell = lambda _: None
    pause: Pause = field(default_factory=Pause)
    wait: float = _WAIT_SECONDS
    late: Pause = field(default_factory=Pause)

    def write(self, answer: Answer) -> Iterator[Written]:
        """Yield the sentences that pass, as they come; none where nothing is answered or the writer fails."""
        given = [
            (number, citation) for number, citation in enumerate(answer.citations, 1)
            if not is_instruction(citation.quote)
        ]  # fmt: skip
        if not given or is_instruction(answer.question):
            return
        if self.pause.lasts:
            self.tell("paused")
            return
        heard, passed = False, 0
        try:
            for line in self.writer.lines(messages(answer.completed or answer.question, given)):
                heard = True
                if sentence := self._checked(line, answer, {number for number, _ in given}):
                    passed += 1
                    yield sentence
                if passed == _MOST_SENTENCES:
                    return
        except WriterError as error:
            if not heard:
                self.pause.begin()
            self.tell(error.kind)
            logger.warning("the writer failed: %s", error.kind)

    def write_soon(self, answer: Answer) -> list[Written]:
        """Return the sentences that came and passed within the wait; what comes later is left."""
        if not answer.citations or not self.wait:
            return []
        if self.late.lasts:
            self.tell("paused")
            return []
        passed: queue.SimpleQueue[Written | None] = queue.SimpleQueue()
        over = threading.Event()
        threading.Thread(target=self._pass_on, args=(answer, passed, over), name="geungeo-writing", daemon=True).start()
        written, until = list[Written](), time.monotonic() + self.wait
        try:
            while sentence := passed.get(timeout=max(0.0, until - time.monotonic())):
                written.append(sentence)
        except queue.Empty:
            self.tell("late")
            if not written:
                self.late.begin()
        over.set()
        return written

    def _pass_on(self, answer: Answer, passed: "queue.SimpleQueue[Written | None]", over: threading.Event) -> None:
        """Put each sentence, then None; where nobody waits any more, the connection is closed at the next one."""
        try:
            for sentence in self.write(answer):
                passed.put(sentence)
                if over.is_set():
                    return
        finally:
            passed.put(None)

    def _checked(self, line: str, answer: Answer, given: set[int]) -> Written | None:
        """Return the sentence where it holds and cites only what was ``given``; else tell what is wrong with it."""
        found = check(line, answer.citations)
        if isinstance(found, Written) and all(citation + 1 in given for citation in found.citations):
            self.tell("written")
            return found
        self.tell(str(found) if isinstance(found, Fault) else str(Fault.UNCITED))
        return None


def make_prose(url: str | None, model: str | None, key: str, wait: float) -> Prose | None:
    """Return what writes answers with that writer, and tells nobody. Raises UsageError as :func:`make_writer`."""
    writer = make_writer(url, model, key)
    return None if writer is None else Prose(writer, wait=wait)
