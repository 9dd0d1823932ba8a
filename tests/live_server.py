"""The app behind a real uvicorn on a loopback socket."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from api.backend import Backend
from api.options import Options
from api.server import make_server
from rag.pipeline import Pipeline

DEFAULTS = Options()


@contextmanager
def running(load: Callable[[], Pipeline | Backend], options: Options = DEFAULTS) -> Iterator[str]:
    """Its address; whether it is ready is not waited for."""
    server = make_server(load, options)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(15)
            assert not thread.is_alive()


@contextmanager
def answering(load: Callable[[], Pipeline | Backend], options: Options = DEFAULTS) -> Iterator[str]:
    """The address of a server that is ready."""
    with running(load, options) as address:
        deadline = time.monotonic() + 10
        while httpx.get(f"{address}/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield address
