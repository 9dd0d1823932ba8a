"""The app behind a real uvicorn on a loopback socket, in a thread of this process, and raw bytes to and from it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from api.answering.readiness import PipelineSource
from api.app import Options
from api.server import make_server
from tests.support.waiting import wait_until

DEFAULTS = Options()
PATIENCE = 30.0  # seconds a client waits for what the server should do at once; a busy machine is late


@contextmanager
def running(source: PipelineSource, options: Options = DEFAULTS) -> Iterator[str]:
    """Its address; whether it is ready is not waited for."""
    server = make_server(source, options)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(60)
            assert not thread.is_alive()


@contextmanager
def answering(source: PipelineSource, options: Options = DEFAULTS) -> Iterator[str]:
    """The address of a server that is ready."""
    with running(source, options) as address:
        wait_until(lambda: httpx.get(f"{address}/readyz", timeout=60).status_code == 200)
        yield address


def connect(url: str, timeout: float = PATIENCE) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=timeout)


def raw(url: str, data: bytes, timeout: float = PATIENCE) -> bytes:
    """Send ``data`` as it is and read until the server closes, or has been silent for ``timeout`` seconds."""
    with connect(url, timeout) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # it may say no before everything was sent
            connection.sendall(data)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return received


def head(*lines: str, start: str = "POST /v1/query HTTP/1.1", kind: str = "application/json") -> bytes:
    return "\r\n".join((start, "Host: 127.0.0.1", f"Content-Type: {kind}", *lines, "", "")).encode("latin-1")
