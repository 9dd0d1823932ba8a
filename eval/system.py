"""What is measured, opened: a pipeline over the right index, and the other rankings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.ablation.rankings import Rankings
from eval.datasets.corpora import Corpus
from eval.datasets.question_vectors import RememberingEncoder
from eval.judge import Evaluated
from index.encoders.base import Encoder
from index.engine import Engine
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import Token
from rag.loading import Tools
from rag.pipeline import Pipeline
from rag.question.aliases import load_aliases
from rag.ranking.models import Models
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class System:
    """One pipeline and what some measures need beside it. ``record`` is what a report says of it."""

    pipeline: Evaluated
    rankings: Rankings | None = None
    encoder: Encoder | None = None
    tokenize: Callable[[str], Sequence[Token]] | None = None
    record: Mapping[str, Any] | None = None

    def reused(self) -> int:
        """Return how many vectors of questions came from a file so far."""
        return self.encoder.reused if isinstance(self.encoder, RememberingEncoder) else 0

    def close(self) -> None:
        """Close the pipeline and the other rankings, and write down the vectors of questions."""
        for part in (self.pipeline, self.rankings):
            if part is not None:
                part.close()
        if isinstance(self.encoder, RememberingEncoder):
            self.encoder.close()


def open_system(settings: Settings, tools: Tools, corpus: Corpus, work: Path, models: Models) -> System:
    """Open a pipeline over the index of ``corpus``; further indexes go into ``work``. Raises GeungeoError."""

    def open_engine() -> Engine:
        analysis = analysis_fingerprint(tools.splitter)
        return Engine.open(corpus.folder, encoder=tools.encoder.fingerprint, analysis=analysis)

    aliases = load_aliases(settings.aliases, tools.splitter, settings.cache)
    pipeline = Pipeline(open_engine, tools.encoder, tools.splitter, aliases, models, tools.reader)
    return System(
        pipeline,
        Rankings(pipeline, open_engine(), tools.encoder, tools.splitter, aliases, corpus.folder, work),
        tools.encoder,
        tools.splitter.tokenize,
        {"corpus": corpus.sha256, "corpus_articles": corpus.articles, "corpus_refused": corpus.refused},
    )
