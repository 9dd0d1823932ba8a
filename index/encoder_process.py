"""The packaged encoder in a process of its own, so that it and Kiwi load at the same time.

Each takes about two seconds and holds Python's interpreter lock meanwhile, so two threads would load one after the
other; a command that answers one question is mostly loading.
"""

import multiprocessing
import signal
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from index.bundled_encoder import BundledEncoder
from index.encoder import EncoderInput, PassageVectors, Vectors
from index.errors import GeungeoError, ModelError

_STOP_SECONDS = 5.0


class EncoderProcess:
    """See :class:`index.encoder.Encoder`. Loading starts at once; the first call waits for it."""

    dim = BundledEncoder.dim
    word_dim = BundledEncoder.word_dim
    max_tokens = BundledEncoder.max_tokens
    fingerprint = BundledEncoder.fingerprint

    def __init__(self, cache: Path, threads: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, cache, threads), daemon=True)
        self._process.start()
        theirs.close()
        self._lock = threading.Lock()
        self._loaded = False

    def warm(self) -> None:
        """Wait until everything is loaded. Raises ModelError, StorageError."""
        self._call("warm")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = self._call("count_tokens", list(texts))
        return counts

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        vectors: Vectors = self._call("encode_queries", list(questions))
        return vectors

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        vectors: Vectors = self._call("encode_words", question, words)
        return vectors

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        vectors: list[PassageVectors] = self._call("encode_passages", inputs)
        return vectors

    def close(self) -> None:
        """Stop the process. May be called more than once.

        One that has loaded holds nothing that could be left half done; taking it down in order takes a tenth of a second.
        """
        self._connection.close()
        if not self._loaded:  # it may be writing the model's cache
            self._process.join(_STOP_SECONDS)
        self._process.kill()

    def _call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401  (what the method returns)
        try:
            with self._lock:
                self._connection.send((method, arguments))
                failure, result = self._connection.recv()
                self._loaded = True
        except (EOFError, OSError) as error:
            raise ModelError(
                "임베딩 프로세스가 멈췄습니다. 다시 실행하세요. 메모리가 모자라지 않은지 확인하세요.",
                "the encoder's process ended. Run again, and check that there is memory enough.",
            ) from error
        if failure is not None:
            kind, korean, english = failure
            raise kind(korean, english)
        return result


def _serve(connection: Connection, cache: Path, threads: int | None) -> None:
    """The other process: answer calls until the connection closes. Ctrl-C is the first process's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    encoder = BundledEncoder(cache, threads)
    _attempt(encoder, "warm", ())
    while True:
        try:
            method, arguments = connection.recv()
        except (EOFError, OSError):
            return
        connection.send(_attempt(encoder, method, arguments))


def _attempt(
    encoder: BundledEncoder, method: str, arguments: tuple[object, ...]
) -> tuple[tuple[type[GeungeoError], str, str] | None, object]:
    """(what went wrong, what came out)."""
    try:
        return None, getattr(encoder, method)(*arguments)
    except GeungeoError as error:
        return (type(error), error.korean, error.english), None
