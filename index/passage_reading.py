"""Passages, sentences and vectors out of the database, each checked against the checksums written with it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from index.article_reading import ArticleReading
from index.articles import Passage, Sentence, SpanKind
from index.rows import IndexRow, PassageRow, ReadPassage, SentenceRow, StoredArticle
from index.schema import PASSAGE_FIELDS, SENTENCE_FIELDS
from index.sealing import check_row, from_float16, from_int8, unseal

LAST = (1 << 63) - 1  # the highest number that SQLite gives


class PassageReading(ArticleReading):
    """What the tables of passages and sentences answer."""

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """The passages that exist, sentences included."""
        return {seq: one.passage for seq, one in self.read_passages(seqs).items()}

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """The passages that exist, in order, each with its sentences, their words and vectors. No row is read twice."""
        query = f"SELECT crc, seq, article, {PASSAGE_FIELDS} FROM passages WHERE seq IN ({_marks(seqs)}) ORDER BY seq"
        articles: dict[int, tuple[Any, ...]] = {}
        found = {}
        with self._guard():
            sentences = self._sentences_of(seqs)
            for crc, seq, article, *fields in self._db.execute(query, tuple(seqs)):
                check_row(crc, *fields)
                if article not in articles:
                    articles[article] = self._article_row(article)
                (start, end, context, _), (_, text, article_id, title, *_) = fields, articles[article]
                rows = tuple(sentences.get(seq, ()))
                bounds = tuple(row.sentence for row in rows)
                found[seq] = ReadPassage(
                    Passage(article_id, title, start, end, text[start:end], bounds, context), rows
                )
        return found

    def index_rows(self, low: int = 0, high: int = LAST) -> Iterator[IndexRow]:
        """The passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's.
        """
        with self._guard():
            for seq, (start, end, context, context_words), sentences, article in self._passage_rows(
                "seq > ? AND seq <= ?", (low, high)
            ):
                _, text, article_id, title, source, _, published_at, *_ = article
                words = " ".join((context_words, *(row[3] for row in sentences)))
                yield IndexRow(seq, article_id, source, published_at, words, f"{title}\n{context}\n{text[start:end]}")

    def _passage_rows(
        self, condition: str, parameters: tuple[int, ...]
    ) -> Iterator[tuple[int, tuple[Any, ...], list[tuple[Any, ...]], tuple[Any, ...]]]:
        """(seq, ``PASSAGE_FIELDS``, ``SENTENCE_FIELDS`` of each sentence, the article's row), in order.

        An article is read once for a run of its passages.
        """
        query = f"SELECT crc, seq, article, {PASSAGE_FIELDS} FROM passages WHERE {condition} ORDER BY seq"
        known: int | None = None
        row: tuple[Any, ...] = ()
        for crc, seq, article, *fields in self._db.execute(query, parameters):
            check_row(crc, *fields)
            if article != known:
                known, row = article, self._article_row(article)
            yield seq, tuple(fields), self._sentence_rows(article, fields[0], fields[1]), row

    def _sentence_rows(self, article: int, start: int, end: int) -> list[tuple[Any, ...]]:
        """``SENTENCE_FIELDS`` of the sentences inside [start, end), in order."""
        query = f"""SELECT crc, {SENTENCE_FIELDS} FROM sentences
                    WHERE article = ? AND start >= ? AND "end" <= ? ORDER BY start"""
        found = []
        for crc, *fields in self._db.execute(query, (article, start, end)):
            check_row(crc, *fields)
            found.append(tuple(fields))
        return found

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """The sentences inside [start, end) of an article, in order, with words and vectors."""
        query = f"""SELECT vector, word_vectors, crc, {SENTENCE_FIELDS} FROM sentences
                    WHERE article = (SELECT seq FROM articles WHERE id = ?) AND start >= ? AND "end" <= ?
                    ORDER BY start"""
        with self._guard():
            return _sentences((article_id, *row) for row in self._db.execute(query, (article_id, start, end)))

    def stored_article(self, article_id: str) -> StoredArticle:
        """All that was written of an article, its passages' vectors bit for bit. Raises NotFoundError."""
        with self._guard():
            number, text, *_, content_hash = self._article_row(article_id)
            article, spans = self.article(article_id), tuple(self.spans(article_id))
            sentences = tuple(self.sentences(article_id, 0, len(text)))
            query = f"SELECT vector, crc, {PASSAGE_FIELDS} FROM passages WHERE article = ? ORDER BY seq"
            passages = []
            for sealed, crc, *fields in self._db.execute(query, (number,)):
                check_row(crc, *fields)
                start, end, context, words = fields
                inside = tuple(
                    one.sentence for one in sentences if start <= one.sentence.start < one.sentence.end <= end
                )
                passage = Passage(article_id, article.title, start, end, text[start:end], inside, context)
                vector = np.frombuffer(unseal(sealed), dtype=np.float16).astype(np.float32)
                passages.append(PassageRow(passage, tuple(words.split()), vector))
        return StoredArticle(article, content_hash, spans, sentences, tuple(passages))

    def _sentences_of(self, seqs: Sequence[int]) -> dict[int, list[SentenceRow]]:
        """The sentences of each passage that exists, in order. The caller holds the guard."""
        fields = ", ".join(f"s.{field}" for field in SENTENCE_FIELDS.split(", "))
        query = f"""SELECT p.seq, a.id, s.vector, s.word_vectors, s.crc, {fields}
                    FROM passages p JOIN articles a ON a.seq = p.article JOIN sentences s
                    ON s.article = p.article AND s.start >= p.start AND s."end" <= p."end"
                    WHERE p.seq IN ({_marks(seqs)}) ORDER BY p.seq, s.start"""
        rows = list(self._db.execute(query, tuple(seqs)))
        sentences = _sentences((article_id, *row) for _, article_id, *row in rows)
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
            vectors = from_float16(b"".join(data for _, data in rows), len(rows))
        return np.array([seq for seq, _ in rows], dtype=np.int64), vectors


def _sentences(rows: Iterable[tuple[Any, ...]]) -> list[SentenceRow]:
    """Of (article id, sealed vector, sealed word vectors, crc, ``SENTENCE_FIELDS``); all vectors made at once."""
    read = [(fields, unseal(vector), unseal(words)) for fields, vector, words in map(_checked, rows)]
    if not read:
        return []
    vectors = from_int8(b"".join(vector for _, vector, _ in read), len(read[0][1]))
    word_dim = max(fields[-1] for fields, _, _ in read)
    words = from_int8(b"".join(words for _, _, words in read), word_dim)
    bounds = np.cumsum([0, *(len(words) // max(word_dim, 1) for _, _, words in read)]).tolist()
    return [
        SentenceRow(
            Sentence(article_id, start, end, SpanKind(kind)), tuple(terms.split()), vector, words[low:high]
        )
        for ((article_id, start, end, kind, terms, _), _, _), vector, low, high in zip(
            read, vectors, bounds, bounds[1:], strict=False
        )
    ]


def _checked(row: tuple[Any, ...]) -> tuple[tuple[Any, ...], bytes, bytes]:
    article_id, vector, words, crc, *fields = row
    check_row(crc, *fields)
    return (article_id, *fields), vector, words


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
