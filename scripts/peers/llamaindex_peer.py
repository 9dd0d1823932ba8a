"""LlamaIndex: VectorStoreIndex and BM25Retriever in a QueryFusionRetriever, as its guides on BM25 and on fusion do.

``relative_score`` with weights .6 and .4, no generated questions: the guide's own numbers. Passages by SentenceSplitter
with the model's tokenizer, 256 tokens as in that guide; 20 of them shared with the next, for the default of 200 suits 1,024.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_index.core import Document, Settings, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.retrievers import QueryFusionRetriever
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.retrievers.bm25 import BM25Retriever
from transformers import AutoTokenizer

TOKENS, OVERLAP = 256, 20


class Peer:
    """What ``run_peer`` measures: LlamaIndex, set up as its own documentation does."""

    setup = f"SentenceSplitter({TOKENS} tokens, {OVERLAP} shared), QueryFusionRetriever(relative_score, .6 dense and .4 BM25Retriever)"

    def __init__(self, model: Path, work: Path) -> None:
        self._folder = work / "data"
        Settings.llm = MockLLM()  # the fusion retriever wants one and never asks it
        Settings.embed_model = HuggingFaceEmbedding(
            str(model), query_instruction="query: ", text_instruction="passage: ", device="cpu"
        )
        Settings.tokenizer = AutoTokenizer.from_pretrained(str(model)).tokenize

    def ingest(self, documents: Sequence[dict[str, Any]]) -> int:
        made = [
            Document(text=document["text"], metadata={"title": document["title"], "doc": document["id"]})
            for document in documents
        ]
        for node in made:
            node.excluded_embed_metadata_keys = ["doc"]
        index = VectorStoreIndex.from_documents(
            made, transformations=[SentenceSplitter(chunk_size=TOKENS, chunk_overlap=OVERLAP)]
        )
        index.storage_context.persist(str(self._folder))
        nodes = list(index.docstore.docs.values())
        self._dense = index.as_retriever(similarity_top_k=30)
        self._lexical = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=30)
        self._lexical.persist(str(self._folder / "bm25"))
        return len(nodes)

    def search(self, question: dict[str, str], k: int) -> list[str]:
        found = self._fusion(k).retrieve(question["text"])
        return [hit.node.metadata["doc"] for hit in found]

    def _fusion(self, k: int) -> QueryFusionRetriever:
        if not hasattr(self, "_retriever"):
            self._dense.similarity_top_k = self._lexical.similarity_top_k = k
            self._retriever = QueryFusionRetriever(
                [self._dense, self._lexical],
                retriever_weights=[0.6, 0.4],
                similarity_top_k=k,
                num_queries=1,
                mode="relative_score",
                use_async=False,
            )
        return self._retriever
