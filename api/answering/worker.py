"""A second process that answers: threads of one process take turns in Python's interpreter, processes do not.

It is forked as soon as Kiwi and the encoder are loaded and before any index is open. So what those take, most of a
server's memory, is there once for both, and each opens the index, whose files the system maps once, for itself.
"""

import gc
import logging
import os
import select
import signal
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from api.problems.problems import without_message
from index.errors import CorruptIndexError, GeungeoError, LockedError, StorageError
from rag.answerer import Answerer
from rag.answers import Hit, Query, Watch

SILENCE = 10.0  # seconds; half of what a question has (api.limits), so that the rest is enough to answer it elsewhere
PATIENCE = 300.0  # seconds that a silent one has to come to the end of its question; the machine may have stood still
_ROOM_SECONDS = 1.0  # for a message to fit into what the other process has not read yet
_STANDARD = {0, 1, 2}
_REFRESH = "refresh"
FOR_THE_FIRST = (signal.SIGINT, signal.SIGTERM)
logger = logging.getLogger(__name__)


class NotAnsweredError(Exception):
    """The process is gone or silent, or has met an error that nobody meant.

    What it was asked can be asked elsewhere.
    """


class _FirstGoneError(Exception):
    """There is nobody left to tell."""


class Worker:
    """For one caller at a time. ``open_pipeline`` is called there, with the first :meth:`refresh`.

    The process that forks may have threads, which is why the other one touches nothing that they might hold: no
    sockets, no event loop, no database opened before.
    """

    def __init__(self, open_pipeline: Callable[[], Answerer]) -> None:
        self._connection, theirs = Pipe()
        self.is_lost = False
        self.is_silent = False  # until it has answered the question that nobody waits for any more
        self.process_id = fork(lambda: live(theirs, open_pipeline))
        theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked. False also for one that died unasked, of which :attr:`is_lost` does not know yet."""
        state = select.poll()
        try:
            state.register(self._connection.fileno(), 0)  # that the other end is closed is told without being asked for
        except OSError:  # this end is
            return False
        return not (self.is_lost or self.is_silent or state.poll(0))

    def answer(self, method: str, generation: int, query: Query, watch: Watch) -> tuple[Any, int]:
        """Return (what ``method`` of the pipeline returns, refusals of its gate), from ``generation`` or a newer one.

        One that is silent for longer than any question takes is not to be asked again before :meth:`comes_back`.
        Raises NotAnsweredError, GeungeoError, and what ``watch`` raises; the last once the other process is through.
        """
        self._tell((method, generation, query))
        stopped: BaseException | None = None
        while True:
            kind, *content = self._hear(SILENCE)
            if kind == "done":
                if stopped:
                    raise stopped
                return content[0], content[1]
            if kind == "failed":
                raise stopped or content[0] or NotAnsweredError
            try:
                if not stopped:
                    getattr(watch, kind)(*content)
            except Exception as error:
                stopped = error

    def comes_back(self) -> bool:
        """Wait until a silent one has come to the end of what it was asked. One that never does is ended."""
        until = time.monotonic() + PATIENCE
        with suppress(NotAnsweredError):
            while self.is_silent:
                kind, *_ = self._hear(until - time.monotonic())
                self.is_silent = kind not in ("done", "failed")
            return True
        if not self.is_lost:
            self._end()
        return False

    def refresh(self) -> None:
        """Open the index, or take up its newest generation if there is a newer one. Returns at once."""
        self._tell(_REFRESH)

    def close(self) -> None:
        """End the process, unless that is done already."""
        if not self._connection.closed:
            self._connection.close()
            self._kill()
            self._reap()

    def _kill(self) -> None:
        os.kill(self.process_id, signal.SIGKILL)

    def _reap(self) -> None:
        os.waitpid(self.process_id, 0)

    def _tell(self, message: object) -> None:
        """Raise NotAnsweredError where it cannot be sent, also where so much is unread already that it must hang."""
        try:
            room = select.poll()
            room.register(self._connection.fileno(), select.POLLOUT)
            if not room.poll(1000 * _ROOM_SECONDS):
                self._end()
                raise NotAnsweredError
            self._connection.send(message)
        except OSError as error:
            raise self._gone() from error

    def _hear(self, seconds: float) -> tuple[Any, ...]:
        """Return the next message. Raises NotAnsweredError, also where nothing is heard for so long."""
        try:
            if not self._connection.poll(max(0.0, seconds)):
                self.is_silent = True
                raise NotAnsweredError
            heard: tuple[Any, ...] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        return heard

    def _end(self) -> None:
        self.is_lost = True
        if not self._connection.closed:  # or its number may be another's already
            self._kill()

    def _gone(self) -> NotAnsweredError:
        self.is_lost = True
        return NotAnsweredError()


class _Telling(Watch):
    """Tells the first process. Raises _FirstGoneError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stage(self, name: str) -> None:
        self.tell("stage", name)

    def passages(self, hits: Sequence[Hit]) -> None:
        self.tell("passages", hits)

    def tell(self, *message: object) -> None:
        try:
            self._connection.send(message)
        except OSError as error:
            raise _FirstGoneError from error


