"""What both clients set up httpx with, and how its errors become ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from api.client_errors import ConnectionFailedError

DEFAULT_URL = "http://127.0.0.1:8000"
_CONNECT_SECONDS = 5.0


def httpx_settings(url: str, key: str | None, language: str, timeout: float) -> dict[str, Any]:
    """Keyword arguments for either client of httpx. No redirects: a key goes to the server it was meant for."""
    headers = {"Accept-Language": language, "User-Agent": "geungeo-client"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    limits = httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
    return {"base_url": url, "headers": headers, "timeout": limits, "follow_redirects": False}


@contextmanager
def translated() -> Iterator[None]:
    """What goes wrong on the way is a ConnectionFailedError."""
    try:
        yield
    except httpx.TransportError as error:
        raise ConnectionFailedError(f"{type(error).__name__}: {error}") from error
