"""API keys: a file of hashes in the data folder. The key itself is shown once, when it is made, and kept nowhere."""

import errno
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from filelock import FileLock

from index.errors import CorruptIndexError, NotFoundError, StorageError
from index.system.files import make_folder, written_whole

FILE = "keys.json"
MARKER = "keys.made"  # beside it: that a key was made. The database's meta says so too
FORMAT = 2
_FORMATS = (1, FORMAT)  # 1: keys without collections
PREFIX = "gg_"
_SECRET_BYTES = 32
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOCK_SECONDS = 10
_MADE = "keys_made"  # in the database's meta
_NOTE_SECONDS = 5.0  # between tries to note it in the database
_MOST_BYTES = 1 << 20  # of the file


class Scope(StrEnum):
    """What a key is for."""

    ASK = "ask"  # questions, articles to read
    WRITE = "write"  # articles to put in and to delete
    JUDGE = "judge"  # what people say of answers
    ADMIN = "admin"  # metrics, exact scores, everybody's jobs


_IMPLIED = {
    Scope.ASK: frozenset({Scope.ASK}),
    Scope.WRITE: frozenset({Scope.ASK, Scope.WRITE}),
    Scope.JUDGE: frozenset({Scope.ASK, Scope.JUDGE}),
    Scope.ADMIN: frozenset(Scope),
}
EVERY_SCOPE = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Key:
    """One key, revoked or not. ``sha256`` is of the whole token; times are ISO 8601 in UTC.

    It sees and writes the articles of ``collections`` alone; every article where that is None.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created_at: str
    revoked_at: str | None = None
    collections: tuple[str, ...] | None = None

    @property
    def allows(self) -> frozenset[Scope]:
        """Its scopes with those they imply: admin all, write also ask."""
        return frozenset().union(*(_IMPLIED[scope] for scope in self.scopes))


class KeyFile:
    """``keys.json`` of one data folder; read again whenever it has changed, so that a running server takes it up.

    Raises CorruptIndexError for a file that cannot be understood: then nobody is let in. Safe between processes.

    That a key was ever made is known from three places (the file, a marker beside it, the database) and by a running
    server from memory: taking the file away, or emptying it, opens nothing. Where the articles are kept in a PostgreSQL
    the keys are too, and the file is this node's copy.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._folder = folder
        self._stamp: tuple[int, ...] | None = None
        self._keys: tuple[Key, ...] = ()
        self._made = self._noted = False
        self._tried_at = -_NOTE_SECONDS
        self._database: object = None  # as it was when it said that no key was made

    def needed(self) -> bool:
        """Return whether nobody gets in without a key: since the first was made, for good.

        Raises CorruptIndexError where one was made and the file holds none any more. A file that cannot be understood
        held some: taking it away opens nothing either.
        """
        try:
            keys = self.all()
        except CorruptIndexError:
            if os.path.lexists(self.path):
                self._remember()
            raise
        if keys or self._made or (self._folder / MARKER).exists() or self._is_in_database():
            self._remember()
        if self._made and not keys:
            raise self._lost()
        return self._made

    def all(self) -> tuple[Key, ...]:
        """Return all keys, oldest first, revoked ones too."""
        stamp = self._current_stamp()
        if stamp is None:
            return ()
        if stamp != self._stamp:
            self._keys, self._stamp = self._read(), stamp
        return self._keys

    def find(self, token: bytes) -> Key | None:
        """Return the key that ``token`` is, unless it was revoked. Every hash is compared, each in constant time."""
        digest = hashlib.sha256(token).hexdigest().encode()
        match = None
        for key in self.all():
            if hmac.compare_digest(key.sha256.encode(), digest) and key.revoked_at is None:
                match = key
        return match

    def any_active(self) -> bool:
        """Return whether anyone could get in with a key."""
        return any(key.revoked_at is None for key in self.all())

    def create(self, name: str, scopes: Iterable[Scope], collections: tuple[str, ...] | None = None) -> tuple[Key, str]:
        """Return (the key, its token): the only time the token can be seen."""
        token = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        digest = hashlib.sha256(token.encode()).hexdigest()
        key = Key(secrets.token_hex(4), name, tuple(sorted(set(scopes))), digest, _now(), None, collections)
        with self._locked():
            if not self._mark():  # first: a key is never there without what remembers it
                raise self._unwritable(OSError(errno.EACCES, os.strerror(errno.EACCES)))
            _note(self._folder)
            self._write((*self.all(), key))
        return key, token

    def revoke(self, key_id: str) -> Key:
        """Revoke a key: from the next request on it opens nothing. Raises NotFoundError."""
        with self._locked():
            keys = self.all()
            wanted = next((key for key in keys if key.id == key_id), None)
            if wanted is None:
                raise NotFoundError(
                    f"그런 키가 없습니다: {key_id}. geungeo keys list로 id를 확인하세요.",
                    f"no such key: {key_id}. See geungeo keys list.",
                )
            revoked = replace(wanted, revoked_at=wanted.revoked_at or _now())
            self._write(tuple(revoked if key is wanted else key for key in keys))
        return revoked

    def _mark(self) -> bool:
        """Write the marker that a key was made once, and return whether it is there now."""
        try:
            os.close(os.open(self._folder / MARKER, os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError:
            return (self._folder / MARKER).exists()
        return True

    def _remember(self) -> None:
        """Remember that a key was made: here at once, on the disk as soon as it can be written."""
        self._made = True
        now = time.monotonic()
        if not self._noted and now - self._tried_at >= _NOTE_SECONDS:
            self._tried_at = now
            self._noted = self._mark() and _note(self._folder)

    def _is_in_database(self) -> bool:
        """Return whether the database says so; it is asked once for each of its states."""
        stamp = _database_stamp(self._folder)
        if stamp == self._database:
            return False
        self._database = stamp
        return _is_noted(self._folder)

    def _current_stamp(self) -> tuple[int, ...] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            if self.path.is_symlink():  # to nowhere
                raise self._unreadable() from None
            return None
        except OSError as error:
            raise self._unreadable() from error
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:  # a pipe would be waited for
            raise self._unreadable()
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def _read(self) -> tuple[Key, ...]:
        try:
            record = json.loads(self.path.read_bytes())
            if record["format"] not in _FORMATS or not isinstance(record["keys"], list):
                raise self._unreadable()
            return tuple(_key(entry) for entry in record["keys"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            raise self._unreadable() from None

    def _write(self, keys: tuple[Key, ...]) -> None:
        """Write the file whole or not at all, readable by nobody else from its first byte on."""
        body = json.dumps({"format": FORMAT, "keys": [asdict(key) for key in keys]}, ensure_ascii=False, indent=1)
        try:
            with written_whole(self.path, mode=0o600) as file:
                file.write(body.encode())
        except OSError as error:
            raise self._unwritable(error) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            make_folder(self.path.parent)
            with FileLock(self.path.with_suffix(".lock"), timeout=_LOCK_SECONDS, mode=0o600), _shared(self._folder):
                yield
        except OSError as error:
            raise self._unwritable(error) from error

    def _unreadable(self) -> CorruptIndexError:
        return CorruptIndexError(
            f"API 키 파일을 읽을 수 없습니다: {self.path}. 백업에서 되살리거나, 지운 뒤 geungeo keys create 로 다시 만드세요.",
            f"the file of API keys cannot be read: {self.path}. Restore it, or delete it and run geungeo keys create.",
        )

    def _lost(self) -> CorruptIndexError:
        return CorruptIndexError(
            f"API 키를 만든 적이 있는데 키 파일에 키가 없습니다: {self.path}. 백업에서 되살리거나 geungeo keys create 로 새로 "
            "만드세요. 그때까지는 모든 요청을 거절합니다.",
            f"API keys were made here, but {self.path} holds none. Restore it, or run geungeo keys create. Until then nobody "
            "is let in.",
        )

    def _unwritable(self, error: OSError) -> StorageError:
        return StorageError(
            f"API 키 파일에 쓸 수 없습니다: {self.path} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write the file of API keys {self.path} ({error.strerror}). Check disk space and permissions.",
        )


def _shared(folder: Path) -> AbstractContextManager[None]:
    from index.truth.documents import shared_file

    return shared_file(folder, FILE)


def _database_stamp(folder: Path) -> object:
    from index.store.connection import database_stamp

    return database_stamp(folder)


def _note(folder: Path) -> bool:
    from index.store.notes import note_fact

    return note_fact(folder, _MADE)


def _is_noted(folder: Path) -> bool:
    from index.store.notes import fact_is_noted

    return fact_is_noted(folder, _MADE)


def _key(entry: dict[str, Any]) -> Key:
    scopes = tuple(Scope(scope) for scope in entry["scopes"])
    texts = [entry[name] for name in ("id", "name", "sha256", "created_at")]
    if not all(isinstance(text, str) for text in texts) or not scopes:
        raise ValueError
    key_id, name, digest, created = texts
    if not _DIGEST.fullmatch(digest):
        raise ValueError
    return Key(key_id, name, scopes, digest, created, entry["revoked_at"], _collections(entry.get("collections")))


def _collections(said: object) -> tuple[str, ...] | None:
    """Read the names. Raises ValueError: a list that cannot be understood opens nothing."""
    if said is None:
        return None
    if not isinstance(said, list) or not said or not all(isinstance(name, str) for name in said):
        raise ValueError
    return tuple(said)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
