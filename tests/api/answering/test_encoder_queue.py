"""Many threads, one encoder: the same values as one thread gets, questions first, and an orderly stop."""

import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest

from api.answering.encoder_queue import QUESTIONS_FIRST, QueuedEncoder
from index.encoders.base import Encoder, EncoderInput, PassageVectors, Vectors
from index.errors import BusyError, ModelError

DIM = 8


def vector(text: str) -> Vectors:
    """A pure function of ``text``: (1, DIM) float32, unit length."""
    values = np.array([[zlib.crc32(f"{place}{text}".encode()) for place in range(DIM)]], dtype=np.float64)
    return (values / np.linalg.norm(values)).astype(np.float32)


class HashEncoder:
    """Fails, as fast tokenizers do, when two threads are inside at once; waits for ``gate`` in ``encode_queries``."""

    fingerprint = "hash"
    dim = DIM
    word_dim = DIM
    max_tokens = 512

    def __init__(self, gate: threading.Event | None = None) -> None:
        self._inside = threading.Lock()
        self._gate = gate
        self.passes: list[list[str]] = []  # questions, or how many passages
        self.threads: set[int] = set()

    @property
    def encoded(self) -> list[str]:
        return [text for together in self.passes for text in together]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise RuntimeError("Already borrowed")
        self.threads.add(threading.get_ident())
        try:
            yield
        finally:
            self._inside.release()

    def warm(self) -> None:
        self.threads.add(threading.get_ident())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        with self._alone():
            time.sleep(0)
            return [len(text) for text in texts]

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        with self._alone():
            if self._gate is not None:
                self._gate.wait(60)
            if "broken" in questions:
                raise ModelError("모델이 고장났습니다.", "the model is broken.")
            self.passes.append(list(questions))
            time.sleep(0)
            return np.concatenate([vector(question) for question in questions])

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        with self._alone():
            time.sleep(0)
            return np.concatenate([vector(question[start:end]) for start, end in words])

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        with self._alone():
            time.sleep(0)
            self.passes.append([f"{len(inputs)} passages"])
            return [PassageVectors(vector(passage.text)[0], np.zeros((0, DIM), np.float32)) for passage in inputs]


def in_threads(tasks: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def start(threads: Sequence[threading.Thread], inner: HashEncoder) -> None:
    """The first is being encoded before the others ask."""
    threads[0].start()
    eventually(lambda: bool(inner.threads))
    for thread in threads[1:]:
        thread.start()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("turns", [40, pytest.param(250, marks=pytest.mark.full)])
def test_f26_values_equal_serial_ones_from_16_threads(turns: int) -> None:
    """Four calls a turn; with ``--full`` that is 16 threads with 1,000 each."""
    inner = HashEncoder()
    encoder: Encoder = QueuedEncoder(inner, remembered=20)
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(turns):
            question = f"질문 {(number * 7 + turn) % 60}"
            passages = encoder.encode_passages([EncoderInput("", question, ())])
            same = np.array_equal(encoder.encode_queries([question]), vector(question))
            if not (same and np.array_equal(passages[0].passage, vector(question)[0])):
                wrong.append(question)
            if not np.array_equal(encoder.encode_words(question, [(0, 2)]), vector("질문")):
                wrong.append("words")
            if encoder.count_tokens(["가", question]) != [1, len(question)]:
                wrong.append("tokens")

    in_threads([partial(work, number) for number in range(16)])
    assert wrong == []
    assert len(inner.threads) == 1


def test_it_is_the_encoder_it_wraps() -> None:
    inner = HashEncoder()
    encoder = QueuedEncoder(inner)
    assert (encoder.fingerprint, encoder.dim, encoder.max_tokens) == ("hash", DIM, 512)
    encoder.warm()
    assert threading.get_ident() not in inner.threads
    assert len(inner.threads) == 1
    encoder.close()


def test_remembers_recent_questions_only() -> None:
    inner = HashEncoder()
    encoder = QueuedEncoder(inner, remembered=2)
    for question in ("a", "b", "a", "c", "a", "b"):
        encoder.encode_queries([question])
    assert inner.encoded == ["a", "b", "c", "b"]
    encoder.close()


def test_callers_cannot_change_what_is_remembered() -> None:
    encoder = QueuedEncoder(HashEncoder())
    for _ in range(2):
        got = encoder.encode_queries(["a"])
        assert np.array_equal(got, vector("a"))
        got[:] = 0
    encoder.close()


def test_the_same_question_waiting_many_times_is_encoded_once(gate: threading.Event) -> None:
    inner = HashEncoder(gate)
    encoder = QueuedEncoder(inner)
    threads = [threading.Thread(target=encoder.encode_queries, args=(["a"],)) for _ in range(10)]
    start(threads, inner)
    eventually(lambda: encoder.waiting == 9)
    gate.set()
    for thread in threads:
        thread.join(60)
    assert inner.encoded == ["a"]
    encoder.close()


def test_an_error_is_only_for_whoever_asked(gate: threading.Event) -> None:
    inner = HashEncoder(gate)
    encoder = QueuedEncoder(inner)
    results: dict[str, Vectors | ModelError] = {}

    def ask(name: str) -> None:
        try:
            results[name] = encoder.encode_queries([name])
        except ModelError as error:
            results[name] = error

    asking = [threading.Thread(target=ask, args=(name,)) for name in ("first", "a", "broken", "b")]
    start(asking, inner)
    eventually(lambda: encoder.waiting == 3)
    gate.set()
    for thread in asking:
        thread.join(60)
    assert isinstance(results["broken"], ModelError)
    assert all(np.array_equal(results[name], vector(name)) for name in ("first", "a", "b"))
    encoder.close()


def test_several_questions_of_one_caller() -> None:
    inner = HashEncoder()
    encoder = QueuedEncoder(inner)
    encoder.encode_queries(["a"])
    found = encoder.encode_queries(["b", "a", "b", "c"])
    assert np.array_equal(found, np.concatenate([vector(name) for name in "babc"]))
    assert sorted(inner.encoded) == ["a", "b", "c"]
    assert encoder.encode_queries([]).shape == (0, DIM)
    encoder.close()


def test_errors_reach_the_caller_and_only_that_one() -> None:
    encoder = QueuedEncoder(HashEncoder())
    for _ in range(2):
        with pytest.raises(ModelError, match="고장"):
            encoder.encode_queries(["broken"])
        assert np.array_equal(encoder.encode_queries(["a"]), vector("a"))
    encoder.close()


def test_close_finishes_what_waits_and_refuses_the_rest(gate: threading.Event) -> None:
    inner = HashEncoder(gate)
    encoder = QueuedEncoder(inner)
    results: list[Vectors] = []
    threads = [
        threading.Thread(target=lambda name=name: results.append(encoder.encode_queries([name]))) for name in "abc"
    ]
    start(threads, inner)
    eventually(lambda: encoder.waiting == 2)
    closing = threading.Thread(target=encoder.close)
    closing.start()
    eventually(lambda: encoder._closed)
    with pytest.raises(BusyError, match="멈추는 중") as caught:
        encoder.encode_queries(["d"])
    assert "stopping" in caught.value.english
    gate.set()
    for thread in (*threads, closing):
        thread.join(60)
    assert len(results) == 3
    assert sorted(inner.encoded) == ["a", "b", "c"]
    encoder.close()


def test_questions_go_before_passages_and_passages_a_few_at_a_time(gate: threading.Event) -> None:
    inner = HashEncoder(gate)
    encoder = QueuedEncoder(inner)
    texts = ["가" * (size % 5 + 1) + str(size) for size in range(10)]
    results: list[PassageVectors] = []
    first = threading.Thread(target=encoder.encode_queries, args=(["first"],))
    first.start()
    eventually(lambda: bool(inner.threads))  # it holds the encoder until the gate opens
    importing = threading.Thread(
        target=lambda: results.extend(encoder.encode_passages([EncoderInput("", text, ()) for text in texts]))
    )
    importing.start()
    eventually(lambda: len(encoder._later) == 1)
    asking = [threading.Thread(target=encoder.encode_queries, args=([name],)) for name in "abc"]
    for thread in asking:
        thread.start()
    eventually(lambda: encoder.waiting == 3)
    gate.set()
    for thread in (first, importing, *asking):
        thread.join(60)
    assert sorted(inner.encoded[:4]) == ["a", "b", "c", "first"]  # the import asked before a, b and c did
    assert inner.encoded[4:] == ["4 passages", "4 passages", "2 passages"]
    assert all(np.array_equal(result.passage, vector(text)[0]) for result, text in zip(results, texts, strict=True))
    encoder.close()


def test_passages_get_their_turn_while_questions_never_stop(gate: threading.Event) -> None:
    inner = HashEncoder(gate)
    encoder = QueuedEncoder(inner, remembered=1)
    asking = [threading.Thread(target=encoder.encode_queries, args=([str(number)],)) for number in range(40)]
    start(asking, inner)
    eventually(lambda: encoder.waiting == 39)
    importing = threading.Thread(target=encoder.encode_passages, args=([EncoderInput("", "가", ())],))
    importing.start()
    eventually(lambda: len(encoder._later) == 1)
    gate.set()
    for thread in (importing, *asking):
        thread.join(60)
    assert inner.encoded.index("1 passages") <= QUESTIONS_FIRST + 1
    encoder.close()
