"""Reading and writing the truth of a data folder, wherever it is kept."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import TruthAwayError
from index.postgres.address import Address
from index.search.generation import KEPT, collect_garbage, require_not_older
from index.search.manifest import Manifest
from index.search.milvus.publication import SHARED, new_token
from index.search.publication import publish_store
from index.store.connection import EmptyStoreError
from index.store.erasing import expect_erasing
from index.store.store import DATABASE, Store
from index.store.truth import Truth
from index.system.locking import write_lock
from index.truth.attachment import address_of
from index.truth.documents import take_documents

if TYPE_CHECKING:
    from index.postgres.store import PostgresStore


@contextmanager
def writing(folder: Path, wait: float = 0.0) -> Iterator[Truth]:
    """Give the truth for writing, to one writer at a time: of this folder, or of all the nodes that share it.

    Raises LockedError after ``wait`` seconds, TruthAwayError, StorageError.
    """
    address = address_of(folder)
    if address is None:
        with write_lock(folder, wait), closing(Store(folder, writable=True)) as store:
            yield store
        return
    from index.postgres.store import PostgresStore

    with closing(PostgresStore(address, "write")) as shared:
        shared.connection.lock(wait)
        if shared.meta(SHARED) is None:
            shared.set_meta(SHARED, new_token())
        yield shared


@contextmanager
def reading(folder: Path) -> Iterator[Truth]:
    """Give a snapshot of the truth itself, which a node's copy may be behind. Raises TruthAwayError, StorageError."""
    address = address_of(folder)
    if address is None:
        with closing(Store(folder)) as store:
            yield store
        return
    from index.postgres.store import PostgresStore

    with closing(PostgresStore(address)) as shared:
        yield shared


def require_whole(folder: Path, truth: Truth) -> None:
    """Raise CorruptIndexError for a folder that has lost writes. A node's copy is none that anything could be lost from."""
    if isinstance(truth, Store):
        require_not_older(folder, truth)


def expect_deletion(folder: Path, truth: Truth) -> None:
    """Expect a deletion (:func:`index.store.erasing.expect_erasing`); a node's copy does so itself when it follows."""
    if isinstance(truth, Store):
        expect_erasing(folder)


def publish(folder: Path, truth: Truth) -> Manifest:
    """Make a generation of what the truth holds now and make it current on this node. The caller is the writer.

    Raises what :func:`index.search.publication.publish_store` raises.
    """
    if isinstance(truth, Store):
        return publish_store(folder, truth)
    from index.truth.copying import follow

    followed = follow(folder, _shared(truth))
    assert followed is not None, "publishing what was never written"
    return followed


def collect(folder: Path, truth: Truth, *, kept: int = KEPT) -> None:
    """Remove all but the newest ``kept`` generations; a node's copy does so when it follows."""
    if isinstance(truth, Store):
        collect_garbage(folder, kept=kept)


def catch_up(folder: Path) -> bool:
    """Bring a node's copy to what the shared truth holds now; False where the folder shares none, or nothing is in it.

    The files that every node needs the same are brought too. Raises TruthAwayError, StorageError, LockedError.
    """
    address = address_of(folder)
    if address is None:
        return False
    from index.postgres.store import PostgresStore
    from index.truth.copying import follow

    try:
        with closing(PostgresStore(address, "watch")) as shared:
            take_documents(folder, shared)
            return follow(folder, shared) is not None
    except EmptyStoreError:
        return False


def take_documents_or_go_on(folder: Path) -> TruthAwayError | None:
    """Bring the files that every node needs the same. Returns and raises as :func:`catch_up_or_go_on`."""
    address = address_of(folder)
    return None if address is None else _or_go_on(folder, lambda: _take_documents(folder, address))


def catch_up_or_go_on(folder: Path) -> TruthAwayError | None:
    """Catch up, but go on without the truth where there is something to answer from, and return why.

    Raises TruthAwayError where the folder is empty, StorageError, LockedError.
    """
    return _or_go_on(folder, lambda: catch_up(folder))


def _or_go_on(folder: Path, work: Callable[[], object]) -> TruthAwayError | None:
    try:
        work()
    except TruthAwayError as error:
        if not (folder / DATABASE).exists():
            raise
        return error
    return None


def _take_documents(folder: Path, address: Address) -> None:
    from index.postgres.store import PostgresStore

    with suppress(EmptyStoreError), closing(PostgresStore(address, "watch")) as shared:
        take_documents(folder, shared)


def _shared(truth: Truth) -> "PostgresStore":
    from index.postgres.store import PostgresStore

    assert isinstance(truth, PostgresStore)
    return truth
