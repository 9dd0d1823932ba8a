"""A backup: one zip file of ``manifest.json``, ``articles.jsonl`` and ``vectors.bin``; ``gold.jsonl`` where there is any.

A line of ``articles.jsonl`` is an article as ``geungeo index`` takes it, so that the texts can be read without geungeo,
and what was derived from it: ``spans``, ``sentences`` [start, end, kind, words] and ``passages`` [start, end, context,
words of the context]; ``structure`` and ``layout``, in Base64, where the article has them. ``vectors.bin`` has of each article
the vector of each passage and behind it those of the sentences that no passage before it holds, in the coding that the manifest names (:mod:`index.store.vector_codecs`).
A line of ``gold.jsonl`` is what somebody said of an answer (:mod:`index.store.gold_rows`).
"""

import base64
import json
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np

from index.articles import Article, Passage, Sentence, Span, SpanKind
from index.encoders.base import Vectors
from index.errors import GeungeoError, ReadError
from index.ingest import content_hash
from index.reading.plain_text.records import article_from_record
from index.store.gold_rows import VERDICTS, GoldRecord
from index.store.rows import PassageRow, SentenceRow, StoredArticle, code_vectors
from index.store.vector_codecs import Coding, coding_numbered

KIND = "geungeo-backup"
FORMAT = 3
_TO_COME = np.empty(0, dtype=np.float32)
MANIFEST, ARTICLES, VECTORS, GOLD = "manifest.json", "articles.jsonl", "vectors.bin", "gold.jsonl"
_GOLD_FIELDS = GoldRecord._fields[1:]  # without the checksum of its row
_BESIDE = ("structure", "layout")
_ARTICLE_FIELDS = ("id", "title", "text", "source", "url", "published_at", "lang")


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """``files`` maps each member to its sha256 and its length in bytes."""

    kind: str
    format: int
    encoder: str
    analysis: str
    dim: int
    articles: int
    passages: int
    files: Mapping[str, tuple[str, int]]
    coding: int

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "BackupManifest":
        """Take the fields that there are from what was read. Raises KeyError where one is missing."""
        return cls(**{field.name: record[field.name] for field in fields(cls)})


def to_record(stored: StoredArticle, coding: Coding) -> tuple[bytes, bytes]:
    """Return an article as it stands in a backup: its line of JSON, and its coded vectors."""
    article = stored.article
    record: dict[str, Any] = {name: getattr(article, name) for name in _ARTICLE_FIELDS}
    record |= {"collection": article.collection} if article.collection else {}
    record |= {
        "meta": dict(article.meta),
        "sha256": article.sha256,
        "content_hash": stored.content_hash,
        "spans": [[span.start, span.end, span.kind] for span in stored.spans],
        "sentences": [
            [row.sentence.start, row.sentence.end, row.sentence.kind, " ".join(row.words)] for row in stored.sentences
        ],
        "passages": [
            [row.passage.start, row.passage.end, row.passage.context, " ".join(row.context_words)]
            for row in stored.passages
        ],
    }
    for name in _BESIDE:
        if (data := getattr(stored, name)) is not None:
            record[name] = base64.b64encode(data).decode()
    vectors = code_vectors(stored.passages, stored.sentences_of(), coding)
    return json.dumps(record, ensure_ascii=False).encode() + b"\n", b"".join(part for both in vectors for part in both)


def gold_line(record: GoldRecord) -> bytes:
    """Return its line."""
    said = {name: getattr(record, name) for name in _GOLD_FIELDS}
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def gold_of(line: bytes) -> GoldRecord:
    """Return what a line says. Raises ReadError for anything out of order."""
    try:
        record = GoldRecord(0, **json.loads(line))
    except (ValueError, TypeError, RecursionError):
        raise _bad_record() from None
    texts = (record.id, record.question, record.sha256, record.owner, record.created_at)
    known = all(isinstance(text, str) for text in texts) and record.verdict in VERDICTS
    numbers = (
        all(type(number) is int for number in (record.start, record.end)) and 0 <= record.start <= record.end < 1 << 63
    )
    if not (known and numbers and isinstance(record.article, str | None)):
        raise _bad_record()
    return record


def from_record(line: bytes, take: Callable[[int], bytes], manifest: BackupManifest) -> StoredArticle:
    """Return the article of a line; ``take`` gives so many bytes of its vectors.

    Raises ReadError for anything out of order.
    """
    try:
        record = json.loads(line)
        article = _article(record)
        sentences = [_sentence(article, *values) for values in record["sentences"]]
        starts = _starts(sentences)
        passages = [_passage(article, values, sentences, starts) for values in record["passages"]]
        spans = tuple(_span(article, values) for values in record["spans"])
        hashed = _content_hash(article, record["content_hash"], passages)
        beside = (base64.b64decode(record[name], validate=True) if name in record else None for name in _BESIDE)
        without = StoredArticle(article, hashed, spans, tuple(sentences), tuple(passages), *beside)
        vectors = _vectors(without, take, manifest)
    except GeungeoError as error:
        raise ReadError(error.korean, error.english) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _bad_record() from None
    return _with_vectors(without, *vectors)


