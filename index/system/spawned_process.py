"""A process of its own, started afresh, with a pipe to it: begun, waited for, and ended whatever it is doing.

What it may cost is its own to set (:mod:`index.system.limits`), before it begins with what might hang or bloat it.
"""

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

READY = "ready"  # what the process says first
_STOP_SECONDS = 2.0


class SpawnedProcess:
    """Ended with this one where that ends in order. Where it does not, the connection closes: ``serve`` is to end then.

    ``connection`` is this side's end of the pipe.

    Parameters
    ----------
    serve: called there with the other end; must be picklable.
    """

    def __init__(self, serve: Callable[[Connection], None]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_begin, args=(serve, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    @property
    def pid(self) -> int | None:
        """The system's number of the process."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Return False once it has ended."""
        return self._process.is_alive()

    def is_ready(self, seconds: float) -> bool:
        """Wait for READY, unless it has come already; False where the process ends or says something else."""
        with suppress(EOFError, OSError):
            self._ready = self._ready or (self.connection.poll(seconds) and self.connection.recv() == READY)
        return self._ready

    def exit_code(self) -> int | None:
        """Return the code of one that is ending, a signal's below zero; None where it goes on after all."""
        self._process.join(_STOP_SECONDS)
        return self._process.exitcode

    def kill(self) -> None:
        """End it, from whatever thread: whoever is waiting for an answer sees the connection close."""
        self._process.kill()

    def close(self) -> None:
        """End it and let go of it; it cannot be asked for anything any more."""
        self.connection.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _begin(serve: Callable[[Connection], None], connection: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to handle
    serve(connection)
