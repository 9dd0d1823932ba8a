"""What Python's own objects take, counted for as long as a block goes on, also where a test fails in it."""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def traced() -> Iterator[None]:
    """Left on, it makes every later test of the process several times as slow."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()
