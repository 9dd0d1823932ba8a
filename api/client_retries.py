"""When the client asks again: on 429 and 503 alone, which say that nothing was done, and as late as the server wants."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_STATUSES = (429, 503)
_FIRST_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Retries:
    """At most ``most`` further attempts; a wait longer than ``longest_wait`` seconds is not waited for."""

    most: int = 3
    longest_wait: float = 30.0

    def wait_after(self, attempt: int, status: int, retry_after: str | None) -> float | None:
        """Seconds to wait after the ``attempt``-th answer (from 0), or None when it is the last word."""
        if status not in _STATUSES or attempt >= self.most:
            return None
        wanted = _seconds(retry_after)
        wait = _FIRST_WAIT * 2**attempt * random.uniform(1.0, 1.5) if wanted is None else wanted
        return wait if wait <= self.longest_wait else None


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` as seconds from now: a number or an HTTP date (RFC 9110, section 10.2.3)."""
    value = (retry_after or "").strip()
    if value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
