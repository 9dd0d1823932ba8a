"""Passages, their sentences and vectors in the tables, each row checked against its checksum when read.

Every function that takes ``db`` works inside the caller's :meth:`index.store.connection.Connection.guard` or
``transaction``. All that read raise SealBrokenError for what was not written so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from index.articles import Passage, Sentence
from index.encoders.base import Vectors
from index.store.article_rows import TextPart, read_texts
from index.store.checksums import SealBrokenError, crc_of, seal, unseal
from index.store.database import Database
from index.store.packing import pack, pack_sentences, unpack, unpack_sentences
from index.store.rows import IndexRow, PassageRow, ReadPassage, SentenceRow, StoredArticle, code_vectors
from index.store.schema import ArticleRecord, PassageRecord, columns, insertion, marks
from index.store.vector_codecs import Coding, decoded_passages, decoded_sentences, unit

_NAMED = 5_000  # SQLite takes 32,766 values in a statement


@dataclass(frozen=True, slots=True)
class KeptPassage:
    """A passage's row, read: its ``passage`` without sentences, and those that are kept with it, with their words.

    ``vector`` (dim,) is the passage's, as it was stored. The vectors of the sentences are still coded in the record.
    """

    record: PassageRecord
    passage: Passage
    sentences: tuple[tuple[Sentence, tuple[str, ...]], ...]
    vector: npt.NDArray[np.float32]

    def context_words(self) -> str:
        """Return the words of title and context, unpacked now: a question does not look at them."""
        return unpack(self.record.context_words, f"{self.passage.title}\n{self.passage.context}")


Kept = Mapping[int, KeptPassage]  # by number


class _TitledRecord(NamedTuple):
    """A passage's row with the id and title of its article, which its checksum counts too."""

    article_id: str
    title: str
    record: PassageRecord


def read_kept(db: Database, seqs: Collection[int]) -> dict[int, KeptPassage]:
    """Return those of ``seqs`` that exist, and those before them that keep some of their sentences."""
    kept = _read_numbered(db, seqs)
    before = {seq - step for seq, row in kept.items() for step in range(1, row.record.back + 1)} - kept.keys()
    return kept | _read_numbered(db, before)


def read_kept_of(db: Database, article_id: str) -> dict[int, KeptPassage]:
    """Return all of an article, in order."""
    return _read(db, "a.id = ?", (article_id,))


def _read_numbered(db: Database, seqs: Collection[int]) -> dict[int, KeptPassage]:
    found: dict[int, KeptPassage] = {}
    for batch in _batched(seqs):
        found |= _read(db, f"p.seq IN ({marks(batch)})", batch)
    return found


def _read(db: Database, clause: str, parameters: tuple[int | str, ...]) -> dict[int, KeptPassage]:
    """Return the passages that match an SQL clause over ``p`` (passages) and ``a`` (articles), in order."""
    query = f"""SELECT a.id, a.title, {columns(PassageRecord._fields, "p")}
                FROM passages p JOIN articles a ON a.seq = p.article WHERE {clause} ORDER BY p.seq"""
    rows = [
        _TitledRecord(article_id, title, PassageRecord(*record))
        for article_id, title, *record in db.execute(query, parameters)
    ]
    for row in rows:  # before a damaged place asks for a text without an end
        row.record.check(row.article_id, row.title)
    records = [row.record for row in rows]
    vectors = decoded_passages([unseal(record.vector) for record in records])
    texts = read_texts(db, [TextPart(record.article, record.start, record.end) for record in records])
    found = {}
    for (article_id, title, record), vector, text in zip(rows, vectors, texts, strict=True):
        passage = Passage(article_id, title, record.start, record.end, text, (), record.context)
        sentences = tuple(unpack_sentences(passage, record.sentences))
        found[record.seq] = KeptPassage(record, passage, sentences, vector)
    return found


def sentence_rows(kept: Kept, *, exact: bool) -> dict[int, list[SentenceRow]]:
    """Return the sentences kept with each passage. ``exact``: vectors as they were stored, else brought to length 1."""
    if not kept:
        return {}
    rows = kept.values()
    coded, counts = [row.record.sentence_vectors for row in rows], [len(row.sentences) for row in rows]
    vectors = decoded_sentences(coded, counts, np.stack([row.vector for row in rows]))
    each = iter(vectors if exact else unit(vectors))  # a code loses length, and with it cosines to what is near
    return {
        seq: [SentenceRow(sentence, words, next(each)) for sentence, words in row.sentences]
        for seq, row in kept.items()
    }