def fork(work: Callable[[], None]) -> int:
    """Return the number of a process that does ``work`` and ends. SIGTERM and Ctrl-C are held back there.

    Raises OSError where there is no room for one.
    """
    gc.collect()
    gc.freeze()  # or the next collection would touch, and so copy, every object that is shared
    held = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_FIRST)  # or they met this process's handlers there
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of forking with threads
            process_id = os.fork()
    except OSError:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        raise
    if process_id:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        return process_id
    try:
        work()
    except BaseException as error:
        logger.error("an answering process ends: %s", without_message(error))
    finally:
        os._exit(0)


def leave_signals_to_the_first() -> None:
    """Leave SIGTERM and Ctrl-C, held back so far, to the first process: ignore them here."""
    signal.set_wakeup_fd(-1)
    for number in FOR_THE_FIRST:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FOR_THE_FIRST)


def live(connection: Connection, open_pipeline: Callable[[], Answerer]) -> None:
    """Run the other process, until the first one is gone."""
    leave_signals_to_the_first()
    let_go_of_files(keep=connection.fileno())
    pipeline: Answerer | None = None
    watch = _Telling(connection)
    with suppress(EOFError, ConnectionError, _FirstGoneError):
        while True:
            message = connection.recv()
            if pipeline is None:
                pipeline = _opened(open_pipeline)
            elif message == _REFRESH:
                _refreshed(pipeline)
            if message != _REFRESH:
                watch.tell(*(_answered(pipeline, watch, *message) if pipeline else ("failed", None)))


def _opened(open_pipeline: Callable[[], Answerer]) -> Answerer | None:
    """Return the opened pipeline, None where that is not possible now; the next message tries again."""
    try:
        return open_pipeline()
    except Exception as error:
        logger.error("an answering process cannot open the index: %s", without_message(error))
        return None


def _answered(pipeline: Answerer, watch: Watch, method: str, generation: int, query: Query) -> tuple[object, ...]:
    """Return what the first process is told; what this one alone cannot answer is left to it."""
    refused = pipeline.gate_failures
    try:
        if pipeline.info().generation < generation and not _refreshed(pipeline):
            return "failed", None
        return "done", getattr(pipeline, method)(query, watch), pipeline.gate_failures - refused
    except (CorruptIndexError, StorageError, LockedError) as error:
        logger.error("an answering process cannot read the index: %s", error.english)
        return "failed", None
    except GeungeoError as error:
        return "failed", error
    except _FirstGoneError:
        raise
    except Exception as error:
        logger.error("an answering process has failed: %s", without_message(error))
        return "failed", None


def _refreshed(pipeline: Answerer) -> bool:
    """Take up the newest index, and return whether it could be; if not, the first process met the same and says so."""
    try:
        pipeline.refresh()
    except Exception:
        return False
    return True


def let_go_of_files(keep: int) -> None:
    """Close the sockets of the first process, which would outlive it here while its clients wait.

    Their numbers stay taken, so that nothing of ours gets one that an object left over from there might close.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in {int(path.name) for path in Path("/proc/self/fd").iterdir()} - {*_STANDARD, keep, nothing}:
        try:
            os.dup2(nothing, fd)
        except OSError:
            continue  # what listed them
    os.close(nothing)
