"""Haystack: the pipelines of its tutorial 33, "Creating a Hybrid Retrieval Pipeline".

InMemoryDocumentStore, BM25 and embeddings, joined by reciprocal rank (the tutorial's cross-encoder is another model).
The tutorial's 512 words a passage are cut to 150: "make sure that the split_length is updated according to your
model's token limit", and 150 Korean words are some 400 tokens.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)

WORDS, OVERLAP = 150, 10


class Peer:
    """What ``run_peer`` measures: Haystack, set up as its own documentation does."""

    setup = (
        f"tutorial 33: DocumentSplitter({WORDS} words), InMemoryDocumentStore, DocumentJoiner(reciprocal_rank_fusion)"
    )

    def __init__(self, model: Path, work: Path) -> None:
        self._folder = work / "data"
        self._store = InMemoryDocumentStore()
        options = {"model": str(model), "progress_bar": False}
        self._embedder = SentenceTransformersDocumentEmbedder(
            prefix="passage: ", meta_fields_to_embed=["title"], **options
        )
        self._questions = SentenceTransformersTextEmbedder(prefix="query: ", **options)
        self._warm(self._embedder, self._questions)

    def _warm(self, *components: Any) -> None:  # noqa: ANN401  (any component)
        for component in components:
            if hasattr(component, "warm_up"):
                component.warm_up()

    def ingest(self, documents: Sequence[dict[str, Any]]) -> int:
        splitter = DocumentSplitter(split_by="word", split_length=WORDS, split_overlap=OVERLAP)
        self._warm(splitter)
        indexing = Pipeline()
        indexing.add_component("splitter", splitter)
        indexing.add_component("embedder", self._embedder)
        indexing.add_component("writer", DocumentWriter(self._store))
        indexing.connect("splitter", "embedder")
        indexing.connect("embedder", "writer")
        made = [
            Document(content=document["text"], meta={"title": document["title"], "doc": document["id"]})
            for document in documents
        ]
        indexing.run({"splitter": {"documents": made}})
        self._folder.mkdir(parents=True, exist_ok=True)
        self._store.save_to_disk(str(self._folder / "store.json"))
        return int(self._store.count_documents())

    def search(self, question: dict[str, str], k: int) -> list[str]:
        found = self._hybrid(k).run(
            {
                "text_embedder": {"text": question["text"]},
                "bm25": {"query": question["text"], "top_k": k},
                "dense": {"top_k": k},
            }
        )
        return [document.meta["doc"] for document in found["joiner"]["documents"]]

    def _hybrid(self, k: int) -> Pipeline:
        if not hasattr(self, "_pipeline"):
            pipeline = Pipeline()
            pipeline.add_component("text_embedder", self._questions)
            pipeline.add_component("dense", InMemoryEmbeddingRetriever(self._store))
            pipeline.add_component("bm25", InMemoryBM25Retriever(self._store))
            pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=k))
            pipeline.connect("text_embedder.embedding", "dense.query_embedding")
            pipeline.connect("bm25", "joiner")
            pipeline.connect("dense", "joiner")
            self._pipeline = pipeline
        return self._pipeline
