"""Documents read in a process of its own, with limits: one that crashes, hangs or bloats its reader costs itself.

As :mod:`index.korean.parser_process` does for Kiwi; here a document at a time, since whoever asks has nothing else to do.
The process lives on from document to document; a new one is started after one has died, or has kept too much.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from index.errors import GeungeoError, ModelError, ReadError
from index.reading.reader_child import LOADING, Answered, LineEnds, Read, ReaderLimits, Request, broken, serve
from index.system.limits import PROCESSOR_ALARM
from index.system.spawned_process import SpawnedProcess

_START_SECONDS = 300.0
_PATIENCE = 4.0  # on a busy machine a second of the processor takes several
_SLACK_SECONDS = 5.0
_LIMITS = ReaderLimits()


class Joiner(Protocol):
    """Judges line ends: :class:`index.korean.line_ends.KiwiJoiner`."""

    def scores(self, ends: Sequence[tuple[str, str]]) -> Sequence[float]:
        """Return a float for each; above 0 where the two read better without a space between them."""


class ReaderProcess:
    """For one caller at a time. Nothing is started before the first document.

    ``make_joiner`` gives what judges the line ends of PDF files, where Kiwi is loaded here already; else the process loads
    one of its own, which is as large as all the rest of it. ``spent`` is the processor's seconds of all documents so far; one
    that ended its reader has spent all that it had.
    """

    def __init__(self, limits: ReaderLimits = _LIMITS, make_joiner: Callable[[], Joiner] | None = None) -> None:
        self._limits = limits
        self._make_joiner = make_joiner
        self.spent = 0.0
        self._process: SpawnedProcess | None = None

    def read(self, source: Path | bytes, name: str, kind: str = "") -> Read:
        """Return the document of a file or of bytes called ``name``. Raises ReadError, and ModelError where no process starts."""
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        seconds = self._limits.time_for(size)
        request = Request(source if isinstance(source, bytes) else str(source), name, seconds, kind)
        answer = self._ask(request)
        if isinstance(answer, GeungeoError):
            raise answer
        return answer

    def close(self) -> None:
        """Stop the process. May be called more than once."""
        if self._process is not None:
            self._process.close()
        self._process = None

    def _ask(self, request: Request) -> Read | GeungeoError:
        """Ask, and once more where the process had ended of itself, because of what the document before left behind."""
        return self._attempt(request) or self._attempt(request) or self._ended(timed_out=False)

    def _attempt(self, request: Request) -> Read | GeungeoError | None:
        """Return the answer; None where the process had ended before it read anything."""
        process = self._started()
        connection = process.connection
        try:
            connection.send(request)
            seconds = patience = _PATIENCE * request.seconds + _SLACK_SECONDS
            while connection.poll(seconds):
                answer: Answered | LineEnds | str = connection.recv()
                if isinstance(answer, LineEnds):
                    connection.send(self._judged(answer))
                    continue
                if isinstance(answer, Answered):
                    self.spent += answer.seconds
                    return answer.answer
                seconds = _START_SECONDS if answer == LOADING else patience
            timed_out = True
        except (EOFError, OSError):
            if process.exit_code() == 0:
                self.close()
                return None
            timed_out = False
        except BaseException:  # Ctrl-C: the answer that is still to come must not be the next one's
            self.close()
            raise
        self.spent += request.seconds
        return self._ended(timed_out=timed_out)

    def _judged(self, asked: LineEnds) -> list[float] | None:
        assert self._make_joiner is not None
        try:
            return list(self._make_joiner().scores(asked.ends))
        except Exception:  # letters that Kiwi does not take: that document fails
            return None

    def _started(self) -> SpawnedProcess:
        if self._process is not None and not self._process.is_alive():
            self.close()
        if self._process is None:
            self._process = SpawnedProcess(
                partial(serve, limits=self._limits, judged_there=self._make_joiner is not None)
            )
        if not self._process.is_ready(_START_SECONDS):
            self.close()
            raise ModelError(
                "문서를 읽는 프로세스가 시작되지 않습니다. 메모리가 모자라지 않은지 확인하고 geungeo를 새로 설치하세요.",
                "the process that reads documents does not start. Check that there is memory enough, and reinstall geungeo.",
            )
        return self._process

    def _ended(self, *, timed_out: bool) -> ReadError:
        """Stop the process and return the error that says why it gave no answer."""
        code = None if timed_out or self._process is None else self._process.exit_code()
        self.close()
        if timed_out or (PROCESSOR_ALARM is not None and code == -PROCESSOR_ALARM):
            return ReadError(
                "읽는 데 너무 오래 걸려 그만두었습니다. 문서를 나누거나 원래 프로그램에서 다시 저장해 넣으세요.",
                "took too long to read. Split it, or save it anew in its program.",
            )
        return broken(f"code {code}")
