"""One encoder for many threads: every encode happens in one worker, behind a queue that refuses when it is full.

Questions that wait share a pass. They go before passages, and passages go a few at a time, so that questions are answered
while an import runs.

The tokenizers of sentence-transformers must not be shared by threads ("Already borrowed": 3,988 of 4,000 calls failed
with 16 threads, Nerogar/mgds #59), more passes than cores take each other's, and a queue without an end answers
everybody late instead of most people in time.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from index.encoders.base import Encoder, EncoderInput, PassageVectors, Vectors
from index.errors import BusyError

MAX_WAITING = 64  # at 15-40 ms a question, the last in the queue waits 1-2.5 s
PASSAGES_AT_ONCE = 4  # 0.1-0.2 s of work that a question may have to wait for; larger batches are no quicker on a CPU
TOGETHER = 8  # questions a pass: half the processor time each of one alone; more save no more
QUESTIONS_FIRST = 16  # then one batch of passages, or an import would stand still while questions never stop
REMEMBERED = 1024  # questions; 1.5 kB each at 384 dimensions

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that waits for its vector, (1, dim)."""

    question: str
    vector: "Future[Vectors]"


class QueuedEncoder:
    """An Encoder that any number of threads may share. Errors of the encoder reach the caller that asked.

    Raises BusyError when ``max_waiting`` calls wait already, and after ``close``.
    """

    def __init__(self, encoder: Encoder, *, max_waiting: int = MAX_WAITING, remembered: int = REMEMBERED) -> None:
        self._encoder = encoder
        self._max_waiting = max_waiting
        self._vectors = _Recent(remembered)
        self._jobs: deque[_Asked | Callable[[], None]] = deque()
        self._later: deque[Callable[[], None]] = deque()  # what a writer asked for: its own pace bounds it
        self._passed = 0  # questions since the last passages
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
        """Questions that no one works on yet."""
        return len(self._jobs)

    def warm(self) -> None:
        self._call(self._encoder.warm)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._call(lambda: self._encoder.count_tokens(texts), later=True)

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """(len(questions), dim) float32, unit length; the caller's own copy."""
        waiting = [self._ask(question) for question in questions]
        vectors = [one if isinstance(one, np.ndarray) else one.result() for one in waiting]
        return np.concatenate([np.empty((0, self.dim), dtype=np.float32), *vectors])

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        return self._call(lambda: self._encoder.encode_words(question, words))

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """In the caller's own thread: it needs no pass."""
        return self._encoder.expect_words(words, sentences)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """One result per input, in order; passages of like length go together."""
        order = sorted(range(len(inputs)), key=lambda place: len(inputs[place].text))
        results: dict[int, PassageVectors] = {}
        for start in range(0, len(order), PASSAGES_AT_ONCE):
            places = order[start : start + PASSAGES_AT_ONCE]
            few = [inputs[place] for place in places]
            results.update(
                zip(places, self._call(partial(self._encoder.encode_passages, few), later=True), strict=True)
            )
        return [results[place] for place in range(len(inputs))]

    def close(self) -> None:
        """Refuse further calls, finish those that wait, and stop. May be called more than once."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._worker.join()

    def _ask(self, question: str) -> "Vectors | Future[Vectors]":
        """What is remembered, or what will be there."""
        known = self._vectors.get(question)
        if known is not None:
            return known
        asked = _Asked(question, Future())
        self._put(asked, later=False)
        return asked.vector

    def _encode_together(self, asked: Sequence[_Asked]) -> None:
        """In the worker. Where a pass of several fails each is tried alone: an error is only for whoever asked."""
        try:
            found = self._find([one.question for one in asked])
        except BaseException as error:
            if len(asked) == 1:
                asked[0].vector.set_exception(error)
                return
            for one in asked:
                self._encode_together([one])
            return
        for one in asked:
            one.vector.set_result(found[one.question].copy())

    def _find(self, questions: Sequence[str]) -> dict[str, Vectors]:
        """Looks once more, for the same question may have waited in front of this one."""
        found = {one: known for one in questions if (known := self._vectors.get(one)) is not None}
        new = [one for one in dict.fromkeys(questions) if one not in found]
        for question, vector in zip(new, self._encoder.encode_queries(new) if new else (), strict=True):
            found[question] = vector[None]
            self._vectors.put(question, vector[None])
        return found

    def _next(self) -> Callable[[], None]:
        """Questions, unless none waits or passages have stood back long enough."""
        if not self._jobs or (self._later and self._passed >= QUESTIONS_FIRST):
            self._passed = 0
            return self._later.popleft()
        job = self._jobs.popleft()
        self._passed += 1
        if not isinstance(job, _Asked):
            return job
        others = [one for one in self._jobs if isinstance(one, _Asked)][: TOGETHER - 1]
        for one in others:
            self._jobs.remove(one)
        self._passed += len(others)
        return partial(self._encode_together, [job, *others])

    def _call(self, task: Callable[[], T], *, later: bool = False) -> T:
        future: Future[T] = Future()
        self._put(lambda: _settle(future, task), later=later)
        return future.result()

    def _put(self, job: _Asked | Callable[[], None], *, later: bool) -> None:
        with self._changed:
            if self._closed or (not later and len(self._jobs) >= self._max_waiting):
                raise _busy()
            if later and not isinstance(job, _Asked):
                self._later.append(job)
            else:
                self._jobs.append(job)
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._later or self._closed)
                if not (self._jobs or self._later):
                    return
                job = self._next()
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
