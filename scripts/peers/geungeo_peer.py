"""geungeo itself, through the objects that its command line makes.

Each question is ranked by weights that were fitted without its set (scripts/held_out), so that what is compared has
seen as little of the questions as the peers have.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.articles import Article
from index.engine import Engine
from index.korean.parsing import analysis_fingerprint
from rag.answers import Query
from rag.loading import load_tools, make_ingestor
from rag.pipeline import Pipeline
from rag.question.aliases import load_aliases
from rag.ranking.models import load_models
from rag.settings import load_settings

HELD_OUT = Path(__file__).resolve().parent.parent / "held_out"


class Peer:
    """What ``run_peer`` measures: geungeo itself, as its users run it."""

    setup = "`make_ingestor`, `Pipeline.search` and `Pipeline.ask`, as the command line and HTTP use them"

    def __init__(self, model: Path, work: Path) -> None:
        self._settings = load_settings(data=work / "data")
        self._ingestor = make_ingestor(self._settings)
        self._pipelines: dict[str, Pipeline] = {}

    def ingest(self, documents: Sequence[dict[str, Any]]) -> int:
        report = self._ingestor.ingest(
            [Article(document["id"], document["title"], document["text"]) for document in documents]
        )
        assert report.manifest is not None
        assert not report.failures
        return report.manifest.passages

    def ready(self) -> None:
        """Let go of what only ingest needs, and open the index for questions."""
        del self._ingestor
        tools = load_tools(self._settings)
        analysis = analysis_fingerprint(tools.splitter)
        engine = Engine.open(self._settings.data, encoder=tools.encoder.fingerprint, analysis=analysis)
        aliases = load_aliases(None, tools.splitter, self._settings.cache)
        for path in HELD_OUT.glob("*.json"):
            self._pipelines[path.stem] = Pipeline(
                lambda: engine, tools.encoder, tools.splitter, aliases, load_models(path)
            )

    def search(self, question: dict[str, str], k: int) -> list[str]:
        hits = self._pipelines[question["set"]].search(Query(question["text"], top_k=k)).hits
        return [passage.article_id for hit in hits for passage in (hit.passage, *hit.duplicates)]

    def ask(self, question: dict[str, str]) -> object:
        again = question["text"] + " "  # another spelling: the vectors of the one before are remembered
        return self._pipelines[question["set"]].ask(Query(again))
