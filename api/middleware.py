"""Around every request: its id, a path and headers that are text, the last catch, and the count of it."""

import re
import time
import uuid
from urllib.parse import unquote_to_bytes

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http_bodies import FieldError
from api.metrics import Metrics
from api.problems import ProblemError, problem_response, route_path

_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_CLIENT_LEFT = 499  # nginx's number for it; nobody receives it


class RequestMiddleware:
    """Outermost of ours: whatever happens inside, one response with an ``X-Request-Id`` goes out."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope["state"] = {**scope.get("state", {}), "request_id": uuid.uuid4().hex}
        response = _Sender(send, scope["state"]["request_id"])
        try:
            await self._answer(scope, receive, response)
        finally:
            seconds = time.perf_counter() - started
            self._metrics.request(route_path(Request(scope)), scope["method"], response.status, seconds)

    async def _answer(self, scope: Scope, receive: Receive, response: "_Sender") -> None:
        try:
            require_text(scope)
            await self._app(scope, receive, response)
        except ClientDisconnect:
            return
        except Exception as error:
            if response.started:
                raise
            await problem_response(Request(scope), error)(scope, receive, response)


def require_text(scope: Scope) -> None:
    """Refuse a path or query that is not percent-encoded UTF-8, and surrogates in a header; Latin-1 there is legal."""
    for part in (scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass"), scope["query_string"]):
        try:
            unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            raise _invalid_unicode() from None
    if any(_ENCODED_SURROGATE.search(name + value) for name, value in scope["headers"]):
        raise _invalid_unicode()


def _invalid_unicode() -> ProblemError:
    return ProblemError("invalid_unicode", [FieldError(pointer="", code="invalid_unicode")])


class _Sender:
    """``send`` that adds the request's id and remembers the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = _CLIENT_LEFT
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self._request_id
        await self._send(message)
