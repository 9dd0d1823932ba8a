"""The truth: one database of articles, their sentences and passages, terms and vectors; SQLite unless another is named.

FAISS and the lexical index are derived from it and can be rebuilt at any time.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Span
from index.encoders.base import Vectors
from index.errors import NotFoundError
from index.store.article_rows import (
    ArticleLabel,
    article_of,
    insert_article,
    not_found,
    read_labels,
    read_layout,
    read_record,
    read_structure,
    read_whole_text,
    spans_of,
)
from index.store.checksums import SealBrokenError
from index.store.connection import DATABASE, Connection, EmptyStoreError, check_sqlite_version
from index.store.database import Database, Handle
from index.store.file_rows import delete_files, insert_files, is_elsewhere, read_files, read_files_of
from index.store.gold_rows import GoldRecord, delete_gold, insert_gold, read_gold
from index.store.passage_rows import (
    index_row,
    insert_passages,
    read_kept,
    read_kept_of,
    read_vectors,
    read_vectors_of,
    sentence_rows,
    whole_passage,
)
from index.store.rows import IndexRow, ListedArticle, PassageRow, ReadPassage, SentenceRow, StoredArticle
from index.store.schema import FileRecord, FileRow, meta_of, put_meta
from index.store.vector_codecs import Coding, coding_for
from index.system.failpoints import reach

__all__ = [
    "DATABASE",
    "EmptyStoreError",
    "IndexRow",
    "PassageRow",
    "SentenceRow",
    "SqlStore",
    "Store",
    "StoredArticle",
    "check_sqlite_version",
    "not_found",
]
_LAST = (1 << 63) - 1  # the highest number that SQLite gives
_AT_ONCE = 500  # passages
_DELETED_AT = "deleted_at"
_STATE_AT = "state@"  # and a version: the states before this one
_STATES_KEPT = 1_000


class SqlStore:
    """A truth (:class:`index.store.truth.Truth`) in the tables of any database that ``connection`` is open on.

    Articles are written whole: each transaction is on the disk when its call returns. Whatever is read was checked
    against the checksums written with it; each method raises CorruptIndexError where it is not what was written.
    """

    _passages = "passages"  # as they are read for their numbers alone

    def __init__(self, connection: Handle) -> None:
        self.connection = connection

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def meta(self, key: str) -> str | None:
        """Return what was noted under ``key``: who made the vectors, and such."""
        with self.connection.guard() as db:
            return meta_of(db, key)

    def set_meta(self, key: str, value: str) -> None:
        """Note ``value`` under ``key``. No new version."""
        with self.connection.transaction() as db:
            put_meta(db, key, value)

    @property
    def version(self) -> int:
        """Grows with every write; a derived index records the version it was built from."""
        return int(self.meta("version") or 0)

    @property
    def state(self) -> str:
        """Drawn afresh by every write: two stores in one state hold the same, whatever their versions say."""
        return self.meta("state") or "0"

    @property
    def deleted_at(self) -> int:
        """The version that the last deletion made; what was derived from an earlier one may hold deleted words."""
        return int(self.meta(_DELETED_AT) or 0)

    def was_in_state(self, version: int, state: str) -> bool:
        """Return whether this very store held, ``version`` writes after its beginning, what ``state`` stands for.

        A copy that went its own way since counts the same versions, in other states.
        """
        return state == (self.state if version == self.version else self.meta(f"{_STATE_AT}{version}"))

    def counts(self) -> tuple[int, int]:
        """Return (articles, passages)."""
        query = "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)"
        with self.connection.guard() as db:
            ((articles, passages),) = db.execute(query)
        return articles, passages

    def list_articles(self) -> Iterator[ListedArticle]:
        """Yield a line for each article, by id."""
        query = """SELECT a.id, a.title, a.source, a.published_at, count(p.seq), a.seq, a.collection FROM articles a
                   LEFT JOIN passages p ON p.article = a.seq GROUP BY a.seq ORDER BY a.id"""
        with self.connection.guard() as db:
            for row in db.execute(query):
                yield ListedArticle(*row)

    def article(self, article_id: str) -> Article:
        """Return an article as it was given. Raises NotFoundError."""
        with self.connection.guard() as db:
            record = read_record(db, article_id)
            return article_of(record, read_whole_text(db, record))

    def described(self, article_id: str) -> Article | None:
        """Return all that is said of an article, with an empty text; None where there is none."""
        with self.connection.guard() as db:
            try:
                return article_of(read_record(db, article_id), "")
            except NotFoundError:
                return None

    def labels(self, article_ids: Collection[str]) -> dict[str, ArticleLabel]:
        """Return source, address and date of those articles that are there."""
        with self.connection.guard() as db:
            return read_labels(db, article_ids)

    def spans(self, article_id: str) -> list[Span]:
        """Return what the stretches of its text were marked as. Raises NotFoundError."""
        with self.connection.guard() as db:
            return spans_of(read_record(db, article_id))

    def structure(self, article_id: str) -> bytes | None:
        """Return what was written of how its text is built; None where nothing was, or where there is no article."""
        with self.connection.guard() as db:
            return read_structure(db, article_id)

    def layout(self, article_id: str) -> bytes | None:
        """Return what was written of where its file has each stretch of the text; None as for :meth:`structure`."""
        with self.connection.guard() as db:
            return read_layout(db, article_id)

    def files(self, folder: str, path: str | None = None) -> list[FileRecord]:
        """Return which articles were read from a folder, or from one file of it."""
        with self.connection.guard() as db:
            return read_files(db, folder, path)

    def files_of(self, article_id: str) -> list[FileRecord]:
        """Return the files that an article was read from."""
        with self.connection.guard() as db:
            return read_files_of(db, article_id)

    def is_elsewhere(self, article_id: str, folder: str) -> bool:
        """Return whether the article was read from another folder too."""
        with self.connection.guard() as db:
            return is_elsewhere(db, article_id, folder)

    def note_files(self, rows: Iterable[FileRow], gone: Iterable[tuple[str, str, str]] = ()) -> None:
        """Note the rows and forget each (folder, path, article) that is ``gone``. No new version."""
        with self.connection.transaction() as db:
            delete_files(db, gone)
            insert_files(db, rows)

    def gold(self) -> list[GoldRecord]:
        """Return what people have said of answers, the oldest first."""
        with self.connection.guard() as db:
            return read_gold(db)

    def add_gold(self, *records: GoldRecord) -> None:
        """Keep what people say of answers. No new version."""
        with self.connection.transaction() as db:
            for record in records:
                insert_gold(db, record)

    def delete_gold(self, key: str) -> int:
        """Delete one of them and return how many there were. No new version."""
        with self.connection.transaction() as db:
            return delete_gold(db, key)

    def content_hash(self, article_id: str) -> str | None:
        """Return the hash of all that was given of an article; None where there is none."""
        return self._hash(article_id, "content_hash")

    def recorded_sha256(self, article_id: str) -> str | None:
        """Return the hash of the text as it was when the article was written; None where there is none."""
        return self._hash(article_id, "sha256")

    def _hash(self, article_id: str, column: str) -> str | None:
        with self.connection.guard() as db:
            row = db.execute(f"SELECT {column} FROM articles WHERE id = ?", (article_id,)).fetchone()
        return bytes(row[0]).hex() if row else None

    def stored_article(self, article_id: str) -> StoredArticle:
        """Return all that was written of an article, its vectors as they were stored. Raises NotFoundError."""
        with self.connection.guard() as db:
            record = read_record(db, article_id)
            article = article_of(record, read_whole_text(db, record))
            structure, layout = read_structure(db, article_id), read_layout(db, article_id)
            kept = read_kept_of(db, article_id)
            sentences = sentence_rows(kept, exact=True)
            passages = tuple(
                PassageRow(whole_passage(kept, sentences, seq).passage, tuple(row.context_words().split()), row.vector)
                for seq, row in kept.items()
            )
            spans = tuple(spans_of(record))
        rows = sorted((row for rows in sentences.values() for row in rows), key=lambda row: row.sentence.start)
        return StoredArticle(article, record.content_hash.hex(), spans, tuple(rows), passages, structure, layout)

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """Return the passages that exist, by number, sentences included."""
        return {seq: read.passage for seq, read in self.read_passages(seqs).items()}

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """Return the passages that exist, in order, each with its sentences, their words and vectors."""
        with self.connection.guard() as db:
            kept = read_kept(db, seqs)
            sentences = sentence_rows(kept, exact=False)
            return {seq: whole_passage(kept, sentences, seq) for seq in sorted(set(seqs) & kept.keys())}

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """Return the sentences inside [start, end) of an article, in order; none where there is no such article."""
        with self.connection.guard() as db:
            kept = sentence_rows(read_kept_of(db, article_id), exact=False)
        rows = [row for rows in kept.values() for row in rows]
        inside = [row for row in rows if start <= row.sentence.start and row.sentence.end <= end]
        return sorted(inside, key=lambda row: row.sentence.start)

    def index_rows(self, low: int = 0, high: int = _LAST) -> Iterator[IndexRow]:
        """Yield the passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's.
        """
        for seqs in self._some_at_once(low, high):
            yield from self._index_rows(seqs.tolist())

    def _some_at_once(self, low: int, high: int) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the numbers of the passages ``low < seq <= high``, in order."""
        query = "SELECT seq FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        with self.connection.guard() as db:
            seqs = np.fromiter((seq for (seq,) in db.execute(query, (low, high))), dtype=np.int64)
        for start in range(0, len(seqs), _AT_ONCE):
            yield seqs[start : start + _AT_ONCE]

    def _index_rows(self, seqs: Sequence[int]) -> list[IndexRow]:
        with self.connection.guard() as db:
            kept = read_kept(db, seqs)
            if any(seq not in kept for seq in seqs):
                raise SealBrokenError("a passage has lost its article")
            numbers = {kept[seq].record.article for seq in seqs}
            articles = {number: read_record(db, number) for number in numbers}
            return [index_row(kept, seq, articles[kept[seq].record.article]) for seq in seqs]

    def filtered(self, clause: str, parameters: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the passages of the articles that match an SQL clause over ``a`` (articles), in order.

        Clauses are made by :mod:`index.search.filters` only.
        """
        query = f"SELECT p.seq FROM passages p JOIN articles a ON a.seq = p.article WHERE {clause} ORDER BY p.seq"
        with self.connection.guard() as db:
            return np.fromiter((seq for (seq,) in db.execute(query, tuple(parameters))), dtype=np.int64)

    def has_article(self, clause: str, parameters: Sequence[str]) -> bool:
        """Return whether any article matches such a clause."""
        query = f"SELECT 1 FROM articles a WHERE {clause} LIMIT 1"
        with self.connection.guard() as db:
            return db.execute(query, tuple(parameters)).fetchone() is not None

    def passage_seqs(self) -> npt.NDArray[np.int64]:
        """Return the number of every passage, in order."""
        with self.connection.guard() as db:
            seqs = np.fromiter((seq for (seq,) in db.execute(f"SELECT seq FROM {self._passages}")), dtype=np.int64)
        return np.sort(seqs)

    def vectors(self, low: int = 0, high: int = _LAST) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return (seqs (n,) int64, unit vectors (n, dim) float32) of the passages ``low < seq <= high``, in order."""
        with self.connection.guard() as db:
            return read_vectors(db, low, high)

    def vectors_in_turn(self, low: int, high: int) -> Iterator[tuple[npt.NDArray[np.int64], Vectors]]:
        """Yield what :meth:`vectors` returns, some rows at a time: those of a whole shard take a hundred megabytes.

        For whoever holds the write lock, or a snapshot: nothing may be written in between.
        """
        for seqs in self._some_at_once(low, high):
            yield self.vectors_of(seqs)

    def vectors_of(self, seqs: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the same of those of ``seqs`` that exist, in order."""
        with self.connection.guard() as db:
            return read_vectors_of(db, seqs.tolist())

    def write(self, articles: Iterable[StoredArticle], *, encoder: str | None = None) -> None:
        """Insert or replace, all in one transaction. ``encoder``: whose vectors they are, if not the store's own."""
        coding = coding_for(encoder or self.meta("encoder"))
        with self.connection.transaction() as db:
            reach("store.begin")
            gone: list[int] = []
            for stored in articles:
                gone += _delete(db, stored.article.id)
                _insert(db, stored, coding)
            self._note_gone(db, _bump(db), gone)
            reach("store.commit")
        reach("store.committed")

    def delete(self, article_ids: Sequence[str]) -> int:
        """Delete the articles and return how many there were. Rows are overwritten on disk, not only unlinked."""
        with self.connection.transaction() as db:
            deleted = [number for article_id in article_ids for number in _delete(db, article_id)]
            for article_id in article_ids:
                db.execute("DELETE FROM gold WHERE article = ?", (article_id,))
            reach("store.delete")
            version = _bump(db)
            put_meta(db, _DELETED_AT, str(version))
            self._note_gone(db, version, deleted)
        return len(deleted)

    def check(self) -> list[str]:
        """Return the database's own complaints about itself; none when it is whole."""
        return self.connection.check()

    def _note_gone(self, db: Database, version: int, numbers: Sequence[int]) -> None:
        """Note which articles the write that made ``version`` took away, for those who follow from elsewhere. Nobody does here."""


class Store(SqlStore):
    """What a data folder holds, in SQLite. ``writable=False`` opens a snapshot that later writes do not change.

    ``connection`` has what concerns the file itself.
    """

    _passages = "passages INDEXED BY passages_by_article"  # so that no vector is read
    connection: Connection

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        super().__init__(Connection(folder, writable=writable))


def _insert(db: Database, stored: StoredArticle, coding: Coding) -> None:
    number = insert_article(db, stored)
    reach("store.article")
    insert_passages(db, number, stored, coding)
    reach("store.passages")


def _delete(db: Database, article_id: str) -> list[int]:
    """Delete an article with all that refers to it, and return its number, where there was one."""
    db.execute("DELETE FROM files WHERE article = ?", (article_id,))
    return [number for (number,) in db.execute("DELETE FROM articles WHERE id = ? RETURNING seq", (article_id,))]


def _bump(db: Database) -> int:
    """Begin a new version in a new state, inside the caller's transaction, and return the version."""
    version, state = int(meta_of(db, "version") or 0) + 1, uuid.uuid4().hex
    for key, value in (("version", str(version)), ("state", state), (f"{_STATE_AT}{version}", state)):
        put_meta(db, key, value)
    db.execute("DELETE FROM meta WHERE key = ?", (f"{_STATE_AT}{version - _STATES_KEPT}",))
    return version
