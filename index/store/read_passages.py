"""Passages, sentences and vectors out of the database, each checked against the checksums written with it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from index.articles import Passage, Sentence
from index.encoders.base import Vectors
from index.store.checksums import SealBrokenError, check_row, unseal
from index.store.packing import unpack, unpack_sentences
from index.store.read_articles import LAST, ArticleReading
from index.store.rows import IndexRow, PassageRow, ReadPassage, SentenceRow, StoredArticle
from index.store.schema import PASSAGE_FIELDS
from index.store.vector_codecs import decoded_passages, decoded_sentences, unit

_IN_PASSAGES = ", ".join(f"p.{field}" for field in PASSAGE_FIELDS.split(", "))
_AT_ONCE = 500  # passages
_NAMED = 5_000  # SQLite takes 32,766 values in a statement


@dataclass(frozen=True, slots=True)
class _Kept:
    """A passage's row: its ``passage`` without sentences, and those that are kept with it, whose vectors are ``coded``.

    ``vector`` (dim,) is the passage's, as it was stored.
    """

    seq: int
    article: int
    passage: Passage
    packed_words: bytes  # of its context: a question does not look at them
    back: int
    sentences: tuple[tuple[Sentence, tuple[str, ...]], ...]
    coded: bytes
    vector: npt.NDArray[np.float32]

    def context_words(self) -> str:
        """Raises SealBrokenError."""
        return unpack(self.packed_words, f"{self.passage.title}\n{self.passage.context}")


class PassageReading(ArticleReading):
    """What the table of passages answers."""

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """The passages that exist, sentences included."""
        return {seq: one.passage for seq, one in self.read_passages(seqs).items()}

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """The passages that exist, in order, each with its sentences, their words and vectors."""
        with self._guard():
            kept = self._kept_with_those_before(seqs)
            sentences = _sentences(kept.values(), exact=False)
            return {seq: _whole(kept, sentences, seq) for seq in sorted(set(seqs) & kept.keys())}

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """The sentences inside [start, end) of an article, in order, with words and vectors; none if there is no such."""
        with self._guard():
            kept = self._kept("a.id = ?", (article_id,))
            rows = [row for own in _sentences(kept, exact=False).values() for row in own]
        inside = [row for row in rows if start <= row.sentence.start and row.sentence.end <= end]
        return sorted(inside, key=lambda row: row.sentence.start)

    def stored_article(self, article_id: str) -> StoredArticle:
        """All that was written of an article, its vectors as they were stored. Raises NotFoundError."""
        article, spans, structure = self.article(article_id), tuple(self.spans(article_id)), self.structure(article_id)
        with self._guard():
            *_, content_hash = self._article_row(article_id)
            kept = {one.seq: one for one in self._kept("a.id = ?", (article_id,))}
            sentences = _sentences(kept.values(), exact=True)
            passages = tuple(
                PassageRow(_whole(kept, sentences, seq).passage, tuple(one.context_words().split()), one.vector)
                for seq, one in kept.items()
            )
        rows = sorted((row for own in sentences.values() for row in own), key=lambda row: row.sentence.start)
        return StoredArticle(article, content_hash.hex(), spans, tuple(rows), passages, structure)

    def index_rows(self, low: int = 0, high: int = LAST) -> Iterator[IndexRow]:
        """The passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's.
        """
        query = "SELECT seq FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        with self._guard():
            seqs = [seq for (seq,) in self._db.execute(query, (low, high))]
        for start in range(0, len(seqs), _AT_ONCE):
            some = seqs[start : start + _AT_ONCE]
            with self._guard():
                kept = self._kept_with_those_before(some)
                if any(seq not in kept for seq in some):
                    raise SealBrokenError("a passage has lost its article")
                articles = {number: self._article_row(number) for number in {kept[seq].article for seq in some}}
                rows = [_index_row(kept, seq, articles[kept[seq].article]) for seq in some]
            yield from rows

    def _kept_with_those_before(self, seqs: Collection[int]) -> dict[int, _Kept]:
        """Those of ``seqs`` that exist, and those before them that keep some of their sentences. In the guard."""
        kept = self._kept_numbered(seqs)
        before = {one.seq - step for one in kept.values() for step in range(1, one.back + 1)} - kept.keys()
        return kept | self._kept_numbered(before)

    def _kept_numbered(self, seqs: Collection[int]) -> dict[int, _Kept]:
        found = (self._kept(f"p.seq IN ({_marks(some)})", some) for some in _batched(seqs))
        return {one.seq: one for rows in found for one in rows}

    def _kept(self, clause: str, parameters: tuple[int | str, ...]) -> list[_Kept]:
        """In order. The caller holds the guard. Raises SealBrokenError."""
        query = f"""SELECT p.seq, p.article, p.vector, p.crc, a.id, a.title, {_IN_PASSAGES}
                    FROM passages p JOIN articles a ON a.seq = p.article WHERE {clause} ORDER BY p.seq"""
        rows = list(self._db.execute(query, parameters))
        for _, _, _, crc, *fields in rows:  # before a damaged place asks for a text without an end
            check_row(crc, *fields)
        vectors = decoded_passages([unseal(row[2]) for row in rows])
        texts = self._texts([(article, start, end) for _, article, _, _, _, _, start, end, *_ in rows])
        found = []
        for (seq, article, _, _, *fields), vector, text in zip(rows, vectors, texts, strict=True):
            article_id, title, start, end, context, words, back, sentences, coded = fields
            passage = Passage(article_id, title, start, end, text, (), context)
            own = tuple(unpack_sentences(passage, sentences))
            found.append(_Kept(seq, article, passage, words, back, own, coded, vector))
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
            return _unit_vectors(self._db.execute(query, (low, high)))

    def vectors_of(self, seqs: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """The same of those of ``seqs`` that exist, in order."""
        with self._guard():
            return _unit_vectors(
                row
                for some in _batched(sorted(seqs.tolist()))
                for row in self._db.execute(
                    f"SELECT seq, vector FROM passages WHERE seq IN ({_marks(some)}) ORDER BY seq", some
                )
            )


def _sentences(kept: Collection[_Kept], *, exact: bool) -> dict[int, list[SentenceRow]]:
    """Those kept with each. ``exact``: vectors as they were stored, else brought to length 1. Raises SealBrokenError."""
    if not kept:
        return {}
    counts = [len(one.sentences) for one in kept]
    vectors = decoded_sentences([one.coded for one in kept], counts, np.stack([one.vector for one in kept]))
    rows = iter(vectors if exact else unit(vectors))  # a code loses length, and with it cosines to what is near
    return {one.seq: [SentenceRow(*each, next(rows)) for each in one.sentences] for one in kept}


def _whole(kept: Mapping[int, _Kept], sentences: Mapping[int, list[SentenceRow]], seq: int) -> ReadPassage:
    """With its sentences, wherever they are kept. Raises SealBrokenError."""
    passage = kept[seq].passage
    rows = [row for place in _places(kept, seq) for row in sentences[place] if _holds(passage, row.sentence)]
    return ReadPassage(replace(passage, sentences=tuple(row.sentence for row in rows)), tuple(rows))


def _places(kept: Mapping[int, _Kept], seq: int) -> range:
    """Of the rows that keep its sentences."""
    places = range(seq - kept[seq].back, seq + 1)
    if any(place not in kept or kept[place].article != kept[seq].article for place in places):
        raise SealBrokenError("a passage has lost those before it")
    return places


def _index_row(kept: Mapping[int, _Kept], seq: int, article: tuple[Any, ...]) -> IndexRow:
    own, (_, article_id, _, source, _, date, *_) = kept[seq], article
    words = [
        " ".join(words)
        for place in _places(kept, seq)
        for one, words in kept[place].sentences
        if _holds(own.passage, one)
    ]
    letters = f"{own.passage.title}\n{own.passage.context}\n{own.passage.text}"
    return IndexRow(seq, article_id, source, date, " ".join([own.context_words(), *words]), letters)


def _holds(passage: Passage, sentence: Sentence) -> bool:
    return passage.start <= sentence.start < sentence.end <= passage.end


def _unit_vectors(rows: Iterable[tuple[int, bytes]]) -> tuple[npt.NDArray[np.int64], Vectors]:
    read = [(seq, unseal(sealed)) for seq, sealed in rows]
    return np.array([seq for seq, _ in read], dtype=np.int64), unit(decoded_passages([data for _, data in read]))


def _batched(values: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """As many at once as a statement may name by far."""
    remaining = iter(values)
    while some := tuple(islice(remaining, _NAMED)):
        yield some


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))
