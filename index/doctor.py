"""Whether an index is whole: the database, every checksum, and that the three stores hold the same passages."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import apsw
import numpy as np

from index.errors import (
    CorruptIndexError,
    EncoderMismatchError,
    GeungeoError,
    LockedError,
    StorageError,
    UnfinishedError,
)
from index.ingest import content_hash
from index.postgres.address import Address
from index.search.generation import (
    FOLDER,
    UNFINISHED_PREFIX,
    collect_garbage,
    current_number,
    is_made_for,
    open_current,
    outlived,
    path_of,
    require_not_older,
    verify_newest,
)
from index.search.manifest import MANIFEST, NewerFormatError, store_version_of
from index.search.publication import Reuse, publish_store
from index.store.article_rows import altered
from index.store.originals import FOLDER as ORIGINALS
from index.store.originals import count_originals, settle, unsound
from index.store.store import Store
from index.store.truth import Truth
from index.system.locking import write_lock
from index.truth.attachment import address_of
from index.truth.copying import renew

if TYPE_CHECKING:
    from index.postgres.store import PostgresStore


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its ``name``, what is wrong, each with its cure, and a word on what was looked at."""

    name: str
    complaints: tuple[GeungeoError, ...]
    detail: str = ""


def examine(folder: Path, *, encoder: str | None = None, analysis: str | None = None) -> list[GeungeoError]:
    """Return everything that is wrong, each with its cure; an empty list when the index is whole. Change nothing."""
    return [
        complaint
        for finding in check_up(folder, encoder=encoder, analysis=analysis)
        for complaint in finding.complaints
    ]


def check_up(folder: Path, *, encoder: str | None = None, analysis: str | None = None) -> Iterator[Finding]:
    """Yield the finding of each check in turn. After one that fails, those that build on it are left out.

    ``encoder`` and ``analysis``: the fingerprints of the settings, None where they are not to be compared. Where the
    articles are kept in a PostgreSQL, this node's copy is looked at first, and then what it is a copy of.
    """
    yield from _check_folder(folder, encoder, analysis)
    if (address := address_of(folder)) is not None:
        yield from _check_shared(folder, address)


def _check_folder(folder: Path, encoder: str | None, analysis: str | None) -> Iterator[Finding]:
    try:
        store = Store(folder)
    except GeungeoError as error:
        yield Finding("database", (error,))
        return
    try:
        yield _checked("fingerprints", lambda: _fingerprints(store, encoder, analysis), store.meta("encoder") or "")
        yield _checked("leftovers", lambda: _leftovers(folder, store))
        if (folder / ORIGINALS).exists():
            yield _checked("originals", lambda: _originals(folder, store), str(count_originals(folder)))
        articles, passages = store.counts()
        steps: tuple[tuple[str, Callable[[], list[GeungeoError]], str], ...] = (
            ("database", lambda: _database(store), f"SQLite {apsw.sqlite_lib_version()}"),
            ("articles", lambda: _articles(store), str(articles)),
            ("passages", lambda: _passages(store), str(passages)),
            ("files", lambda: _files(folder, store), ""),
            ("generation", lambda: _generation(folder, store), str(current_number(folder))),
        )
        for name, check, detail in steps:
            finding = _checked(name, check, detail)
            yield finding
            if finding.complaints:
                return
    except GeungeoError as error:
        yield Finding("database", (error,))
    finally:
        store.close()


def _check_shared(folder: Path, address: Address) -> Iterator[Finding]:
    from index.postgres.store import PostgresStore

    try:
        truth = PostgresStore(address)
    except GeungeoError as error:
        yield Finding("truth", (error,), address.name)
        return
    with closing(truth):
        yield _checked("truth", lambda: _shared(truth), f"{truth.connection.server()}, {address.name}")
        yield _checked("truth_articles", lambda: [*_articles(truth), *_passages(truth)], str(truth.counts()[0]))
        yield _checked("copy", lambda: _copy_of(folder, truth))


def _shared(truth: "PostgresStore") -> list[GeungeoError]:
    return [*_database(truth), *truth.connection.weaknesses()]


