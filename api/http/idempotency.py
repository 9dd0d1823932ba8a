"""``Idempotency-Key``: a request that is sent again, because its reply was lost, gets the reply it had."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cachetools import TTLCache
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from index.errors import GeungeoError
from index.truth.shared_work import KeptReply, SharedWork

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT_SECONDS = 24 * 3600.0
_WAIT_SECONDS, _LOOK_SECONDS = 120.0, 0.2  # for another node's reply
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

    def __init__(self, data: bytes, let_go: Callable[[], None]) -> None:
        """Hold a body; ``let_go`` is called once it is taken: the room that it had is another's."""
        self._data = data
        self._let_go = let_go

    def digest(self) -> bytes:
        """Return the SHA-256 of the body."""
        return hashlib.sha256(self._data).digest()

    def take(self) -> bytes:
        """Return the body, once; it is empty from then on."""
        data, self._data = self._data, b""
        self._let_go()
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
        """Return (where the reply is or will be, whether the caller makes it). Raises ProblemError for another body."""
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


class Asked(NamedTuple):
    """Who asked, with which ``Idempotency-Key`` if any, and the digest of the body."""

    caller: str
    key: str | None
    digest: bytes


async def answered_once(
    replies: Replies,
    shared: SharedWork | None,
    asked: Asked,
    answer: Callable[[], Awaitable[Reply]],
    otherwise: Callable[[], object] = lambda: None,
) -> Response:
    """Return what ``answer`` makes; with a key that was used before, what it made then, or is still making.

    ``shared`` knows what other nodes answered; ``otherwise`` is called where ``answer`` will not be.
    """
    caller, key, digest = asked
    if key is None:
        return (await answer()).response()
    future, is_first = replies.begin(caller, key, digest)
    if not is_first:
        otherwise()
        return _replayed(await asyncio.shield(asyncio.wrap_future(future))).response()
    try:
        elsewhere = None if shared is None else await _answered_elsewhere(shared, caller, key, digest)
        reply = elsewhere or await _answered_here(shared, caller, key, answer)
    except BaseException as error:
        replies.forget(caller, key)
        future.set_exception(_for_those_who_wait(error))
        raise
    future.set_result(reply)
    replies.keep(caller, key)
    if elsewhere is None:
        return reply.response()
    otherwise()
    return _replayed(reply).response()


def _for_those_who_wait(error: BaseException) -> Exception:
    """Return what they are answered where the first got no reply: they may try again if only that one has left."""
    if isinstance(error, ClientDisconnect):
        return ProblemError("busy")
    return error if isinstance(error, Exception) else ProblemError("shutting_down")


def _replayed(reply: Reply) -> Reply:
    return replace(reply, headers={**reply.headers, "Idempotency-Replayed": "true"})


async def _answered_elsewhere(shared: SharedWork, caller: str, key: str, digest: bytes) -> Reply | None:
    """Return what another node answered, waiting for one that is at it; None where it is this node's to answer."""
    for _ in range(round(_WAIT_SECONDS / _LOOK_SECONDS)):
        known = await run_in_threadpool(shared.begin_reply, caller, key, digest)
        if known is None:
            return None
        if known.digest != digest:
            raise ProblemError("idempotency_mismatch")
        if known.status:
            return Reply(known.status, known.body, json.loads(known.headers))
        await asyncio.sleep(_LOOK_SECONDS)
    raise ProblemError("busy")


async def _answered_here(
    shared: SharedWork | None, caller: str, key: str, answer: Callable[[], Awaitable[Reply]]
) -> Reply:
    """Return what ``answer`` makes, and let the other nodes know it, or that it may be tried again."""
    if shared is None:
        return await answer()
    try:
        reply = await answer()
    except BaseException:
        with suppress(GeungeoError):  # the request's own error is what is answered
            await asyncio.shield(run_in_threadpool(shared.forget_reply, caller, key))
        raise
    kept = KeptReply(b"", reply.status, json.dumps(reply.headers).encode(), reply.body)
    await run_in_threadpool(shared.keep_reply, caller, key, kept)
    return reply


def idempotency_key(request: Request) -> str | None:
    """Return the header's value. Raises ProblemError for one that is no key."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise ProblemError("invalid_request", [FieldError(pointer="", code="wrong_type", parameter="Idempotency-Key")])
    return key
