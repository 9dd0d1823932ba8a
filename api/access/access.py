"""Who may do what: a key for everything but a few open addresses, and how often.

Every request is looked at before it is routed, so that a route nobody thought of is closed; :func:`require` then says
which scope a route needs.
"""

import ipaddress
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope as AsgiScope

from api.access.keys import EVERY_SCOPE, KeyFile, Scope
from api.access.rate_limits import RateLimits, network
from api.problems.problems import ProblemError
from index.engine import Engine
from index.errors import CorruptIndexError
from index.store.store import not_found

__all__ = ["EVERY_SCOPE", "Access", "Caller", "Scope", "caller_of", "require", "require_seen"]
logger = logging.getLogger(__name__)
HEALTH = ("/healthz", "/readyz")
OPEN = (*HEALTH, "/")
OPEN_FOLDER = "/static/"
_READING = ("GET", "HEAD")
_BEARER = b"bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: ``id`` is a key's, or ``local`` on a machine without keys, or ``anyone`` at an open address.

    Articles outside ``collections`` are not there for it, where that is not None.
    """

    id: str
    scopes: frozenset[Scope]
    collections: tuple[str, ...] | None = None

    @property
    def home(self) -> str | None:
        """The collection that its articles go into unless they say another."""
        return self.collections[0] if self.collections and len(self.collections) == 1 else None

    def sees(self, collection: str | None) -> bool:
        """Return whether an article of this collection is there for the caller."""
        return self.collections is None or collection in self.collections


LOCAL = Caller("local", EVERY_SCOPE)
ANYONE = Caller("anyone", frozenset())


def require(needed: Scope) -> Callable[[Request], Awaitable[None]]:
    """Return what ``Depends`` calls: 403 unless the caller's key has ``needed``, or a scope that implies it."""

    async def check(request: Request) -> None:
        if needed not in caller_of(request).scopes:
            raise ProblemError("insufficient_scope")

    return check


def caller_of(request: Request) -> Caller:
    """Return whom :class:`Access` let in; a caller without any scope where it was not asked."""
    caller: Caller = request.scope.get("state", {}).get("caller", ANYONE)
    return caller


def require_seen(engine: Engine, article_id: str, caller: Caller) -> None:
    """Raise NotFoundError for an article of a collection that the caller does not see, as soon as for an id that none has.

    A long text that is read before it is refused would tell by its time that it is there.
    """
    if caller.collections is not None:
        label = engine.labels([article_id]).get(article_id)
        if label is None or not caller.sees(label.collection):
            raise not_found(article_id)


class Access:
    """Lets a request on, or raises the 401, 429 or 503 it is answered with. For the event loop only.

    Where no key was ever made, only this machine is served, and it may do everything. Once one was made nobody comes in
    without: neither revoking the last one nor losing the file of keys opens the door.
    """

    def __init__(self, keys: KeyFile | None, *, rate: float, burst: int) -> None:
        self._keys = keys
        self.rates = RateLimits(rate, burst)
        self.failures = RateLimits(1.0, 20)  # wrong keys from one address
        self._logged = ""
        self._say_when_shut()

    def check(self, scope: AsgiScope) -> None:
        """Note the caller in the request's state. Raises ProblemError."""
        address = network(scope["client"][0] if scope.get("client") else "unknown")
        caller = self._caller(scope, address)
        scope["state"]["caller"] = caller
        if scope["path"] not in HEALTH:
            self._count(f"address {address}" if caller in (LOCAL, ANYONE) else f"key {caller.id}")

    def _caller(self, scope: AsgiScope, address: str) -> Caller:
        token = _token(scope)
        if token is None and _is_open(scope):
            return ANYONE
        try:
            if self._keys is None or not self._keys.needed():
                return _local(address)
            key = None if token is None else self._keys.find(token)
        except CorruptIndexError as error:
            self._log(error)
            raise ProblemError("keys_unreadable") from None
        self._logged = ""
        if key is None:
            raise self._refused(address, "key_required" if token is None else "invalid_key")
        return Caller(key.id, key.allows, key.collections)

    def _say_when_shut(self) -> None:
        """Log at the start that the file of keys cannot be read, before a request meets it."""
        try:
            if self._keys is not None:
                self._keys.needed()
        except CorruptIndexError as error:
            self._log(error)

    def _log(self, error: CorruptIndexError) -> None:
        """Log the error once, until the keys can be read again."""
        if error.english != self._logged:
            self._logged = error.english
            logger.error("nobody is let in: %s", error.english)

    def _refused(self, address: str, code: str) -> ProblemError:
        wait = self.failures.take(f"address {address}")
        return _too_many(wait) if wait else ProblemError(code, headers={"WWW-Authenticate": 'Bearer realm="geungeo"'})

    def _count(self, name: str) -> None:
        wait = self.rates.take(name)
        if wait:
            raise _too_many(wait)


def _too_many(wait: float) -> ProblemError:
    return ProblemError("rate_limited", headers={"Retry-After": str(max(1, math.ceil(wait)))})


def _is_open(scope: AsgiScope) -> bool:
    path = scope["path"]
    return scope["method"] in _READING and (path in OPEN or path.startswith(OPEN_FOLDER))


def _local(address: str) -> Caller:
    """Return the caller on this machine. Raises ProblemError for another address, and for none: that client has left."""
    try:
        local = ipaddress.ip_network(address).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ProblemError("key_required")
    return LOCAL


def _token(scope: AsgiScope) -> bytes | None:
    """Return what was sent as a key, as bytes; two that differ are no key at all."""
    sent = {value.strip() for name, value in scope["headers"] if name == b"x-api-key"}
    for name, value in scope["headers"]:
        if name == b"authorization":
            sent.add(value[len(_BEARER) :].strip() if value[: len(_BEARER)].lower() == _BEARER else b"")
    if not sent:
        return None
    return sent.pop() if len(sent) == 1 else b""
