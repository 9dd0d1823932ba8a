"""The one object behind the command line, HTTP and evaluation."""

from index.articles import Article, Span
from rag.answers import Answer, Filters, IndexInfo, Mode, SearchResult

NO_FILTERS = Filters()


class Pipeline:
    """Answers questions over one published generation of an index. Safe to share between threads."""

    def ask(
        self, question: str, *, top_k: int = 5, filters: Filters = NO_FILTERS, mode: Mode = Mode.HYBRID
    ) -> Answer: ...

    def search(
        self, question: str, *, top_k: int = 10, filters: Filters = NO_FILTERS, mode: Mode = Mode.HYBRID
    ) -> SearchResult: ...

    def article(self, article_id: str) -> Article:
        """Raises NotFoundError."""

    def spans(self, article_id: str) -> list[Span]:
        """What each stretch of the article was taken for. Raises NotFoundError."""

    def info(self) -> IndexInfo: ...

    def close(self) -> None: ...
