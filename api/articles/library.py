"""The articles of one data folder as HTTP sees them: put in, deleted, listed. Written by one thread at a time."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from index.articles import Article
from index.editing import keep_entered, keep_others, not_yours
from index.engine import Engine
from index.errors import StorageError, storage_error
from index.ingest import Ingestor, IngestReport, remove_articles
from index.korean.terms import search_key
from index.reading.documents import Failure
from index.reading.reader_process import ReaderProcess
from index.store.connection import journal_stamp, truncate_log
from index.store.erasing import UPLOADS, erase, is_pending, remove_left_uploads, try_to_erase
from index.store.originals import KeptFile, open_original
from index.store.rows import ListedArticle as Row
from index.store.store import DATABASE, not_found
from index.structure.outline import Outline
from index.system.held_folders import HeldFolder
from index.truth.shared_work import SharedWork
from index.truth.writing import reading
from rag.answerer import Answerer
from rag.answers import Filters

if TYPE_CHECKING:
    from index.truth.following import Follower

_LOCK_SECONDS = 5.0  # for a command line that is writing
_ERASE_SECONDS = 2.0  # for questions that read what was deleted; writes wait meanwhile
NAMES_SHOWN = 1000


Place = tuple[str | int, ...]  # of an article in an order
Within = tuple[str, ...] | None  # the collections that the caller may see; None: all articles


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """One article of a listing; ``characters`` counts code points of its text."""

    id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    characters: int
    collection: str | None


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Some articles, how many there are in all, and behind which of them the next page begins, if there is one."""

    articles: tuple[ListedArticle, ...]
    total: int
    next_after: Place | None
    generation: int


@dataclass(frozen=True, slots=True)
class NameList:
    """(source or collection, its articles), and the generation they are of."""

    names: tuple[tuple[str, int], ...]
    generation: int


class Order(StrEnum):
    """How articles are listed."""

    ID = "id"
    ADDED = "added"  # the last that came in first
    NEWEST = "newest"  # by their own date; those without one last
    OLDEST = "oldest"
    TITLE = "title"