def _copy_of(folder: Path, truth: Truth) -> list[GeungeoError]:
    """Return what is wrong with a node's copy: of the same state, it has the same passages. One that is behind will follow."""
    with closing(Store(folder)) as copy:
        if copy.state != truth.state or np.array_equal(copy.passage_seqs(), truth.passage_seqs()):
            return []
    return [
        CorruptIndexError(
            f"이 노드의 복사본이 PostgreSQL과 다릅니다: {folder}. 다시 복사하세요: geungeo doctor --repair",
            f"this node's copy in {folder} is not what the PostgreSQL holds. Copy it again: geungeo doctor --repair",
        )
    ]


def repair(folder: Path) -> None:
    """Derive FAISS and lexical index again from the database, and remove what interrupted runs left.

    No text is embedded again; a node copies everything anew. Raises CorruptIndexError where the database itself is
    damaged, TruthAwayError.
    """
    if (address := address_of(folder)) is not None:
        from index.postgres.store import PostgresStore

        with closing(PostgresStore(address, "watch")) as truth:
            renew(folder, truth)
        return
    with write_lock(folder):
        store = Store(folder, writable=True)
        try:
            publish_store(folder, store, reuse=Reuse.NOTHING)
            settle(folder, store.recorded_sha256)
            for path, _ in unsound(folder, store.recorded_sha256):
                path.unlink(missing_ok=True)
            collect_garbage(folder, kept=1)  # one made from writes that the database has lost must not outlive this
        finally:
            store.close()


def _checked(name: str, check: Callable[[], list[GeungeoError]], detail: str = "") -> Finding:
    try:
        return Finding(name, tuple(check()), detail)
    except GeungeoError as error:
        return Finding(name, (error,), detail)


def _fingerprints(store: Truth, encoder: str | None, analysis: str | None) -> list[GeungeoError]:
    return [
        EncoderMismatchError(
            f"이 색인은 {found}로 만들었고 지금 설정은 {wanted}입니다. 다시 만드세요: geungeo index --rebuild",
            f"this index was built with {found}, the settings ask for {wanted}. Rebuild: geungeo index --rebuild",
        )
        for key, wanted in (("encoder", encoder), ("analysis", analysis))
        if wanted is not None and (found := store.meta(key)) is not None and found != wanted
    ]


def _leftovers(folder: Path, store: Store) -> list[GeungeoError]:
    """Return what an interrupted run left; while another process writes, it may be that one's work."""
    root = folder / FOLDER
    newest = current_number(folder)
    left = [path.name for path in root.glob(f"{UNFINISHED_PREFIX}*")]
    if store_version_of(path_of(folder, newest)) >= store.deleted_at:
        left += [path.name for path in outlived(folder, store.deleted_at)]
    if not left or _being_written(folder):
        return []
    names = ", ".join(sorted(left))
    return [
        UnfinishedError(
            f"끊긴 작업이 남긴 것이 있습니다: {root} ({names}). 다음 작업이 저절로 치웁니다. 바로 치우려면: geungeo doctor --repair",
            f"an interrupted run left something in {root} ({names}). The next run removes it by itself; "
            "to remove it now: geungeo doctor --repair",
        )
    ]


def _being_written(folder: Path) -> bool:
    try:
        with write_lock(folder):
            return False
    except LockedError:
        return True
    except StorageError:  # a read-only disk: nobody writes
        return False


_ORIGINAL_FAULTS = {
    "half_done": ("끊긴 작업이 남긴 원본 파일입니다", "an original file that an interrupted run left"),
    "damaged": ("보관한 원본 파일이 손상되었습니다", "an original file is damaged"),
    "stale": ("그 글이 없는 원본 파일입니다", "an original file whose article is gone"),
}


def _originals(folder: Path, store: Store) -> list[GeungeoError]:
    """Return which of the kept files are not what they should be; while another process writes, they may be on their way."""
    found = list(unsound(folder, store.recorded_sha256))
    return [] if not found or _being_written(folder) else [_original_fault(path, fault) for path, fault in found]


