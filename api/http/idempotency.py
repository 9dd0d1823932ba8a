"""``Idempotency-Key``: a request that is sent again, because its reply was lost, gets the reply it had."""

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from cachetools import TTLCache
from starlette.requests import Request
from starlette.responses import Response

from api.problems.problems import ProblemError
from api.schemas.errors import FieldError

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_SECONDS = 24 * 3600.0
_OF_ONE = 2048  # bytes beside its body: key, digest, headers


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the reply as a response to send once more."""
        return Response(self.body, self.status, self.headers, media_type="application/json")


class Sent:
    """A body, until it is taken: who waits for another's reply lets go of its own."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def digest(self) -> bytes:
        """Return the SHA-256 of the body."""
        return hashlib.sha256(self._data).digest()

    def take(self) -> bytes:
        """Once; empty from then on."""
        data, self._data = self._data, b""
        return data


@dataclass(frozen=True, slots=True)
class _Remembered:
    digest: bytes
    reply: "Future[Reply]"


class Replies:
    """The replies to the last requests with a key, so many bytes and a day at most. For the event loop only."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: TTLCache[tuple[str, str], _Remembered] = TTLCache(
            most, _KEPT_SECONDS, timer=clock, getsizeof=_size_of
        )

    @property
    def held(self) -> float:
        """In bytes."""
        return self._known.currsize

    def begin(self, caller: str, key: str, digest: bytes) -> tuple["Future[Reply]", bool]:
        """(where the reply is or will be, whether the caller must make it). Raises ProblemError for another body."""
        known = self._known.get((caller, key))
        if known is not None:
            if known.digest != digest:
                raise ProblemError("idempotency_mismatch")
            return known.reply, False
        reply: Future[Reply] = Future()
        self._known[caller, key] = _Remembered(digest, reply)
        return reply, True

    def keep(self, caller: str, key: str) -> None:
        """Count the reply, now that it is there; the oldest ones make room, and one too large is not kept."""
        remembered = self._known.pop((caller, key), None)
        if remembered is not None and _size_of(remembered) <= self._known.maxsize:
            self._known[caller, key] = remembered

    def forget(self, caller: str, key: str) -> None:
        """Forget a request that failed: it may be tried again."""
        self._known.pop((caller, key), None)


def _size_of(remembered: _Remembered) -> int:
    done = remembered.reply.done() and not remembered.reply.exception()
    return _OF_ONE + (len(remembered.reply.result().body) if done else 0)


async def answered_once(
    replies: Replies,
    caller: str,
    key: str | None,
    digest: bytes,
    answer: Callable[[], Awaitable[Reply]],
    otherwise: Callable[[], object] = lambda: None,
) -> Response:
    """Return what ``answer`` makes; with a ``key`` that was used before, what it made then, or is still making.

    ``digest`` is of the body; ``otherwise`` is called where ``answer`` will not be.
    """
    if key is None:
        return (await answer()).response()
    future, is_first = replies.begin(caller, key, digest)
    if not is_first:
        otherwise()
        reply = await asyncio.shield(asyncio.wrap_future(future))
        return replace(reply, headers={**reply.headers, "Idempotency-Replayed": "true"}).response()
    try:
        reply = await answer()
    except BaseException as error:
        replies.forget(caller, key)
        future.set_exception(error if isinstance(error, Exception) else ProblemError("shutting_down"))
        raise
    future.set_result(reply)
    replies.keep(caller, key)
    return reply.response()


def idempotency_key(request: Request) -> str | None:
    """Return the header's value. Raises ProblemError for one that is no key."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise ProblemError("invalid_request", [FieldError(pointer="", code="wrong_type", parameter="Idempotency-Key")])
    return key
