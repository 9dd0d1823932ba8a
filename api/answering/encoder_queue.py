"""One encoder for many threads: every encode happens in one thread of its own, questions before passages.

Passages go a few at a time, so that questions are answered while an import runs. How many questions may wait is decided
before they come here (:class:`api.answering.questions.Admission`).

The tokenizers of sentence-transformers must not be shared by threads ("Already borrowed": 3,988 of 4,000 calls failed
with 16 threads, Nerogar/mgds #59), and more passes than cores take each other's.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import numpy as np
from cachetools import LRUCache

from index.encoders.base import Encoder, EncoderInput, PassageVectors, Vectors
from index.errors import BusyError

PASSAGES_AT_ONCE = 4  # 0.1-0.2 s of work that a question may have to wait for; larger batches are no quicker on a CPU
QUESTIONS_FIRST = 16  # then one batch of passages, or an import would stand still while questions never stop
REMEMBERED = 1024  # questions of 2,000 characters and 384 dimensions at most: 10 MB

T = TypeVar("T")


class QueuedEncoder:
    """An Encoder that any number of threads may share. Errors of the encoder reach the caller that asked.

    Raises BusyError after ``close``.
    """

    def __init__(self, encoder: Encoder, *, remembered: int = REMEMBERED) -> None:
        self._encoder = encoder
        self._vectors: LRUCache[str, Vectors] = LRUCache(remembered)  # (1, dim); under the lock beside it
        self._memory = threading.Lock()
        self._jobs: deque[Callable[[], None]] = deque()
        self._later: deque[Callable[[], None]] = deque()  # what a writer asked for: its own pace bounds it
        self._passed = 0  # questions since the last passages
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="geungeo-encoder", daemon=True)
        self._thread.start()

    @property
    def fingerprint(self) -> str:
        """The encoder's own."""
        return self._encoder.fingerprint

    @property
    def dim(self) -> int:
        """The encoder's own."""
        return self._encoder.dim

    @property
    def word_dim(self) -> int:
        """The encoder's own."""
        return self._encoder.word_dim

    @property
    def max_tokens(self) -> int:
        """The encoder's own."""
        return self._encoder.max_tokens

    @property
    def waiting(self) -> int:
        """Questions that no one works on yet."""
        return len(self._jobs)

    def warm(self) -> None:
        """Load everything in the encoder's thread and wait for it. Raises ModelError."""
        self._call(self._encoder.warm)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, after all questions that wait: writing asks for them, and a chat that counts them."""
        return self._call(lambda: self._encoder.count_tokens(texts), later=True)

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Return (len(questions), dim) float32, rows of unit length; the caller's own copy."""
        return np.concatenate([np.empty((0, self.dim), dtype=np.float32), *map(self._vector, questions)])

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        """Return (len(words), word_dim) float32, unit length, before any passage."""
        return self._call(lambda: self._encoder.encode_words(question, words))

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Call the encoder in the caller's own thread: this needs no pass through the model."""
        return self._encoder.expect_words(words, sentences)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return one result per input, in order; passages of like length are encoded together."""
        order = sorted(range(len(inputs)), key=lambda number: len(inputs[number].text))
        results: dict[int, PassageVectors] = {}
        for start in range(0, len(order), PASSAGES_AT_ONCE):
            numbers = order[start : start + PASSAGES_AT_ONCE]
            few = [inputs[number] for number in numbers]
            results.update(
                zip(numbers, self._call(partial(self._encoder.encode_passages, few), later=True), strict=True)
            )
        return [results[number] for number in range(len(inputs))]

    def close(self) -> None:
        """Refuse further calls, finish those that wait, and stop. May be called more than once."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _vector(self, question: str) -> Vectors:
        known = self._remembered(question)
        return self._call(partial(self._encode, question)) if known is None else known

    def _encode(self, question: str) -> Vectors:
        """Encode in the encoder's thread, unless the same question has waited in front and is remembered by now."""
        vector = self._remembered(question)
        if vector is None:
            vector = self._encoder.encode_queries([question])
            with self._memory:
                self._vectors[question] = vector
        return vector

    def _remembered(self, question: str) -> Vectors | None:
        with self._memory:
            return self._vectors.get(question)

    def _next(self) -> Callable[[], None]:
        """Return the next work: a question's, unless none waits or passages have stood back long enough."""
        if not self._jobs or (self._later and self._passed >= QUESTIONS_FIRST):
            self._passed = 0
            return self._later.popleft()
        self._passed += 1
        return self._jobs.popleft()

    def _call(self, task: Callable[[], T], *, later: bool = False) -> T:
        future: Future[T] = Future()
        with self._changed:
            if self._closed:
                raise _closed()
            (self._later if later else self._jobs).append(lambda: _settle(future, task))
            self._changed.notify()
        return future.result()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._jobs or self._later or self._closed)
                if not (self._jobs or self._later):
                    return
                job = self._next()
            job()
            del job  # or the last question's vectors would live until the next one


def _settle(future: Future[Any], task: Callable[[], Any]) -> None:
    try:
        future.set_result(task())
    except BaseException as error:  # the caller raises it again
        future.set_exception(error)


def _closed() -> BusyError:
    return BusyError(
        "서비스가 멈추는 중이라 질문을 더 받지 않습니다. 다시 시작되면 물어 주세요.",
        "the service is stopping and takes no more questions; ask again once it has started anew.",
    )
