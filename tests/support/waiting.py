"""Waiting for what another process does in its own time, and counting what this one takes."""

import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def is_alive(process_id: int) -> bool:
    """False for a zombie too."""
    try:
        return "Z" not in Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def wait_until(done: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def traced() -> Iterator[None]:
    """Count what Python's objects take. Left on, it would make every later test of the process several times as slow."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
