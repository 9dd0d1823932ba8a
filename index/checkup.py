"""Whether an index is whole: the database, the checksums, and that the three stores hold the same passages."""

from pathlib import Path

from index.database import altered
from index.errors import CorruptIndexError, GeungeoError
from index.generation import (
    collect_garbage,
    current_number,
    open_current,
    require_not_older,
    verify_newest,
)
from index.ingest import content_hash
from index.locking import write_lock
from index.publication import Reuse, publish_store
from index.store import Store


def examine(folder: Path) -> list[GeungeoError]:
    """Everything that is wrong, each with its cure; empty when the index is whole. Changes nothing."""
    try:
        store = Store(folder)
    except GeungeoError as error:
        return [error]
    try:
        return _database(store) or _articles(store) or _passages(store) or _derived(folder, store)
    except GeungeoError as error:
        return [error]
    finally:
        store.close()


def repair(folder: Path) -> None:
    """Derive FAISS and lexical index again from the database. No text is embedded again. Raises CorruptIndexError."""
    with write_lock(folder):
        store = Store(folder, writable=True)
        try:
            publish_store(folder, store, reuse=Reuse.NOTHING)
            collect_garbage(folder, kept=1)  # one made from writes that the database has lost must not outlive this
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


def _articles(store: Store) -> list[GeungeoError]:
    """SQLite keeps no checksums of pages: a changed letter is seen only in the article's own hashes."""
    complaints: list[GeungeoError] = []
    for article_id, *_ in list(store.list_articles()):
        try:
            article = store.article(article_id)
            store.spans(article_id)
            store.sentences(article_id, 0, len(article.text))
            if content_hash(article) != store.content_hash(article_id):
                raise altered(article_id)
        except GeungeoError as error:
            complaints.append(error)
    return complaints


def _passages(store: Store) -> list[GeungeoError]:
    """Every row and vector is checked as it is read."""
    for _ in store.index_rows():
        pass
    store.vectors()
    return []


def _derived(folder: Path, store: Store) -> list[GeungeoError]:
    try:
        verify_newest(folder)
        require_not_older(folder, store)
    except CorruptIndexError as error:
        return [error]
    generation = open_current(folder)
    if generation is None or generation.manifest.store_state != store.state:
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
