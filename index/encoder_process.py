"""The packaged encoder in a process of its own, so that it and Kiwi load at the same time.

Each takes a second or two and holds Python's interpreter lock meanwhile, so two threads would load one after the
other; a command that answers one question is mostly loading.
"""

from collections.abc import Sequence

from index.bundled_encoder import BundledEncoder
from index.child import Child
from index.encoder import EncoderInput, PassageVectors, Vectors


class EncoderProcess:
    """See :class:`index.encoder.Encoder`. ``child`` makes a warm BundledEncoder; the first call waits for it."""

    dim = BundledEncoder.dim
    word_dim = BundledEncoder.word_dim
    max_tokens = BundledEncoder.max_tokens
    fingerprint = BundledEncoder.fingerprint

    def __init__(self, child: Child) -> None:
        self._child = child

    def warm(self) -> None:
        """Wait until everything is loaded. Raises ModelError, StorageError."""
        self._child.call("warm")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = self._child.call("count_tokens", list(texts))
        return counts

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        vectors: Vectors = self._child.call("encode_queries", list(questions))
        return vectors

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        vectors: Vectors = self._child.call("encode_words", question, words)
        return vectors

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        vectors: list[PassageVectors] = self._child.call("encode_passages", inputs)
        return vectors

    def close(self) -> None:
        """Stop the process. May be called more than once."""
        self._child.close()
