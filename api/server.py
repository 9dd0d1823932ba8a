"""``geungeo serve``: uvicorn with our limits, on this machine only while there is no API key."""

import ipaddress
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from api.answering.readiness import PipelineSource
from api.app import Options, create_app
from api.http.protocol import MAX_CONNECTIONS, DeadlineProtocol, most_files
from index.errors import UsageError

_LAST_PORT = 65_535
GRACE_SECONDS = 10  # for requests in work when the server is told to stop
_FILES = 2 * MAX_CONNECTIONS  # open at once: see api.http.protocol.most_connections
_BACKLOG = 2048
_DEFAULTS = Options()


def serve(
    pipeline: PipelineSource,
    options: Options = _DEFAULTS,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    announce: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve until SIGTERM (returns) or SIGINT (KeyboardInterrupt). ``announce`` gets the address once it is taken.

    ``port`` 0 takes any free one. Raises UsageError for a host or port that cannot be served, and for any host but
    this machine's while no key would keep others out.
    """
    if not is_loopback(host) and not (options.keys and options.keys.any_active()):
        raise _remote_refused()
    _allow_files()
    with _listen(host, port) as listener, _sigterm_returns():
        server = make_server(pipeline, options)
        announce(_url(listener))
        server.run(sockets=[listener])


def make_server(pipeline: PipelineSource, options: Options = _DEFAULTS) -> uvicorn.Server:
    """Return a server that is not running yet: h11 with our deadlines, no websockets, no access log of uvicorn's.

    That log would hold article ids. uvicorn's own bound on connections stays off, for it counts silent ones; ours are in
    the protocol and the app.
    """
    config = uvicorn.Config(
        create_app(pipeline, options), http=DeadlineProtocol, ws="none", lifespan="on", server_header=False,
        proxy_headers=False, timeout_graceful_shutdown=GRACE_SECONDS, log_config=None, access_log=False,
        backlog=_backlog(),
    )  # fmt: skip
    return uvicorn.Server(config)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``. A name other than ``localhost`` may be any machine's."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _allow_files() -> None:
    """Raise the soft limit of open files as far as we need and are let, where there is one (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _backlog() -> int:
    """Return how many connections to accept in one go, before the first of them is counted: a quarter of the files at most.

    Out of files, asyncio (until Python 3.13) logs an error for each of them and tries as often again a second later.
    """
    files = most_files()
    return _BACKLOG if files is None else min(_BACKLOG, files // 4)


def _listen(host: str, port: int) -> socket.socket:
    try:
        if not 0 <= port <= _LAST_PORT:  # getaddrinfo would take 70000 for 4464
            raise OverflowError("port must be 0-65535")
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise UsageError(
            f"{host}:{port} 주소를 쓸 수 없습니다({error}). 다른 --port를 쓰거나 그 주소의 프로그램을 멈춰 주세요.",
            f"cannot listen on {host}:{port} ({error}); choose another --port, or stop what is using it.",
        ) from error


def _remote_refused() -> UsageError:
    return UsageError(
        "API 키가 없어 이 컴퓨터 안에서만 서비스할 수 있습니다. 먼저 키를 만드세요: geungeo keys create 이름 --scope ask. "
        "또는 --host 127.0.0.1로 띄우세요.",
        "there is no API key, so only this machine is served. Make one first: geungeo keys create NAME --scope ask. "
        "Or serve on --host 127.0.0.1.",
    )


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _sigterm_returns() -> Iterator[None]:
    """End well on SIGTERM: uvicorn raises the signal it stopped on once more when it has finished."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _ignore)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ignore(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing: the server has stopped already."""
