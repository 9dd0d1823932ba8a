"""The truth: one SQLite database of articles, their sentences and passages, terms and vectors.

FAISS and the lexical index are derived from it and can be rebuilt at any time. ``apsw`` brings its own SQLite,
because WAL on a SQLite older than 3.51.3 can lose committed data when two connections race a checkpoint, and
Debian 12 ships 3.40.1.
"""

import hashlib
import json
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Sentence, Span, SpanKind
from index.errors import CorruptIndexError, NotFoundError, StorageError
from index.failpoints import reach

FORMAT = 1
DATABASE = "geungeo.db"
MINIMUM_SQLITE = (3, 51, 3)
_BUSY_MS = 5_000
_NO_STATE = "0"
_LAST = (1 << 63) - 1  # the highest number that SQLite gives
_STATE_AT = "state@"  # and a version: the states before this one
_STATES_KEPT = 1_000
_DELETED_AT = "deleted_at"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    source TEXT,
    url TEXT,
    published_at TEXT,
    lang TEXT NOT NULL,
    meta TEXT NOT NULL,
    spans TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    content_hash TEXT NOT NULL
);
CREATE TABLE sentences (
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    vector BLOB NOT NULL,
    word_dim INTEGER NOT NULL,
    word_vectors BLOB NOT NULL,
    PRIMARY KEY (article, start)  -- with a rowid: rows of a kilobyte would each spill to a page of their own without
);
CREATE TABLE passages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    context TEXT NOT NULL,
    context_words TEXT NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);
"""


@dataclass(frozen=True, slots=True)
class SentenceRow:
    """A sentence as stored: its search words, its unit vector (dim,) and those of its words (n, word_dim).

    Vectors are float32 here and int8 on disk.
    """

    sentence: Sentence
    words: tuple[str, ...]
    vector: npt.NDArray[np.float32]
    word_vectors: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as stored. ``vector`` (dim,) float32, unit length (float16 on disk)."""

    passage: Passage
    context_words: tuple[str, ...]
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """Everything one article needs to be found and cited, written in one transaction."""

    article: Article
    content_hash: str
    spans: tuple[Span, ...]
    sentences: tuple[SentenceRow, ...]
    passages: tuple[PassageRow, ...]


@dataclass(frozen=True, slots=True)
class IndexRow:
    """What the derived indexes take of one passage."""

    seq: int
    article_id: str
    source: str | None
    published_at: str | None
    words: str
    text: str


class EmptyStoreError(CorruptIndexError):
    """A database without tables: whoever made it died before its first commit, or it was cut to nothing."""


