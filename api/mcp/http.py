"""``POST /mcp``: MCP's streamable HTTP without sessions, behind the same doors as every other route.

The SDK takes most of a second to import: the first request waits for it, the service's start does not.
"""

from functools import partial
from importlib import import_module
from importlib.util import find_spec

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from api.access import keys
from api.access.access import caller_of, require, require_seen
from api.problems.problems import ProblemError, note_problem
from api.routes.questions import note_question
from api.services import Body, Services, Used
from index.articles import Article
from index.store.store import not_found
from index.text.characters import id_as_stored
from rag.answers import Answer, Query, SearchResult, Written

router = APIRouter(include_in_schema=False)


@router.post("/mcp", dependencies=[Depends(require(keys.Scope.ASK))])
async def exchange(request: Request, body: Body, services: Used) -> Response:
    """Answer one message. Without sessions there is nothing to listen to (GET) or to end (DELETE): both are 405."""
    if not find_spec("mcp"):
        raise ProblemError("extra_missing")
    await run_in_threadpool(_load_sdk)
    return _Exchange(request, services, body)


def _load_sdk() -> None:
    import_module("mcp.server.streamable_http_manager")
    import_module("api.mcp.server")


class _HttpAsker:
    """The service's own questions, with their places, deadlines and counters."""

    def __init__(self, request: Request, services: Services) -> None:
        self._request = request
        self._services = services

    async def answer(self, query: Query) -> Answer:
        note_question(self._request, query.question)
        return await self._services.questions.answer(self._request, query)

    async def write(self, answer: Answer) -> tuple[Written, ...]:
        return await self._services.write(answer)

    async def search(self, query: Query) -> SearchResult:
        note_question(self._request, query.question)
        return await self._services.questions.search(self._request, query)

    async def article(self, article_id: str) -> Article:
        pipeline, caller = self._services.holder.get(), caller_of(self._request)
        stored_id = id_as_stored(article_id)

        def look() -> Article:
            if caller.collections is not None:
                require_seen(pipeline.snapshot(), stored_id, caller)
            article = pipeline.article(stored_id)
            if not caller.sees(article.collection):
                raise not_found(stored_id)
            return article

        return await self._services.lookups.look(self._request, look)


class _Exchange(Response):
    """Hands one request, its body read within our limits, to the SDK.

    Server and session manager live as long as the request: nothing is remembered between two, so nothing piles up.
    """

    def __init__(self, request: Request, services: Services, body: bytes) -> None:
        from api.mcp.server import make_server

        super().__init__()
        self._server = make_server(_HttpAsker(request, services), partial(note_problem, request))
        self._sent_body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(self._server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, _replay(self._sent_body, receive), send)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives the body as if it had not been read yet."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
