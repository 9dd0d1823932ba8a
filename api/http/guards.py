"""What is refused before a request is routed: heads too large, paths that are no text, foreign hosts and pages."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import Scope

from api.limits import MAX_HEAD_BYTES, MAX_HEADERS, MAX_URL_BYTES
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",  # answers and articles are nobody else's; what may be kept says so itself
}


_ENCODED_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CLOSE = {"Connection": "close"}


def require_small_head(scope: Scope) -> None:
    """Refuse a long URL (414) and many or long header fields (431)."""
    url = len(scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")) + len(scope["query_string"])
    if url > MAX_URL_BYTES:
        raise ProblemError("url_too_long", headers=_CLOSE)
    size = sum(len(name) + len(value) + 4 for name, value in scope["headers"])
    if size > MAX_HEAD_BYTES or len(scope["headers"]) > MAX_HEADERS:
        raise ProblemError("headers_too_large", headers=_CLOSE)


def require_text(scope: Scope) -> None:
    """Refuse a path or query that is not percent-encoded UTF-8, and surrogates in a header; Latin-1 there is legal."""
    for part in (scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass"), scope["query_string"]):
        try:
            unquote_to_bytes(part).decode("utf-8")
        except UnicodeDecodeError:
            raise _invalid_unicode() from None
    if any(_ENCODED_SURROGATE.search(name + value) for name, value in scope["headers"]):
        raise _invalid_unicode()


def require_plain_http(scope: Scope) -> None:
    """Refuse other versions, and to become a websocket.

    Other offers of an upgrade (h2c) may be passed over, and are.
    """
    if scope["http_version"] not in ("1.0", "1.1"):
        raise ProblemError("bad_request", headers=_CLOSE)
    if Headers(scope=scope).get("upgrade", "").lower() == "websocket":
        raise ProblemError("upgrade_unsupported", headers=_CLOSE)


def require_same_site(scope: Scope) -> None:
    """Refuse a write that a browser sends for another site's page; other clients send no such headers."""
    if scope["method"] in _SAFE_METHODS:
        return
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site", "none")
    if site not in ("same-origin", "none"):
        raise ProblemError("cross_site")
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host", ""):
        raise ProblemError("cross_site")


class HostGuard:
    """Lets in the hosts named, ``localhost``, and addresses in figures.

    A page that rebinds its name to this machine (DNS rebinding) still sends its own name, never an address.
    """

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        self._allowed = frozenset(name.lower().rstrip(".") for name in (*allowed, "localhost"))

    def check(self, scope: Scope) -> None:
        """Raise ProblemError (421) for any other ``Host``, and for more than one."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) > 1 or (hosts and not self._allows(hosts[0].decode("latin-1"))):
            raise ProblemError("host_not_allowed")

    def _allows(self, host: str) -> bool:
        name = _without_port(host)
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.lower().rstrip(".") in self._allowed
        return True


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _invalid_unicode() -> ProblemError:
    return ProblemError("invalid_unicode", [FieldError(pointer="", code="invalid_unicode")])
