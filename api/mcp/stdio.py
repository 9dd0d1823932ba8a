"""The tools over standard input and output, for one client that started the process."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import anyio
import anyio.to_thread

from index.articles import Article
from index.text.characters import id_as_stored
from rag.answerer import Answerer
from rag.answers import Answer, Query, SearchResult, Written
from rag.writing.writing import Prose


async def serve(load: Callable[[], Answerer], prose: Prose | None = None) -> None:
    """Begin loading when standard output belongs to the protocol: what a library prints goes to standard error."""
    from mcp.server.stdio import stdio_server

    from api.mcp.server import make_server

    async with stdio_server() as (incoming, outgoing):
        with ThreadPoolExecutor(1) as pool:
            server = make_server(PipelineAsker(pool.submit(load).result, prose))
            await server.run(incoming, outgoing, server.create_initialization_options())


class PipelineAsker:
    """A pipeline of one's own, asked in threads; ``get_pipeline`` is called in them and may wait.

    ``prose`` puts what it cites into words, where that is wanted.
    """

    def __init__(self, get_pipeline: Callable[[], Answerer], prose: Prose | None = None) -> None:
        self._get = get_pipeline
        self._prose = prose

    async def answer(self, query: Query) -> Answer:
        """Answer in a thread."""
        return await anyio.to_thread.run_sync(lambda: self._get().ask(query))

    async def write(self, answer: Answer) -> Sequence[Written]:
        """Have a language model write in a thread."""
        return [] if self._prose is None else await anyio.to_thread.run_sync(self._prose.write_soon, answer)

    async def search(self, query: Query) -> SearchResult:
        """Search in a thread."""
        return await anyio.to_thread.run_sync(lambda: self._get().search(query))

    async def article(self, article_id: str) -> Article:
        """Read an article in a thread. Raises NotFoundError."""
        return await anyio.to_thread.run_sync(lambda: self._get().article(id_as_stored(article_id)))
