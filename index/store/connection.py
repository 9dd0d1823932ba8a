"""The connection under the store: opening, formats, transactions, and SQLite's errors as ours.

``apsw`` brings its own SQLite, because WAL on a SQLite older than 3.51.3 can lose committed data when two connections
race a checkpoint, and Debian 12 ships 3.40.1.
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import apsw

from index.errors import CorruptIndexError, LockedError, ReadOnlyError, StorageError
from index.store.migration import EARLIER, OLDEST, migrate
from index.store.schema import FORMAT, begin, meta_of
from index.system.files import make_file, make_folder
from index.system.locking import write_lock

logger = logging.getLogger(__name__)
DATABASE = "geungeo.db"
MINIMUM_SQLITE = (3, 51, 3)
_BUSY_MS = 5_000
_MIGRATION_WAIT = 60.0  # seconds, for another process that may be at it already
_JOURNAL_HEAD = 32  # bytes
_JOURNAL_LIMIT = 16 << 20  # bytes of write-ahead log that stay on the disk once it has been written back
_PAGE_BYTES = 16_384  # rows of a kilobyte leave less room unused than in SQLite's own 4,096, and are read as quickly


class EmptyStoreError(CorruptIndexError):
    """A database without tables: whoever made it died before its first commit, or it was cut to nothing."""


class OlderFormatError(CorruptIndexError):
    """Written by an earlier release; a writer brings it up to date."""


class Connection:
    """The handle on the database's file, for one thread at a time. ``writable=False`` opens a snapshot that later writes do not change.

    A database of an earlier format is brought up to date first, in one transaction; a reader takes the write lock
    for that, whoever opens it writable holds the lock already.
    """

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        self.path = folder / DATABASE
        self._writable = writable
        self._lock = threading.RLock()  # a method that holds it may call another
        self._drained = True
        check_sqlite_version(apsw.sqlite_lib_version())
        try:
            self._db = self._open(folder)
        except OlderFormatError:
            with write_lock(folder, _MIGRATION_WAIT):
                Connection(folder, writable=True).close()
            self._db = self._open(folder)
        self._head_at_open = journal_head(self.path)  # first: a log that begins anew in between has another
        self._size_at_open = self._journal_size()

    def _open(self, folder: Path) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READWRITE
        if self._writable:
            make_database_file(folder)
            flags |= apsw.SQLITE_OPEN_CREATE
        with storage_errors(self.path), _reading_errors(self.path):
            try:
                return self._connect(str(self.path), flags)
            except (apsw.CantOpenError, apsw.ReadOnlyError):
                if self._writable or not self._lies_still(folder):
                    raise
                address = f"{self.path.absolute().as_uri()}?immutable=1"
                return self._connect(address, apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)

    def _connect(self, address: str, flags: int) -> apsw.Connection:
        db = apsw.Connection(address, flags=flags)
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _lies_still(self, folder: Path) -> bool:
        """Return whether it is whole in its one file, in a folder where we may write nothing.

        In WAL mode SQLite would make two files beside it even to read, unless told that nothing will change.
        """
        return self.path.is_file() and not self._journal_size() and not os.access(folder, os.W_OK)

    def _prepare(self, db: apsw.Connection) -> None:
        db.set_busy_timeout(_BUSY_MS)
        db.execute("PRAGMA foreign_keys = ON")
        if self._writable:
            # The first is heeded for a new file only.
            settings = f"page_size = {_PAGE_BYTES}", f"journal_size_limit = {_JOURNAL_LIMIT}"
            for pragma in (*settings, "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                list(db.execute(f"PRAGMA {pragma}"))  # apsw runs a statement only as far as its rows are read
            self._bring_up_to_date(db)
            self._check_format(db)
        else:
            before = self._journal_stamp()
            drained = _write_back(db)
            db.execute("BEGIN")
            self._check_format(db)  # reads, and so takes the snapshot
            self._drained = drained and before == self._journal_stamp()

    def _bring_up_to_date(self, db: apsw.Connection) -> None:
        """Create the tables where there are none, or migrate those of an earlier format."""
        with _all_or_nothing(db):
            found = meta_of(db, "format") if _has_tables(db) else None
            if found is None:
                begin(db)
            elif found in EARLIER:
                logger.warning(  # an earlier release will refuse it from now on
                    "데이터베이스를 새 형식으로 바꿉니다 (%s → %s): %s / bringing the database up to date",
                    found,
                    FORMAT,
                    self.path,
                )
                migrate(db, found)

    def _check_format(self, db: apsw.Connection) -> None:
        if not _has_tables(db):
            raise EmptyStoreError(
                f"데이터베이스가 비어 있습니다: {self.path}. 백업에서 되살리거나 새로 만드세요: geungeo index PATH...",
                f"the database is empty: {self.path}. Restore a backup, or run geungeo index PATH...",
            )
        found = meta_of(db, "format")
        if found in EARLIER:
            raise OlderFormatError(
                f"{self.path}의 형식이 오래되었습니다. 쓸 수 있는 디스크에서 한 번 열면 새 형식으로 바뀝니다.",
                f"{self.path} has an older format. Open it once on a writable disk to bring it up to date.",
            )
        if found != str(FORMAT):
            raise _unknown_format(self.path, found)

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    @property
    def holds_up_journal(self) -> bool:
        """Whether the write-ahead log grows because of this snapshot; who opens another and closes this one ends it.

        The log begins anew only when all of it is written back and no snapshot needs it. A snapshot opened when all
        was written back already does not need it, but keeps what comes later from being written back: all of a log
        that has begun anew since, of another what was added.
        """
        grows_on = self._drained and journal_head(self.path) == self._head_at_open
        return self._journal_size() - (self._size_at_open if grows_on else 0) > _JOURNAL_LIMIT

    @property
    def reads_from_journal(self) -> bool:
        """Whether this snapshot may keep the log from being emptied; one opened once others have moved on does not."""
        return not self._drained and self._journal_size() > 0

    @property
    def has_journal(self) -> bool:
        """Whether anything is in the write-ahead log, or was and has not been cut off."""
        return self._journal_size() > 0

    def _journal_size(self) -> int:
        """Return the size of the write-ahead log in bytes."""
        return journal_stamp(self.path)[0]

    def _journal_stamp(self) -> tuple[int, int]:
        return journal_stamp(self.path)

    @contextmanager
    def guard(self) -> Iterator[apsw.Connection]:
        """Give the database for reading: to one thread at a time, and whatever damage leads to becomes our error."""
        with self._lock, storage_errors(self.path), _reading_errors(self.path):
            yield self._db

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """Give the database for writing: all or nothing, and on the disk when it ends."""
        with self._lock, storage_errors(self.path), _all_or_nothing(self._db):
            yield self._db

    def check(self) -> list[str]:
        """Return SQLite's own complaints about the file; none when it is whole."""
        with self.guard() as db:
            rows = [row[0] for row in db.execute("PRAGMA integrity_check(20)")]
            orphans = list(db.execute("PRAGMA foreign_key_check"))
        complaints = [] if rows == ["ok"] else rows
        return complaints + [f"{len(orphans)} rows without their article"] * bool(orphans)


