"""Where lost answering processes are replaced: a process forked at the start, with the tools loaded and nothing open.

Only it can fork another as whole as the first ones: the server itself has threads by now, whose locks would stay taken.
"""

import logging
import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle

from api.answering.worker import (
    NotAnsweredError,
    Worker,
    fork,
    leave_signals_to_the_first,
    let_go_of_files,
    live,
)
from rag.answerer import Answerer

logger = logging.getLogger(__name__)
_SECONDS = 5.0  # for the process to be there, or gone
_NONE = 0  # no process has this number


class WorkerSpawner:
    """A process that forks workers when asked to. For one caller at a time."""

    def __init__(self, open_pipeline: Callable[[], Answerer]) -> None:
        self._connection, theirs = Pipe()
        self._sent = 0
        self.process_id = fork(lambda: _keep(theirs, open_pipeline))
        theirs.close()

    def worker(self) -> Worker:
        """Return a new one. Raises OSError where there can be none now, NotAnsweredError where there never will be."""
        ours, theirs = Pipe()
        try:
            with theirs:
                send_handle(self._connection, theirs.fileno(), self.process_id)
            self._sent += 1
            process_id = self._reply()
            if process_id == _NONE:
                raise OSError("no room for a process")
            return _Replacement(ours, process_id)
        except (EOFError, ConnectionError) as error:
            ours.close()
            raise NotAnsweredError from error
        except OSError:
            ours.close()
            raise

    def _reply(self) -> int:
        """Return the process that was forked for the socket sent last; of an earlier one nobody holds the other end."""
        number, process_id = 0, _NONE
        while number != self._sent:
            if not self._connection.poll(_SECONDS):
                raise OSError("no process came")
            number, process_id = self._connection.recv()
        return process_id

    def close(self) -> None:
        """End the process, unless that is done already."""
        if not self._connection.closed:
            self._connection.close()
            os.kill(self.process_id, signal.SIGKILL)
            os.waitpid(self.process_id, 0)


class _Replacement(Worker):
    """A worker that is no child of this process: known by a descriptor, for its number may become another's."""

    def __init__(self, connection: Connection, process_id: int) -> None:
        self._connection = connection
        self.is_lost = self.is_silent = False
        self.process_id = process_id
        self._process = os.pidfd_open(process_id)

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def _reap(self) -> None:
        state = select.poll()
        state.register(self._process, select.POLLIN)
        state.poll(1000 * _SECONDS)
        os.close(self._process)


def _keep(connection: Connection, open_pipeline: Callable[[], Answerer]) -> None:
    """Fork a worker for each socket that comes, until the first process is gone."""
    leave_signals_to_the_first()
    let_go_of_files(keep=connection.fileno())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ends is reaped by the system
    with suppress(EOFError, OSError):
        for number in count(1):
            with Connection(recv_handle(connection)) as theirs:
                connection.send((number, _forked(theirs, open_pipeline)))


def _forked(connection: Connection, open_pipeline: Callable[[], Answerer]) -> int:
    """Return the number of a new worker's process, ``_NONE`` where the system has no room for one now."""
    try:
        return fork(lambda: live(connection, open_pipeline))
    except OSError:
        return _NONE
