"""The lexical half: BM25 over our own Korean terms, in tantivy (comparison with others: docs/results/lexical-engines.md)."""

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from index.errors import CorruptIndexError
from index.korean.terms import bigrams
from index.search.filters import Where, date_number, to_tantivy
from index.search.vectors import best_first
from index.store.store import IndexRow

if TYPE_CHECKING:
    import tantivy

FOLDER = "lexical"
_WRITER_BYTES = 64_000_000
_REMEMBERED_WORDS = 4_096
_REMOVALS = 20  # tries
# How often a passage has a word counts, how often a pair of letters does not: rankings are no worse for it, and pairs are
# most of what tantivy keeps.
_OPTIONS: Mapping[str, Literal["basic", "freq"]] = {"words": "freq", "bigrams": "basic"}
BIGRAM_WEIGHT = 0.35  # against words; a judgement, no benchmark varies it


@dataclass(frozen=True, slots=True)
class LexicalQuery:
    """Weighted terms: ``words`` to their weight (1.0 as asked, less for an alias) and the question's bigrams."""

    words: Mapping[str, float]
    bigrams: tuple[str, ...]


class LexicalIndex:
    """An immutable tantivy index, memory-mapped. Searching is safe from several threads."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._folder = folder
        try:
            with _panics_are_damage(folder):
                self._index = tantivy.Index(schema(), path=str(self._lockable(folder)), reuse=True)
                _register(self._index)
                self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise _damaged(folder) from error
        self._frequency = _remembering(self._searcher, folder)

    @staticmethod
    def build(folder: Path, rows: Iterable[IndexRow]) -> None:
        """Write an index of ``rows`` into an empty folder."""
        import tantivy

        folder.mkdir(parents=True)
        index = tantivy.Index(schema(), path=str(folder))
        _register(index)
        writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        for row in rows:
            writer.add_document(_document(row))
        writer.commit()
        writer.wait_merging_threads()

    def _lockable(self, folder: Path) -> Path:
        """Return the folder; where nothing may be written to it, one of links to its files that lives as long as this index.

        tantivy makes a lock file even to read (tantivy#557), and does so once more from a thread of its own some time
        after it has opened: a folder taken away before that could not be emptied, or would be missed.
        """
        if os.access(folder, os.W_OK):
            return folder
        links = Path(tempfile.mkdtemp(prefix="geungeo-"))
        weakref.finalize(self, _remove, links)
        for path in folder.absolute().iterdir():
            if path.suffix != ".lock":
                Path(links, path.name).symlink_to(path)
        return links

    def __len__(self) -> int:
        return self._searcher.num_docs

    def seqs(self) -> npt.NDArray[np.int64]:
        """Return the number of every passage, in order."""
        import tantivy

        if not len(self):
            return np.empty(0, dtype=np.int64)
        with _panics_are_damage(self._folder):
            hits = self._searcher.search(tantivy.Query.all_query(), limit=len(self), count=False).hits
            found = self._searcher.fast_field_values("seq", [address for _, address in hits])
        return np.sort(np.array(found, dtype=np.int64))

    def search(self, query: LexicalQuery, k: int, where: Where | None = None) -> list[tuple[int, float]]:
        """Return the ``k`` best (seq, BM25), best first; only passages that share a term with the question."""
        import tantivy

        parts = self._parts(query)
        if not parts or k <= 0:
            return []
        wanted = tantivy.Query.boolean_query([(tantivy.Occur.Should, part) for part in parts])
        if where is not None:
            allowed = tantivy.Query.const_score_query(to_tantivy(where, self._index.schema), 0.0)
            wanted = tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, allowed)])
        return sorted(self._best(wanted, k), key=best_first)

    def score(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """Return the BM25 score of the passages named, those without a common term left out."""
        import tantivy

        parts = self._parts(query)
        if not parts or not len(seqs):
            return {}
        named = tantivy.Query.term_set_query(self._index.schema, "seq", list(seqs))
        # Must and Should, not Must and Must: tantivy then goes from one named passage to the next, and does not read
        # all that hold a term.
        unscored = (tantivy.Occur.Must, tantivy.Query.const_score_query(named, 0.0))
        wanted = tantivy.Query.boolean_query([unscored, *((tantivy.Occur.Should, part) for part in parts)])
        return {seq: score for seq, score in self._best(wanted, len(seqs)) if score > 0}

    def _parts(self, query: LexicalQuery) -> "list[tantivy.Query]":
        """Return a query for each term, with its weight."""
        fields = self._index.schema
        words = [_weighted(fields, "words", word, weight) for word, weight in query.words.items()]
        return words + [_weighted(fields, "bigrams", pair, BIGRAM_WEIGHT) for pair in dict.fromkeys(query.bigrams)]

    def _best(self, wanted: "tantivy.Query", k: int) -> list[tuple[int, float]]:
        """Return the ``k`` best (seq, score), in no order."""
        with _panics_are_damage(self._folder):
            hits = self._searcher.search(wanted, limit=k, count=False).hits
            seqs = self._searcher.fast_field_values("seq", [address for _, address in hits])
        return [(int(seq), float(score)) for seq, (score, _) in zip(seqs, hits, strict=True) if seq is not None]

    def document_frequency(self, word: str) -> int:
        """Return how many passages hold the word."""
        return self._frequency("words", word)

    def pair_frequency(self, pair: str) -> int:
        """Return how many passages hold the two letters side by side in a word."""
        return self._frequency("bigrams", pair)


def _remove(links: Path) -> None:
    """Remove the folder, again where tantivy has put its lock into it meanwhile; it does that once."""
    for _ in range(_REMOVALS):
        shutil.rmtree(links, ignore_errors=True)
        if not links.exists():
            return
        time.sleep(0.01)


def _remembering(searcher: "tantivy.Searcher", folder: Path) -> Callable[[str, str], int]:
    """Return a function that counts the passages that hold a term of a field.

    It remembers, for one question asks for each of its words several times.
    """

    @lru_cache(_REMEMBERED_WORDS)
    def frequency(field: str, term: str) -> int:
        with _panics_are_damage(folder):
            return searcher.doc_freq(field, term)

    return frequency


@contextmanager
def _panics_are_damage(folder: Path) -> Iterator[None]:
    """Raise CorruptIndexError where tantivy panics, as it does over files that are not what their format says.

    pyo3 raises that panic as no Exception at all.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise _damaged(folder) from error
        raise


def _damaged(folder: Path) -> CorruptIndexError:
    return CorruptIndexError(
        f"낱말 색인을 읽을 수 없습니다: {folder}. geungeo doctor --repair로 다시 만드세요.",
        f"cannot read the lexical index {folder}. Rebuild it: geungeo doctor --repair",
    )


def schema() -> "tantivy.Schema":
    """Return the fields of the lexical index; terms come analysed, their frequencies are kept."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("seq", indexed=True, fast=True)
    for field, option in _OPTIONS.items():
        builder.add_text_field(field, tokenizer_name="terms", index_option=option)
    builder.add_text_field("article_id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("source", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("collection", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("published_at", indexed=True, fast=True)
    return builder.build()


def _register(index: "tantivy.Index") -> None:
    """Register a tokenizer that only splits at spaces: terms come ready made."""
    import tantivy

    index.register_tokenizer("terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())


def _document(row: IndexRow) -> "tantivy.Document":
    import tantivy

    document = tantivy.Document()
    document.add_unsigned("seq", row.seq)
    document.add_text("words", row.words)
    document.add_text("bigrams", " ".join(bigrams(row.text)))
    document.add_text("article_id", row.article_id)
    if row.source:
        document.add_text("source", row.source)
    if row.collection:
        document.add_text("collection", row.collection)
    document.add_unsigned("published_at", date_number(row.published_at))
    return document


def _weighted(fields: "tantivy.Schema", field: str, term: str, weight: float) -> "tantivy.Query":
    import tantivy

    found = tantivy.Query.term_query(fields, field, term, index_option=_OPTIONS[field])
    return tantivy.Query.boost_query(found, weight)
