"""Clients that are made in a moment, and a service that a busy machine does not make give up."""

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from api.articles import gold, library

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """httpx reads all authorities for each client, which takes longer than its request; and nothing here speaks TLS."""
    first, end, _ = Path(certifi.where()).read_text("utf-8").partition(_END)
    path = tmp_path_factory.mktemp("authorities") / "one.pem"
    path.write_text(first + end)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is waited for, and erasing is tried, for longer than any machine needs for what the tests do meanwhile."""
    for module in (library, gold):
        monkeypatch.setattr(module, "_LOCK_SECONDS", 60.0)
    monkeypatch.setattr(library, "_ERASE_SECONDS", 30.0)
