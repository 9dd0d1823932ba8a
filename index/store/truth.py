"""What is promised of the truth, wherever it lies: in the data folder's SQLite, or in a PostgreSQL that many nodes share.

One suite of tests holds both to it: ``tests/index/truth/test_contract.py``.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.articles import Article, Passage, Span
from index.encoders.base import Vectors
from index.store.article_rows import ArticleLabel
from index.store.gold_rows import GoldRecord
from index.store.rows import IndexRow, ListedArticle, ReadPassage, SentenceRow, StoredArticle
from index.store.schema import FileRecord, FileRow


class Truth(Protocol):
    """Articles and all that was made of them. Opened for reading, it is a snapshot that later writes do not change.

    What each call gives and raises is said at :class:`index.store.store.SqlStore`.
    """

    def close(self) -> None:
        """Let go of it."""

    def check(self) -> list[str]:
        """Return the database's own complaints about itself."""

    def meta(self, key: str) -> str | None:
        """Return what was noted under ``key``."""

    def set_meta(self, key: str, value: str) -> None:
        """Note ``value`` under ``key``."""

    @property
    def version(self) -> int:
        """Grows with every write of articles."""

    @property
    def state(self) -> str:
        """Drawn afresh by every write of articles."""

    @property
    def deleted_at(self) -> int:
        """The version that the last deletion made."""

    def was_in_state(self, version: int, state: str) -> bool:
        """Return whether this very truth once held what ``state`` stands for."""

    def counts(self) -> tuple[int, int]:
        """Return (articles, passages)."""

    def list_articles(self) -> Iterator[ListedArticle]:
        """Yield a line for each article, by id."""

    def article(self, article_id: str) -> Article:
        """Return an article. Raises NotFoundError."""

    def described(self, article_id: str) -> Article | None:
        """Return all that is said of an article, with an empty text."""

    def labels(self, article_ids: Collection[str]) -> dict[str, ArticleLabel]:
        """Return source, address and date of articles."""

    def spans(self, article_id: str) -> list[Span]:
        """Return what the stretches of a text were marked as. Raises NotFoundError."""

    def structure(self, article_id: str) -> bytes | None:
        """Return how a text is built."""

    def layout(self, article_id: str) -> bytes | None:
        """Return where its file has each stretch of a text."""

    def content_hash(self, article_id: str) -> str | None:
        """Return the hash of all that was given of an article."""

    def recorded_sha256(self, article_id: str) -> str | None:
        """Return the hash of a text as it was written."""

    def stored_article(self, article_id: str) -> StoredArticle:
        """Return all that was written of an article. Raises NotFoundError."""

    def files(self, folder: str, path: str | None = None) -> list[FileRecord]:
        """Return which articles were read from a folder or file."""

    def files_of(self, article_id: str) -> list[FileRecord]:
        """Return the files that an article was read from."""

    def is_elsewhere(self, article_id: str, folder: str) -> bool:
        """Return whether the article was read from another folder too."""

    def note_files(self, rows: Iterable[FileRow], gone: Iterable[tuple[str, str, str]] = ()) -> None:
        """Note where articles were read from, and forget each (folder, path, article) that is ``gone``."""

    def gold(self) -> list[GoldRecord]:
        """Return what people have said of answers."""

    def add_gold(self, *records: GoldRecord) -> None:
        """Keep what people say of answers."""

    def delete_gold(self, key: str) -> int:
        """Delete one of them."""

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """Return the passages that exist."""

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """Return the passages that exist with their sentences."""

    def sentences(self, article_id: str, start: int, end: int) -> list[SentenceRow]:
        """Return the sentences of a stretch of an article."""

    def index_rows(self, low: int = 0, high: int = ...) -> Iterator[IndexRow]:
        """Yield passages as the lexical index takes them."""

    def filtered(self, clause: str, parameters: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the passages of the articles that match."""

    def has_article(self, clause: str, parameters: Sequence[str]) -> bool:
        """Return whether any article matches."""

    def passage_seqs(self) -> npt.NDArray[np.int64]:
        """Return the number of every passage, in order."""

    def vectors(self, low: int = 0, high: int = ...) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return numbers and unit vectors of passages."""

    def vectors_of(self, seqs: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], Vectors]:
        """Return the same of the passages named."""

    def write(self, articles: Iterable[StoredArticle], *, encoder: str | None = None) -> None:
        """Insert or replace, all in one transaction, durable when it returns."""

    def delete(self, article_ids: Sequence[str]) -> int:
        """Delete articles for good."""
