"""What both clients set up httpx with, and how its errors become ours."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from httpx_sse import ServerSentEvent

from api.client.errors import ConnectionFailedError, to_error

_STATUSES = (429, 503)
_FIRST_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Retries:
    """At most ``most`` further attempts; a wait longer than ``longest_wait`` seconds is not waited for."""

    most: int = 3
    longest_wait: float = 30.0

    def wait_after(self, attempt: int, status: int, retry_after: str | None) -> float | None:
        """Return the seconds to wait after the ``attempt``-th answer (from 0), None when it is the last word."""
        if status not in _STATUSES or attempt >= self.most:
            return None
        wanted = _seconds(retry_after)
        wait = _FIRST_WAIT * 2**attempt * random.uniform(1.0, 1.5) if wanted is None else wanted
        return wait if wait <= self.longest_wait else None


def _seconds(retry_after: str | None) -> float | None:
    """Return ``Retry-After``, a number or a date (RFC 9110, section 10.2.3), as seconds from now; None for neither."""
    value = (retry_after or "").strip()
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """``name`` is the event's, such as ``answer`` or ``done``; ``data`` its JSON."""

    name: str
    data: Any


def to_event(sent: ServerSentEvent) -> StreamEvent | None:
    """Return the event as ours, None for one without data. Raises ProblemResponseError for ``error``."""
    if sent.event == "error":
        raise to_error(0, sent.data.encode())
    return StreamEvent(sent.event, json.loads(sent.data)) if sent.data else None


DEFAULT_URL = "http://127.0.0.1:8000"
_CONNECT_SECONDS = 5.0


def httpx_settings(url: str, key: str | None, language: str, timeout: float) -> dict[str, Any]:
    """Return keyword arguments for either client of httpx. No redirects: a key goes to the server it was meant for."""
    headers = {"Accept-Language": language, "User-Agent": "geungeo-client"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    limits = httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
    return {"base_url": url, "headers": headers, "timeout": limits, "follow_redirects": False}


@contextmanager
def translated() -> Iterator[None]:
    """Turn what goes wrong on the way into a ConnectionFailedError."""
    try:
        yield
    except httpx.TransportError as error:
        raise ConnectionFailedError(f"{type(error).__name__}: {error}") from error
