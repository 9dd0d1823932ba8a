"""Looking closely: the sentences that a quicker model found are read with the question, and judged anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.structure.outline import Outline
from rag.ranking.matching import Values
from rag.ranking.models import Bounds
from rag.reader.joining import Join, join_features, packaged_join
from rag.reader.reader import Reader
from rag.reader.windows import Candidate, Document


@dataclass(frozen=True, slots=True)
class Looked:
    """``scores`` (sentences,) of both models joined, in logits; ``confidence`` that the best one answers, with ``bounds``.

    ``values`` are the likeliest value of each sentence that was read, as characters of its article.
    """

    scores: Values
    confidence: float
    bounds: Bounds
    values: Mapping[Candidate, tuple[int, int]]


class CloseReader:
    """The reader with what it is joined to. ``always`` reads two windows of every question, else of the unsure ones."""

    def __init__(self, encoder: BundledEncoder, *, always: bool = False, join: Join | None = None) -> None:
        self._reader = Reader(encoder)
        self._join = join or packaged_join()
        self._always = always

    def warm(self) -> None:
        """Load everything now rather than at the first question. Raises ModelError."""
        self._reader.warm()

    def look(
        self,
        question: str,
        candidates: Sequence[Candidate],
        scores: Values,
        confidence: float,
        texts: Mapping[str, tuple[Article, Outline]],
    ) -> Looked:
        """Judge ``candidates`` anew. ``scores`` (candidates,) and ``confidence`` are the quicker model's."""
        unsure = self._join.hopeless <= confidence < self._join.certain
        documents = [
            self._document(*texts[name], candidates)
            for name in dict.fromkeys(candidate.article for candidate in candidates)
        ]
        reading = self._reader.read(question, candidates, scores, documents, 2 if unsure or self._always else 1)
        joined = self._join.scores(scores, reading.scores)
        features = join_features(confidence, scores, reading.scores, joined)
        values = {candidates[candidate]: span for candidate, span in reading.values.items()}
        return Looked(joined, float(self._join.confidence.probability(features)[0]), self._join.bounds, values)

    def _document(self, article: Article, outline: Outline, candidates: Sequence[Candidate]) -> Document:
        mine = [candidate for candidate in candidates if candidate.article == article.id]
        breaks = [edge for candidate in mine for edge in (candidate.start, candidate.end)]
        return Document(article, outline, breaks, self._reader.tokenizer)
