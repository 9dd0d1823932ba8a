"""A thread pool that nobody has to wait for: the interpreter joins the threads of ``ThreadPoolExecutor`` at its end."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonPool(Executor):
    """At most ``size`` threads, each started when it is first needed."""

    def __init__(self, size: int, name: str) -> None:
        self._size = size
        self._name = name
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._unfinished = 0  # tasks that wait or are in work
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Return what the call will come to. Raises RuntimeError once shut down."""
        future: Future[T] = Future()
        task: list[Callable[[], T]] = [partial(fn, *args, **kwargs)]
        future.add_done_callback(lambda _: task.clear())  # or what was cancelled would keep its body in the queue
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is shut down")
            self._work.put(lambda: _settle(future, task))
            self._unfinished += 1
            if self._threads < min(self._unfinished, self._size):
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end when they have done what was submitted; they are never waited for."""
        with self._lock:
            self._closed = True
            for _ in range(self._threads):
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()
            del work  # or the last answer would live until the next question
            with self._lock:
                self._unfinished -= 1


def _settle(future: "Future[T]", task: list[Callable[[], T]]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(task.pop()())
    except BaseException as error:  # the caller raises it again
        future.set_exception(error)
