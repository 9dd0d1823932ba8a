"""Token buckets: so many requests at once, so many a second after that, for each name."""

import ipaddress
import time
from collections.abc import Callable

from cachetools import LRUCache

_NAMES = 10_000  # that are counted at once


class RateLimits:
    """``burst`` requests at once and ``rate`` a second over time, for each of the names seen last.

    The clock is monotonic, so that a change of the wall clock frees or locks nobody. For the event loop only.
    """

    def __init__(self, rate: float, burst: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: LRUCache[str, tuple[float, float]] = LRUCache(_NAMES)  # name → (tokens, at)

    def take(self, name: str) -> float:
        """Count a request, and return 0 when it may go on, else how many seconds to wait for the next."""
        now = self._clock()
        tokens, at = self._buckets.get(name, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - at) * self._rate)
        allowed = tokens >= 1
        self._buckets[name] = (tokens - 1 if allowed else tokens, now)
        return 0.0 if allowed else (1 - tokens) / self._rate

    def __len__(self) -> int:
        return len(self._buckets)


def network(address: str) -> str:
    """Return what one client can be taken to hold: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
