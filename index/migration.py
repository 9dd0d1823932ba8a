"""How the tables of an earlier release become those of this one.

A row that is damaged stays as it is: it was refused before and goes on being refused, and the others are saved.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import apsw
import numpy as np
import numpy.typing as npt

from index.codings import PLAIN, Coding, coding_for
from index.failpoints import reach
from index.packing import pack
from index.schema import FORMAT
from index.sealing import SealBrokenError, check_row, crc_of, seal, unseal

EARLIER = ("1", "2")
SPARSE = "sparse"  # set while the room that the migration won has not been given back
_ROWS_AT_ONCE = 2_000
_ARTICLES_AT_ONCE = 50
# What rows were under a checksum as, in format 2.
_ARTICLE_FIELDS = "id, title, source, url, published_at, lang, meta, spans, sha256, content_hash"
_SENTENCE_FIELDS = 'start, "end", kind, words, word_dim'
_PASSAGE_FIELDS = 'start, "end", context, context_words'


@dataclass(frozen=True, slots=True)
class _Article:
    """``whole``: its row and its text are what was written."""

    id: str
    title: str
    text: str
    whole: bool


def migrate(db: apsw.Connection, found: str) -> None:
    """From format ``found``, one of ``EARLIER``, inside the caller's transaction: all, or as it was."""
    reach("migrate.begin")
    if found == "1":
        _seal_rows(db)
    reach("migrate.sealed")
    db.execute("ALTER TABLE passages ADD COLUMN text BLOB NOT NULL DEFAULT x''")
    encoder = db.execute("SELECT value FROM meta WHERE key = 'encoder'").fetchone()
    coding = coding_for(encoder[0] if encoder else None)
    numbers = [int(number) for (number,) in db.execute("SELECT seq FROM articles ORDER BY seq")]
    for start in range(0, len(numbers), _ARTICLES_AT_ONCE):
        _recode(db, numbers[start : start + _ARTICLES_AT_ONCE], coding)
    reach("migrate.coded")
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, '1')", (SPARSE,))
    reach("migrate.commit")


def _seal_rows(db: apsw.Connection) -> None:
    """Format 1 to 2: every row and vector gets its checksum."""
    for table in ("articles", "sentences", "passages"):
        db.execute(f"ALTER TABLE {table} ADD COLUMN crc INTEGER NOT NULL DEFAULT 0")
    _rewrite(db, "articles", "seq", _ARTICLE_FIELDS, ())
    _rewrite(db, "sentences", "article, start", _SENTENCE_FIELDS, ("vector", "word_vectors"))
    _rewrite(db, "passages", "seq", _PASSAGE_FIELDS, ("vector",))


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


def _recode(db: apsw.Connection, numbers: Sequence[int], coding: Coding) -> None:
    """Format 2 to 3: the texts and vectors of these articles in fewer bytes."""
    marks = ", ".join("?" * len(numbers))
    select = f"SELECT seq, crc, CAST(text AS BLOB), {_ARTICLE_FIELDS} FROM articles WHERE seq IN ({marks})"
    articles = {seq: _article(*values) for seq, *values in db.execute(select, numbers)}
    db.executemany(
        "UPDATE articles SET text = ? WHERE seq = ?", [(pack(one.text), seq) for seq, one in articles.items()]
    )
    select = f"SELECT rowid, article, vector, word_vectors, crc, {_SENTENCE_FIELDS} FROM sentences WHERE article IN ({marks})"
    db.executemany(
        "UPDATE sentences SET words = ?, vector = ?, word_vectors = ?, crc = ? WHERE rowid = ?",
        _sentences(list(db.execute(select, numbers)), articles, coding),
    )
    select = f"SELECT seq, article, vector, crc, {_PASSAGE_FIELDS} FROM passages WHERE article IN ({marks})"
    db.executemany(
        "UPDATE passages SET context_words = ?, text = ?, vector = ?, crc = ? WHERE seq = ?",
        _passages(list(db.execute(select, numbers)), articles, coding),
    )


def _article(crc: int, text: bytes, *fields: Any) -> _Article:  # noqa: ANN401  (a row's columns)
    sha256 = fields[-2]
    whole = _is_whole(crc, fields, ()) and hashlib.sha256(text).hexdigest() == sha256
    return _Article(fields[0], fields[1], text.decode(errors="replace"), whole)


def _sentences(
    rows: Sequence[tuple[Any, ...]], articles: Mapping[int, _Article], coding: Coding
) -> Iterator[tuple[Any, ...]]:
    """(words, vector, word vectors, crc, rowid) of each that is whole.

    An unfinished rebuild leaves vectors of two encoders, whose widths may differ.
    """
    kept = [row for row in rows if _is_whole(row[4], row[5:], row[2:4])]
    for _, alike in groupby(kept, lambda row: (len(row[2]), row[-1])):
        yield from _alike_sentences(list(alike), articles, coding)


def _alike_sentences(
    kept: Sequence[tuple[Any, ...]], articles: Mapping[int, _Article], coding: Coding
) -> Iterator[tuple[Any, ...]]:
    vectors = np.concatenate([PLAIN.decode_sentences(unseal(row[2]), 1) for row in kept])
    word_vectors = [PLAIN.decode_words(unseal(row[3]), row[-1], vectors, []) for row in kept]
    counts = [len(one) for one in word_vectors]
    codes, ends = coding.encode_sentences(vectors), np.cumsum(counts)
    of = coding.decode_sentences(codes, len(kept))
    words = np.split(_rows(coding.encode_words(np.concatenate(word_vectors), of, counts), sum(counts)), ends[:-1])
    each = zip(kept, _rows(codes, len(kept)), words, strict=True)
    for (rowid, article, *_, start, end, kind, terms, dim), vector, own in each:
        packed = pack(terms, articles[article].text[start:end])
        coded, own_coded = bytes([coding.number]) + vector.tobytes(), own.tobytes()
        yield packed, coded, own_coded, crc_of(start, end, kind, packed, coded, dim, own_coded), rowid


def _passages(
    rows: Sequence[tuple[Any, ...]], articles: Mapping[int, _Article], coding: Coding
) -> Iterator[tuple[Any, ...]]:
    """(words of the context, text, vector, crc, seq) of each that is whole."""
    for seq, article, sealed, crc, start, end, context, words in rows:
        of = articles[article]
        if of.whole and _is_whole(crc, (start, end, context, words), (sealed,)):
            packed = pack(words, f"{of.title}\n{context}"), pack(of.text[start:end])
            coded = bytes([coding.number]) + coding.encode_passages(PLAIN.decode_passages(unseal(sealed), 1))
            yield *packed, seal(coded), crc_of(of.id, of.title, start, end, context, *packed), seq


def _is_whole(crc: int, fields: Sequence[Any], vectors: Sequence[bytes]) -> bool:
    try:
        check_row(crc, *fields)
        for one in vectors:
            unseal(one)
    except SealBrokenError:
        return False
    return True


def _rows(data: bytes, count: int) -> npt.NDArray[np.uint8]:
    """(count, bytes)."""
    return np.frombuffer(data, dtype=np.uint8).reshape(count, -1) if count else np.empty((0, 0), dtype=np.uint8)