def _vectors(
    stored: StoredArticle, take: Callable[[int], bytes], manifest: BackupManifest
) -> tuple[Sequence[Vectors], Sequence[Vectors]]:
    """Return the vectors of an article's passages and those of its sentences, each in order."""
    coding, groups = coding_numbered(manifest.coding), stored.sentences_of()
    places = {row.sentence.start: row_number for row_number, row in enumerate(stored.sentences)}
    passages: list[Vectors] = []
    sentences: dict[int, Vectors] = {}
    for rows in groups:
        passages += list(coding.decode_passages(take(coding.passage_bytes(manifest.dim)), 1))
        if rows:
            of = np.repeat(passages[-1][None], len(rows), axis=0)
            vectors = coding.decode_sentences(take(len(rows) * coding.sentence_bytes(manifest.dim)), of)
            sentences |= {places[row.sentence.start]: vector for row, vector in zip(rows, vectors, strict=True)}
    if len(sentences) != len(stored.sentences):
        raise _bad_record()
    return passages, [sentences[number] for number in range(len(sentences))]


def _with_vectors(stored: StoredArticle, passages: Sequence[Vectors], sentences: Sequence[Vectors]) -> StoredArticle:
    if not all(0.9 < float(np.linalg.norm(vector)) < 1.1 for vector in passages):  # NaN is outside too
        raise _bad_record()
    return replace(
        stored,
        sentences=tuple(replace(row, vector=vector) for row, vector in zip(stored.sentences, sentences, strict=True)),
        passages=tuple(replace(row, vector=vector) for row, vector in zip(stored.passages, passages, strict=True)),
    )


def _article(record: Mapping[str, Any]) -> Article:
    read = article_from_record(record)
    meta = record["meta"]
    if not all(isinstance(text, str) for pair in meta.items() for text in pair):
        raise _bad_record()
    article = Article(
        read.id, read.title, read.text, read.source, read.url, record["published_at"], read.lang, meta, read.collection
    )
    same = article.collection == record.get("collection") and all(
        getattr(article, name) == record[name] for name in _ARTICLE_FIELDS
    )
    if not same or article.sha256 != record["sha256"]:
        raise _bad_record()
    return article


def _content_hash(article: Article, stated: str, passages: Sequence[PassageRow]) -> str:
    """Compute the content hash rather than take it over: from it the store tells whether an article has changed.

    Without one, an article was kept by a rebuild that could not analyse it, and has no passages.
    """
    if stated != ("" if not stated and not passages else content_hash(article)):
        raise _bad_record()
    return stated


def _span(article: Article, values: Sequence[Any]) -> Span:
    start, end, kind = values
    return Span(*_bounds(article, start, end), SpanKind(kind))


def _sentence(article: Article, start: object, end: object, kind: str, words: str) -> SentenceRow:
    """Return the row of a sentence, without its vector, which is read later."""
    sentence = Sentence(article.id, *_bounds(article, start, end), SpanKind(kind))
    return SentenceRow(sentence, tuple(words.split()), _TO_COME)


def _starts(sentences: Sequence[SentenceRow]) -> list[int]:
    """Return where each begins: behind the one before it, or no passage could find its own without going through all."""
    starts = [row.sentence.start for row in sentences]
    if any(start >= following for start, following in pairwise(starts)):
        raise _bad_record()
    return starts


def _passage(
    article: Article, values: Sequence[Any], sentences: Sequence[SentenceRow], starts: Sequence[int]
) -> PassageRow:
    """Return the row of a passage, without its vector, which is read later. ``starts`` are those of the sentences."""
    start, end, context, words = values
    _bounds(article, start, end)
    if not isinstance(context, str):
        raise _bad_record()
    near = sentences[bisect_left(starts, start) : bisect_left(starts, end)]
    inside = tuple(row.sentence for row in near if row.sentence.end <= end)
    passage = Passage(article.id, article.title, start, end, article.text[start:end], inside, context)
    return PassageRow(passage, tuple(words.split()), _TO_COME)


def _bounds(article: Article, start: object, end: object) -> tuple[int, int]:
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(article.text):
        raise _bad_record()
    return start, end


def _bad_record() -> ReadError:
    return ReadError("백업의 글 하나가 올바르지 않습니다.", "an article of the backup is not as it should be.")
