"""Indexes for measuring, made once: found again by what they hold, and grown from the nearest one there is.

An index is named after the ids, contents and fingerprints of what is in it. Where that very index is missing, the
known one that shares most articles is copied (texts, terms, vectors) and only the rest is embedded, so a data set among
distractors costs its own few articles once the distractors are there. A data folder made by ``geungeo index`` counts as
known when it is handed over, and is only ever read.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from index.articles import Article
from index.errors import CorruptIndexError, NotFoundError, StorageError, UsageError
from index.ingest import Ingestor, IngestReport, content_hash, remove_articles
from index.korean.parsing import analysis_fingerprint
from index.store.store import DATABASE, Store
from index.system.locking import write_lock
from rag.loading import Tools

Contents = Mapping[str, str]  # article id -> content hash
Report = Callable[[IngestReport], None]
COMPLETE = "complete.json"  # written last: which corpus the folder holds in full
_PAGES = 4096  # copied at once


@dataclass(frozen=True, slots=True)
class Corpus:
    """An index that holds exactly one collection of articles. ``refused`` of them could not be indexed."""

    folder: Path
    sha256: str  # of ids and contents
    articles: int
    refused: int = 0


class IndexCache:
    """The indexes under ``root``, and those ``adopted``, of one encoder and one analysis."""

    def __init__(self, root: Path, tools: Tools, adopted: Sequence[Path] = ()) -> None:
        self.root = root
        self._tools = tools
        self._adopted = tuple(adopted)
        missing = [folder for folder in adopted if not (folder / DATABASE).is_file()]
        if missing:
            raise UsageError(f"색인이 없는 폴더입니다: {missing[0]}.", f"there is no index in {missing[0]}.")

    def corpus(self, name: str, articles: Sequence[Article], progress: Report = lambda report: None) -> Corpus:
        """Return the index of ``articles``, made where it is missing. Raises GeungeoError."""
        wanted = {article.id: content_hash(article) for article in articles}
        sha256 = contents_sha256(wanted)
        folder = self.root / f"{name}-{self._key(sha256)}"
        if not (folder / COMPLETE).is_file():
            known = {path: held for path in self._known() if path != folder and (held := self._contents(path))}
            exact = next((path for path, held in known.items() if held == wanted), None)
            if exact is not None:
                return Corpus(exact, sha256, len(wanted))
            self._make(folder, wanted, articles, known, progress)
        return Corpus(folder, sha256, len(wanted), json.loads((folder / COMPLETE).read_text("utf-8"))["refused"])

    def _make(
        self,
        folder: Path,
        wanted: Contents,
        articles: Sequence[Article],
        known: Mapping[Path, Contents],
        progress: Report,
    ) -> None:
        if not (folder / DATABASE).is_file():
            nearest = max(known, key=lambda path: _shared(known[path], wanted), default=None)
            if nearest is not None and _shared(known[nearest], wanted)[0]:
                _copy_database(nearest, folder)
        surplus = [article_id for article_id in self._contents(folder) if article_id not in wanted]
        if surplus:
            remove_articles(folder, surplus)
        report = Ingestor(folder, self._tools.encoder, self._tools.splitter).ingest(
            articles, progress=progress, wait=60.0
        )
        refused = [failure.where for failure in report.failures]
        record = {"articles": len(wanted), "refused": len(refused), "ids_refused": refused}
        (folder / COMPLETE).write_text(json.dumps(record, ensure_ascii=False), "utf-8")

    def _key(self, sha256: str) -> str:
        """Return a short hash of the contents and of whatever decides how they are indexed."""
        parts = (sha256, self._tools.encoder.fingerprint, analysis_fingerprint(self._tools.splitter))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def _known(self) -> list[Path]:
        made = sorted(path.parent for path in self.root.glob(f"*/{COMPLETE}"))
        return [*made, *self._adopted]

    def _contents(self, folder: Path) -> Contents:
        """Return what an index holds; nothing where it is of another encoder or analysis, or cannot be read."""
        try:
            store = Store(folder)
        except (CorruptIndexError, StorageError):
            return {}
        try:
            if store.meta("encoder") != self._tools.encoder.fingerprint:
                return {}
            if store.meta("analysis") != analysis_fingerprint(self._tools.splitter):
                return {}
            return {row[0]: store.content_hash(row[0]) or "" for row in list(store.list_articles())}
        finally:
            store.close()


def contents_sha256(contents: Contents) -> str:
    """Return the SHA-256 of ids and contents, whatever their order."""
    return hashlib.sha256(json.dumps(sorted(contents.items())).encode()).hexdigest()


def stored_articles(folder: Path) -> list[Article]:
    """Return every article of a data folder, by id. Raises CorruptIndexError, StorageError."""
    store = Store(folder)
    try:
        return [store.article(row[0]) for row in list(store.list_articles())]
    except NotFoundError as error:  # a snapshot lists what it holds
        raise CorruptIndexError(error.korean, error.english) from error
    finally:
        store.close()


def _shared(held: Contents, wanted: Contents) -> tuple[int, int]:
    """Return how many articles are the same, then how few are not wanted: the greatest is the nearest."""
    same = sum(wanted.get(article_id) == digest for article_id, digest in held.items())
    return same, -sum(article_id not in wanted for article_id in held)


def _copy_database(source: Path, target: Path) -> None:
    """Copy a whole snapshot, also of a database that is being written to. Raises StorageError."""
    target.mkdir(parents=True, exist_ok=True)
    temporary = target / f"{DATABASE}.copying"
    with write_lock(target, 60.0):
        try:
            temporary.unlink(missing_ok=True)
            origin = apsw.Connection(str(source / DATABASE), flags=apsw.SQLITE_OPEN_READWRITE)
            copy = apsw.Connection(str(temporary))
            try:
                with copy.backup("main", origin, "main") as backup:
                    while not backup.done:
                        backup.step(_PAGES)
            finally:
                copy.close()
                origin.close()
            temporary.rename(target / DATABASE)
        except (apsw.Error, OSError) as error:
            raise StorageError(
                f"색인을 복사할 수 없습니다: {source} → {target} ({error}).",
                f"cannot copy the index {source} to {target} ({error}).",
            ) from error
