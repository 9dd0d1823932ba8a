"""How the tables of an earlier release become those of this one.

Old tables are set aside, read as their release wrote them, and written as this one writes. A row that is damaged was
refused before and goes on being refused, and the others are saved.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import apsw
import numpy as np

from index.articles import Article, Passage, Sentence, Span, SpanKind
from index.encoders.base import Vectors
from index.store.checksums import SealBrokenError, check_row, unseal
from index.store.packing import unpack
from index.store.rows import PassageRow, SentenceRow, StoredArticle
from index.store.schema import FORMAT, create_tables
from index.store.vector_codecs import PLAIN, coding_for, decoded_passages
from index.store.write_articles import insert_article
from index.system.failpoints import reach

EARLIER = ("1", "2", "3")
SPARSE = "sparse"  # set while the room that the migration won has not been given back
_TABLES = ("sentences", "passages", "articles")  # those that refer to others first
_ARTICLE_FIELDS = "id, title, source, url, published_at, lang, meta, spans, sha256, content_hash"
_SPOILT = ValueError, TypeError, IndexError  # what reading a damaged row ends with; SealBrokenError is one


@dataclass(frozen=True, slots=True)
class _Old:
    """An article as it was, rows that are damaged among the others."""

    number: int
    stored: StoredArticle
    passage_numbers: tuple[int, ...]
    damaged: bool  # the whole of it
    damaged_passages: tuple[int, ...]  # numbers; with those that hold a damaged sentence


def migrate(db: apsw.Connection, found: str) -> None:
    """From format ``found``, one of ``EARLIER``, inside the caller's transaction: all, or as it was."""
    reach("migrate.begin")
    db.execute("DROP INDEX passages_by_article")
    for table in _TABLES:
        db.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    create_tables(db)
    reach("migrate.tables")
    encoder = db.execute("SELECT value FROM meta WHERE key = 'encoder'").fetchone()
    coding = coding_for(encoder[0] if encoder else None)
    reader = _READERS[found](db)
    for (number,) in list(db.execute("SELECT seq FROM old_articles ORDER BY seq")):
        old = reader.read(number)
        insert_article(db, old.stored, coding, number=old.number, passage_numbers=old.passage_numbers)
        _spoil(db, old)
    reach("migrate.coded")
    for table in _TABLES[1:]:  # numbers that were given once are not given again
        db.execute(
            "INSERT OR REPLACE INTO sqlite_sequence (rowid, name, seq) SELECT (SELECT rowid FROM sqlite_sequence "
            "WHERE name = ?1), ?1, seq FROM sqlite_sequence WHERE name = ?2",
            (table, f"old_{table}"),
        )
    for table in _TABLES:
        db.execute(f"DROP TABLE old_{table}")
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (SPARSE,))
    reach("migrate.commit")


def _spoil(db: apsw.Connection, old: _Old) -> None:
    """Break the checksums of what was damaged."""
    if old.damaged:
        db.execute("UPDATE articles SET crc = crc + 1 WHERE seq = ?", (old.number,))
        db.execute("UPDATE texts SET crc = crc + 1 WHERE article = ?", (old.number,))
    for seq in old.damaged_passages:
        db.execute("UPDATE passages SET crc = crc + 1, vector = vector || x'01' WHERE seq = ?", (seq,))


