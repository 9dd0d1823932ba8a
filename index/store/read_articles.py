"""Articles out of the database, each checked against the checksums that were written with it."""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from index.articles import Article, Span, SpanKind
from index.store.checksums import SealBrokenError, check_row
from index.store.connection import Database, altered, not_found
from index.store.packing import unpack_text
from index.store.schema import ARTICLE_FIELDS, TEXT_BLOCK, TEXT_FIELDS

LAST = (1 << 63) - 1  # the highest number that SQLite gives


class ArticleReading(Database):
    """What the articles table answers."""

    def counts(self) -> tuple[int, int]:
        """(articles, passages)."""
        with self._guard():
            ((articles, passages),) = self._db.execute(
                "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)"
            )
        return articles, passages

    def content_hash(self, article_id: str) -> str | None:
        with self._guard():
            row = self._db.execute(
                "SELECT lower(hex(content_hash)) FROM articles WHERE id = ?", (article_id,)
            ).fetchone()
        return row[0] if row else None

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError, and CorruptIndexError where anything of it is not what was written."""
        with self._guard():
            seq, found, title, source, url, published_at, lang, meta, _, sha256, _ = self._article_row(article_id)
            text = self._whole_text(seq, found, sha256)
            return Article(found, title, text, source, url, published_at, lang, json.loads(meta))

    def recorded_sha256(self, article_id: str) -> str | None:
        """The hash of the text as it was when the article was written."""
        with self._guard():
            row = self._db.execute("SELECT lower(hex(sha256)) FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else None

    def spans(self, article_id: str) -> list[Span]:
        """Raises NotFoundError, CorruptIndexError."""
        with self._guard():
            *_, spans, _, _ = self._article_row(article_id)
            return [Span(start, end, SpanKind(kind)) for start, end, kind in json.loads(spans)]

    def structure(self, article_id: str) -> bytes | None:
        """Return what was written of how the article's text is built; None where nothing was. Raises CorruptIndexError."""
        query = """SELECT s.crc, s.article, s.structure FROM structures s
                   JOIN articles a ON a.seq = s.article WHERE a.id = ?"""
        with self._guard():
            row = self._db.execute(query, (article_id,)).fetchone()
            if row is None:
                return None
            crc, article, structure = row
            try:
                check_row(crc, article, structure)
            except SealBrokenError:
                raise altered(article_id) from None
            return bytes(structure)

    def list_articles(self) -> Iterator[tuple[str, str, str | None, str | None, int]]:
        """(id, title, source, published_at, passages), by id."""
        query = """SELECT a.id, a.title, a.source, a.published_at, count(p.seq) FROM articles a
                   LEFT JOIN passages p ON p.article = a.seq GROUP BY a.seq ORDER BY a.id"""
        with self._guard():
            yield from self._db.execute(query)

    def sources(self, limit: int) -> list[tuple[str, int]]:
        """(source, its articles), the ``limit`` with the most articles first; articles without one are left out."""
        query = (
            "SELECT source, count(*) FROM articles WHERE source IS NOT NULL "
            "GROUP BY source ORDER BY count(*) DESC, source LIMIT ?"
        )
        with self._guard():
            return [(source, count) for source, count in self._db.execute(query, (limit,))]

    def filtered(self, clause: str, parameters: Sequence[str]) -> npt.NDArray[np.int64]:
        """Passage seqs of the articles that match an SQL clause over ``a`` (articles), made by index.search.filters only."""
        query = f"SELECT p.seq FROM passages p JOIN articles a ON a.seq = p.article WHERE {clause} ORDER BY p.seq"
        with self._guard():
            return np.array([seq for (seq,) in self._db.execute(query, tuple(parameters))], dtype=np.int64)

    def _article_row(self, key: str | int) -> tuple[Any, ...]:
        """(seq, then ``ARTICLE_FIELDS``), by id or by number, checked. Raises NotFoundError, CorruptIndexError."""
        column = "seq" if isinstance(key, int) else "id"
        query = f"SELECT crc, seq, {ARTICLE_FIELDS} FROM articles WHERE {column} = ?"
        row = self._db.execute(query, (key,)).fetchone()
        if row is None:
            raise not_found(str(key))
        crc, seq, *fields = row
        try:
            check_row(crc, *fields)
        except SealBrokenError:
            raise altered(fields[0]) from None
        return seq, *fields

    def _whole_text(self, article: int, article_id: str, sha256: bytes) -> str:
        """Raises CorruptIndexError unless it is the text that was written."""
        query = f"SELECT crc, {TEXT_FIELDS} FROM texts WHERE article = ? ORDER BY start"
        try:
            text = "".join(_unpacked_block(*row)[1] for row in self._db.execute(query, (article,)))
        except SealBrokenError:
            raise altered(article_id) from None
        if hashlib.sha256(text.encode()).digest() != sha256:
            raise altered(article_id)
        return text

    def _texts(self, parts: Collection[tuple[int, int, int]]) -> list[str]:
        """Of each (article, start, end) that part of the article's text, in code points. Raises SealBrokenError."""
        wanted = {(article, block) for article, start, end in parts for block in _blocks(start, end)}
        query = f"""WITH wanted (number, block) AS (VALUES {", ".join(["(?, ?)"] * len(wanted))})
                    SELECT crc, {TEXT_FIELDS} FROM wanted JOIN texts ON article = number AND start = block"""
        rows = self._db.execute(query, [value for pair in wanted for value in pair]) if wanted else ()
        blocks = dict(_unpacked_block(*row) for row in rows)
        return [
            "".join(blocks.get((article, block), "") for block in _blocks(start, end))[start % TEXT_BLOCK :][
                : end - start
            ]
            for article, start, end in parts
        ]


def _blocks(start: int, end: int) -> range:
    """Where those begin that hold [start, end)."""
    return range(start - start % TEXT_BLOCK, end, TEXT_BLOCK)


def _unpacked_block(crc: int, article: int, start: int, packed: bytes) -> tuple[tuple[int, int], str]:
    """(where it begins, its text). Raises SealBrokenError."""
    check_row(crc, article, start, packed)
    return (article, start), unpack_text(packed)
