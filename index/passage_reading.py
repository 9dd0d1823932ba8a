"""Passages, sentences and vectors out of the database, each checked against the checksums written with it."""

from collections.abc import Iterator, Mapping, Sequence
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
_Row = tuple[Any, ...]  # article id, its text, crc, SENTENCE_FIELDS


class PassageReading(ArticleReading):
    """What the tables of passages and sentences answer."""

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """The passages that exist, sentences included."""
        return {seq: one.passage for seq, one in self.read_passages(seqs).items()}

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """The passages that exist, in order, each with its sentences, their words and vectors. No article is read twice."""
        query = f"SELECT crc, seq, article, {PASSAGE_FIELDS} FROM passages WHERE seq IN ({_marks(seqs)}) ORDER BY seq"
        found = {}
        with self._guard():
            heads = list(self._db.execute(query, tuple(seqs)))
            articles = {article: self._article_row(article) for article in dict.fromkeys(head[2] for head in heads)}
            sentences = self._sentences_of(seqs, articles)
            for crc, seq, article, *fields in heads:
                check_row(crc, *fields)
                (start, end, context, _), (_, text, article_id, title, *_) = fields, articles[article]
                rows = tuple(sentences.get(seq, ()))
                bounds = tuple(row.sentence for row in rows)
                found[seq] = ReadPassage(Passage(article_id, title, start, end, text[start:end], bounds, context), rows)
        return found

    def index_rows(self, low: int = 0, high: int = LAST) -> Iterator[IndexRow]:
        """The passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's. An article is read once for a run of its passages.
        """
        query = f"SELECT crc, seq, article, {PASSAGE_FIELDS} FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        known: int | None = None
        row: tuple[Any, ...] = ()
        with self._guard():
            for crc, seq, article, *fields in self._db.execute(query, (low, high)):
                check_row(crc, *fields)
                if article != known:
                    known, row = article, self._article_row(article)
                (start, end, context, context_words), (_, text, article_id, title, source, _, date, *_) = fields, row
                words = (unpack(context_words, f"{title}\n{context}"), *self._words_inside(row, start, end))
                letters = f"{title}\n{context}\n{text[start:end]}"
                yield IndexRow(seq, article_id, source, date, " ".join(words), letters)

    def _words_inside(self, article: tuple[Any, ...], start: int, end: int) -> Iterator[str]:
        for _, text, crc, first, last, *fields in self._inside(article, start, end):
            check_row(crc, first, last, *fields)
            yield unpack(fields[1], text[first:last])

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
                check_row(crc, *fields)
                start, end, context, packed = fields
                inside = tuple(
                    one.sentence for one in sentences if start <= one.sentence.start < one.sentence.end <= end
                )
                passage = Passage(article_id, title, start, end, text[start:end], inside, context)
                words = unpack(packed, f"{title}\n{context}")
                passages.append(PassageRow(passage, tuple(words.split()), _passage_vectors([unseal(sealed)])[0]))
            return StoredArticle(
                self.article(article_id), content_hash, tuple(self.spans(article_id)), sentences, tuple(passages)
            )

    def _inside(self, article: tuple[Any, ...], start: int, end: int) -> list[_Row]:
        """What :func:`_read` takes of the sentences inside [start, end), in order."""
        number, text, article_id, *_ = article
        query = f"""SELECT crc, {SENTENCE_FIELDS} FROM sentences
                    WHERE article = ? AND start >= ? AND "end" <= ? ORDER BY start"""
        return [(article_id, text, *row) for row in self._db.execute(query, (number, start, end))]

    def _sentences_of(
        self, seqs: Sequence[int], articles: Mapping[int, tuple[Any, ...]]
    ) -> dict[int, list[SentenceRow]]:
        """The sentences of each passage that exists, in order. The caller holds the guard."""
        fields = ", ".join(f"s.{field}" for field in SENTENCE_FIELDS.split(", "))
        query = f"""SELECT p.seq, s.article, s.crc, {fields} FROM passages p JOIN sentences s
                    ON s.article = p.article AND s.start >= p.start AND s."end" <= p."end"
                    WHERE p.seq IN ({_marks(seqs)}) ORDER BY p.seq, s.start"""
        rows = list(self._db.execute(query, tuple(seqs)))
        sentences = _read([(articles[row[1]][2], articles[row[1]][1], *row[2:]) for row in rows], exact=False)
        found: dict[int, list[SentenceRow]] = {}
        for (seq, *_), sentence in zip(rows, sentences, strict=True):
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


def _read(rows: Sequence[_Row], *, exact: bool) -> list[SentenceRow]:
    """Each checked and unpacked. ``exact``: vectors as they were stored, else brought to length 1."""
    for _, _, crc, *fields in rows:
        check_row(crc, *fields)
    vectors = (pair for number, run in groupby(rows, _coding_of) for pair in _vectors(number, list(run), exact=exact))
    return [
        SentenceRow(
            Sentence(article_id, start, end, SpanKind(kind)), PackedWords(words, text[start:end]), *pair
        )
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


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
