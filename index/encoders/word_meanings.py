"""What words mean where they stand: exactly, from the encoder's states, or as far as word and sentence alone foretell it.

States of the encoder all point much the same way; what tells words apart is the rest. So their mean is taken off and
what is left is turned into its ``WORD_DIM`` main components. Matching a question's words one by one against a
sentence's (MaxSim, ColBERT, arXiv 2004.12832) puts the right sentence first more often than whole-sentence cosines do:
docs/evaluation.md.

Of a question's words that is made from their states. Of the millions of words of an index it is not kept: the word without
any context (the mean of its pieces' embeddings) and the vector of its sentence foretell three quarters of it, at no
byte on disk. All of it is fitted by ``scripts/fit/word_meanings.py`` and kept in ``index/data/word_meanings.npz``.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from index.encoders.base import Vectors
from index.encoders.tokenizer import Tokenizer
from index.encoders.weights import Q4Matrix

WORD_DIM = 128
_REMEMBERED = 1 << 15  # words: 16 MB at 128 components


@dataclass(frozen=True, slots=True)
class WordMeanings:
    """What makes short vectors of words in context, and foretells them. All float32.

    ``mean`` (dim,) of unit states and ``components`` (dim, WORD_DIM); ``of_word`` and ``of_sentence`` (dim, WORD_DIM)
    foretell, with ``constant`` (WORD_DIM,).
    """

    mean: npt.NDArray[np.float32]
    components: npt.NDArray[np.float32]
    of_word: npt.NDArray[np.float32]
    of_sentence: npt.NDArray[np.float32]
    constant: npt.NDArray[np.float32]

    def in_context(self, states: npt.NDArray[np.float32]) -> Vectors:
        """Return (n, WORD_DIM) unit vectors for (n, dim) states."""
        return _unit((_unit(states) - self.mean) @ self.components)


@cache
def load_word_meanings() -> WordMeanings:
    """Return the word meanings of the packaged encoder."""
    with files("index").joinpath("data/word_meanings.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        names = ("mean", "components", "of_word", "of_sentence", "constant")
        return WordMeanings(*(arrays[name].astype(np.float32) for name in names))


def embedded_words(tokenizer: Tokenizer, embeddings: Q4Matrix, words: Sequence[str]) -> Vectors:
    """Return (n, dim) of unit length: each word without context, the mean of its pieces' embeddings."""
    ids = [tokens.ids[1:-1] or tokens.ids for tokens in tokenizer.encode(words)]
    rows = embeddings.dequantize(np.concatenate([np.array(pieces) for pieces in ids]))
    starts = np.cumsum([0, *map(len, ids[:-1])])
    return _unit(np.add.reduceat(rows, starts, axis=0))


class ExpectedMeanings:
    """What words are expected to mean in sentences. The words' own part is remembered. Safe from several threads."""

    def __init__(
        self, meanings: WordMeanings, embed: Callable[[Sequence[str]], Vectors], remembered: int = _REMEMBERED
    ) -> None:
        """Take ``embed``, which turns words without context into (n, dim) unit vectors."""
        self._meanings = meanings
        self._embed = embed
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}
        self._rows = np.empty((remembered, meanings.of_word.shape[1]), dtype=np.float32)

    def __call__(self, words: Sequence[Sequence[str]], sentences: Vectors) -> Vectors:
        """Return (all words, WORD_DIM) of unit length. ``words``: those of each of the ``sentences`` (n, dim)."""
        every = [word for of_sentence in words for word in of_sentence]
        if not every:
            return self._rows[:0]
        of_sentences = sentences @ self._meanings.of_sentence + self._meanings.constant
        return _unit(
            self._of_words(every) + np.repeat(of_sentences, [len(of_sentence) for of_sentence in words], axis=0)
        )

    def _of_words(self, words: Sequence[str]) -> Vectors:
        """Return each word's own part, (n, WORD_DIM), that a sentence's is added to."""
        with self._lock:
            new = [word for word in dict.fromkeys(words) if word not in self._places]
            if new and len(self._places) + len(new) > len(self._rows):
                self._places.clear()
                new = list(dict.fromkeys(words))
            if len(new) > len(self._rows):
                return self._embed(words) @ self._meanings.of_word
            if new:
                start = len(self._places)
                self._rows[start : start + len(new)] = self._embed(new) @ self._meanings.of_word
                self._places.update(zip(new, range(start, start + len(new)), strict=True))
            return self._rows[[self._places[word] for word in words]]


def _unit(rows: npt.NDArray[np.floating[Any]]) -> Vectors:
    unit: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return unit
