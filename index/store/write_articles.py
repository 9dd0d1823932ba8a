"""An article into the tables, whole: its text in blocks, and its passages with their sentences."""

import json
from collections.abc import Iterator, Sequence

import apsw

from index.store.checksums import crc_of, seal
from index.store.packing import pack, pack_sentences, pack_text
from index.store.rows import PassageRow, SentenceRow, StoredArticle, code_vectors
from index.store.schema import ARTICLE_FIELDS, PASSAGE_FIELDS, TEXT_BLOCK, TEXT_FIELDS
from index.store.vector_codecs import Coding
from index.system.failpoints import reach


def insert_article(db: apsw.Connection, stored: StoredArticle, coding: Coding) -> None:
    """Insert it under new numbers, inside the caller's transaction."""
    seq = _insert_row(db, stored)
    reach("store.article")
    sentences = stored.sentences_of()
    vectors = code_vectors(stored.passages, sentences, coding)
    parts = zip(stored.passages, _steps_back(stored.passages, sentences), sentences, vectors, strict=True)
    query = f"INSERT INTO passages (article, vector, crc, {PASSAGE_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    db.executemany(query, [_passage(seq, coding.number, *part) for part in parts])
    reach("store.passages")


def _insert_row(db: apsw.Connection, stored: StoredArticle) -> int:
    """Insert the article itself, its text and its structure, and return its number."""
    article = stored.article
    spans = json.dumps([[span.start, span.end, span.kind] for span in stored.spans])
    meta = json.dumps(dict(article.meta), ensure_ascii=False)
    fields = (article.id, article.title, article.source, article.url, article.published_at, article.lang, meta,
              spans, bytes.fromhex(article.sha256), bytes.fromhex(stored.content_hash))  # fmt: skip
    query = f"INSERT INTO articles (crc, {ARTICLE_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    db.execute(query, (crc_of(*fields), *fields))
    seq = db.last_insert_rowid()
    for start in range(0, len(article.text), TEXT_BLOCK):
        block = seq, start, pack_text(article.text[start : start + TEXT_BLOCK])
        db.execute(f"INSERT INTO texts (crc, {TEXT_FIELDS}) VALUES (?, ?, ?, ?)", (crc_of(*block), *block))
    if stored.structure is not None:
        crc = crc_of(seq, stored.structure)
        db.execute("INSERT INTO structures (article, structure, crc) VALUES (?, ?, ?)", (seq, stored.structure, crc))
    return seq


def _steps_back(passages: Sequence[PassageRow], kept: Sequence[Sequence[SentenceRow]]) -> Iterator[int]:
    """How many passages before each one the first is that keeps a sentence of its."""
    keeper = {row.sentence.start: place for place, own in enumerate(kept) for row in own}
    for place, row in enumerate(passages):
        yield place - min([place, *(keeper[one.start] for one in row.passage.sentences if one.start in keeper)])


def _passage(
    article: int,
    number: int,
    row: PassageRow,
    back: int,
    sentences: Sequence[SentenceRow],
    vectors: tuple[bytes, bytes],
) -> tuple[object, ...]:
    """``number`` is that of the coding in which ``vectors`` are written: its own, those of its sentences."""
    one, (own, of_sentences), mark = row.passage, vectors, bytes([number])
    words = pack(" ".join(row.context_words), f"{one.title}\n{one.context}")
    packed = pack_sentences(one, [(each.sentence, each.words) for each in sentences])
    fields = one.start, one.end, one.context, words, back, packed, mark + of_sentences
    return article, seal(mark + own), crc_of(one.article_id, one.title, *fields), *fields
