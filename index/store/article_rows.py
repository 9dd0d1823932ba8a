"""An article in the tables: its own row, its text in blocks, its structure and layout; each checked against its checksum when read.

Every function works inside the caller's :meth:`index.store.connection.Connection.guard` or ``transaction``.
"""

import hashlib
import json
from collections.abc import Collection
from typing import NamedTuple

from index.articles import Article, Span, SpanKind
from index.errors import CorruptIndexError, NotFoundError
from index.store.checksums import SealBrokenError, crc_of
from index.store.database import Database
from index.store.packing import pack_text, unpack_text
from index.store.rows import StoredArticle
from index.store.schema import (
    TEXT_BLOCK,
    ArticleRecord,
    LayoutRecord,
    StructureRecord,
    TextRecord,
    columns,
    insertion,
    marks,
)


class ArticleLabel(NamedTuple):
    """What is shown beside an article's title, and which collection it is in."""

    source: str | None
    url: str | None
    published_at: str | None
    collection: str | None = None


class TextPart(NamedTuple):
    """``text[start:end]`` of the article of a number, in code points."""

    article: int
    start: int
    end: int


def read_record(db: Database, key: str | int) -> ArticleRecord:
    """Return the row of an article, by id or by number. Raises NotFoundError, CorruptIndexError."""
    column = "seq" if isinstance(key, int) else "id"
    query = f"SELECT {columns(ArticleRecord._fields)} FROM articles WHERE {column} = ?"
    row = db.execute(query, (key,)).fetchone()
    if row is None:
        raise not_found(str(key))
    record = ArticleRecord(*row)
    try:
        record.check()
    except SealBrokenError:
        raise altered(record.id) from None
    return record


def read_labels(db: Database, article_ids: Collection[str]) -> dict[str, ArticleLabel]:
    """Return what is shown beside an article's title, by id. Raises CorruptIndexError."""
    query = f"SELECT {columns(ArticleRecord._fields)} FROM articles WHERE id IN ({marks(article_ids)})"
    records = [ArticleRecord(*row) for row in db.execute(query, tuple(article_ids))]
    for record in records:
        try:
            record.check()
        except SealBrokenError:
            raise altered(record.id) from None
    return {
        record.id: ArticleLabel(record.source, record.url, record.published_at, record.collection) for record in records
    }


def article_of(record: ArticleRecord, text: str) -> Article:
    """Return the article of a row and its text."""
    return Article(
        record.id,
        record.title,
        text,
        record.source,
        record.url,
        record.published_at,
        record.lang,
        json.loads(record.meta),
        record.collection,
    )


def spans_of(record: ArticleRecord) -> list[Span]:
    """Return what the stretches of the article's text were marked as."""
    return [Span(start, end, SpanKind(kind)) for start, end, kind in json.loads(record.spans)]


def read_whole_text(db: Database, article: ArticleRecord) -> str:
    """Return the whole text. Raises CorruptIndexError unless it is the text that was written."""
    query = f"SELECT {columns(TextRecord._fields)} FROM texts WHERE article = ? ORDER BY start"
    try:
        text = "".join(_unpacked(TextRecord(*row)) for row in db.execute(query, (article.seq,)))
    except SealBrokenError:
        raise altered(article.id) from None
    if hashlib.sha256(text.encode()).digest() != article.sha256:
        raise altered(article.id)
    return text


def read_texts(db: Database, parts: Collection[TextPart]) -> list[str]:
    """Return each part of an article's text, read from the blocks that hold it. Raises SealBrokenError."""
    wanted = {(part.article, start) for part in parts for start in _block_starts(part)}
    if not wanted:
        return ["" for _ in parts]
    query = f"""WITH wanted (number, block) AS (VALUES {", ".join(["(?, ?)"] * len(wanted))})
                SELECT {columns(TextRecord._fields)} FROM wanted JOIN texts ON article = number AND start = block"""
    records = [TextRecord(*row) for row in db.execute(query, [value for pair in wanted for value in pair])]
    blocks = {(record.article, record.start): _unpacked(record) for record in records}
    found = []
    for part in parts:
        text = "".join(blocks.get((part.article, start), "") for start in _block_starts(part))
        offset = part.start % TEXT_BLOCK
        found.append(text[offset : offset + part.end - part.start])
    return found


def read_structure(db: Database, article_id: str) -> bytes | None:
    """Return the structure of an article, None where it has none. Raises CorruptIndexError."""
    return _read_beside(db, article_id, "structures", StructureRecord)


def read_layout(db: Database, article_id: str) -> bytes | None:
    """Return the layout of an article, None where it has none. Raises CorruptIndexError."""
    return _read_beside(db, article_id, "layouts", LayoutRecord)


def _read_beside(
    db: Database, article_id: str, table: str, kind: type[StructureRecord] | type[LayoutRecord]
) -> bytes | None:
    query = f"""SELECT {columns(kind._fields, "t")} FROM {table} t
                JOIN articles a ON a.seq = t.article WHERE a.id = ?"""
    row = db.execute(query, (article_id,)).fetchone()
    if row is None:
        return None
    record = kind(*row)
    try:
        record.check()
    except SealBrokenError:
        raise altered(article_id) from None
    return bytes(record[-1])


def insert_article(db: Database, stored: StoredArticle) -> int:
    """Insert the article, its text, its structure and layout, without passages, and return its number."""
    article = stored.article
    spans = json.dumps([[span.start, span.end, span.kind] for span in stored.spans])
    meta = json.dumps(dict(article.meta), ensure_ascii=False)
    fields = (article.id, article.title, article.source, article.url, article.published_at, article.lang, meta,
              spans, bytes.fromhex(article.sha256), bytes.fromhex(stored.content_hash), article.collection)  # fmt: skip
    record = ArticleRecord(0, 0, *fields)
    insert = f"{insertion('articles', ArticleRecord._fields[1:])} RETURNING seq"
    ((seq,),) = db.execute(insert, (crc_of(*record.sealed()), *fields))
    for start in range(0, len(article.text), TEXT_BLOCK):
        block = seq, start, pack_text(article.text[start : start + TEXT_BLOCK])
        db.execute(insertion("texts", TextRecord._fields), (crc_of(*block), *block))
    for table, kind, data in (
        ("structures", StructureRecord, stored.structure),
        ("layouts", LayoutRecord, stored.layout),
    ):
        if data is not None:
            db.execute(insertion(table, kind._fields), (crc_of(seq, data), seq, data))
    return int(seq)


def not_found(article_id: str) -> NotFoundError:
    """Return the error for an id that no article has."""
    return NotFoundError(
        f"그런 글이 없습니다: {article_id!r}. geungeo list로 확인하세요.",
        f"no such article: {article_id!r}. See geungeo list.",
    )


def altered(article_id: str) -> CorruptIndexError:
    """Return the error for an article that does not match its checksum."""
    return CorruptIndexError(
        f"글이 저장할 때와 다릅니다: {article_id}. 백업에서 되살리거나, geungeo remove 뒤에 다시 색인하세요.",
        f"an article is not as it was stored: {article_id}. Restore a backup, or remove it and index it again.",
    )


def _block_starts(part: TextPart) -> range:
    """Return where the blocks begin that hold a part of a text."""
    return range(part.start - part.start % TEXT_BLOCK, part.end, TEXT_BLOCK)


def _unpacked(record: TextRecord) -> str:
    """Return the text of a block. Raises SealBrokenError."""
    record.check()
    return unpack_text(record.text)
