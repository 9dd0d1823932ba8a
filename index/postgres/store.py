"""The store in PostgreSQL's tables, and its connection: short time-outs, durable writes, the writer's lock, its errors as ours."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from index.errors import CorruptIndexError, GeungeoError, LockedError, ReadOnlyError, StorageError, TruthAwayError
from index.postgres.address import Address
from index.postgres.database import PostgresDatabase
from index.postgres.schema import STATES_KEPT, STEPS, migrate, steps_made
from index.store.connection import EmptyStoreError, OlderFormatError
from index.store.database import Database
from index.store.schema import FORMAT, meta_of
from index.store.store import SqlStore

logger = logging.getLogger(__name__)
CHANNEL = "geungeo"  # what is told on it: that somebody has written
LEAST_SERVER = 150_000
_WITH_TRANSACTION_TIMEOUT = 170_000
# To read one state; to hear of changes and read the newest; to write.
Purpose = Literal["snapshot", "watch", "write"]
_LOCK = 0x67_65_75_6E  # "geun": the first half of the writer's lock; the second is the schema's
_NETWORK = {  # seconds until an unreachable server counts as away; milliseconds for the last
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_SESSION = (
    "SET client_min_messages = warning",
    "SET idle_in_transaction_session_timeout = 0",  # a snapshot is held as long as its reader wants
    "SET idle_session_timeout = 0",  # who embeds, or listens, may say nothing for long
    "SET default_transaction_isolation = 'read committed'",  # who has waited for a lock sees what its holder wrote
    "SET lock_timeout = '10s'",
    "SET tcp_keepalives_idle = 5",  # the server's side: the lock of a machine that is gone is free soon
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
)
_READING_SECONDS = 60
_DURABLE = ("fsync", "full_page_writes")  # what must be on
_WEAK = ("off", "local")  # values of synchronous_commit that can lose what was acknowledged


class PostgresConnection:
    """See :class:`index.store.database.Handle`.

    Whoever opens it to write makes the tables where there are none, and brings them up to date.
    """

    def __init__(self, address: Address, purpose: Purpose) -> None:
        self._address = address
        self._lock = threading.RLock()
        with self._errors():
            self._connection = _connect(address, purpose)
        try:
            with self._errors(), self._lock:
                self._prepare(purpose)
        except BaseException:
            self.close()
            raise

    def _prepare(self, purpose: Purpose) -> None:
        connection, db = self._connection, self.database
        _require_server(connection, self._address)
        for statement in session_settings(connection.info.server_version):
            connection.execute(statement.encode())
        # A COMMIT that waits for the standby and is cancelled would be taken for done, whoever set the limit.
        seconds = 0 if purpose == "write" else _READING_SECONDS
        connection.execute(f"SET statement_timeout = '{seconds}s'".encode())
        if purpose == "write":
            if db.execute("SHOW synchronous_commit").fetchone() in [(weak,) for weak in _WEAK]:
                connection.execute("SET synchronous_commit = on")
            self._bring_up_to_date()
        if purpose == "snapshot":
            connection.autocommit = False
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        self._check_format()

    def _bring_up_to_date(self) -> None:
        made = steps_made(self.database)
        if made >= len(STEPS):
            return
        if made == 0:
            _require_unicode(self._connection, self._address)
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s, -1)", (_LOCK,))
            for name in migrate(self.database):
                logger.info("PostgreSQL (%s): %s", self._address.name, name)

    def _check_format(self) -> None:
        made = steps_made(self.database)
        if made == 0:
            raise EmptyStoreError(
                f"PostgreSQL에 아직 아무것도 없습니다: {self._address.name}. 색인하면 만들어집니다: geungeo index PATH...",
                f"nothing is in the PostgreSQL yet: {self._address.name}. Indexing makes it: geungeo index PATH...",
            )
        found = meta_of(self.database, "format")
        if made < len(STEPS):
            raise OlderFormatError(
                f"{self._address.name}의 형식이 오래되었습니다. 쓸 권한이 있는 역할로 한 번 색인하면 새 형식으로 바뀝니다.",
                f"{self._address.name} has an older format. Index once with a role that may write to bring it up to date.",
            )
        if made > len(STEPS) or found != str(FORMAT):
            raise CorruptIndexError(
                f"{self._address.name}의 형식은 {found}.{made}인데 이 버전은 {FORMAT}.{len(STEPS)}까지 읽습니다. 맞는 버전을 쓰세요.",
                f"{self._address.name} has format {found}.{made}, this release reads up to {FORMAT}.{len(STEPS)}. "
                "Use the matching release.",
            )

    @property
    def database(self) -> PostgresDatabase:
        """What statements are run on, by whoever holds :meth:`guard` or :meth:`transaction`."""
        return PostgresDatabase(self._connection)

    @contextmanager
    def guard(self) -> Iterator[PostgresDatabase]:
        """Give the database for reading: to one thread at a time, and whatever damage leads to becomes our error."""
        with self._lock, self._errors(), _reading_errors(self._address):
            yield self.database

    @contextmanager
    def transaction(self) -> Iterator[PostgresDatabase]:
        """Give the database for writing: all or nothing, durable when it ends, and told to those who listen."""
        with self._lock, self._errors(), self._connection.transaction():
            yield self.database
            self._connection.execute(f"NOTIFY {CHANNEL}".encode())

    @contextmanager
    def quietly(self) -> Iterator[PostgresDatabase]:
        """Give the database for writing what is of no article: all or nothing, and nobody is told."""
        with self._lock, self._errors(), self._connection.transaction():
            yield self.database

    @contextmanager
    def snapshot(self) -> Iterator[PostgresDatabase]:
        """Give the database as it is now, for several reads that must fit together."""
        with self._lock, self._errors(), _reading_errors(self._address), self._connection.transaction():
            if self._connection.autocommit:
                self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield self.database

    def lock(self, wait: float) -> None:
        """Take the writer's lock, as long as this connection lives. Raises LockedError after ``wait`` seconds.

        Who loses the connection loses the lock, and cannot write either: both hang on the same one.
        """
        numbers = f"{_LOCK}, hashtext(current_schema())"
        with self._lock, self._errors():
            if wait <= 0:
                taken = self.database.execute(f"SELECT pg_try_advisory_lock({numbers})").fetchone() == (True,)
            else:
                taken = self._waited_for(numbers, wait)
        if not taken:
            raise LockedError(
                f"다른 노드가 쓰는 중입니다: {self._address.name}. 끝난 뒤 다시 하거나 --wait로 기다릴 시간(초)을 정하세요.",
                f"another node is writing to {self._address.name}. Try again later or pass --wait SECONDS.",
            )

    def _waited_for(self, numbers: str, wait: float) -> bool:
        """Wait in the server's queue: who came first goes first."""
        try:
            with self._connection.transaction():
                self._connection.execute(f"SET LOCAL lock_timeout = {max(1, round(1000 * wait))}".encode())
                self._connection.execute("SET LOCAL statement_timeout = 0")
                self._connection.execute(f"SELECT pg_advisory_lock({numbers})".encode())
        except errors.LockNotAvailable:
            return False
        return True

    def listen(self) -> None:
        """Hear from now on when somebody writes."""
        with self._lock, self._errors():
            self._connection.execute(f"LISTEN {CHANNEL}".encode())

    def wait(self, seconds: float) -> bool:
        """Return whether anybody has written within ``seconds``, as soon as somebody has."""
        with self._lock, self._errors():
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))

    def check(self) -> list[str]:
        """Return a complaint about rows that belong to nothing."""
        with self.guard() as db:
            ((orphans,),) = db.execute(_ORPHANS)
        return [f"{orphans} rows without their article"] * bool(orphans)

    def weaknesses(self) -> list[StorageError]:
        """Return what the server's settings can cost: nothing is damaged yet, and no backup helps."""
        with self.guard() as db:
            off = [name for name in _DURABLE if db.execute(f"SHOW {name}").fetchone() != ("on",)]
        return [
            StorageError(
                f"{self._address.name}에서 {name}가 꺼져 있어, 정전이 나면 저장되었다고 답한 글을 잃을 수 있습니다. 관리자로 켜세요: "
                f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
                f"{name} is off at {self._address.name}: a power cut can lose what was acknowledged. Switch it on as its "
                f"administrator: ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            )
            for name in off
        ]

    def server(self) -> str:
        """Return what answers."""
        return f"PostgreSQL {self._connection.info.server_version // 10_000}"

    def close(self) -> None:
        """Let go of the connection, and with it of the lock."""
        with suppress(Exception):
            self._connection.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise PostgreSQL's errors as ours, with the cure and without the password."""
        try:
            yield
        except GeungeoError:
            raise
        except psycopg.Error as error:
            raise _as_ours(self._address, error) from None  # whose frames hold the whole conninfo


_ORPHANS = """SELECT (SELECT count(*) FROM texts t LEFT JOIN articles a ON a.seq = t.article WHERE a.seq IS NULL)
                   + (SELECT count(*) FROM passages p LEFT JOIN articles a ON a.seq = p.article WHERE a.seq IS NULL)"""


def session_settings(server_version: int) -> tuple[str, ...]:
    """Return the statements that take away what a server or role sets for its sessions, as far as the release knows it."""
    if server_version < _WITH_TRANSACTION_TIMEOUT:
        return _SESSION
    return (*_SESSION, "SET transaction_timeout = 0")  # a copy, or a COMMIT that waits for the standby, takes its time


def _connect(address: Address, purpose: Purpose) -> "psycopg.Connection[Any]":
    """Return a connection to the primary, whatever the address or the environment asks for.

    A standby may be behind, and nothing tells by how much. A primary that is set to be read only can still be read.
    """
    wanted = {
        "target_session_attrs": "primary" if purpose == "snapshot" else "read-write",
        "client_encoding": "UTF8",  # any other lacks letters
        "application_name": "geungeo",
    }
    given = psycopg.conninfo.conninfo_to_dict(address.uri)
    known = {name: value for name, value in _NETWORK.items() if name not in given}
    return psycopg.connect(make_conninfo(address.uri, **known, **address.secrets, **wanted), autocommit=True)


def _require_server(connection: "psycopg.Connection[Any]", address: Address) -> None:
    if connection.info.server_version < LEAST_SERVER:
        raise StorageError(
            f"PostgreSQL 15 이상이 필요합니다: {address.name}. 서버를 15 이상으로 올리세요.",
            f"PostgreSQL 15 or newer is needed: {address.name}. Upgrade the server.",
        )


def _require_unicode(connection: "psycopg.Connection[Any]", address: Address) -> None:
    """Raise StorageError for a database that could not keep every letter."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StorageError(
            f"데이터베이스의 인코딩이 {encoding}입니다: {address.name}. UTF8로 새로 만드세요: CREATE DATABASE 이름 ENCODING "
            "'UTF8' TEMPLATE template0;",
            f"the database has the encoding {encoding}: {address.name}. Make a new one in UTF8: CREATE DATABASE name "
            "ENCODING 'UTF8' TEMPLATE template0;",
        )


@contextmanager
def _reading_errors(address: Address) -> Iterator[None]:
    """Raise CorruptIndexError for what is not as it was written."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise CorruptIndexError(
            f"데이터베이스가 손상되었습니다: {address.name} ({error}). geungeo doctor로 확인하고 백업에서 되살리세요.",
            f"the database is damaged: {address.name} ({error}). Check it with geungeo doctor and restore a backup.",
        ) from error


