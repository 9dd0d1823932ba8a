"""Waiting for what another process does in its own time."""

import time
from collections.abc import Callable
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
