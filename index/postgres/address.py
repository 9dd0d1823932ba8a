"""Where a PostgreSQL is, said without its password: that goes into no message, log or file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlencode, urlsplit

from index.errors import UsageError

SCHEMES = ("postgresql", "postgres")
_SECRETS = ("password", "sslpassword", "passfile", "oauth_client_secret", "scram_client_key", "scram_server_key")
# All that libpq knows: it refuses any other, which is a slip of the pen or part of a password with a "?" in it.
_PARAMETERS = {
    *_SECRETS, "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname",
    "fallback_application_name", "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "krbsrvname", "load_balance_hosts",
    "max_protocol_version", "min_protocol_version", "oauth_client_id", "oauth_issuer", "oauth_scope", "options", "port",
    "replication", "require_auth", "requirepeer", "requiressl", "service", "ssl", "ssl_max_protocol_version",
    "ssl_min_protocol_version", "sslcert", "sslcertmode", "sslcompression", "sslcrl", "sslcrldir", "sslkey",
    "sslkeylogfile", "sslmode", "sslnegotiation", "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout",
    "user",
}  # fmt: skip
_HOST = r"(?:\[[^\s\"'<>\\@,\[\]]*\]|[^\s\"'<>\\@:,\[\]]*)(?::[0-9]*)?"
_HOSTS = re.compile(f"{_HOST}(?:,{_HOST})*")
_NAMES = re.compile(r"[^\s\"'<>\\]*")
_LEAST_SECRET = 4  # letters: a shorter one would be found in half of all words


@dataclass(frozen=True, slots=True)
class Address:
    """A connection URI as libpq takes it, without secrets, and ``secrets`` by parameter beside it."""

    uri: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def hide(self, message: str) -> str:
        """Return ``message`` without any secret of the address that it holds."""
        for secret in self.secrets.values():
            if len(secret) >= _LEAST_SECRET:
                message = message.replace(secret, "***")
        return " ".join(message.split())

    @property
    def name(self) -> str:
        """Return it as messages name it: user, hosts and database."""
        parts = urlsplit(self.uri)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"


def read_address(given: str) -> Address:
    """Return the address of ``postgresql://user:password@host:port/database?parameters``.

    Raises UsageError, in whose message nothing of what was given is repeated.
    """
    try:
        parts = urlsplit(given)
        pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    except ValueError:
        raise _unreadable() from None
    if parts.scheme not in SCHEMES or not parts.netloc + parts.path.strip("/") or parts.fragment:
        raise _unreadable()
    secrets = {name: unquote(value) for name, _, value in pairs if name in _SECRETS}
    user, at, hosts = parts.netloc.rpartition("@")
    name, colon, password = user.partition(":")
    if colon:
        secrets["password"] = unquote(password)
    kept = {name: unquote(value) for name, _, value in pairs if name not in _SECRETS}
    query = f"?{urlencode(kept, quote_via=quote)}" if kept else ""
    well_formed = (
        _HOSTS.fullmatch(hosts)
        and _NAMES.fullmatch(f"{name}{parts.path}")
        and all(key in _PARAMETERS for key, _, _ in pairs)
        and not ("@" in parts.path and ":" in parts.netloc + parts.path)  # "u:1/2@h": a password, as far as can be told
    )
    if not well_formed:
        raise _unreadable()
    return Address(f"postgresql://{name}{at}{hosts}{parts.path}{query}", secrets)


def _unreadable() -> UsageError:
    return UsageError(
        "PostgreSQL의 주소가 아닙니다. postgresql://사용자@호스트:5432/데이터베이스 꼴로 적고, 비밀번호는 PGPASSWORD나 "
        "~/.pgpass에 두세요.",
        "not the address of a PostgreSQL. Write it as postgresql://user@host:5432/database, with the password in PGPASSWORD "
        "or ~/.pgpass.",
    )
