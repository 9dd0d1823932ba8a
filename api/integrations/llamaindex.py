"""A retriever for LlamaIndex (``pip install 'geungeo[llamaindex]'``).

retriever = GeungeoRetriever(Server("http://127.0.0.1:8000", key="…"))
nodes = retriever.retrieve("AX 법인의 매출 목표는?")
"""

from collections.abc import Iterable

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from api.integrations.source import Asking, Found, Local, Server, Source, open_local

__all__ = ["Asking", "GeungeoRetriever", "Local", "Server", "open_local"]
_SHOWN = ("title", "source", "published_at")  # to a language model, beside the text


class GeungeoRetriever(BaseRetriever):
    """Passages of one's articles, each with the citations of the answer that lie in it (``metadata["citations"]``)."""

    def __init__(
        self,
        source: Source | None = None,
        asking: Asking | None = None,
        *,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        super().__init__(callback_manager=callback_manager)
        self._source = source or Server()
        self._asking = asking or Asking()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = self._asking.query(query_bundle.query_str)
        return _nodes(self._asking.found(self._source.ask(query)))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        query = self._asking.query(query_bundle.query_str)
        return _nodes(self._asking.found(await self._source.ask_async(query)))


def _nodes(found: Iterable[Found]) -> list[NodeWithScore]:
    return [NodeWithScore(node=_node(passage), score=passage.score) for passage in found]


def _node(one: Found) -> TextNode:
    hidden = [name for name in one.metadata if name not in _SHOWN]
    return TextNode(
        id_=one.id,
        text=one.text,
        metadata=dict(one.metadata),
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=list(one.metadata),
    )
