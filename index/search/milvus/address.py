"""Where a Milvus is, and whether a data folder is searched there: then a file in the folder says so.

The file holds the address without its password; that is kept in memory, or comes from ``MILVUS_TOKEN``.
"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from index.errors import CorruptIndexError, UsageError
from index.system.address_files import read_address_file, write_address_file
from index.system.locking import unwritable

MARKER = "engine.json"
EMBEDDED = "embedded"  # in place of an address: FAISS and tantivy, in the data folder
_KIND = "geungeo engine"
_PORT = 19530
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_UNSAFE = re.compile(r"[\s#?%]")  # in a path: it would end there, be lost or be read as another letter
_INDEXES = ("AUTOINDEX", "FLAT", "HNSW", "IVF_FLAT")
_with_secrets: dict[Path, "Address"] = {}


@dataclass(frozen=True, slots=True)
class Address:
    """``milvus://host:port/collection``, or ``milvus:///folder/file.db`` for a milvus-lite, without its ``token``.

    ``collection`` is what the names of its collections begin with; ``index`` how vectors are searched there.
    """

    host: str
    port: int = _PORT
    collection: str = "geungeo"
    file: str = ""
    tls: bool = False
    database: str = ""
    index: str = "AUTOINDEX"
    token: str = field(default="", repr=False, compare=False)

    @property
    def text(self) -> str:
        """Return what :func:`read_address` makes this address of, but for the token."""
        given = {"tls": "1" if self.tls else "", "database": self.database, "index": self.index}
        if self.file:
            given["collection"] = self.collection
        query = urlencode({name: value for name, value in given.items() if value})
        file = _UNSAFE.sub(lambda sign: quote(sign[0]), self.file)
        place = file or f"{self._server}/{self.collection}"
        return f"milvus://{place}?{query}"

    @property
    def name(self) -> str:
        """Return it as messages name it."""
        return self.text.partition("?")[0]

    @property
    def uri(self) -> str:
        """Return it as pymilvus takes it."""
        return self.file or f"{'https' if self.tls else 'http'}://{self._server}"

    @property
    def _server(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def secret(self) -> str:
        """Return ``user:password`` or a token; empty where none is known."""
        return self.token or os.environ.get("MILVUS_TOKEN", "")


def read_address(given: str) -> Address:
    """Return an address. Raises UsageError, in whose message nothing of what was given is repeated."""
    try:
        parts = urlsplit(given)
        host, port, path = parts.hostname or "", parts.port or _PORT, unquote(parts.path)
        query = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise _unreadable() from None
    collection = query.pop("collection", "geungeo") if not host else path.strip("/") or "geungeo"
    tls, database, index = query.pop("tls", "0"), query.pop("database", ""), query.pop("index", "AUTOINDEX")
    well_formed = (
        parts.scheme == "milvus"
        and not re.search(r"\s", host)
        and (bool(host) or (path.startswith("/") and path.endswith(".db")))
        and _NAME.fullmatch(collection)
        and (not database or _NAME.fullmatch(database))
        and tls in ("0", "1")
        and index in _INDEXES
        and not (query or parts.fragment)
    )
    if not well_formed:
        raise _unreadable()
    token = f"{unquote(parts.username or '')}:{unquote(parts.password)}" if parts.password else ""
    return Address(host, port, collection, "" if host else path, tls == "1", database, index, token)


def attach(folder: Path, given: str) -> None:
    """Have ``folder`` searched in the Milvus at ``given``, or by itself again; what is searched is derived when it is opened next.

    Raises UsageError, StorageError.
    """
    address = None if given == EMBEDDED else read_address(given)
    if address is not None:
        _with_secrets[folder.absolute()] = address
    if _marked(folder) == address:
        return
    if address is not None:
        write_address_file(folder / MARKER, _KIND, address.text)
        return
    try:
        (folder / MARKER).unlink()
    except OSError as error:
        raise unwritable(folder, error) from error


def engine_of(folder: Path) -> Address | None:
    """Return the Milvus that a folder is searched in; None where that is the folder itself. Raises CorruptIndexError."""
    marked = _marked(folder)
    return None if marked is None else with_secret(folder, marked)


def with_secret(folder: Path, address: Address) -> Address:
    """Return the address with the password that was given for the folder."""
    known = _with_secrets.get(folder.absolute())
    return known if known == address and known is not None else address


def _marked(folder: Path) -> Address | None:
    path = folder / MARKER
    unreadable = CorruptIndexError(
        f"어느 Milvus에서 찾는지 읽을 수 없습니다: {path}. 파일을 지우고 --engine으로 다시 정하세요.",
        f"cannot read which Milvus this folder is searched in: {path}. Delete the file, and name it with --engine.",
    )
    return read_address_file(path, _KIND, read_address, unreadable)


def _unreadable() -> UsageError:
    return UsageError(
        "Milvus의 주소가 아닙니다. milvus://호스트:19530/컬렉션 꼴로 적고, 토큰은 MILVUS_TOKEN에 두세요. 자료 폴더에서 찾으려면 "
        "embedded라고 적으세요.",
        "not the address of a Milvus. Write it as milvus://host:19530/collection, with the token in MILVUS_TOKEN, or embedded "
        "to search in the data folder.",
    )
