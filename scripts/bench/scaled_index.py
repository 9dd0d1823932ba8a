"""Data folders of a wanted size out of one that was truly embedded, without embedding anything.

Up to the size of the source, articles are copied as they are. Beyond it, articles are put together: the sentences of
each are real ones, drawn from the whole source, with their own words, and the vectors of passages and sentences are drawn
around real ones. So words are as frequent as in real text and vectors lie as densely as real ones do, but no
word is new: a vocabulary that grows with the text is not part of what is measured.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np

from index.articles import Article, Passage, Sentence
from index.encoders.base import Vectors
from index.ingest import content_hash
from index.search.publication import publish_store
from index.store.store import PassageRow, SentenceRow, Store, StoredArticle

JITTER = 0.35  # length of what is added before a vector is made unit again: its cosine to the real one is about .94
_COMMIT = 500  # articles a transaction
_MOST_PASSAGES = 40  # of nearly every article: what is stored ends near the size that is wanted
_PASSAGES_EACH = 4  # of an article put together
_POOL = 20_000  # sentences that are drawn from


@dataclass(frozen=True)
class _Piece:
    """A real sentence, to be put beside others."""

    text: str
    row: SentenceRow


def fill(folder: Path, source: Path, passages: int, seed: int = 7) -> dict[str, int]:
    """Return a published index of about so many passages; how many of them are real.

    Goes on where it was interrupted.
    """
    store, old = Store(folder, writable=True), Store(source)
    try:
        for key in ("encoder", "analysis", "dim"):
            store.set_meta(key, old.meta(key) or "")
        ids = [row[0] for row in old.list_articles()]
        held = {row[0] for row in store.list_articles()}
        _write(store, (old.stored_article(article_id) for article_id in ids if article_id not in held), passages)
        if store.counts()[1] < passages:
            made = len(held - set(ids))
            _write(store, _articles(old, ids, made, np.random.default_rng(seed + made)), passages)
        publish_store(folder, store)
        return {
            "articles": store.counts()[0],
            "passages": store.counts()[1],
            "real_passages": min(old.counts()[1], passages),
        }
    finally:
        store.close()
        old.close()


def draw_around(pool: Vectors, count: int, random: np.random.Generator) -> Vectors:
    """Return (count, dim) unit float32, each near a row of ``pool``, never the same twice."""
    dim = pool.shape[1]
    noise = random.standard_normal((count, dim), dtype=np.float32) * np.float32(JITTER / dim**0.5)
    return _unit(pool[random.integers(len(pool), size=count)] + noise)


def _write(store: Store, articles: Iterator[StoredArticle], passages: int) -> None:
    """Write articles until that many passages are stored, or no more come."""
    while (lacking := passages - store.counts()[1]) > 0:
        batch = list(islice(articles, min(_COMMIT, 1 + lacking // _MOST_PASSAGES)))
        if not batch:
            return
        store.write(batch)


def _articles(old: Store, ids: list[str], number: int, random: np.random.Generator) -> Iterator[StoredArticle]:
    pieces, titles, lengths = _pool(old, ids, random)
    _, vectors = old.vectors()
    while True:
        counts = random.choice(lengths, _PASSAGES_EACH)
        chosen = [pieces[place] for place in random.integers(len(pieces), size=int(counts.sum()))]
        drawn = draw_around(vectors, _PASSAGES_EACH, random)
        yield _article(f"made-{number:06}", titles[number % len(titles)], chosen, counts.tolist(), drawn, random)
        number += 1


def _pool(
    old: Store, ids: list[str], random: np.random.Generator
) -> tuple[list[_Piece], list[str], "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    """Sentences of articles drawn at random, all titles, and how many sentences passages have."""
    pieces: list[_Piece] = []
    titles: list[str] = []
    lengths: list[int] = []
    for place in random.permutation(len(ids)):
        stored = old.stored_article(ids[place])
        titles.append(stored.article.title)
        lengths += [len(row.passage.sentences) for row in stored.passages if row.passage.sentences]
        if len(pieces) < _POOL:
            text = stored.article.text
            pieces += [_Piece(text[row.sentence.start : row.sentence.end], row) for row in stored.sentences]
        elif len(titles) >= len(ids) // 4:
            break
    return pieces, titles, np.array(lengths)


def _article(
    article_id: str, title: str, pieces: list[_Piece], counts: list[int], vectors: Vectors, random: np.random.Generator
) -> StoredArticle:
    text = "\n".join(piece.text for piece in pieces)
    article = Article(article_id, title, text, source="made")
    rows, at = [], 0
    for piece in pieces:
        sentence = replace(piece.row.sentence, article_id=article_id, start=at, end=at + len(piece.text))
        rows.append(replace(piece.row, sentence=sentence, vector=_nudged(piece.row.vector[None], random)[0]))
        at += len(piece.text) + 1
    bounds = np.cumsum([0, *counts]).tolist()
    inside = [tuple(row.sentence for row in rows[low:high]) for low, high in pairwise(bounds)]
    words = tuple(title.split())
    passages = tuple(
        PassageRow(_passage(article, sentences), words, vector)
        for sentences, vector in zip(inside, vectors, strict=True)
    )
    return StoredArticle(article, content_hash(article), (), tuple(rows), passages)


def _passage(article: Article, sentences: tuple[Sentence, ...]) -> Passage:
    start, end = sentences[0].start, sentences[-1].end
    return Passage(article.id, article.title, start, end, article.text[start:end], sentences)


def _nudged(vectors: Vectors, random: np.random.Generator) -> Vectors:
    noise = random.standard_normal(vectors.shape, dtype=np.float32) * np.float32(JITTER / vectors.shape[1] ** 0.5)
    return _unit(vectors + noise)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit
