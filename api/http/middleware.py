"""Around every request: its id, what is checked before it is routed, the last catch, the headers, the count and the log."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.access import HEALTH
from api.http.body import declared_length
from api.http.guards import SECURITY_HEADERS
from api.http.logs import log_request
from api.http.metrics import Metrics
from api.http.tracing import RequestSpan, Tracing
from api.limits import MIB
from api.problems.openai_shape import error_response
from api.problems.problems import ProblemError, route_path

_CLIENT_LEFT = 499  # nginx's number for it; nobody receives it
Check = Callable[[Scope], None]


class RequestMiddleware:
    """Outermost of ours: whatever happens inside, one response with an ``X-Request-Id`` goes out."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        checks: Sequence[Check],
        *,
        most: int,
        headers: Callable[[], Mapping[str, str]] = dict,
        tracing: Tracing | None = None,
        log_questions: bool = False,
    ) -> None:
        """Take ``checks``, which raise ProblemError, in order; ``most`` requests are in work at once, health aside.

        ``headers`` gives more for every response.
        """
        self._headers = headers
        self._app = app
        self._metrics = metrics
        self._checks = checks
        self._most = most
        self._tracing = tracing
        self._log_questions = log_questions
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with its id, checks, headers, count and log; other scopes are passed on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope["state"] = {**scope.get("state", {}), "request_id": uuid.uuid4().hex}
        response = _Sender(scope, send, self._headers)
        span = self._begin_span(scope)
        self._in_work += 1
        try:
            await self._answer(scope, receive, response)
        finally:
            self._in_work -= 1
            self._note(scope, response.status, started, span)

    def _begin_span(self, scope: Scope) -> RequestSpan | None:
        if self._tracing is None:
            return None
        span = self._tracing.begin(scope)
        scope["state"]["watches"] = (span,)
        return span

    async def _answer(self, scope: Scope, receive: Receive, response: "_Sender") -> None:
        try:
            if self._in_work > self._most and scope["path"] not in HEALTH:
                raise ProblemError("busy")
            for check in self._checks:
                check(scope)
            await self._app(scope, receive, response)
        except ClientDisconnect:
            return
        except asyncio.CancelledError:  # the server stops, and its patience is at an end
            if not response.started:  # a stream says so itself
                problem = ProblemError("shutting_down", headers={"Connection": "close"})
                await self._refuse(scope, receive, response, problem)
        except Exception as error:
            await self._refuse(scope, receive, response, error)

    async def _refuse(self, scope: Scope, receive: Receive, response: "_Sender", error: Exception) -> None:
        if response.started:
            raise error
        await error_response(Request(scope), error)(scope, receive, response)

    def _note(self, scope: Scope, status: int, started: float, span: RequestSpan | None) -> None:
        route, state = route_path(Request(scope)), scope["state"]
        self._metrics.request(route, scope["method"], status, time.perf_counter() - started)
        if "problem" in state:
            self._metrics.problem(state["problem"])
        if span is not None:
            span.end(route, scope["method"], status)
        log_request(scope, route, status, started, questions=self._log_questions)


class _Sender:
    """``send`` that adds the headers of every response and remembers the status."""

    def __init__(self, scope: Scope, send: Send, more: Callable[[], Mapping[str, str]]) -> None:
        self._scope = scope
        self._more = more
        self._send = send
        self.status = _CLIENT_LEFT
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._scope["state"]["request_id"]
            for name, value in (*SECURITY_HEADERS.items(), *self._more().items()):
                headers.setdefault(name, value)
            if self.status >= 400 and _large_body_unread(self._scope):
                headers["Connection"] = "close"
        await self._send(message)


def _large_body_unread(scope: Scope) -> bool:
    """Return whether the client may have much to send still, or waits to be asked for it."""
    headers = Headers(scope=scope)
    return "expect" in headers or declared_length(headers) > MIB
