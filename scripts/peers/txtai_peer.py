"""txtai: an embeddings database with ``hybrid`` and ``content``, passages by its own segmentation pipeline.

docs/embeddings/configuration/general.md ("hybrid: creates a BM25 index"), vectors.md ("automatically loads prompts"),
docs/pipeline/data/segmentation.md.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from txtai import Embeddings
from txtai.pipeline import Segmentation

MOST_CHARACTERS = 500  # of lines joined into one passage: some 300 tokens, inside the model's 512


class Peer:
    """What ``run_peer`` measures: txtai, set up as its own documentation does."""

    setup = (
        f"Embeddings(hybrid=True, content=True), Segmentation(lines=True), lines joined to {MOST_CHARACTERS} characters"
    )

    def __init__(self, model: Path, work: Path) -> None:
        self._folder = work / "data"
        instructions = {"query": "query: ", "data": "passage: "}
        self._embeddings = Embeddings(path=str(model), hybrid=True, content=True, instructions=instructions)
        self._segmentation = Segmentation(lines=True)

    def ingest(self, documents: Sequence[dict[str, Any]]) -> int:
        self._embeddings.index(self._passages(documents))
        self._embeddings.save(str(self._folder))
        return int(self._embeddings.count())

    def _passages(self, documents: Sequence[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str], None]]:
        for document in documents:
            for number, text in enumerate(_joined(self._segmentation(document["text"]))):
                yield f"{document['id']}\t{number}", {"text": f"{document['title']}\n{text}"}, None

    def search(self, question: dict[str, str], k: int) -> list[str]:
        return [hit["id"].split("\t")[0] for hit in self._embeddings.search(question["text"], k)]


def _joined(lines: Sequence[str]) -> Iterator[str]:
    held = ""
    for line in lines:
        if held and len(held) + len(line) > MOST_CHARACTERS:
            yield held
            held = ""
        held = f"{held}\n{line}" if held else line
    if held:
        yield held
