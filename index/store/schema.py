"""The tables.

Texts are packed (:mod:`index.store.packing`): an article's in blocks, so that a passage is read without the rest of its
article; the words of a passage's sentences like its text, those of its context like title and context. Vectors are coded
(:mod:`index.store.vector_codecs`) behind the number of the coding.

A passage's row has all that a question reads of it, but for text: its sentences too (:mod:`index.store.packing`). One
that it shares with passages before it is in the first one's row; ``back`` is how many rows before its own that is at most.

An article may have a structure: bytes that say how its text is built, for whoever wrote them to read. The store keeps them
as they are.
"""

import apsw

FORMAT = 5
TEXT_BLOCK = 4_096  # code points: most articles are one block; a judgement, other sizes were not measured
_NO_STATE = "0"
ARTICLE_FIELDS = "id, title, source, url, published_at, lang, meta, spans, sha256, content_hash"  # under their crc
TEXT_FIELDS = "article, start, text"
# Under their crc, after the article's id and title. The vector is read by itself and has a seal of its own.
PASSAGE_FIELDS = 'start, "end", context, context_words, back, sentences, sentence_vectors'
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
STRUCTURES = """
CREATE TABLE structures (
    article INTEGER PRIMARY KEY REFERENCES articles (seq) ON DELETE CASCADE,
    structure BLOB NOT NULL,
    crc INTEGER NOT NULL
);
"""


def begin(db: apsw.Connection) -> None:
    """Create the tables of a new database, inside the caller's transaction."""
    db.execute(_TABLES + STRUCTURES)
    db.execute("INSERT INTO meta VALUES ('state', ?)", (_NO_STATE,))
    db.execute("INSERT INTO meta VALUES ('format', ?), ('version', '0')", (str(FORMAT),))