def make_database_file(folder: Path) -> None:
    """Make the file where there is none, for its owner alone; SQLite gives the files beside it the same mode."""
    with suppress(OSError):  # SQLite says what is wrong
        make_folder(folder)
        make_file(folder / DATABASE)


def journal_stamp(database: Path) -> tuple[int, int]:
    """Return (bytes, time of the last write in nanoseconds) of the write-ahead log; (0, 0) where there is none."""
    return _stamp(Path(f"{database}-wal"))


def journal_head(database: Path) -> bytes:
    """Return the head of the write-ahead log, with the salts that it draws when it begins anew; empty where there is none.

    Source: https://www.sqlite.org/fileformat2.html#walformat.
    """
    try:
        with Path(f"{database}-wal").open("rb") as log:
            return log.read(_JOURNAL_HEAD)
    except OSError:
        return b""


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


def database_stamp(folder: Path) -> tuple[tuple[int, int], ...]:
    """Return (bytes, time of the last write in nanoseconds) of the database and of its log.

    They are the same as long as nobody writes.
    """
    return _stamp(folder / DATABASE), journal_stamp(folder / DATABASE)


def truncate_log(folder: Path) -> bool:
    """Write all of the log back and cut it to nothing, without waiting.

    False where a snapshot or a disk prevents it.
    """
    path = folder / DATABASE
    if not journal_stamp(path)[0]:
        return True
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            list(db.execute("PRAGMA synchronous = FULL"))
            return not any(_Checkpoint(*row).is_busy for row in db.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        finally:
            db.close()
    except apsw.Error:
        return False


def check_sqlite_version(version: str) -> None:
    """Raise StorageError on a SQLite whose WAL can lose data."""
    if tuple(int(part) for part in version.split(".")[:3]) < MINIMUM_SQLITE:
        needed = ".".join(map(str, MINIMUM_SQLITE))
        raise StorageError(
            f"SQLite {version}에는 자료를 잃을 수 있는 결함이 있습니다. apsw를 새로 설치하세요 (SQLite {needed} 이상).",
            f"SQLite {version} can lose data in WAL mode. Reinstall apsw (SQLite {needed} or newer).",
        )


@contextmanager
def _all_or_nothing(db: apsw.Connection) -> Iterator[None]:
    """Make one transaction of the block.

    apsw's own hides a full disk: SQLite has rolled back by itself then, and may not be told to again.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


class _Checkpoint(NamedTuple):
    """What SQLite says of a checkpoint; pages."""

    is_busy: int
    logged: int
    written_back: int


def _write_back(db: apsw.Connection) -> bool:
    """Write the write-ahead log back as far as that waits for nobody; return whether it is in the database whole."""
    try:
        rows = [_Checkpoint(*row) for row in db.execute("PRAGMA wal_checkpoint(PASSIVE)")]
    except apsw.Error:  # a read-only disk
        return False
    return all(row.logged == row.written_back for row in rows)


def _has_tables(db: apsw.Connection) -> bool:
    return bool(list(db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'")))


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as ours, with the cure."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise _damaged(path, error) from error
    except (apsw.BusyError, apsw.LockedError) as error:  # for longer than was waited
        raise LockedError(
            f"다른 프로그램이 데이터베이스를 쓰고 있습니다: {path} ({error}). 끝난 뒤 다시 하세요.",
            f"another process is at the database: {path} ({error}). Try again once it is done.",
        ) from error
    except (apsw.FullError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError, apsw.PermissionsError) as error:
        kind = ReadOnlyError if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError) else StorageError
        raise kind(
            f"데이터베이스를 쓰거나 열 수 없습니다: {path} ({error}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write or open the database: {path} ({error}). Check disk space and permissions.",
        ) from error


@contextmanager
def _reading_errors(path: Path) -> Iterator[None]:
    """Raise CorruptIndexError for what a changed bit leads to where SQLite notices nothing: no UTF-8, a broken seal."""
    try:
        yield
    except (apsw.SQLError, apsw.MismatchError, ValueError, TypeError) as error:
        raise _damaged(path, error) from error


def _unknown_format(path: Path, found: str | None) -> CorruptIndexError:
    if found is not None and found.isdecimal() and int(found) < OLDEST:
        return CorruptIndexError(
            f"이제는 읽지 않는 옛 형식입니다: {path} (형식 {found}, 이 버전은 {OLDEST}부터 {FORMAT}까지 읽습니다). 자료 폴더를 "
            "다른 곳으로 옮기고 이 버전으로 글을 다시 색인하세요: geungeo index PATH...",
            f"{path} has format {found}, which is no longer read (this release reads {OLDEST} to {FORMAT}). Move the data "
            "folder away and index the articles again with this release: geungeo index PATH...",
        )
    return CorruptIndexError(
        f"{path}의 형식은 {found}인데 이 버전은 {FORMAT}까지 읽습니다. 맞는 버전을 쓰거나 새로 만드세요.",
        f"{path} has format {found}, this release reads up to {FORMAT}. Use the matching release or rebuild.",
    )


def _damaged(path: Path, error: Exception) -> CorruptIndexError:
    return CorruptIndexError(
        f"데이터베이스가 손상되었습니다: {path} ({error}). geungeo doctor로 확인하고 백업에서 되살리세요.",
        f"the database is damaged: {path} ({error}). Check it with geungeo doctor and restore a backup.",
    )
