"""What an encoder is: text in, unit vectors out. Two stand behind it: the packaged one and sentence-transformers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]  # (n, dim), every row unit length


@dataclass(frozen=True, slots=True)
class EncoderInput:
    """A passage as the encoder sees it: ``context`` (title, interview question) is read with the text.

    ``sentences`` are (start, end) in code points of ``text``.
    """

    context: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """``passage`` (dim,) and ``sentences`` (n, dim) float32, all unit length."""

    passage: npt.NDArray[np.float32]
    sentences: Vectors


class Encoder(Protocol):
    """Turns questions and passages into unit vectors whose inner product is their cosine."""

    @property
    def fingerprint(self) -> str:
        """Name, weights, dim, prefixes and pooling; an index answers only to the encoder that built it."""

    @property
    def dim(self) -> int:
        """The components of a vector."""

    @property
    def word_dim(self) -> int:
        """Of the vectors of words in their context; 0 for an encoder that has none."""

    @property
    def max_tokens(self) -> int:
        """The longest passage it reads, in tokens, special tokens and prefix included."""

    def warm(self) -> None:
        """Load everything now rather than at the first text. Raises ModelError."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each text alone, without special tokens or prefix."""

    def encode_queries(self, questions: Sequence[str]) -> Vectors:
        """Return (len(questions), dim) float32, unit length; read together, as far as that saves passes."""

    def encode_words(self, question: str, words: Sequence[tuple[int, int]]) -> Vectors:
        """Return (len(words), word_dim) float32, unit length: words of a question, by their (start, end) in it."""

    def expect_words(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Return (all words, word_dim) float32, unit length: what search words can be expected to mean in sentences.

        ``words`` are those of each of the ``sentences`` (n, dim). Safe from several threads.
        """

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[PassageVectors]:
        """Return one result per input, in order."""