def _original_fault(path: Path, fault: str) -> GeungeoError:
    korean, english = _ORIGINAL_FAULTS[fault]
    if fault == "half_done":
        return UnfinishedError(
            f"{korean}: {path}. 다음 작업이 저절로 정리합니다. 바로 하려면: geungeo doctor --repair",
            f"{english}: {path}. The next run settles it by itself; to do it now: geungeo doctor --repair",
        )
    return CorruptIndexError(
        f"{korean}: {path}. geungeo doctor --repair로 치우고, 필요하면 그 파일을 다시 색인하세요.",
        f"{english}: {path}. Remove it: geungeo doctor --repair; index the file again if you need it.",
    )


def _database(store: Truth) -> list[GeungeoError]:
    return [
        CorruptIndexError(
            f"데이터베이스가 손상되었습니다: {complaint}. 백업에서 되살리세요.",
            f"the database is damaged: {complaint}. Restore a backup.",
        )
        for complaint in store.check()
    ]


def _articles(store: Truth) -> list[GeungeoError]:
    """Check each article's hashes: SQLite keeps no checksums of pages, so a changed letter is seen nowhere else."""
    complaints: list[GeungeoError] = []
    for article_id in [listed.id for listed in store.list_articles()]:
        try:
            article = store.article(article_id)
            store.spans(article_id)
            store.structure(article_id)
            store.layout(article_id)
            store.sentences(article_id, 0, len(article.text))
            if store.content_hash(article_id) not in ("", content_hash(article)):  # "": text alone was kept
                raise altered(article_id)
        except GeungeoError as error:
            complaints.append(error)
    return complaints


def _passages(store: Truth) -> list[GeungeoError]:
    """Read every row and vector, each of which is checked as it is read; return no complaints."""
    for _ in store.index_rows():
        pass
    for seqs in np.array_split(store.passage_seqs(), 1 + store.counts()[1] // 10_000):
        if len(seqs):
            store.vectors(int(seqs[0]) - 1, int(seqs[-1]))
    return []


def _files(folder: Path, store: Store) -> list[GeungeoError]:
    verify_newest(folder)
    require_not_older(folder, store)
    return _unexpected_files(folder)


def _unexpected_files(folder: Path) -> list[GeungeoError]:
    """Return a complaint about each file of the newest generation that its manifest does not know."""
    path = path_of(folder, current_number(folder))
    generation = open_current(folder)
    if generation is None or generation.manifest.generation != current_number(folder):
        return []
    found = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file() and file.suffix != ".lock"}
    return [
        CorruptIndexError(
            f"색인에 없는 파일이 있습니다: {path / name}. geungeo doctor --repair로 치우세요.",
            f"a file that is no part of the index: {path / name}. Remove it: geungeo doctor --repair",
        )
        for name in sorted(found - {MANIFEST, *generation.manifest.files})
    ]


def _generation(folder: Path, store: Store) -> list[GeungeoError]:
    """Check that it was made from this store as it is, with the same passages and the same vectors."""
    try:
        generation = open_current(folder)
    except NewerFormatError as error:
        return [error]
    is_new = generation is None and store.version == 0  # the very first run was interrupted
    if is_new or (0 if generation is None else generation.manifest.store_version) < store.version:
        return [_behind(folder)]
    if generation is None or generation.manifest.store_state != store.state:
        return [_stale(folder, current_number(folder))]
    if not is_made_for(folder, generation.manifest) or not generation.index.holds(store):
        return [_stale(folder, generation.manifest.generation)]
    return []


def _behind(folder: Path) -> UnfinishedError:
    return UnfinishedError(
        f"마지막에 쓴 글이 아직 색인에 없습니다: {folder}. 쓰던 작업이 끊긴 것이며, 다음에 시작할 때 저절로 이어집니다. "
        "바로 하려면: geungeo doctor --repair",
        f"the latest articles in {folder} are not in the index yet: a run was interrupted, and the next start finishes it "
        "by itself. To do it now: geungeo doctor --repair",
    )


def _stale(folder: Path, number: int) -> CorruptIndexError:
    return CorruptIndexError(
        f"색인 {number}이 데이터베이스와 맞지 않습니다: {folder}. geungeo doctor --repair로 다시 만드세요.",
        f"generation {number} in {folder} does not match the database. Rebuild it: geungeo doctor --repair",
    )
