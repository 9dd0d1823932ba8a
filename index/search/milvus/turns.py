"""Nobody waits longer than is promised: neither for a call that does not end, nor for others who wait for the same."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from index.errors import EngineAwayError

_MOST_CALLS = 256  # that go on at once, those included that nobody waits for any more
_calls = threading.BoundedSemaphore(_MOST_CALLS)
_until: ContextVar[float] = ContextVar("until", default=math.inf)
Given = TypeVar("Given")


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let all calls inside together take so many seconds."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def within(seconds: float, call: Callable[[], Given]) -> Given:
    """Return what ``call`` gives. Raises what it raises, and TimeoutError after so many seconds, when it goes on by itself.

    Sooner where what is left of :func:`at_most` is less.
    """
    until = min(time.monotonic() + seconds, _until.get())
    given: Future[Given] = Future()

    def run() -> None:
        try:
            given.set_result(call())
        except BaseException as error:
            given.set_exception(error)
        finally:
            _calls.release()

    if not _calls.acquire(timeout=max(0.0, until - time.monotonic())):
        raise TimeoutError
    try:
        threading.Thread(target=run, name="geungeo-milvus", daemon=True).start()
    except RuntimeError:  # the system has no more threads to give
        _calls.release()
        raise
    return given.result(max(0.0, until - time.monotonic()))


class OneTry:
    """What many wait for. It is done by one thread at a time; who waited meanwhile shares what came of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = -math.inf
        self._failure: EngineAwayError | None = None

    def run(self, work: Callable[[], None]) -> None:
        """Do ``work``, or take for one's own what another thread did of it since. Raises EngineAwayError."""
        came = time.monotonic()
        with self._lock:
            if self._ended <= came:
                self._do(work)
            if self._failure is not None:
                raise EngineAwayError(self._failure.korean, self._failure.english)

    def _do(self, work: Callable[[], None]) -> None:
        self._failure = None
        try:
            work()
        except EngineAwayError as error:
            self._failure = error
        self._ended = time.monotonic()
