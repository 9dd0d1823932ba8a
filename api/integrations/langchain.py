"""A retriever for LangChain (``pip install 'geungeo[langchain]'``).

retriever = GeungeoRetriever(source=Server("http://127.0.0.1:8000", key="…"))
documents = retriever.invoke("AX 법인의 매출 목표는?")
"""

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from api.integrations.source import Asking, Found, Local, Server, Source, open_local

__all__ = ["Asking", "GeungeoRetriever", "Local", "Server", "open_local"]


class GeungeoRetriever(BaseRetriever):
    """Passages of one's articles, each with the citations of the answer that lie in it (``metadata["citations"]``)."""

    source: Source = Field(default_factory=Server)
    asking: Asking = Field(default_factory=Asking)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return self._documents(self.asking.found(self.source.ask(self.asking.query(query))))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        return self._documents(self.asking.found(await self.source.ask_async(self.asking.query(query))))

    def _documents(self, found: list[Found]) -> list[Document]:
        return [
            Document(id=passage.id, page_content=passage.text, metadata={**passage.metadata, "score": passage.score})
            for passage in found
        ]
