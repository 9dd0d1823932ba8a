"""The tables.

Texts are packed (:mod:`index.packing`): an article's and a passage's by itself, a sentence's words like its text, the
words of a passage's context like title and context. A passage has its text once more, so that a question reads no
article for it, of which it might need a hundredth. Vectors are coded (:mod:`index.codings`): a sentence's and a passage's begin
with the number of the coding, which is that of a sentence's word vectors too.
"""

import apsw

FORMAT = 3
_NO_STATE = "0"
ARTICLE_FIELDS = "id, title, source, url, published_at, lang, meta, spans, sha256, content_hash"  # under their crc
SENTENCE_FIELDS = 'start, "end", kind, words, vector, word_dim, word_vectors'
# Under their crc, after the article's id and title. The vector is read by itself and has a seal of its own.
PASSAGE_FIELDS = 'start, "end", context, context_words, text'
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text BLOB NOT NULL,
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
    words BLOB NOT NULL,
    vector BLOB NOT NULL,
    word_dim INTEGER NOT NULL,
    word_vectors BLOB NOT NULL,
    crc INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (article, start)  -- with a rowid: without one, rows of more than a kilobyte would each spill to a page of their own
);
CREATE TABLE passages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles (seq) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    context TEXT NOT NULL,
    context_words BLOB NOT NULL,
    vector BLOB NOT NULL,
    crc INTEGER NOT NULL DEFAULT 0,
    text BLOB NOT NULL DEFAULT x''
);
CREATE INDEX passages_by_article ON passages (article);
"""


def create_tables(db: apsw.Connection) -> None:
    """In a new database, inside the caller's transaction."""
    db.execute(_TABLES)
    db.execute("INSERT INTO meta VALUES ('state', ?)", (_NO_STATE,))
    db.execute("INSERT INTO meta VALUES ('format', ?), ('version', '0')", (str(FORMAT),))
