"""Small files that every node needs the same, kept in the shared truth: a file in the data folder is a node's copy of one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import storage_error
from index.system.files import written_whole
from index.truth.attachment import address_of

if TYPE_CHECKING:
    from index.postgres.database import PostgresDatabase
    from index.postgres.store import PostgresStore


# Whoever changes a node's file has it alone, or who follows in between would put back what the truth still has.
_TURN = "hashtextextended(current_schema() || ' documents', 0)"


@contextmanager
def shared_file(folder: Path, name: str) -> Iterator[None]:
    """Give the file ``name`` as the truth has it, to be changed; what is in it at the end is the truth's, for every node.

    Where the folder shares no truth, nothing is done. Raises TruthAwayError, StorageError.
    """
    address = address_of(folder)
    if address is None:
        yield
        return
    from index.postgres.store import PostgresStore

    with closing(PostgresStore(address, "write")) as truth, truth.connection.transaction() as db:
        db.execute("LOCK TABLE documents IN EXCLUSIVE MODE")
        db.execute(f"SELECT pg_advisory_xact_lock({_TURN})")
        _take(folder, db)
        yield
        body = (folder / name).read_bytes()
        db.execute(
            "INSERT INTO documents VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body", (name, body)
        )


def take_documents(folder: Path, truth: "PostgresStore") -> None:
    """Bring the node's files to what the truth has. Raises TruthAwayError, StorageError."""
    with truth.connection.guard() as db:
        if not any(True for _ in _different(folder, db)):
            return
    with truth.connection.quietly() as db:
        db.execute(f"SELECT pg_advisory_xact_lock_shared({_TURN})")
        _take(folder, db)  # as both are now


def _take(folder: Path, db: "PostgresDatabase") -> None:
    for path, body in _different(folder, db):
        _put(path, body)


def _different(folder: Path, db: "PostgresDatabase") -> Iterator[tuple[Path, bytes]]:
    """Yield each file of the node that is not as the truth has it, and what it should be."""
    for name, body in db.execute("SELECT name, body FROM documents"):
        path = folder / Path(name).name
        if _content(path) != bytes(body):
            yield path, bytes(body)


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _put(path: Path, body: bytes) -> None:
    try:
        with written_whole(path, mode=0o600) as file:
            file.write(body)
    except OSError as error:
        raise storage_error(
            f"자료 폴더에 쓸 수 없습니다: {path} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
            f"cannot write {path} ({error.strerror}). Check disk space and permissions.",
            error,
        ) from error
