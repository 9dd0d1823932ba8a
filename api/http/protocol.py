"""uvicorn's HTTP/1.1 protocol with what it lacks: deadlines for what a client sends and takes, and our own problems.

uvicorn has one timer, for keep-alive after a response; a connection that sends nothing or drips its request lives for
ever, and idle connections count against its limit, so that silent ones make everybody get 503.
"""

import asyncio
import socket
import sys
from typing import Any

import h11
from starlette.datastructures import Headers
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.http.guards import SECURITY_HEADERS
from api.language import choose_language
from api.limits import MIB
from api.problems.problems import MEDIA_TYPE, ProblemError, standalone_body

HEAD_SECONDS = 8.0  # for the request line and the header fields, from the first moment
BODY_GRACE_SECONDS = 8.0
BODY_BYTES_A_SECOND = 16 * 1024  # of a body, over all the time it takes, after the grace
TAKING_SECONDS = 20.0  # for a client to take what waits to be sent
MAX_UNTAKEN = 64 * MIB  # of answers that wait to be taken, of all clients together
MAX_CONNECTIONS = 4096
_MAX_DRAINED = 2 * MIB  # of a body that nobody reads any more
_TICK = 1.0
_STATUS_CODES = {414: "url_too_long", 431: "headers_too_large", 501: "not_implemented"}


def most_files() -> int | None:
    """Return how many files may be open at once, None for any number and where that is not told (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if files == resource.RLIM_INFINITY else files


def most_connections() -> int:
    """Return how many at once: half of the files that may be open at most, for the index and new connections need some."""
    files = most_files()
    return MAX_CONNECTIONS if files is None else min(MAX_CONNECTIONS, files // 2)


def _send_at_once(transport: asyncio.Transport) -> None:
    """Send at once what is written, or the body of every answer waits 40 ms until the client acknowledges its head.

    asyncio sees to that only where the socket was opened with TCP's own number, and ``socket.create_server`` opens it with 0.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class DeadlineProtocol(H11Protocol):
    """One connection. Whatever is too slow is told so (408) where it can be, and closed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock for the first head; beyond the limit of connections, close the one that waits longest."""
        super().connection_made(transport)
        _send_at_once(transport)
        self._began = self.loop.time()
        self._received = 0
        self._drained = 0
        self._silent = True
        self._taking: asyncio.TimerHandle | None = None
        self._timer = self.loop.call_later(HEAD_SECONDS, self._tick)
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        self._timer.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, and start the clock again with a request's first.

        Abort where too much follows an answered one.
        """
        if self._between_requests() and self._silent:
            self._restart_clock()
        self._silent = False
        self._received += len(data)
        if self.cycle is not None and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY:
            self._drained += len(data)
            if self._drained > _MAX_DRAINED:
                self.transport.abort()
                return
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Wait for the next request from now on."""
        self._silent = True
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Give the client a limited time to take what was sent."""
        super().pause_writing()
        if self._taking is None:
            self._taking = self.loop.call_later(TAKING_SECONDS, self.transport.abort)
        self._forget_untaken()

    def resume_writing(self) -> None:
        """Stop that clock: the client takes bytes again."""
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer where h11 gave up, with its error in the air."""
        error = sys.exc_info()[1]
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        problem = ProblemError(_STATUS_CODES.get(hint, "bad_request"))
        self._count(problem.code)
        self._send_problem(problem)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: the application answers it, and the log has its line."""

    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _restart_clock(self) -> None:
        """Begin a further request on the same connection."""
        self._began, self._received, self._drained = self.loop.time(), 0, 0
        self._timer.cancel()
        self._timer = self.loop.call_later(HEAD_SECONDS, self._tick)

    def _tick(self) -> None:
        """Close what is late; look again in a second at what is still coming."""
        if self.transport.is_closing():
            return
        waited = self.loop.time() - self._began
        if self.conn.their_state is h11.IDLE and self._between_requests():
            if self.cycle is not None and self._silent:
                return  # an idle connection after a response: uvicorn's own keep-alive timer has it
            self._end_late()
        elif self.conn.their_state is h11.SEND_BODY:
            if self.flow.read_paused:
                self._began += _TICK  # we are not reading: the time is not the client's
            elif self._received < (waited - BODY_GRACE_SECONDS) * BODY_BYTES_A_SECOND:
                self._end_late()
                return
            self._timer = self.loop.call_later(_TICK, self._tick)

    def _end_late(self) -> None:
        """Say 408 where something came and nothing has been answered; then close."""
        self._count("request_timeout")
        if self._silent or (self.cycle is not None and self.cycle.response_started and not self._between_requests()):
            self.transport.abort()
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # for the application the client has left
            self.cycle.message_event.set()
        self._send_problem(ProblemError("request_timeout"))

    def _make_room(self) -> None:
        """Close the connection that has been silent longest; where none is, this one.

        One that is being closed already does not count: a crowd is accepted faster than it goes.
        """
        held = [
            connection
            for connection in self.connections
            if isinstance(connection, DeadlineProtocol) and not connection.transport.is_closing()
        ]
        if len(held) > most_connections():
            silent = [connection for connection in held if connection.is_silent]
            min(silent, key=lambda connection: connection.began, default=self).transport.abort()

    def _forget_untaken(self) -> None:
        """Cut off whoever has taken nothing for the longest, as long as too much waits for all of them."""
        waiting = [
            connection
            for connection in self.connections
            if isinstance(connection, DeadlineProtocol) and connection.untaken
        ]
        held = sum(connection.untaken for connection in waiting)
        for connection in sorted(waiting, key=lambda connection: connection.taken_until):
            if held <= MAX_UNTAKEN:
                return
            held -= connection.untaken
            connection.transport.abort()

    @property
    def untaken(self) -> int:
        """Bytes of an answer that its client is slow to take."""
        return 0 if self._taking is None or self.transport.is_closing() else self.transport.get_write_buffer_size()

    @property
    def taken_until(self) -> float:
        """When it is cut off, in the loop's time."""
        return 0.0 if self._taking is None else self._taking.when()

    @property
    def is_silent(self) -> bool:
        """Whether it has sent nothing since it was opened, or since its last response."""
        return self._silent and self._between_requests()

    @property
    def began(self) -> float:
        """When it was opened or its request began, in the loop's time."""
        return self._began

    def _count(self, code: str) -> None:
        """Count a problem in the application's metrics, beside its own."""
        app: Any = self.config.app
        app.state.services.metrics.problem(code)

    def _send_problem(self, problem: ProblemError) -> None:
        headers = Headers(raw=self.headers or [])
        language = choose_language(headers.get("accept-language"))
        body, request_id = standalone_body(problem, language)
        fields: list[tuple[str, Any]] = [
            ("content-type", MEDIA_TYPE), ("content-language", language), ("content-length", str(len(body))),
            ("x-request-id", request_id), ("connection", "close"), *SECURITY_HEADERS.items(),
        ]  # fmt: skip
        try:
            output = self.conn.send(h11.Response(status_code=problem.status, headers=fields))
            output += self.conn.send(h11.Data(data=body)) + self.conn.send(h11.EndOfMessage())
            self.transport.write(output)
        except h11.LocalProtocolError:
            pass  # an answer was on its way already
        self.transport.close()
