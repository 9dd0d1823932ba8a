"""The exactness gate: no citation leaves the process unless it is, letter for letter, what the stored article says."""

import logging
from collections.abc import Iterable

from index.articles import Article
from index.engine import Engine
from index.errors import NotFoundError
from rag.answers import Citation

logger = logging.getLogger(__name__)


class CitationGate:
    """Drops every citation that is not exact, and counts what it dropped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.failures = 0

    def passed(self, citations: Iterable[Citation]) -> tuple[Citation, ...]:
        """Return the citations that equal the stored text, in order; log and count the others."""
        kept = []
        for citation in citations:
            if self._holds(citation):
                kept.append(citation)
            else:
                self.failures += 1
                logger.error("citation refused: %s:%d-%d", citation.article_id, citation.start, citation.end)
        return tuple(kept)

    def _holds(self, citation: Citation) -> bool:
        try:
            article = self._engine.article(citation.article_id)
        except NotFoundError:
            return False
        return article.sha256 == self._engine.recorded_sha256(citation.article_id) and is_exact(citation, article)


def is_exact(citation: Citation, article: Article) -> bool:
    """Return whether the quote and its highlights are slices of this article at the places that they name."""
    inside = 0 <= citation.start < citation.end <= len(article.text)
    return (
        citation.article_id == article.id
        and inside
        and citation.quote == article.text[citation.start : citation.end]
        and all(citation.start <= start < end <= citation.end for start, end in citation.highlights)
    )