class Library:
    """Writing returns only when what was written is on the disk and the next question sees it."""

    def __init__(
        self, folder: Path, ingestor: Ingestor, pipeline: Answerer, follower: "Follower | None" = None
    ) -> None:
        """Take a ``follower`` where the articles are kept in a PostgreSQL that other nodes share."""
        self._follower = follower
        self._folder = folder
        self._ingestor = ingestor
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self._rows: tuple[str, dict[Order, list[Row]]] = ("", {})
        self._when_erased: list[Callable[[], None]] = []
        self._shared = SharedWork(folder) if follower is not None else None
        self._log_seen = (0, 0)
        remove_left_uploads(folder)

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self._folder

    @property
    def shares_truth(self) -> bool:
        """Whether the articles are kept in a PostgreSQL that other nodes share."""
        return self._follower is not None

    @property
    def shared(self) -> SharedWork | None:
        """Jobs and replies that every node of a shared truth must find again; None where none is shared."""
        return self._shared

    @property
    def truth_is_away(self) -> bool:
        """Whether that PostgreSQL does not answer: questions are, from this node's copy, and nothing can be written."""
        return self._follower is not None and self._follower.is_away

    def require_current(self) -> None:
        """Return once the next question sees all that was acknowledged before, by whichever node or process.

        Raises TruthAwayError where that cannot be said.
        """
        if self._follower is not None:
            self._follower.require_current()
        self._pipeline.refresh()

    def document_reader(self) -> ReaderProcess:
        """Return a process that reads documents, without a Kiwi of its own: line ends are judged by this one's."""
        return ReaderProcess(make_joiner=self._ingestor.joiner)

    def snapshot(self) -> Engine:
        """Return the generation that answers now."""
        return self._pipeline.snapshot()

    def store(
        self,
        items: Iterable[Article | Failure],
        progress: Callable[[IngestReport], None] = lambda report: None,
        *,
        of_files: bool = False,
        within: Within = None,
    ) -> tuple[IngestReport, int]:
        """Return (what became of each article, the generation that has them). Raises GeungeoError.

        ``of_files``: what a person has entered of an article outlives the reading of its file.
        """
        report = self._ingestor.ingest(
            lambda store: keep_others(store, keep_entered(store, items) if of_files else items, within),
            progress=progress,
            wait=_LOCK_SECONDS,
        )
        return report, self._pipeline.refresh().generation

    def edit(self, article_id: str, values: Mapping[str, str | None], within: Within = None) -> tuple[bool, int]:
        """Return (whether anything changed, the generation that has it). Raises NotFoundError, ReadError, CollectionError."""
        self._require(article_id, within)
        if within is not None and "collection" in values and values["collection"] not in within:
            raise not_yours()
        changed = self._ingestor.edit(article_id, values, wait=_LOCK_SECONDS)
        return changed, self._pipeline.refresh().generation

    def remove(self, article_id: str, within: Within = None) -> int:
        """Delete for good; the generation without it. Raises NotFoundError."""
        self._require(article_id, within)
        remove_articles(self._folder, [article_id], wait=_LOCK_SECONDS)
        return self._pipeline.refresh().generation

    def original(self, article_id: str, within: Within = None) -> KeptFile | None:
        """Return the file an article was read from, open; None where it is not kept. Raises NotFoundError."""
        self._require(article_id, within)
        with reading(self._folder) as truth:
            text = truth.recorded_sha256(article_id)
        return None if text is None else open_original(self._folder, article_id, text)

    def _require(self, article_id: str, within: Within) -> None:
        """Raise NotFoundError where there is no such article for who may see ``within``."""
        with reading(self._folder) as truth:
            article = truth.described(article_id)
        if article is None or not _is_in(article.collection, within):
            raise not_found(article_id)

    def erase(self) -> bool:
        """Erase what was deleted, and return whether it is in no file any more; False where somebody still reads it."""
        return erase(self._folder, _ERASE_SECONDS, self._pipeline.refresh)

    def when_erased(self, tell: Callable[[], None]) -> None:
        """Call ``tell``, once, from another thread, when what was deleted so far is in no file any more."""
        with self._lock:
            self._when_erased.append(tell)

    def tidy(self) -> None:
        """Empty the write-ahead log where nobody has written since the last call, or somebody waits for it."""
        remove_left_uploads(self._folder)
        with self._lock:
            waiting = list(self._when_erased)
        stamp = journal_stamp(self._folder / DATABASE)
        quiet, self._log_seen = stamp == self._log_seen, stamp
        pending = waiting or is_pending(self._folder)
        if try_to_erase(self._folder) if pending else quiet and stamp[0] and truncate_log(self._folder):
            with self._lock:
                self._when_erased = self._when_erased[len(waiting) :]
            for tell in waiting:
                tell()

    def page(
        self,
        filters: Filters,
        query: str,
        after: Place | None,
        limit: int,
        order: Order = Order.ID,
        within: Within = None,
    ) -> ArticlePage:
        """Return the first ``limit`` articles behind ``after`` in ``order``.

        ``query`` is looked for in id and title.
        """
        engine = self._pipeline.snapshot()
        wanted = search_key(query)
        seen = [row for row in self._all_rows(engine, order) if _is_in(row.collection, within)]
        rows = [row for row in seen if _fits(row, filters, wanted)]
        rest = rows if after is None else [row for row in rows if _key(row, order) > after]
        articles = tuple(_listed(engine, row) for row in rest[:limit])
        next_after = _key(rest[limit - 1], order) if len(rest) > limit else None
        return ArticlePage(articles, len(rows), next_after, engine.manifest.generation)

    def newest(self, limit: int, within: Within = None) -> list[tuple[Article, Outline]]:
        """Return the articles that came in last, each with how it is built."""
        engine = self._pipeline.snapshot()
        rows = [row for row in self._all_rows(engine, Order.ADDED) if _is_in(row.collection, within)][:limit]
        return [(engine.article(row.id), engine.outline(row.id)) for row in rows]

    def sources(self, within: Within = None) -> NameList:
        """Return the names that articles came under, those of the most articles first."""
        return self._names(lambda row: row.source, within)

    def collections(self, within: Within = None) -> NameList:
        """Return the collections that articles are kept in, those of the most articles first."""
        return self._names(lambda row: row.collection, within)

    def _names(self, of: Callable[[Row], str | None], within: Within) -> NameList:
        engine = self._pipeline.snapshot()
        rows = self._all_rows(engine, Order.ID)
        counted = Counter(name for row in rows if _is_in(row.collection, within) and (name := of(row)))
        names = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
        return NameList(tuple(names[:NAMES_SHOWN]), engine.manifest.generation)

    def upload_folder(self) -> HeldFolder:
        """Return a new folder beside the index, so that a full disk shows before anything is written to it."""
        root = self._folder / UPLOADS
        try:
            return HeldFolder(root)
        except OSError as error:
            raise unwritable(root, error) from error

    def _all_rows(self, engine: Engine, order: Order) -> list[Row]:
        """Return every article in this order, kept until something is written: a listing is asked for page by page."""
        with self._lock:
            state = engine.state
            if self._rows[0] != state:
                self._rows = (state, {Order.ID: list(engine.list_articles())})
            kept = self._rows[1]
            if order not in kept:
                kept[order] = sorted(kept[Order.ID], key=lambda row: _key(row, order))
            return kept[order]


def unwritable(path: Path, error: OSError) -> StorageError:
    """Return the error for a file that could not be written, with the cure; full and read-only disks have their own."""
    return storage_error(
        f"파일을 쓸 수 없습니다: {path} ({error.strerror}). 디스크 공간과 권한을 확인하세요.",
        f"cannot write a file in {path} ({error.strerror}). Check disk space and permissions.",
        error,
    )


def _key(row: Row, order: Order) -> Place:
    """Return what an order goes by; no two articles have the same."""
    date = row.published_at or ""
    if order is Order.ADDED:
        return (-row.added, row.id)
    if order is Order.NEWEST:
        return (-int("".join(filter(str.isdecimal, date))[:8].ljust(8, "0")), row.id)
    if order is Order.OLDEST:
        return (date or "9999", row.id)
    return (search_key(row.title), row.id) if order is Order.TITLE else (row.id,)


def _is_in(collection: str | None, within: Within) -> bool:
    return within is None or collection in within


def _fits(row: Row, filters: Filters, query: str) -> bool:
    article_id, title, source, date = row[:4]
    if filters.collection is not None and row.collection != filters.collection:
        return False
    if filters.source is not None and source != filters.source:
        return False
    if (filters.date_from or filters.date_to) and date is None:
        return False
    if not (filters.date_from or "") <= (date or "") <= (filters.date_to or "9999"):
        return False
    return not query or query in search_key(title) or query in search_key(article_id)


def _listed(engine: Engine, row: Row) -> ListedArticle:
    article = engine.article(row[0])
    return ListedArticle(
        article.id,
        article.title,
        article.source,
        article.url,
        article.published_at,
        len(article.text),
        article.collection,
    )
