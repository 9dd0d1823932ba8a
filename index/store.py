"""The truth: one SQLite database of articles, their sentences and passages, terms and vectors.

FAISS and the lexical index are derived from it and can be rebuilt at any time.
"""

import json
from collections.abc import Iterable, Sequence

from index.codings import Coding, coding_for
from index.database import DATABASE, EmptyStoreError, check_sqlite_version, not_found
from index.failpoints import reach
from index.packing import pack
from index.passage_reading import PassageReading
from index.rows import IndexRow, PassageRow, SentenceRow, StoredArticle, coded
from index.schema import PASSAGE_FIELDS
from index.sealing import crc_of, seal

__all__ = [
    "DATABASE",
    "EmptyStoreError",
    "IndexRow",
    "PassageRow",
    "SentenceRow",
    "Store",
    "StoredArticle",
    "check_sqlite_version",
    "not_found",
]
_DELETED_AT = "deleted_at"


class Store(PassageReading):
    """Reads, and writes articles whole: each transaction is on the disk when its call returns."""

    def write(self, articles: Iterable[StoredArticle], *, encoder: str | None = None) -> None:
        """Insert or replace, all in one transaction. ``encoder``: whose vectors they are, if not the store's own."""
        coding = coding_for(encoder or self.meta("encoder"))
        with self._transaction():
            reach("store.begin")
            for stored in articles:
                self._delete(stored.article.id)
                self._insert(stored, coding)
            self._bump()
            reach("store.commit")
        reach("store.committed")

    def delete(self, article_ids: Sequence[str]) -> int:
        """How many there were. Rows are overwritten on disk, not only unlinked."""
        with self._transaction():
            deleted = sum(self._delete(article_id) for article_id in article_ids)
            reach("store.delete")
            self._bump()
            self._put_meta(_DELETED_AT, str(self.version))
        return deleted

    @property
    def deleted_at(self) -> int:
        """The version that the last deletion made; what was derived from an earlier one may hold deleted words."""
        return int(self.meta(_DELETED_AT) or 0)

    def _delete(self, article_id: str) -> int:
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return self._db.changes()

    def _insert(self, stored: StoredArticle, coding: Coding) -> None:
        seq = self._insert_article(stored)
        reach("store.article")
        self._db.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                _sentence(seq, row, stored.article.text, coding.number, vectors)
                for row, vectors in zip(stored.sentences, coded(stored.sentences, coding), strict=True)
            ],
        )
        reach("store.sentences")
        self._db.executemany(
            f"INSERT INTO passages (article, vector, crc, {PASSAGE_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [_passage(seq, row, coding) for row in stored.passages],
        )
        reach("store.passages")

    def _insert_article(self, stored: StoredArticle) -> int:
        article = stored.article
        spans = json.dumps([[span.start, span.end, span.kind] for span in stored.spans])
        meta = json.dumps(dict(article.meta), ensure_ascii=False)
        crc = crc_of(article.id, article.title, article.source, article.url, article.published_at, article.lang, meta,
                     spans, article.sha256, stored.content_hash)  # fmt: skip
        values = (article.id, article.title, pack(article.text), article.source, article.url,
                  article.published_at, article.lang, meta, spans, article.sha256, stored.content_hash, crc)  # fmt: skip
        self._db.execute("INSERT INTO articles VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return self._db.last_insert_rowid()


def _sentence(
    article: int, row: SentenceRow, text: str, number: int, vectors: tuple[bytes, bytes]
) -> tuple[object, ...]:
    """``number`` is that of the coding in which ``vectors`` are written."""
    one, dim = row.sentence, row.word_vectors.shape[1]
    words = pack(" ".join(row.words), text[one.start : one.end])
    vector, word_vectors = vectors
    fields = one.start, one.end, one.kind, words, bytes([number]) + vector, dim, word_vectors
    return article, *fields, crc_of(*fields)


def _passage(article: int, row: PassageRow, coding: Coding) -> tuple[object, ...]:
    one = row.passage
    words = pack(" ".join(row.context_words), f"{one.title}\n{one.context}")
    fields = one.start, one.end, one.context, words, pack(one.text)
    vector = seal(bytes([coding.number]) + coding.encode_passages(row.vector[None]))
    return article, vector, crc_of(one.article_id, one.title, *fields), *fields
