"""A milvus-lite for tests: one file in a folder of its own, for a whole run; skipped where it is not installed."""

import importlib.util
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.search.milvus import collection, searching


def why_not() -> str | None:
    """Return what is missing, None where a milvus-lite can be opened."""
    for name in ("pymilvus", "milvus_lite"):
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed: pip install '.[milvus]' milvus-lite"
    return None


@pytest.fixture(scope="session")
def milvus() -> Iterator[str]:
    """The address of a Milvus; every store has a collection of its own there."""
    if reason := why_not():
        pytest.skip(reason)
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="geungeo-milvus-", dir="/tmp") as folder,
    ):
        for module in (collection, searching):
            patch.setattr(module, "READ_SECONDS", 60.0)  # a busy machine may need more than five
        yield f"milvus://{Path(folder, 'geungeo.db')}"
        _close(folder)


def _close(folder: str) -> None:
    from milvus_lite.server_manager import server_manager_instance

    for client in collection._connected.values():
        client.close()
    collection._connected.clear()
    server_manager_instance.release_all()
