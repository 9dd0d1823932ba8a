"""Looking closely: the sentences that a quicker model found are read with the question."""

from collections.abc import Mapping, Sequence

from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.structure.outline import Outline
from rag.ranking.matching import Values
from rag.reader.reader import Reader, Reading
from rag.reader.windows import Candidate, Document

MOST_WINDOWS = 2


class CloseReader:
    """The reader for whole documents. ``always`` asks that it read as much as it may of every question."""

    def __init__(self, encoder: BundledEncoder, *, always: bool = False) -> None:
        self._reader = Reader(encoder)
        self.always = always

    def warm(self) -> None:
        """Load everything now rather than at the first question. Raises ModelError."""
        self._reader.warm()

    def look(
        self,
        question: str,
        candidates: Sequence[Candidate],
        scores: Values,
        texts: Mapping[str, tuple[Article, Outline]],
        windows: int,
    ) -> Reading:
        """Read at most ``windows`` windows around the best ``candidates`` by the quicker model's ``scores`` (candidates,)."""
        documents = [
            self._document(*texts[name], candidates)
            for name in dict.fromkeys(candidate.article for candidate in candidates)
        ]
        return self._reader.read(question, candidates, scores, documents, windows)

    def _document(self, article: Article, outline: Outline, candidates: Sequence[Candidate]) -> Document:
        mine = [candidate for candidate in candidates if candidate.article == article.id]
        breaks = [edge for candidate in mine for edge in (candidate.start, candidate.end)]
        return Document(article, outline, breaks, self._reader.tokenizer)
