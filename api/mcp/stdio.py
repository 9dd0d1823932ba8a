"""The tools over standard input and output, for one client that started the process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread

from api.schemas.questions import QueryRequest, SearchRequest
from index.articles import Article, normalize
from rag.answers import Answer, SearchResult
from rag.pipeline import Pipeline


async def serve(load: Callable[[], Pipeline]) -> None:
    """Loading begins when standard output belongs to the protocol: what a library prints goes to standard error."""
    from mcp.server.stdio import stdio_server

    from api.mcp.server import make_server

    async with stdio_server() as (incoming, outgoing):
        with ThreadPoolExecutor(1) as pool:
            server = make_server(PipelineAsker(pool.submit(load).result))
            await server.run(incoming, outgoing, server.create_initialization_options())


class PipelineAsker:
    """A pipeline of one's own, asked in threads; ``get_pipeline`` is called in them and may wait."""

    def __init__(self, get_pipeline: Callable[[], Pipeline]) -> None:
        self._get = get_pipeline

    async def answer(self, asked: QueryRequest) -> Answer:
        def work() -> Answer:
            filters, mode = asked.to_filters(), asked.to_mode()
            return self._get().ask(asked.question, top_k=asked.top_k, filters=filters, mode=mode)

        return await anyio.to_thread.run_sync(work)

    async def search(self, asked: SearchRequest) -> SearchResult:
        def work() -> SearchResult:
            filters, mode = asked.to_filters(), asked.to_mode()
            return self._get().search(asked.question, top_k=asked.top_k, filters=filters, mode=mode)

        return await anyio.to_thread.run_sync(work)

    async def article(self, article_id: str) -> Article:
        return await anyio.to_thread.run_sync(lambda: self._get().article(normalize(article_id)))
