"""A backup: one zip file of ``manifest.json``, ``articles.jsonl`` and ``vectors.bin``.

A line of ``articles.jsonl`` is an article as ``geungeo index`` takes it, so that the texts can be read without geungeo,
and what was derived from it: ``spans``, ``sentences`` [start, end, kind, words, vectors of words] and ``passages``
[start, end, context, words of the context]. ``vectors.bin`` has their vectors in the same order, in the coding that the
manifest names (:mod:`index.codings`): for each sentence its own and those of its words, for each passage its own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.articles import Article, Passage, Sentence, Span, SpanKind
from index.codings import PLAIN, Coding, coding_numbered
from index.errors import GeungeoError, ReadError
from index.readers import article_from_record
from index.rows import PassageRow, SentenceRow, StoredArticle, coded

KIND = "geungeo-backup"
FORMAT = 2  # 1: plain vectors whatever the encoder
MANIFEST, ARTICLES, VECTORS = "manifest.json", "articles.jsonl", "vectors.bin"
_ARTICLE_FIELDS = ("id", "title", "text", "source", "url", "published_at", "lang")


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """``files`` maps each member to its sha256 and its length in bytes."""

    kind: str
    format: int
    encoder: str
    analysis: str
    dim: int
    word_dim: int
    articles: int
    passages: int
    files: Mapping[str, tuple[str, int]]
    coding: int = PLAIN.number


def to_record(stored: StoredArticle, coding: Coding) -> tuple[bytes, bytes]:
    """(its line, its vectors)."""
    article = stored.article
    record: dict[str, Any] = {name: getattr(article, name) for name in _ARTICLE_FIELDS}
    record |= {
        "meta": dict(article.meta),
        "sha256": article.sha256,
        "content_hash": stored.content_hash,
        "spans": [[span.start, span.end, span.kind] for span in stored.spans],
        "sentences": [
            [row.sentence.start, row.sentence.end, row.sentence.kind, " ".join(row.words), len(row.word_vectors)]
            for row in stored.sentences
        ],
        "passages": [
            [row.passage.start, row.passage.end, row.passage.context, " ".join(row.context_words)]
            for row in stored.passages
        ],
    }
    vectors = [part for both in coded(stored.sentences, coding) for part in both]
    vectors += [coding.encode_passages(row.vector[None]) for row in stored.passages]
    return json.dumps(record, ensure_ascii=False).encode() + b"\n", b"".join(vectors)


def from_record(line: bytes, take: Callable[[int], bytes], manifest: BackupManifest) -> StoredArticle:
    """The article of a line; ``take`` gives so many bytes of its vectors. Raises ReadError for anything out of order."""
    try:
        record = json.loads(line)
        article = _article(record)
        sentences = tuple(_sentence(article, values, take, manifest) for values in record["sentences"])
        passages = tuple(_passage(article, values, sentences, take, manifest) for values in record["passages"])
        spans = tuple(_span(article, values) for values in record["spans"])
        content_hash = record["content_hash"]
    except GeungeoError as error:
        raise ReadError(error.korean, error.english) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _bad_record() from None
    if not isinstance(content_hash, str):
        raise _bad_record()
    return StoredArticle(article, content_hash, spans, sentences, passages)


def _article(record: Mapping[str, Any]) -> Article:
    read = article_from_record(record)
    meta = record["meta"]
    if not all(isinstance(one, str) for pair in meta.items() for one in pair):
        raise _bad_record()
    article = Article(read.id, read.title, read.text, read.source, read.url, record["published_at"], read.lang, meta)
    same = all(getattr(article, name) == record[name] for name in _ARTICLE_FIELDS)
    if not same or article.sha256 != record["sha256"]:
        raise _bad_record()
    return article


def _span(article: Article, values: Sequence[Any]) -> Span:
    start, end, kind = values
    return Span(*_bounds(article, start, end), SpanKind(kind))


def _sentence(
    article: Article, values: Sequence[Any], take: Callable[[int], bytes], manifest: BackupManifest
) -> SentenceRow:
    start, end, kind, words, count = values
    if type(count) is not int or not 0 <= count <= len(article.text):
        raise _bad_record()
    coding, dim = coding_numbered(manifest.coding), manifest.word_dim
    vector = coding.decode_sentences(take(coding.sentence_bytes(manifest.dim)), 1)
    word_vectors = coding.decode_words(take(count * coding.word_bytes(dim)), dim, vector, [count])
    if not count:
        word_vectors = np.empty((0, dim), dtype=np.float32)
    sentence = Sentence(article.id, *_bounds(article, start, end), SpanKind(kind))
    return SentenceRow(sentence, tuple(words.split()), vector[0], word_vectors)


def _passage(
    article: Article,
    values: Sequence[Any],
    sentences: Sequence[SentenceRow],
    take: Callable[[int], bytes],
    manifest: BackupManifest,
) -> PassageRow:
    start, end, context, words = values
    _bounds(article, start, end)
    if not isinstance(context, str):
        raise _bad_record()
    coding = coding_numbered(manifest.coding)
    vector = coding.decode_passages(take(coding.passage_bytes(manifest.dim)), 1)[0]
    if not 0.9 < float(np.linalg.norm(vector)) < 1.1:  # NaN is outside too
        raise _bad_record()
    inside = tuple(row.sentence for row in sentences if start <= row.sentence.start and row.sentence.end <= end)
    passage = Passage(article.id, article.title, start, end, article.text[start:end], inside, context)
    return PassageRow(passage, tuple(words.split()), vector)


def _bounds(article: Article, start: object, end: object) -> tuple[int, int]:
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(article.text):
        raise _bad_record()
    return start, end


def _bad_record() -> ReadError:
    return ReadError("백업의 글 하나가 올바르지 않습니다.", "an article of the backup is not as it should be.")
