"""What an engine asks of whatever searches: the files of a generation, or a Milvus.

One suite of tests holds both to it: ``tests/index/search/test_contract.py``.
"""

from collections.abc import Sequence
from typing import Protocol

from index.encoders.base import Vectors
from index.search.filters import Where
from index.search.lexical import LexicalQuery
from index.store.store import Store


class SearchIndex(Protocol):
    """The passages of one state of a store, searched by meaning and by words.

    A call that takes the ``store`` may read the vectors of passages from it, and leaves out what is no longer there. Dense scores
    are cosines of (1, dim) unit vectors; lexical ones compare only within one query. Of equals the lower number comes first.
    """

    def search_dense(
        self, vector: Vectors, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (number, cosine), best first, of what fits the filter."""

    def search_lexical(
        self, query: LexicalQuery, k: int, store: Store, where: Where | None = None
    ) -> list[tuple[int, float]]:
        """Return the ``k`` best (number, BM25), best first, of what fits the filter and shares a term."""

    def score_dense(self, vector: Vectors, seqs: Sequence[int], store: Store) -> dict[int, float]:
        """Return the cosine of each passage named."""

    def score_lexical(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """Return BM25 of each passage named that shares a term."""

    def document_frequency(self, word: str) -> int:
        """Return how many passages hold the word."""

    def pair_frequency(self, pair: str) -> int:
        """Return how many passages hold the two letters side by side in a word."""

    def holds(self, store: Store) -> bool:
        """Return whether it was made of exactly the passages of the store, with their vectors. Looks at all of them."""
