"""Folders indexed again: what has not changed is not read, what is gone or renamed is told from what was noted of the files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.articles import Origin
from index.ingest import IngestReport
from index.reading.kinds import LINES_SUFFIXES
from index.reading.readers import Known, may_be_file, shown
from index.store.originals import original_name
from index.store.store import Store
from index.store.truth import Truth
from index.truth.writing import reading


@dataclass(slots=True)
class Gone:
    """Articles whose file is not there any more: ``renamed`` ones are there under another id, letter for letter."""

    renamed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def known_files(store: Truth, collection: str | None = None, originals: Path | None = None) -> Known:
    """Say which articles the store holds of exactly this file; none where one of them has changed since, or is gone.

    Nor where one is in another collection than the one named, or, ``originals`` being the data folder, without its file.
    """

    def known(origin: Origin) -> tuple[str, ...]:
        rows = [row for row in store.files(origin.folder, origin.path) if row.digest == origin.digest]
        same = all(store.content_hash(row.article) == row.content_hash for row in rows) and all(
            collection is None or _is_in(store, row.article, collection) for row in rows
        )
        if originals is not None and isinstance(store, Store) and not origin.path.lower().endswith(LINES_SUFFIXES):
            same = same and all(_is_kept(originals, store, row.article) for row in rows)
        return tuple(row.article for row in rows) if same else ()

    return known


def _is_kept(folder: Path, store: Truth, article_id: str) -> bool:
    return original_name(folder, article_id, store.recorded_sha256(article_id) or "") is not None


def _is_in(store: Truth, article_id: str, collection: str) -> bool:
    article = store.described(article_id)
    return article is not None and article.collection == collection


def find_gone(data: Path, folders: Iterable[Path], report: IngestReport) -> Gone:
    """Return what the files of ``folders`` no longer hold, after ``report`` of reading them."""
    gone = Gone()
    with reading(data) as store:
        for folder in folders:
            if _is_folder(folder):
                _look_in(folder.resolve(), store, report, gone)
    return gone


def _look_in(folder: Path, store: Truth, report: IngestReport, gone: Gone) -> None:
    name = shown(folder)
    rows = store.files(name)
    exists = {path: may_be_file(folder / path) for path in {row.path for row in rows}}
    held = [
        row
        for row in rows
        if exists[row.path]
        and ((name, row.path) in report.unread or row.digest == report.digests.get((name, row.path), row.digest))
    ]
    held_ids, digests = {row.article for row in held}, {row.digest for row in held}
    for row in rows:
        if row.article in held_ids or store.content_hash(row.article) != row.content_hash:
            continue
        if store.is_elsewhere(row.article, name):
            continue
        (gone.renamed if row.digest in digests else gone.removed).append(row.article)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, a folder nobody may enter
        return False


def changes(paths: Sequence[Path], files_of: Callable[[Path], Iterable[Path]]) -> dict[str, tuple[int, int]]:
    """Return size and time of each file, to see whether one has changed."""
    found: dict[str, tuple[int, int]] = {}
    for path in paths:
        try:
            for file in files_of(path) if path.is_dir() else [path]:
                status = file.stat()
                found[str(file)] = (status.st_size, status.st_mtime_ns)
        except OSError:  # gone between the listing and the look
            continue
    return found
