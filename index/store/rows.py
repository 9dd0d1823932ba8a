"""What the store takes and gives: an article cut up, its terms and its vectors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Sentence, Span
from index.store.vector_codecs import Coding


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence as stored: its search words and its unit vector (dim,), float32 here and coded on disk."""

    sentence: Sentence
    words: Sequence[str]
    vector: npt.NDArray[np.float32]


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
    structure: bytes | None = None  # how its text is built, as whoever analysed it packed that
    layout: bytes | None = None  # where its file has each stretch of it, packed likewise

    def sentences_of(self) -> list[list[SentenceRow]]:
        """Return, for each passage, the sentences that no passage before it holds: what is kept with it."""
        first: dict[tuple[int, int], int] = {}
        for number, row in enumerate(self.passages):
            for sentence in row.passage.sentences:
                first.setdefault((sentence.start, sentence.end), number)
        found: list[list[SentenceRow]] = [[] for _ in self.passages]
        for kept in self.sentences:
            if (key := (kept.sentence.start, kept.sentence.end)) in first:
                found[first[key]].append(kept)
        return found


def code_vectors(
    passages: Sequence[PassageRow], sentences: Sequence[Sequence[SentenceRow]], coding: Coding
) -> list[tuple[bytes, bytes]]:
    """Return (the vector, those of its sentences) of each passage.

    ``sentences``: see :meth:`StoredArticle.sentences_of`.
    """
    if not passages:
        return []
    codes = coding.encode_passages(np.stack([row.vector for row in passages]))
    read = np.repeat(coding.decode_passages(codes, len(passages)), [len(rows) for rows in sentences], axis=0)
    vectors = [row.vector for rows in sentences for row in rows]
    coded = coding.encode_sentences(np.stack(vectors), read) if vectors else b""
    return list(zip(_parts(codes, [1] * len(passages)), _parts(coded, [len(rows) for rows in sentences]), strict=True))


def _parts(data: bytes, counts: Sequence[int]) -> Iterator[bytes]:
    """Yield, for each count, so many of the equal parts of ``data``."""
    size, at = len(data) // max(sum(counts), 1), 0
    for count in counts:
        yield data[at : at + size * count]
        at += size * count


class ListedArticle(NamedTuple):
    """What a list of articles tells of one. ``passages``: how many it has; ``added``: larger for what came in later."""

    id: str
    title: str
    source: str | None
    published_at: str | None
    passages: int
    added: int
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the derived indexes take of one passage."""

    seq: int
    article_id: str
    source: str | None
    published_at: str | None
    words: str
    text: str
    collection: str | None = None
