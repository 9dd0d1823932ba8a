"""The truth: one SQLite database of articles, their sentences and passages, terms and vectors.

FAISS and the lexical index are derived from it and can be rebuilt at any time.
"""

from collections.abc import Iterable, Sequence

from index.store.connection import DATABASE, EmptyStoreError, check_sqlite_version, not_found
from index.store.read_passages import PassageReading
from index.store.rows import IndexRow, PassageRow, SentenceRow, StoredArticle
from index.store.vector_codecs import coding_for
from index.store.write_articles import insert_article
from index.system.failpoints import reach

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
                insert_article(self._db, stored, coding)
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
