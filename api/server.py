"""``geungeo serve``: uvicorn with our limits, on this machine only unless told otherwise."""

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from api.app import create_app
from api.readiness import PipelineSource
from index.errors import UsageError

_MAX_CONNECTIONS = 512  # past it uvicorn itself answers 503; idle connections count too
_LAST_PORT = 65_535
_GRACE_SECONDS = 10  # for requests in work when the server is told to stop


def serve(
    pipeline: PipelineSource,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    allow_remote: bool = False,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until SIGTERM (returns) or SIGINT (KeyboardInterrupt). ``announce`` gets the address once it is taken.

    ``port`` 0 takes any free one. Raises UsageError for a host or port that cannot be served.
    """
    if not allow_remote and not is_loopback(host):
        raise _remote_refused()
    with _listen(host, port) as listener, _sigterm_returns():
        server = make_server(pipeline)
        announce(_url(listener))
        server.run(sockets=[listener])


def make_server(pipeline: PipelineSource) -> uvicorn.Server:
    """Not yet running. h11 for its header limit; no websockets, no access log (addresses hold article ids)."""
    config = uvicorn.Config(
        create_app(pipeline), http="h11", ws="none", lifespan="on", server_header=False, proxy_headers=False,
        limit_concurrency=_MAX_CONNECTIONS, timeout_graceful_shutdown=_GRACE_SECONDS, log_config=None, access_log=False,
    )  # fmt: skip
    return uvicorn.Server(config)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it. A name other than ``localhost`` may be any machine's."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _listen(host: str, port: int) -> socket.socket:
    try:
        if not 0 <= port <= _LAST_PORT:  # getaddrinfo would take 70000 for 4464
            raise OverflowError("port must be 0-65535")
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"{host}:{port} 주소를 쓸 수 없습니다({error}). 다른 --port를 쓰거나 그 주소의 프로그램을 멈춰 주세요.",
            f"cannot listen on {host}:{port} ({error}); choose another --port, or stop what is using it.",
        ) from error


def _remote_refused() -> UsageError:
    return UsageError(
        "API 키가 아직 없어 이 컴퓨터 안에서만 서비스할 수 있습니다. --host 127.0.0.1 을 쓰거나, "
        "앞단에서 접근을 막고 있다면 allow_remote를 명시해 주세요.",
        "there are no API keys yet, so only this machine is served: use --host 127.0.0.1, or say allow_remote "
        "explicitly if something in front controls access.",
    )


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _sigterm_returns() -> Iterator[None]:
    """uvicorn raises the signal it stopped on once more when it has finished; SIGTERM is then no failure."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _ignore)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: the server has stopped already."""
