"""An object in a process of its own: what it does there, and above all loading, leaves this one's interpreter lock alone."""

import contextlib
import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from index.errors import GeungeoError

_STOP_SECONDS = 5.0
# A forked process need not begin with starting Python. Only on Linux: elsewhere system libraries do not survive it.
_CONTEXT: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
_OURS: list[Connection] = []  # this process's ends: a forked one must let go of them, or would never see them close


class Child:
    """``prepare`` is called there at once, and what it returns with what :meth:`give` sends: that makes the object.

    Make it before anything that starts threads is imported: threads are not forked, and what they hold stays held.

    Parameters
    ----------
    prepare: must be picklable where processes are not forked.
    ended: what to raise when the process is gone.
    """

    def __init__(self, prepare: Callable[[], Callable[..., object]], ended: GeungeoError) -> None:
        self._ended = ended
        self._connection, theirs = _CONTEXT.Pipe()
        _OURS.append(self._connection)
        self.process = _CONTEXT.Process(target=_serve, args=(theirs, prepare), daemon=True)
        self.process.start()
        theirs.close()
        self._lock = threading.Lock()
        self._answered = False

    def give(self, *arguments: object) -> None:
        """Send what makes the object, before the first call; return at once."""
        with contextlib.suppress(OSError):  # it has died, as the first call will see
            self._connection.send(arguments)

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401  (what the method returns)
        """Return what the method returns, once the object is made.

        Raises what making it or the method raises (but for GeungeoError as RuntimeError), and ``ended``.
        """
        try:
            with self._lock:
                self._connection.send((method, arguments))
                failure, result = self._connection.recv()
                self._answered = True
        except (EOFError, OSError) as error:
            raise self._ended from error
        if failure is not None:
            raise failure
        return result

    def close(self) -> None:
        """Stop the process. May be called more than once.

        One that has answered holds nothing that could be left half done; taking it down in order takes a tenth of a second.
        """
        self._connection.close()
        if not self._answered:  # it may be writing a cache
            self.process.join(_STOP_SECONDS)
        self.process.kill()


def _serve(connection: Connection, prepare: Callable[[], Callable[..., object]]) -> None:
    """Run the other process: answer calls until the connection closes. Ctrl-C is the first process's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # native code would not let Python's own handler run
    for inherited in _OURS:
        inherited.close()
    failure, make = _attempt(prepare)
    with contextlib.suppress(EOFError, OSError):
        given = connection.recv()
        if not failure:
            failure, made = _attempt(make, *given)
        while True:
            method, arguments = connection.recv()
            connection.send((failure, None) if failure else _attempt(getattr(made, method), *arguments))


def _attempt(work: Callable[..., Any], *arguments: object) -> tuple[Exception | None, Any]:
    """Return (what went wrong, what came out)."""
    try:
        return None, work(*arguments)
    except GeungeoError as error:
        return error, None
    except Exception as error:  # of a type that the other process may not know
        return RuntimeError(f"{type(error).__name__}: {error}"), None
