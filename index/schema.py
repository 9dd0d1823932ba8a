"""The tables, and how those of an earlier release become them."""

from typing import Any

import apsw

from index.failpoints import reach
from index.sealing import crc_of, seal

FORMAT = 2
_NO_STATE = "0"
_ROWS_AT_ONCE = 2_000
ARTICLE_FIELDS = "id, title, source, url, published_at, lang, meta, spans, sha256, content_hash"  # under their crc
SENTENCE_FIELDS = 'start, "end", kind, words, word_dim'
PASSAGE_FIELDS = 'start, "end", context, context_words'
_TABLES = """
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
    content_hash TEXT NOT NULL,
    crc INTEGER NOT NULL DEFAULT 0
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
    crc INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (article, start)  -- with a rowid: rows of a kilobyte would each spill to a page of their own without
);
CREATE TABLE passages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    context TEXT NOT NULL,
    context_words TEXT NOT NULL,
    vector BLOB NOT NULL,
    crc INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX passages_by_article ON passages (article);
"""


def create_tables(db: apsw.Connection) -> None:
    """In a new database, inside the caller's transaction."""
    db.execute(_TABLES)
    db.execute("INSERT INTO meta VALUES ('state', ?)", (_NO_STATE,))
    db.execute("INSERT INTO meta VALUES ('format', ?), ('version', '0')", (str(FORMAT),))


def migrate_from_1(db: apsw.Connection) -> None:
    """Give every row and vector its checksum, inside the caller's transaction: all, or as it was."""
    reach("migrate.begin")
    for table in ("articles", "sentences", "passages"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0")
    _rewrite(db, "articles", "seq", ARTICLE_FIELDS, ())
    _rewrite(db, "sentences", "article, start", SENTENCE_FIELDS, ("vector", "word_vectors"))
    reach("migrate.sentences")
    _rewrite(db, "passages", "seq", PASSAGE_FIELDS, ("vector",))
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))
    reach("migrate.commit")


def _rewrite(db: apsw.Connection, table: str, key: str, fields: str, blobs: tuple[str, ...]) -> None:
    """A few thousand rows at a time, in the order of ``key``."""
    width = key.count(",") + 1
    marks = ", ".join("?" * width)
    columns = ", ".join((key, *blobs, fields))
    settings = ", ".join(f"{blob} = ?" for blob in (*blobs, "crc"))
    select = f"SELECT {columns} FROM {table} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT {_ROWS_AT_ONCE}"
    update = f"UPDATE {table} SET {settings} WHERE ({key}) = ({marks})"
    last: tuple[Any, ...] = (-1,) * width
    while rows := list(db.execute(select, last)):
        db.executemany(update, [_sealed(row, width, len(blobs)) for row in rows])
        last = rows[-1][:width]


def _sealed(row: tuple[Any, ...], width: int, blobs: int) -> tuple[Any, ...]:
    values = row[width:]
    return (*map(seal, values[:blobs]), crc_of(*values[blobs:]), *row[:width])
