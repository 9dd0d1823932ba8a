"""Passages, sentences and vectors out of the database, each checked against the checksums written with it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from index.article_reading import ArticleReading
from index.articles import Passage, Sentence, SpanKind
from index.codings import coding_numbered, unit
from index.encoder import Vectors
from index.packing import PackedWords, unpack
from index.rows import IndexRow, PassageRow, ReadPassage, SentenceRow, StoredArticle
from index.schema import PASSAGE_FIELDS, SENTENCE_FIELDS
from index.sealing import check_row, unseal

LAST = (1 << 63) - 1  # the highest number that SQLite gives
_Row = tuple[Any, ...]  # of a sentence: article id, text, crc, SENTENCE_FIELDS
_IN_PASSAGES = f"a.id, a.title, {', '.join(f'p.{field}' for field in PASSAGE_FIELDS.split(', '))}"  # under their crc
_IN_SENTENCES = ", ".join(f"s.{field}" for field in SENTENCE_FIELDS.split(", "))


class PassageReading(ArticleReading):
    """What the tables of passages and sentences answer."""

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """The passages that exist, sentences included."""
        return {seq: one.passage for seq, one in self.read_passages(seqs).items()}

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """The passages that exist, in order, each with its sentences, their words and vectors."""
        query = f"""SELECT p.seq, p.crc, {_IN_PASSAGES} FROM passages p JOIN articles a ON a.seq = p.article
                    WHERE p.seq IN ({_marks(seqs)}) ORDER BY p.seq"""
        with self._guard():
            heads = {seq: _passage(*row) for seq, *row in self._db.execute(query, tuple(seqs))}
            sentences = self._sentences_of(heads)
        found = {}
        for seq, passage in heads.items():
            rows = tuple(sentences.get(seq, ()))
            found[seq] = ReadPassage(replace(passage, sentences=tuple(row.sentence for row in rows)), rows)
        return found

    def index_rows(self, low: int = 0, high: int = LAST) -> Iterator[IndexRow]:
        """The passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's. An article is read once for a run of its passages.
        """
        query = f"SELECT seq, article, crc, {PASSAGE_FIELDS} FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        known: int | None = None
        row: tuple[Any, ...] = ()
        with self._guard():
            for seq, article, crc, *fields in self._db.execute(query, (low, high)):
                if article != known:
                    known, row = article, self._article_row(article)
                _, _, article_id, title, source, _, date, *_ = row
                passage = _passage(crc, article_id, title, *fields)
                context_words = unpack(fields[3], f"{title}\n{passage.context}")
                words = (context_words, *self._words_inside(row, passage.start, passage.end))
                letters = f"{title}\n{passage.context}\n{passage.text}"
                yield IndexRow(seq, article_id, source, date, " ".join(words), letters)

    def _words_inside(self, article: tuple[Any, ...], start: int, end: int) -> Iterator[str]:
        for _, text, crc, *fields in self._inside(article, start, end):
            check_row(crc, *fields)
            yield unpack(fields[3], text)

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """The sentences inside [start, end) of an article, in order, with words and vectors; none if there is no such."""
        if self.content_hash(article_id) is None:
            return []
        with self._guard():
            return _read(self._inside(self._article_row(article_id), start, end), exact=False)

    def stored_article(self, article_id: str) -> StoredArticle:
        """All that was written of an article, its vectors as they were stored. Raises NotFoundError."""
        with self._guard():
            row = self._article_row(article_id)
            number, text, _, title, *_, content_hash = row
            sentences = tuple(_read(self._inside(row, 0, len(text)), exact=True))
            query = f"SELECT vector, crc, {PASSAGE_FIELDS} FROM passages WHERE article = ? ORDER BY seq"
            passages = []
            for sealed, crc, *fields in self._db.execute(query, (number,)):
                passage = _passage(crc, article_id, title, *fields)
                inside = [one.sentence for one in sentences if _holds(passage, one.sentence)]
                words = unpack(fields[3], f"{title}\n{passage.context}")
                vector = _passage_vectors([unseal(sealed)])[0]
                passages.append(PassageRow(replace(passage, sentences=tuple(inside)), tuple(words.split()), vector))
            return StoredArticle(
                self.article(article_id), content_hash, tuple(self.spans(article_id)), sentences, tuple(passages)
            )

    def _inside(self, article: tuple[Any, ...], start: int, end: int) -> list[_Row]:
        """What :func:`_read` takes of the sentences inside [start, end), in order."""
        number, text, article_id, *_ = article
        query = f"""SELECT crc, {SENTENCE_FIELDS} FROM sentences
                    WHERE article = ? AND start >= ? AND "end" <= ? ORDER BY start"""
        rows = self._db.execute(query, (number, start, end))
        return [(article_id, text[first:last], crc, first, last, *fields) for crc, first, last, *fields in rows]

    def _sentences_of(self, passages: Mapping[int, Passage]) -> dict[int, list[SentenceRow]]:
        """The sentences of each, in order. The caller holds the guard."""
        query = f"""SELECT p.seq, s.crc, {_IN_SENTENCES} FROM passages p JOIN sentences s
                    ON s.article = p.article AND s.start >= p.start AND s."end" <= p."end"
                    WHERE p.seq IN ({_marks(passages)}) ORDER BY p.seq, s.start"""
        seqs, rows = [], []
        for seq, crc, start, end, *fields in self._db.execute(query, tuple(passages)):
            seqs.append(seq)
            one = passages[seq]
            rows.append((one.article_id, one.text[start - one.start : end - one.start], crc, start, end, *fields))
        found: dict[int, list[SentenceRow]] = {}
        for seq, sentence in zip(seqs, _read(rows, exact=False), strict=True):
            found.setdefault(seq, []).append(sentence)
        return found

    def passage_seqs(self) -> npt.NDArray[np.int64]:
        """The number of every passage, in order. Read from an index alone, so that no vector is."""
        with self._guard():
            seqs = [seq for (seq,) in self._db.execute("SELECT seq FROM passages INDEXED BY passages_by_article")]
        return np.sort(np.array(seqs, dtype=np.int64))

    def vectors(self, low: int = 0, high: int = LAST) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """(seqs (n,) int64, unit vectors (n, dim) float32) of the passages ``low < seq <= high``, in order."""
        query = "SELECT seq, vector FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        with self._guard():
            rows = [(seq, unseal(sealed)) for seq, sealed in self._db.execute(query, (low, high))]
            vectors = unit(_passage_vectors([data for _, data in rows]))
        return np.array([seq for seq, _ in rows], dtype=np.int64), vectors


def _passage(
    crc: int, article_id: str, title: str, start: int, end: int, context: str, words: bytes, text: bytes
) -> Passage:
    """Without its sentences. Raises SealBrokenError."""
    check_row(crc, article_id, title, start, end, context, words, text)
    return Passage(article_id, title, start, end, unpack(text), (), context)


def _holds(passage: Passage, sentence: Sentence) -> bool:
    return passage.start <= sentence.start < sentence.end <= passage.end


def _read(rows: Sequence[_Row], *, exact: bool) -> list[SentenceRow]:
    """Each checked and unpacked. ``exact``: vectors as they were stored, else brought to length 1."""
    for _, _, crc, *fields in rows:
        check_row(crc, *fields)
    vectors = (pair for number, run in groupby(rows, _coding_of) for pair in _vectors(number, list(run), exact=exact))
    return [
        SentenceRow(Sentence(article_id, start, end, SpanKind(kind)), PackedWords(words, text), *pair)
        for (article_id, text, _, start, end, kind, words, *_), pair in zip(rows, vectors, strict=True)
    ]


def _coding_of(row: _Row) -> int:
    return int(row[7][0])


def _vectors(number: int, rows: Sequence[_Row], *, exact: bool) -> Iterator[tuple[Vectors, Vectors]]:
    """(its vector, those of its words) of each sentence; all in one coding, and made at once."""
    coding, dim = coding_numbered(number), max(row[8] for row in rows)
    counts = [len(row[9]) // coding.word_bytes(dim) for row in rows]
    vectors = coding.decode_sentences(b"".join(row[7][1:] for row in rows), len(rows))
    words = coding.decode_words(b"".join(row[9] for row in rows), dim, vectors, counts)
    if not exact:  # a code loses length, and with it cosines to what is near
        vectors, words = unit(vectors), unit(words)
    bounds = np.cumsum([0, *counts]).tolist()
    return zip(vectors, (words[low:high] for low, high in pairwise(bounds)), strict=True)


def _passage_vectors(coded: Sequence[bytes]) -> Vectors:
    """(n, dim) as they were stored; (0, 0) where there are none."""
    parts = []
    for number, run in groupby(coded, itemgetter(0)):
        data = [one[1:] for one in run]
        parts.append(coding_numbered(number).decode_passages(b"".join(data), len(data)))
    return np.concatenate(parts) if parts else np.empty((0, 0), dtype=np.float32)


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
