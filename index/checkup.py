"""Whether an index is whole: the database, the checksums, and that the three stores hold the same passages."""

from pathlib import Path

from index.engine import write_lock
from index.errors import CorruptIndexError, GeungeoError
from index.generation import current_number, open_current, publish_store, verify_newest
from index.store import Store


def examine(folder: Path) -> list[GeungeoError]:
    """Everything that is wrong, each with its cure; empty when the index is whole. Changes nothing."""
    try:
        store = Store(folder)
    except GeungeoError as error:
        return [error]
    try:
        return [*_database(store), *_derived(folder, store)]
    finally:
        store.close()


def repair(folder: Path) -> None:
    """Derive FAISS and lexical index again from the database. No text is embedded again. Raises CorruptIndexError."""
    with write_lock(folder):
        store = Store(folder, writable=True)
        try:
            publish_store(folder, store)
        finally:
            store.close()


def _database(store: Store) -> list[GeungeoError]:
    return [
        CorruptIndexError(
            f"데이터베이스가 손상되었습니다: {complaint}. 백업에서 되살리세요.",
            f"the database is damaged: {complaint}. Restore a backup.",
        )
        for complaint in store.check()
    ]


def _derived(folder: Path, store: Store) -> list[GeungeoError]:
    try:
        verify_newest(folder)
    except CorruptIndexError as error:
        return [error]
    generation = open_current(folder)
    if generation is None or generation.manifest.store_version != store.version:
        return [_stale(folder, current_number(folder))]
    passages = store.counts()[1]
    if not passages == len(generation.vectors) == len(generation.lexical):
        return [_stale(folder, generation.manifest.generation)]
    return []


def _stale(folder: Path, number: int) -> CorruptIndexError:
    return CorruptIndexError(
        f"색인 {number}이 데이터베이스와 맞지 않습니다: {folder}. geungeo doctor --repair로 다시 만드세요.",
        f"generation {number} in {folder} does not match the database. Rebuild it: geungeo doctor --repair",
    )
