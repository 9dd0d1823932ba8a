"""A second process that answers: threads of one process take turns in Python's interpreter, processes do not.

It is forked as soon as Kiwi and the encoder are loaded and before any index is open. So what those take, most of a
server's memory, is there once for both, and each opens the index, whose files the system maps once, for itself.
"""

import gc
import os
import signal
import warnings
from collections.abc import Callable, Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from index.errors import GeungeoError
from rag.answers import Hit
from rag.pipeline import Pipeline
from rag.watching import Watch

SILENCE = 30.0  # seconds
_STANDARD = {0, 1, 2}
_OPEN, _REFRESH = "open", "refresh"


class NotAnsweredError(Exception):
    """The process is gone, or has met an error that nobody meant. What it was asked can be asked elsewhere."""


class Twin:
    """For one caller at a time. ``open_pipeline`` is called there, after :meth:`open`.

    The process that forks may have threads, which is why the other one touches nothing that they might hold: no
    sockets, no event loop, no database opened before.
    """

    def __init__(self, open_pipeline: Callable[[], Pipeline]) -> None:
        self._connection, theirs = Pipe()
        self.is_lost = False
        gc.collect()
        gc.freeze()  # or the next collection would touch, and so copy, every object that is shared
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of forking with threads
            self.process_id = os.fork()
        if not self.process_id:
            try:
                _live(theirs, open_pipeline)
            finally:
                os._exit(0)
        theirs.close()

    def open(self) -> None:
        """Once there is an index. Returns at once."""
        self._tell(_OPEN)

    def answer(self, method: str, generation: int, watch: Watch, **options: object) -> tuple[Any, int]:
        """(what ``method`` of the pipeline returns, refusals of its gate), from ``generation`` or a newer one.

        Raises NotAnsweredError, GeungeoError, and what ``watch`` raises; the last once the other process is through.
        """
        self._tell((method, generation, options))
        stopped: BaseException | None = None
        while True:
            kind, *content = self._hear()
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

    def refresh(self) -> None:
        """Take up the newest generation, if there is a newer one. Returns at once."""
        self._tell(_REFRESH)

    def close(self) -> None:
        """May be called more than once."""
        if not self._connection.closed:
            self._connection.close()
            os.kill(self.process_id, signal.SIGKILL)
            os.waitpid(self.process_id, 0)

    def _tell(self, message: object) -> None:
        """Raises NotAnsweredError."""
        try:
            self._connection.send(message)
        except OSError as error:
            raise self._gone() from error

    def _hear(self) -> tuple[Any, ...]:
        """Raises NotAnsweredError, also where nothing is heard for longer than any question takes."""
        try:
            if not self._connection.poll(SILENCE):
                os.kill(self.process_id, signal.SIGKILL)
                raise self._gone()
            heard: tuple[Any, ...] = self._connection.recv()
        except (EOFError, OSError) as error:
            raise self._gone() from error
        return heard

    def _gone(self) -> NotAnsweredError:
        self.is_lost = True
        return NotAnsweredError()


class _Telling(Watch):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stage(self, name: str) -> None:
        self._connection.send(("stage", name))

    def passages(self, hits: Sequence[Hit]) -> None:
        self._connection.send(("passages", hits))


def _live(connection: Connection, open_pipeline: Callable[[], Pipeline]) -> None:
    """The other process, until the first one is gone or something is wrong that no message is for."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to handle
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _let_go_of_files(keep=connection.fileno())
    try:
        if connection.recv() != _OPEN:
            return
        pipeline, watch = open_pipeline(), _Telling(connection)
        while True:
            message = connection.recv()
            if message == _REFRESH:
                _refresh(pipeline)
            else:
                connection.send(_answered(pipeline, watch, *message))
    except (EOFError, OSError):
        return


def _answered(
    pipeline: Pipeline, watch: Watch, method: str, generation: int, options: dict[str, Any]
) -> tuple[object, ...]:
    refused = pipeline.gate_failures
    try:
        if pipeline.info().generation < generation:
            pipeline.refresh()
        return "done", getattr(pipeline, method)(**options, watch=watch), pipeline.gate_failures - refused
    except GeungeoError as error:
        return "failed", error
    except OSError:
        raise  # the first process is gone
    except Exception:
        return "failed", None  # it will meet the same in the first process, which has the means to report it


def _refresh(pipeline: Pipeline) -> None:
    try:
        pipeline.refresh()
    except GeungeoError:
        return  # the first process has tried too, and says so


def _let_go_of_files(keep: int) -> None:
    """Or connections would outlive the first process, and its clients wait. Their numbers stay taken, so that nothing of
    ours gets one that an object left over from there might close.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in {int(path.name) for path in Path("/proc/self/fd").iterdir()} - {*_STANDARD, keep, nothing}:
        try:
            os.dup2(nothing, fd)
        except OSError:
            continue  # what listed them
    os.close(nothing)
