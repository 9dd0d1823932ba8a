"""What may be asked, whoever answers: a pipeline, one that is shared by processes, or a fake in a test."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from index.articles import Article
from rag.answers import UNWATCHED, Answer, ArticleView, IndexInfo, Query, SearchResult, Watch

if TYPE_CHECKING:
    from index.engine import Engine


class Answerer(Protocol):
    """Answers questions over the newest generation of an index. Safe to share between threads."""

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        """Return a cited answer, or an honest refusal with the nearest passages."""

    def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
        """Return the best passages, no answer."""

    def article(self, article_id: str) -> Article:
        """Return the article. Raises NotFoundError."""

    def article_view(self, article_id: str) -> ArticleView:
        """Return the article with its spans, both of one generation. Raises NotFoundError."""

    def snapshot(self) -> "Engine":
        """Return the generation that answers now, for whoever reads several things that must fit together."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, as the encoder cuts it."""

    def info(self) -> IndexInfo:
        """Return the generation that answers now."""

    def refresh(self) -> IndexInfo:
        """Take up the newest generation now, for whoever has just published one. Raises what opening it raises."""

    def keep_fresh(self) -> None:
        """Take up what somebody else has published, for whoever calls this now and then. What fails is logged once."""

    @property
    def processes(self) -> int:
        """That answer, this one included."""

    @property
    def gate_failures(self) -> int:
        """Citations refused so far because they were not exact."""

    def close(self) -> None:
        """Let go of everything; nothing is asked any more."""