def whole_passage(kept: Kept, sentences: Mapping[int, Sequence[SentenceRow]], seq: int) -> ReadPassage:
    """Return a passage with its sentences, wherever they are kept."""
    passage = kept[seq].passage
    rows = [row for keeper in _keepers(kept, seq) for row in sentences[keeper] if _holds(passage, row.sentence)]
    return ReadPassage(replace(passage, sentences=tuple(row.sentence for row in rows)), tuple(rows))


def index_row(kept: Kept, seq: int, article: ArticleRecord) -> IndexRow:
    """Return what the lexical index takes of a passage."""
    own = kept[seq]
    words = [
        " ".join(words)
        for keeper in _keepers(kept, seq)
        for sentence, words in kept[keeper].sentences
        if _holds(own.passage, sentence)
    ]
    letters = f"{own.passage.title}\n{own.passage.context}\n{own.passage.text}"
    all_words = " ".join([own.context_words(), *words])
    return IndexRow(seq, article.id, article.source, article.published_at, all_words, letters, article.collection)


def _keepers(kept: Kept, seq: int) -> range:
    """Return the numbers of the rows that keep a passage's sentences."""
    record = kept[seq].record
    keepers = range(seq - record.back, seq + 1)
    if any(keeper not in kept or kept[keeper].record.article != record.article for keeper in keepers):
        raise SealBrokenError("a passage has lost those before it")
    return keepers


def _holds(passage: Passage, sentence: Sentence) -> bool:
    return passage.start <= sentence.start < sentence.end <= passage.end


def read_vectors(db: Database, low: int, high: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return (seqs (n,) int64, unit vectors (n, dim) float32) of the passages ``low < seq <= high``, in order."""
    return _unit_vectors(
        db.execute("SELECT seq, vector FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq", (low, high))
    )


def read_vectors_of(db: Database, seqs: Iterable[int]) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return the same of those of ``seqs`` that exist, in order."""
    return _unit_vectors(
        row
        for batch in _batched(sorted(seqs))
        for row in db.execute(f"SELECT seq, vector FROM passages WHERE seq IN ({marks(batch)}) ORDER BY seq", batch)
    )


def _unit_vectors(rows: Iterable[tuple[int, bytes]]) -> tuple[npt.NDArray[np.int64], Vectors]:
    read = [(seq, unseal(sealed)) for seq, sealed in rows]
    return np.array([seq for seq, _ in read], dtype=np.int64), unit(decoded_passages([data for _, data in read]))


def _batched(values: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Yield as many at once as a statement may name by far."""
    remaining = iter(values)
    while batch := tuple(islice(remaining, _NAMED)):
        yield batch


def insert_passages(db: Database, article: int, stored: StoredArticle, coding: Coding) -> None:
    """Insert the passages of the article of a number, under new numbers, each with the sentences kept with it."""
    sentences = stored.sentences_of()
    vectors = code_vectors(stored.passages, sentences, coding)
    steps = _steps_back(stored.passages, sentences)
    rows = [
        (article, *_values(row, back, kept, coding.number, *coded))
        for row, back, kept, coded in zip(stored.passages, steps, sentences, vectors, strict=True)
    ]
    db.executemany(insertion("passages", PassageRecord._fields[1:]), rows)


def _steps_back(passages: Sequence[PassageRow], kept: Sequence[Sequence[SentenceRow]]) -> Iterator[int]:
    """Yield, for each passage, the distance to the first row that keeps one of its sentences."""
    keeper = {row.sentence.start: number for number, rows in enumerate(kept) for row in rows}
    for number, row in enumerate(passages):
        yield number - min(
            [number, *(keeper[sentence.start] for sentence in row.passage.sentences if sentence.start in keeper)]
        )


def _values(
    row: PassageRow, back: int, sentences: Sequence[SentenceRow], number: int, vector: bytes, sentence_vectors: bytes
) -> tuple[object, ...]:
    """Return the values of a row from ``vector`` on. ``number`` is that of the coding of the vectors."""
    passage, mark = row.passage, bytes([number])
    words = pack(" ".join(row.context_words), f"{passage.title}\n{passage.context}")
    packed = pack_sentences(passage, [(sentence.sentence, sentence.words) for sentence in sentences])
    fields = passage.start, passage.end, passage.context, words, back, packed, mark + sentence_vectors
    return seal(mark + vector), crc_of(passage.article_id, passage.title, *fields), *fields
