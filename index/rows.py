"""What the store takes and gives: an article cut up, its terms and its vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Sentence, Span
from index.codings import Coding


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence as stored: its search words, its unit vector (dim,) and those of its words (n, word_dim).

    Vectors are float32 here and coded on disk (:mod:`index.codings`).
    """

    sentence: Sentence
    words: Sequence[str]
    vector: npt.NDArray[np.float32]
    word_vectors: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


def coded(row: SentenceRow, coding: Coding) -> tuple[bytes, bytes]:
    """(its vector, those of its words)."""
    vector = coding.encode_sentences(row.vector[None])
    words, counts = row.word_vectors, [len(row.word_vectors)]
    return vector, coding.encode_words(words, coding.decode_sentences(vector, 1), counts)


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as stored. ``vector`` (dim,) float32, unit length (coded on disk)."""

    passage: Passage
    context_words: tuple[str, ...]
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A passage as it is read for a question: with its sentences, in order."""

    passage: Passage
    sentences: tuple[SentenceRow, ...]


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """Everything one article needs to be found and cited, written in one transaction."""

    article: Article
    content_hash: str
    spans: tuple[Span, ...]
    sentences: tuple[SentenceRow, ...]
    passages: tuple[PassageRow, ...]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the derived indexes take of one passage."""

    seq: int
    article_id: str
    source: str | None
    published_at: str | None
    words: str
    text: str