class Store:
    """One connection. ``writable=False`` opens a snapshot that later writes do not change."""

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        self.path = folder / DATABASE
        self._writable = writable
        self._lock = threading.RLock()
        check_sqlite_version(apsw.sqlite_lib_version())
        self._db = self._open(folder)

    def _open(self, folder: Path) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE
        if self._writable:
            folder.mkdir(parents=True, exist_ok=True)
            flags |= apsw.SQLITE_OPEN_CREATE
        with _storage_errors(self.path), _reading_errors(self.path):
            db = apsw.Connection(str(self.path), flags=flags)
            db.set_busy_timeout(_BUSY_MS)
            db.execute("PRAGMA foreign_keys = ON")
            if self._writable:
                for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                    list(db.execute(f"PRAGMA {pragma}"))  # apsw runs a statement only as far as its rows are read
                self._create(db)
            else:
                db.execute("BEGIN")
            self._check_format(db)
        return db

    def _create(self, db: apsw.Connection) -> None:
        with db:
            if not list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'")):
                db.execute(_SCHEMA)
                db.execute("INSERT INTO meta VALUES ('state', ?)", (_NO_STATE,))
                db.execute("INSERT INTO meta VALUES ('format', ?), ('version', '0')", (str(FORMAT),))

    def _check_format(self, db: apsw.Connection) -> None:
        if not list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'")):
            raise EmptyStoreError(
                f"데이터베이스가 비어 있습니다: {self.path}. 백업에서 되살리거나 새로 만드세요: geungeo index PATH...",
                f"the database is empty: {self.path}. Restore a backup, or run geungeo index PATH...",
            )
        found = self._meta_of(db, "format")
        if found != str(FORMAT):
            raise CorruptIndexError(
                f"{self.path}의 형식은 {found}인데 이 판은 {FORMAT}만 읽습니다. 맞는 판을 쓰거나 새로 만드세요.",
                f"{self.path} has format {found}, this release reads {FORMAT}. Use the matching release or rebuild.",
            )

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """For reading: one thread at a time, and whatever a damaged file leads to as our error."""
        with self._lock, _storage_errors(self.path), _reading_errors(self.path):
            yield

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """For writing: all or nothing, and on the disk when it ends."""
        with self._lock, _storage_errors(self.path), self._db:
            yield

    # What it holds

    @staticmethod
    def _meta_of(db: apsw.Connection, key: str) -> str | None:
        row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def meta(self, key: str) -> str | None:
        with self._guard():
            return self._meta_of(self._db, key)

    def set_meta(self, key: str, value: str) -> None:
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def version(self) -> int:
        """Grows with every write; a derived index records the version it was built from."""
        with self._guard():
            return int(self._meta_of(self._db, "version") or 0)

    @property
    def deleted_at(self) -> int:
        """The version that the last deletion made; what was derived from an earlier one may hold deleted words."""
        return int(self.meta(_DELETED_AT) or 0)

    @property
    def state(self) -> str:
        """Drawn afresh by every write: two stores in one state hold the same, whatever their versions say."""
        return self.meta("state") or _NO_STATE

    def was_in_state(self, version: int, state: str) -> bool:
        """Whether this very store held, ``version`` writes after its beginning, what ``state`` stands for.

        A copy that went its own way since counts the same versions, in other states.
        """
        return state == (self.state if version == self.version else self.meta(f"{_STATE_AT}{version}"))

    def counts(self) -> tuple[int, int]:
        """(articles, passages)."""
        with self._guard():
            ((articles, passages),) = self._db.execute(
                "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)"
            )
        return articles, passages

    def content_hash(self, article_id: str) -> str | None:
        row = self._one("SELECT content_hash FROM articles WHERE id = ?", article_id)
        return row[0] if row else None

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError, and CorruptIndexError where the text is not what was written."""
        columns = "id, title, text, source, url, published_at, lang, meta, sha256"
        with self._guard():
            row = self._db.execute(f"SELECT {columns} FROM articles WHERE id = ?", (article_id,)).fetchone()
            if row is None:
                raise not_found(article_id)
            found, title, text, source, url, published_at, lang, meta, sha256 = row
            _require_sha256(found, text, sha256)
            return Article(found, title, text, source, url, published_at, lang, json.loads(meta))

    def recorded_sha256(self, article_id: str) -> str | None:
        """The hash of the text as it was when the article was written."""
        row = self._one("SELECT sha256 FROM articles WHERE id = ?", article_id)
        return row[0] if row else None

    def spans(self, article_id: str) -> list[Span]:
        """Raises NotFoundError."""
        with self._guard():
            row = self._db.execute("SELECT spans FROM articles WHERE id = ?", (article_id,)).fetchone()
            if row is None:
                raise not_found(article_id)
            return [Span(start, end, SpanKind(kind)) for start, end, kind in json.loads(row[0])]

    def list_articles(self) -> Iterator[tuple[str, str, str | None, str | None, int]]:
        """(id, title, source, published_at, passages), by id."""
        query = """SELECT a.id, a.title, a.source, a.published_at, count(p.seq) FROM articles a
                   LEFT JOIN passages p ON p.article = a.seq GROUP BY a.seq ORDER BY a.id"""
        with self._guard():
            yield from self._db.execute(query)

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """The passages that exist, sentences included, in one query each way."""
        query = f"""SELECT p.seq, p.article, p.start, p."end", p.context FROM passages p
                    WHERE p.seq IN ({_marks(seqs)}) ORDER BY p.seq"""
        found = {}
        with self._guard():
            for seq, article, start, end, context, article_id, title, text in self._with_text(query, tuple(seqs)):
                bounds = self._sentence_bounds(article, article_id, start, end)
                found[seq] = Passage(article_id, title, start, end, text[start:end], bounds, context)
        return found

    def _with_text(self, query: str, parameters: tuple[int, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Rows whose second column is an article, with its id, title and text, read once for a run of rows.

        SQLite's own ``substr`` ends a text at its first NUL.
        """
        article: int | None = None
        known: list[str] = []
        for row in self._db.execute(query, parameters):
            if row[1] != article:
                article = row[1]
                query = "SELECT sha256, id, title, text FROM articles WHERE seq = ?"
                ((sha256, *known),) = self._db.execute(query, (article,))
                _require_sha256(known[0], known[2], sha256)
            yield (*row, *known)

    def _sentence_bounds(self, article: int, article_id: str, start: int, end: int) -> tuple[Sentence, ...]:
        query = (
            'SELECT start, "end", kind FROM sentences WHERE article = ? AND start >= ? AND "end" <= ? ORDER BY start'
        )
        rows = self._db.execute(query, (article, start, end))
        return tuple(Sentence(article_id, first, last, SpanKind(kind)) for first, last, kind in rows)

    def best_sentences(self, vector: npt.NDArray[np.float32], seqs: Sequence[int]) -> dict[int, float]:
        """The highest cosine of ``vector`` (dim,), of unit length, to a sentence of each passage that exists."""
        query = f"""SELECT p.seq, s.vector FROM passages p JOIN sentences s
                    ON s.article = p.article AND s.start >= p.start AND s."end" <= p."end"
                    WHERE p.seq IN ({_marks(seqs)})"""
        with self._guard():
            rows = list(self._db.execute(query, tuple(seqs)))
        best: dict[int, float] = {}
        if rows:
            vectors = _from_int8(b"".join(blob for _, blob in rows), len(vector))
            for (seq, _), cosine in zip(rows, (vectors @ vector).tolist(), strict=True):
                best[seq] = max(best.get(seq, -1.0), cosine)
        return best

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """The sentences inside [start, end) of an article, in order, with words and vectors."""
        query = """SELECT s.start, s."end", s.kind, s.words, s.vector, s.word_dim, s.word_vectors
                   FROM sentences s
                   JOIN articles a ON a.seq = s.article
                   WHERE a.id = ? AND s.start >= ? AND s."end" <= ? ORDER BY s.start"""
        with self._guard():
            return [
                SentenceRow(
                    Sentence(article_id, first, last, SpanKind(kind)),
                    tuple(words.split()),
                    _from_int8(vector, len(vector))[0],
                    _from_int8(word_vectors, word_dim),
                )
                for first, last, kind, words, vector, word_dim, word_vectors in self._db.execute(
                    query, (article_id, start, end)
                )
            ]

    def index_rows(self, low: int = 0, high: int = _LAST) -> Iterator[IndexRow]:
        """The passages ``low < seq <= high``, in order, as the lexical index takes them.

        A passage's words are its sentences' and its context's.
        """
        query = """SELECT p.seq, p.article, a.source, a.published_at,
                     (SELECT group_concat(s.words, ' ') FROM sentences s
                      WHERE s.article = p.article AND s.start >= p.start AND s."end" <= p."end"),
                     p.context_words, p.context, p.start, p."end"
                   FROM passages p JOIN articles a ON a.seq = p.article
                   WHERE p.seq > ? AND p.seq <= ? ORDER BY p.seq"""
        with self._guard():
            for row in self._with_text(query, (low, high)):
                seq, _, source, published_at, words, context_words, context, start, end, article_id, title, text = row
                joined = f"{context_words} {words or ''}"
                shown = f"{title}\n{context}\n{text[start:end]}"
                yield IndexRow(seq, article_id, source, published_at, joined, shown)

    def passage_seqs(self) -> npt.NDArray[np.int64]:
        """The number of every passage, in order. Read from an index alone, so that no vector is."""
        with self._guard():
            seqs = [seq for (seq,) in self._db.execute("SELECT seq FROM passages INDEXED BY passages_by_article")]
        return np.sort(np.array(seqs, dtype=np.int64))

    def vectors(self, low: int = 0, high: int = _LAST) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """(seqs (n,) int64, unit vectors (n, dim) float32) of the passages ``low < seq <= high``, in order."""
        query = "SELECT seq, vector FROM passages WHERE seq > ? AND seq <= ? ORDER BY seq"
        with self._guard():
            rows = list(self._db.execute(query, (low, high)))
            seqs = np.array([seq for seq, _ in rows], dtype=np.int64)
            halves = np.frombuffer(b"".join(vector for _, vector in rows), dtype=np.float16)
            vectors = halves.astype(np.float32).reshape(len(rows), -1) if rows else np.empty((0, 0), np.float32)
        return seqs, vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)

    def filtered(self, clause: str, parameters: Sequence[str]) -> npt.NDArray[np.int64]:
        """Passage seqs of the articles that match an SQL clause over ``a`` (articles), made by index.filters only."""
        query = f"SELECT p.seq FROM passages p JOIN articles a ON a.seq = p.article WHERE {clause} ORDER BY p.seq"
        with self._guard():
            return np.array([seq for (seq,) in self._db.execute(query, tuple(parameters))], dtype=np.int64)

    def check(self) -> list[str]:
        """SQLite's own complaints about the file; empty when it is whole."""
        with self._guard():
            rows = [row[0] for row in self._db.execute("PRAGMA integrity_check(20)")]
        return [] if rows == ["ok"] else rows

    # Writing

    def write(self, articles: Iterable[StoredArticle]) -> None:
        """Insert or replace, all in one transaction that is on the disk when this returns."""
        with self._transaction():
            reach("store.begin")
            for stored in articles:
                self._delete(stored.article.id)
                self._insert(stored)
            self._bump()
            reach("store.commit")
        reach("store.committed")

    def delete(self, article_ids: Sequence[str]) -> int:
        """How many there were. Rows are overwritten on disk, not only unlinked."""
        with self._transaction():
            deleted = sum(self._delete(article_id) for article_id in article_ids)
            reach("store.delete")
            self._bump()
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_DELETED_AT, str(self.version)))
        return deleted

    def _bump(self) -> None:
        version, state = self.version + 1, uuid.uuid4().hex
        for key, value in (("version", str(version)), ("state", state), (f"{_STATE_AT}{version}", state)):
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
        self._db.execute("DELETE FROM meta WHERE key = ?", (f"{_STATE_AT}{version - _STATES_KEPT}",))

    def _delete(self, article_id: str) -> int:
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return self._db.changes()

    def _insert(self, stored: StoredArticle) -> None:
        article = stored.article
        spans = json.dumps([[span.start, span.end, span.kind] for span in stored.spans])
        meta = json.dumps(dict(article.meta), ensure_ascii=False)
        values = (article.id, article.title, article.text, article.source, article.url, article.published_at,
                  article.lang, meta, spans, article.sha256, stored.content_hash)  # fmt: skip
        self._db.execute(f"INSERT INTO articles VALUES (NULL, {_marks(values)})", values)
        seq = self._db.last_insert_rowid()
        reach("store.article")
        self._db.executemany(
            "INSERT INTO sentences VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (seq, row.sentence.start, row.sentence.end, row.sentence.kind, " ".join(row.words),
                 _to_int8(row.vector[None]), row.word_vectors.shape[1], _to_int8(row.word_vectors))
                for row in stored.sentences
            ],
        )  # fmt: skip
        reach("store.sentences")
        self._db.executemany(
            "INSERT INTO passages VALUES (NULL, ?, ?, ?, ?, ?, ?)",
            [
                (seq, row.passage.start, row.passage.end, row.passage.context, " ".join(row.context_words),
                 row.vector.astype(np.float16).tobytes())
                for row in stored.passages
            ],
        )  # fmt: skip
        reach("store.passages")

    def _one(self, query: str, *parameters: str) -> tuple[str, ...] | None:
        with self._guard():
            return self._db.execute(query, parameters).fetchone()


