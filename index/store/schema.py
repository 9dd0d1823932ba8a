"""The tables, and their rows as they lie in the file.

Texts are packed (:mod:`index.store.packing`): an article's in blocks, so that a passage is read without the rest of its
article; the words of a passage's sentences like its text, those of its context like title and context. Vectors are coded
(:mod:`index.store.vector_codecs`) behind the number of the coding.

A passage's row has all that a question reads of it, but for text: its sentences too (:mod:`index.store.packing`). One
that it shares with passages before it is in the first one's row; ``back`` is how many rows before its own that is at most.

An article may have a structure and a layout: bytes that say how its text is built, and where its file has each stretch of
it, for whoever wrote them to read. The store keeps them as they are. ``files`` says which file of which folder an article was
read from; it is no part of the articles, and gone files are told by it. ``gold`` holds what people have said of answers.
"""

from collections.abc import Collection
from typing import NamedTuple

from index.store.checksums import Field, check_row, crc_of
from index.store.database import Database

FORMAT = 7
TEXT_BLOCK = 4_096  # code points: most articles are one block; a judgement, other sizes were not measured
_NO_STATE = "0"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    source TEXT,
    url TEXT,
    published_at TEXT,
    lang TEXT NOT NULL,
    meta TEXT NOT NULL,
    spans TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    content_hash BLOB NOT NULL,
    crc INTEGER NOT NULL
);
CREATE TABLE texts (
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    text BLOB NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (article, start)
) WITHOUT ROWID;
CREATE TABLE passages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL,
    context TEXT NOT NULL,
    context_words BLOB NOT NULL,
    back INTEGER NOT NULL,
    sentences BLOB NOT NULL,
    sentence_vectors BLOB NOT NULL,
    crc INTEGER NOT NULL
);
CREATE INDEX passages_by_article ON passages (article);
"""
COLLECTION = "ALTER TABLE articles ADD COLUMN collection TEXT"
GOLD = """
CREATE TABLE gold (
    id TEXT PRIMARY KEY,
    question TEXT NOT NULL,
    verdict TEXT NOT NULL,
    article TEXT,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    owner TEXT NOT NULL,
    created_at TEXT NOT NULL,
    crc INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX gold_by_article ON gold (article);
"""
BESIDE = """
CREATE TABLE structures (
    article INTEGER PRIMARY KEY REFERENCES articles (seq) ON DELETE CASCADE,
    structure BLOB NOT NULL,
    crc INTEGER NOT NULL
);
CREATE TABLE layouts (
    article INTEGER PRIMARY KEY REFERENCES articles (seq) ON DELETE CASCADE,
    layout BLOB NOT NULL,
    crc INTEGER NOT NULL
);
CREATE TABLE files (
    folder TEXT NOT NULL,
    path TEXT NOT NULL,
    article TEXT NOT NULL,
    digest TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (folder, path, article)
) WITHOUT ROWID;
CREATE INDEX files_by_article ON files (article);
"""


class ArticleRecord(NamedTuple):
    """A row of ``articles``; what stands behind ``crc`` is under it. ``meta`` and ``spans`` are JSON.

    Without a collection it is sealed as if there were none to be in.
    """

    seq: int
    crc: int
    id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    lang: str
    meta: str
    spans: str
    sha256: bytes
    content_hash: bytes
    collection: str | None

    def sealed(self) -> tuple[Field, ...]:
        """Return what is under the checksum."""
        return self[2:] if self.collection is not None else self[2:-1]

    def check(self) -> None:
        """Raise SealBrokenError unless this is what was written."""
        check_row(self.crc, *self.sealed())


class TextRecord(NamedTuple):
    """A row of ``texts``: a packed block of an article's text, and where in the text it begins."""

    crc: int
    article: int
    start: int
    text: bytes

    def check(self) -> None:
        """Raise SealBrokenError unless this is what was written."""
        check_row(self.crc, *self[1:])


class StructureRecord(NamedTuple):
    """A row of ``structures``."""

    crc: int
    article: int
    structure: bytes

    def check(self) -> None:
        """Raise SealBrokenError unless this is what was written."""
        check_row(self.crc, *self[1:])


class LayoutRecord(NamedTuple):
    """A row of ``layouts``."""

    crc: int
    article: int
    layout: bytes

    def check(self) -> None:
        """Raise SealBrokenError unless this is what was written."""
        check_row(self.crc, *self[1:])


class FileRow(NamedTuple):
    """What is noted of an article's file: the :class:`FileRecord` without its checksum."""

    folder: str
    path: str
    article: str
    digest: str
    content_hash: str


class FileRecord(NamedTuple):
    """A row of ``files``: an article's id and content hash as they were when the file with ``digest`` was read."""

    crc: int
    folder: str
    path: str
    article: str
    digest: str
    content_hash: str

    def is_whole(self) -> bool:
        """Return whether this is what was written; a row that is not is worth nothing, and its file is read again."""
        return self.crc == crc_of(*self[1:])


class PassageRecord(NamedTuple):
    """A row of ``passages``. The vector is read by itself too and has a seal of its own."""

    seq: int
    article: int
    vector: bytes
    crc: int
    start: int
    end: int
    context: str
    context_words: bytes
    back: int
    sentences: bytes
    sentence_vectors: bytes

    def check(self, article_id: str, title: str) -> None:
        """Raise SealBrokenError unless this is what was written, under an article of this id and title."""
        check_row(self.crc, article_id, title, *self[4:])


def columns(names: Collection[str], table: str = "") -> str:
    """Return the names as SQL takes them, of ``table`` where one is given."""
    return ", ".join(f'{table}."{name}"' if table else f'"{name}"' for name in names)


def marks(values: Collection[object]) -> str:
    """Return a place for each value in an SQL statement; for none what nothing is equal to."""
    return ", ".join("?" * len(values)) or "NULL"


def insertion(table: str, names: Collection[str]) -> str:
    """Return the statement that inserts a row with values for these columns."""
    return f"INSERT INTO {table} ({columns(names)}) VALUES ({marks(names)})"


def begin(db: Database) -> None:
    """Create the tables of a new database, inside the caller's transaction."""
    db.execute(f"{_TABLES}{COLLECTION};{BESIDE}{GOLD}")
    for key, value in (("state", _NO_STATE), ("format", str(FORMAT)), ("version", "0")):
        put_meta(db, key, value)


def meta_of(db: Database, key: str) -> str | None:
    """Return what the store notes under ``key``, if anything."""
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def put_meta(db: Database, key: str, value: str) -> None:
    """Note ``value`` under ``key``, inside the caller's transaction."""
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))