def _as_ours(address: Address, error: psycopg.Error) -> GeungeoError:
    said = address.hide(str(error))
    if isinstance(error, errors.DiskFull | errors.OutOfMemory):
        return StorageError(
            f"PostgreSQL에 자리가 없습니다: {address.name} ({said}). 디스크를 비우거나 늘리세요.",
            f"no room in the PostgreSQL: {address.name} ({said}). Free or add disk space.",
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return ReadOnlyError(
            f"PostgreSQL의 역할에 권한이 없습니다: {address.name} ({said}). 역할에 줄 권한은 docs/postgresql.md에 있습니다.",
            f"the role may not do that in the PostgreSQL: {address.name} ({said}). docs/postgresql.md lists the rights it needs.",
        )
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted | errors.UndefinedTable | errors.UndefinedColumn):
        return CorruptIndexError(
            f"데이터베이스가 손상되었습니다: {address.name} ({said}). 백업에서 되살리세요.",
            f"the database is damaged: {address.name} ({said}). Restore a backup.",
        )
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | errors.ReadOnlySqlTransaction):
        return TruthAwayError(
            f"PostgreSQL을 쓸 수 없습니다: {address.name} ({said}). 서버가 떠 있는지, 주소와 비밀번호(PGPASSWORD)가 맞는지 확인하세요.",
            f"the PostgreSQL is away: {address.name} ({said}). Check that it runs, and address and password (PGPASSWORD).",
        )
    return StorageError(
        f"PostgreSQL의 오류: {address.name} ({said}). 서버의 로그를 확인하세요.",
        f"PostgreSQL failed: {address.name} ({said}). Look into the server's log.",
    )


class PostgresStore(SqlStore):
    """See :class:`index.store.truth.Truth`.

    Opened for a ``snapshot``, later writes do not change it; for anything else, each read sees what is there now.
    """

    connection: PostgresConnection

    def __init__(self, address: Address, purpose: Purpose = "snapshot") -> None:
        super().__init__(PostgresConnection(address, purpose))

    def _note_gone(self, db: Database, version: int, numbers: Sequence[int]) -> None:
        db.executemany("INSERT INTO gone VALUES (?, ?)", [(version, number) for number in numbers])
        db.execute("DELETE FROM gone WHERE version <= ?", (version - STATES_KEPT,))