def check_sqlite_version(version: str) -> None:
    """Raise StorageError on a SQLite whose WAL can lose data."""
    if tuple(int(part) for part in version.split(".")[:3]) < MINIMUM_SQLITE:
        needed = ".".join(map(str, MINIMUM_SQLITE))
        raise StorageError(
            f"SQLite {version}에는 자료를 잃을 수 있는 결함이 있습니다. apsw를 새로 설치하세요 (SQLite {needed} 이상).",
            f"SQLite {version} can lose data in WAL mode. Reinstall apsw (SQLite {needed} or newer).",
        )


def not_found(article_id: str) -> NotFoundError:
    return NotFoundError(f"그런 글이 없습니다: {article_id!r}", f"no such article: {article_id!r}")


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _to_int8(vectors: npt.NDArray[np.float32]) -> bytes:
    """Each row in steps of its largest component / 127; rows have length 1 by contract, so the step is not kept."""
    if not vectors.size:
        return b""
    steps = np.abs(vectors).max(axis=1, keepdims=True) / 127
    return bytes(np.round(vectors / steps).astype(np.int8).tobytes())


def _from_int8(blob: bytes, dim: int) -> npt.NDArray[np.float32]:
    """(n, dim) float32 of unit length."""
    vectors = np.frombuffer(blob, dtype=np.int8).astype(np.float32).reshape(-1, max(dim, 1))
    vectors /= np.sqrt(np.maximum(np.einsum("ij,ij->i", vectors, vectors), np.float32(1e-9)))[:, None]
    return vectors


@contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, with the cure."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise _damaged(path, error) from error
    except (apsw.FullError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError, apsw.PermissionsError) as error:
        raise StorageError(
            f"데이터베이스를 쓰거나 열 수 없습니다: {path} ({error}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write or open the database: {path} ({error}). Check disk space and permissions.",
        ) from error


@contextmanager
def _reading_errors(path: Path) -> Iterator[None]:
    """What a changed bit leads to where SQLite itself notices nothing: no such column, no UTF-8, no JSON, no kind."""
    try:
        yield
    except (apsw.SQLError, apsw.MismatchError, ValueError, TypeError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> CorruptIndexError:
    return CorruptIndexError(
        f"데이터베이스가 손상되었습니다: {path} ({error}). geungeo doctor로 확인하고 백업에서 되살리세요.",
        f"the database is damaged: {path} ({error}). Check it with geungeo doctor and restore a backup.",
    )


def _require_sha256(article_id: str, text: str, sha256: str) -> None:
    """SQLite keeps no checksums: a changed letter shows only in the hash that was written with the article."""
    if hashlib.sha256(text.encode()).hexdigest() != sha256:
        raise altered(article_id)


def altered(article_id: str) -> CorruptIndexError:
    return CorruptIndexError(
        f"글이 저장할 때와 다릅니다: {article_id}. 백업에서 되살리거나, geungeo remove 뒤에 다시 색인하세요.",
        f"an article is not as it was stored: {article_id}. Restore a backup, or remove it and index it again.",
    )
