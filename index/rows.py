"""What the store takes and gives: an article cut up, its terms and its vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Sentence, Span
from index.codings import Coding

_CODED_TOGETHER = 256  # sentences: some 10 MB


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence as stored: its search words, its unit vector (dim,) and those of its words (n, word_dim).

    Vectors are float32 here and coded on disk (:mod:`index.codings`).
    """

    sentence: Sentence
    words: Sequence[str]
    vector: npt.NDArray[np.float32]
    word_vectors: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


def coded(rows: Sequence[SentenceRow], coding: Coding) -> Iterator[tuple[bytes, bytes]]:
    """(its vector, those of its words), of each; many at once, which takes half as long as one after another."""
    for start in range(0, len(rows), _CODED_TOGETHER):
        some = rows[start : start + _CODED_TOGETHER]
        counts = [len(row.word_vectors) for row in some]
        vectors = coding.encode_sentences(np.stack([row.vector for row in some]))
        words = b""
        if any(counts):
            together = np.concatenate([row.word_vectors for row in some if len(row.word_vectors)])
            words = coding.encode_words(together, coding.decode_sentences(vectors, len(some)), counts)
        yield from zip(_cut(vectors, [1] * len(some)), _cut(words, counts), strict=True)


def _cut(data: bytes, counts: Sequence[int]) -> Iterator[bytes]:
    """So many equal parts of it for each."""
    size, at = len(data) // max(sum(counts), 1), 0
    for count in counts:
        yield data[at : at + size * count]
        at += size * count


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
