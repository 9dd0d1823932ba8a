"""One encoder for many threads: every encode happens in one worker, behind a queue that refuses when it is full.

Fast tokenizers must not be shared by threads ("Already borrowed": 3,988 of 4,000 calls failed with 16 threads,
Nerogar/mgds #59), and a queue without an end answers everybody late instead of most people in time.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from index.encoder import Encoder, EncoderInput, PassageVectors, Vectors
from index.errors import BusyError

MAX_WAITING = 64  # at 15-40 ms a question, the last in the queue waits 1-2.5 s
REMEMBERED = 1024  # questions; 1.5 kB each at 384 dimensions

T = TypeVar("T")


class QueuedEncoder:
    """An Encoder that any number of threads may share. Errors of the encoder reach the caller that asked.

    Raises BusyError when ``max_waiting`` calls wait already, and after ``close``.
    """

    def __init__(self, encoder: Encoder, *, max_waiting: int = MAX_WAITING, remembered: int = REMEMBERED) -> None:
        self._encoder = encoder
        self._max_waiting = max_waiting
        self._vectors = _Recent(remembered)
        self._jobs: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="geungeo-encoder", daemon=True)
        self._worker.start()

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    @property
    def dim(self) -> int:
        return self._encoder.dim

    @property
    def word_dim(self) -> int:
        return self._encoder.word_dim

    @property
    def max_tokens(self) -> int:
        return self._encoder.max_tokens

    @property
    def waiting(self) -> int:
        """Calls that no one works on yet."""
        return len(self._jobs)

    def warm(self) -> None:
        self._call(self._encoder.warm)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._call(lambda: self._encoder.count_tokens(texts))

    def encode_query(self, question: str) -> Vectors:
        """(1, dim) float32, unit length; the caller's own copy."""
        known = self._vectors.get(question)
        return self._call(lambda: self._encode_query(question)) if known is None else known

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        return self._call(lambda: self._encoder.encode_words(question, words))

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        return self._call(lambda: self._encoder.encode_passages(inputs))

    def close(self) -> None:
        """Refuse further calls, finish those that wait, and stop. May be called more than once."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._worker.join()

    def _encode_query(self, question: str) -> Vectors:
        """In the worker; looks once more, for the same question may have waited in front of this one."""
        known = self._vectors.get(question)
        if known is not None:
            return known
        vectors = self._encoder.encode_query(question)
        self._vectors.put(question, vectors)
        return vectors

    def _call(self, task: Callable[[], T]) -> T:
        future: Future[T] = Future()
        with self._changed:
            if self._closed or len(self._jobs) >= self._max_waiting:
                raise _busy()
            self._jobs.append(lambda: _settle(future, task))
            self._changed.notify()
        return future.result()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._closed)
                if not self._jobs:
                    return
                job = self._jobs.popleft()
            job()
            del job  # or the last question's vectors would live until the next one


class _Recent:
    """The vectors of the ``size`` questions asked last; copies in and out, so that no caller changes another's."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, Vectors] = OrderedDict()

    def get(self, question: str) -> Vectors | None:
        with self._lock:
            if question not in self._vectors:
                return None
            self._vectors.move_to_end(question)
            return self._vectors[question].copy()

    def put(self, question: str, vectors: Vectors) -> None:
        with self._lock:
            self._vectors[question] = vectors.copy()
            self._vectors.move_to_end(question)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)


def _settle(future: Future[Any], task: Callable[[], Any]) -> None:
    try:
        future.set_result(task())
    except BaseException as error:  # the caller raises it again
        future.set_exception(error)


def _busy() -> BusyError:
    return BusyError(
        "지금은 처리할 질문이 밀려 있습니다. 잠시 뒤에 다시 물어 주세요.",
        "too many questions are waiting at the moment; please retry in a moment.",
    )