class _Format3:
    """Texts packed, vectors behind the number of their coding, every row under a checksum."""

    crc = "crc"
    passages = 'start, "end", context, CAST(context_words AS BLOB), vector, CAST(text AS BLOB)'
    sentences = 'start, "end", kind, CAST(words AS BLOB), vector, word_dim, word_vectors'

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def read(self, number: int) -> _Old:
        """What cannot be read of a damaged row has something in its place."""
        article, content_hash, spans, whole = self._article(number)
        sentences = [self._sentence(article, *row) for row in self._rows("sentences", self.sentences, number)]
        passages = {
            row[1]: self._passage(article, *row) for row in self._rows("passages", f"seq, {self.passages}", number)
        }
        cut = _of_one_width([row for row, _ in sentences])
        bad = [row.sentence for row, is_whole in sentences if not is_whole]
        held = {seq: _holding(row, cut) for seq, (row, _) in passages.items()}
        damaged = tuple(
            seq for seq, (_, is_whole) in passages.items()
            if not (is_whole and whole) or any(one in held[seq].passage.sentences for one in bad)
        )  # fmt: skip
        stored = StoredArticle(article, content_hash, spans, tuple(cut), tuple(_of_one_width(list(held.values()), cut)))
        return _Old(number, stored, tuple(passages), not whole, damaged)

    def _rows(self, table: str, fields: str, number: int) -> list[tuple[Any, ...]]:
        """(crc, those fields) of each row of an article, in order."""
        query = f"SELECT {self.crc}, {fields} FROM old_{table} WHERE article = ? ORDER BY rowid"
        return list(self._db.execute(query, (number,)))

    def _article(self, number: int) -> tuple[Article, str, tuple[Span, ...], bool]:
        """(the article, its content hash, its spans, whether it is what was written)."""
        query = f"SELECT {self.crc}, CAST(text AS BLOB), {_ARTICLE_FIELDS} FROM old_articles WHERE seq = ?"
        ((crc, data, *fields),) = self._db.execute(query, (number,))
        article_id, title, source, url, published_at, lang, meta, spans, sha256, content_hash = fields
        try:
            self.check_article(crc, *fields)
            text, found = (
                self.text(data),
                tuple(Span(start, end, SpanKind(kind)) for start, end, kind in json.loads(spans)),
            )
            article = Article(article_id, title, text, source, url, published_at, lang, json.loads(meta))
            bytes.fromhex(content_hash)  # or it could not be written
        except _SPOILT:
            return Article(str(article_id), str(title), _legible(data)), "", (), False
        return article, content_hash, found, hashlib.sha256(text.encode()).hexdigest() == sha256

    def _sentence(
        self,
        article: Article,
        crc: int,
        start: int,
        end: int,
        kind: str,
        *fields: Any,  # noqa: ANN401  (a row's columns)
    ) -> tuple[SentenceRow, bool]:
        try:
            words, vector = self.sentence(article.text[start:end], crc, start, end, kind, *fields)
            return SentenceRow(Sentence(article.id, start, end, SpanKind(kind)), words.split(), vector), True
        except _SPOILT:
            return SentenceRow(Sentence(article.id, int(start), int(end), SpanKind.BODY), (), _UNKNOWN), False

    def _passage(
        self,
        article: Article,
        crc: int,
        seq: int,
        start: int,
        end: int,
        context: str,
        *fields: Any,  # noqa: ANN401
    ) -> tuple[PassageRow, bool]:
        passage = Passage(article.id, article.title, int(start), int(end), article.text[start:end], (), str(context))
        try:
            words, vector = self.passage(article, crc, start, end, context, *fields)
            return PassageRow(passage, tuple(words.split()), vector), True
        except _SPOILT:
            return PassageRow(passage, (), _UNKNOWN), False

    def check_article(self, crc: int, *fields: Any) -> None:  # noqa: ANN401
        check_row(crc, *fields)

    def text(self, data: bytes) -> str:
        return unpack(data)

    def sentence(self, text: str, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        """(its words, its vector (dim,)). Raises one of ``_SPOILT``."""
        check_row(crc, *fields)
        *_, words, vector, _, _ = fields
        return unpack(words, text), _sentence_vector(vector[1:])

    def passage(self, article: Article, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        """(the words of its context, its vector (dim,)). Raises one of ``_SPOILT``."""
        start, end, context, words, vector, text = fields
        check_row(crc, article.id, article.title, start, end, context, words, text)
        return unpack(words, f"{article.title}\n{context}"), decoded_passages([unseal(vector)])[0]


class _Format2(_Format3):
    """Texts as they are, vectors plain; of vectors each had a checksum of its own."""

    passages = 'start, "end", context, context_words, vector'
    sentences = 'start, "end", kind, words, vector, word_dim'

    def text(self, data: bytes) -> str:
        return data.decode()

    def sentence(self, text: str, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        start, end, kind, words, vector, word_dim = fields
        check_row(crc, start, end, kind, words, word_dim)
        return words, _sentence_vector(unseal(vector))

    def passage(self, article: Article, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        start, end, context, words, vector = fields
        check_row(crc, start, end, context, words)
        return words, PLAIN.decode_passages(unseal(vector), 1)[0]


class _Format1(_Format2):
    """The same without checksums."""

    crc = "0"

    def check_article(self, crc: int, *fields: Any) -> None:  # noqa: ANN401
        pass

    def sentence(self, text: str, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        *_, words, vector, _ = fields
        return words, _sentence_vector(vector)

    def passage(self, article: Article, crc: int, *fields: Any) -> tuple[str, Vectors]:  # noqa: ANN401
        *_, words, vector = fields
        return words, PLAIN.decode_passages(vector, 1)[0]


_READERS = {"1": _Format1, "2": _Format2, "3": _Format3}
_UNKNOWN = np.empty(0, dtype=np.float32)
_Row = TypeVar("_Row", SentenceRow, PassageRow)


def _of_one_width(rows: Sequence[_Row], like: Sequence[SentenceRow] = ()) -> list[_Row]:
    """With vectors in place of unknown ones, so that all can be written alike."""
    width = max([row.vector.size for row in rows] + [row.vector.size for row in like], default=0) or 1
    return [row if row.vector.size else replace(row, vector=np.ones(width, dtype=np.float32)) for row in rows]


def _holding(row: PassageRow, sentences: Sequence[SentenceRow]) -> PassageRow:
    """With those of the sentences that stand in it."""
    one = row.passage
    inside = tuple(
        each.sentence for each in sentences if one.start <= each.sentence.start < each.sentence.end <= one.end
    )
    return replace(row, passage=replace(one, sentences=inside))


def _sentence_vector(data: bytes) -> Vectors:
    (vector,) = PLAIN.decode_sentences(data, np.empty((1, 0), dtype=np.float32))
    return np.asarray(vector, dtype=np.float32)


def _legible(data: bytes) -> str:
    try:
        return unpack(data)
    except SealBrokenError:
        return data.decode(errors="replace")
