"""What the store takes and gives: an article cut up, its terms and its vectors."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Sentence, Span


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence as stored: its search words, its unit vector (dim,) and those of its words (n, word_dim).

    Vectors are float32 here and int8 on disk.
    """

    sentence: Sentence
    words: tuple[str, ...]
    vector: npt.NDArray[np.float32]
    word_vectors: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as stored. ``vector`` (dim,) float32, unit length (float16 on disk)."""

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
