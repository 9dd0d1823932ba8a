"""The engine: the store and what is searched, FAISS and tantivy or a Milvus, behind the few calls that both promise.

Dense scores are cosines; lexical scores compare only within one query. Fusion is never the engine's.
"""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from index.articles import Article, Layout, Passage, Place, Span
from index.encoders.base import Vectors
from index.errors import CorruptIndexError, EncoderMismatchError, LockedError, StorageError
from index.search.filters import Where
from index.search.generation import (
    Generation,
    collect_garbage,
    current_number,
    database_gone,
    is_made_for,
    open_current,
    outlived,
    require_not_older,
)
from index.search.lexical import LexicalQuery
from index.search.manifest import Manifest
from index.search.publication import Reuse, publish_store
from index.store.article_rows import ArticleLabel
from index.store.connection import database_stamp
from index.store.erasing import is_pending
from index.store.originals import original_name
from index.store.rows import ListedArticle, ReadPassage
from index.store.store import DATABASE, EmptyStoreError, Store
from index.store.truth import Truth
from index.structure.layouts import stored_layout
from index.structure.outline import Outline, read_outline
from index.structure.packing import OutlineError, unpack_outline
from index.system.locking import write_lock

Found = TypeVar("Found")
_DERIVING_SECONDS = 5.0
_SETTLING_SECONDS = 1.0  # from the last commit: one that writes articles has published by then, an import goes on
_PAUSE = 0.02  # seconds


class Engine:
    """A reader of one generation and of the store as it was when opened. One thread at a time per SQLite call."""

    def __init__(self, folder: Path, store: Store, generation: Generation) -> None:
        self.folder = folder
        self._store = store
        self._generation = generation
        # The last that was asked for: citations come several an article.
        self._layout: tuple[str, Layout | None] = ("", None)

    @classmethod
    def open(cls, folder: Path, *, encoder: str, analysis: str) -> "Engine":
        """Open the newest whole generation; derive one from the store first where that is needed and allowed.

        Raises CorruptIndexError, EncoderMismatchError, StorageError.
        """
        store = Store(folder)
        try:
            require_same_encoder(store, encoder=encoder, analysis=analysis)
            generation = open_current(folder)
            if generation is None or not _is_newest(folder, generation, store):
                store.close()
                generation, store = _open_settled(folder, generation)
            if generation is None:
                raise CorruptIndexError(
                    f"쓸 수 있는 색인이 없습니다: {folder}. geungeo doctor --repair로 다시 만드세요.",
                    f"no usable index in {folder}. Rebuild it: geungeo doctor --repair",
                )
            if generation.manifest.store_state == store.state:
                _forget_deleted(folder, store)
            return cls(folder, store, generation)
        except BaseException:
            store.close()
            raise

    @property
    def manifest(self) -> Manifest:
        """What the generation was made of."""
        return self._generation.manifest

    def is_current(self) -> bool:
        """Return False once a newer generation has been published, or this one's snapshot is in a writer's way."""
        return self.is_newest() and not self._store.connection.holds_up_journal

    def is_newest(self) -> bool:
        """Return False once a newer generation has been published."""
        return current_number(self.folder) == self.manifest.generation

    def changed(self) -> CorruptIndexError | None:
        """Return what is wrong, where somebody has written to the files of the generation since they were verified."""
        return self._generation.stamps.changed()

    def verify_file(self, turn: int) -> None:
        """Read one file of the generation anew, another each ``turn``.

        Raises CorruptIndexError where it has changed.
        """
        self._generation.verify_file(turn)

    def off_the_log(self) -> "Engine":
        """Return this engine by a snapshot that does not need the write-ahead log, so that the log can be emptied.

        Itself where it does not need the log, and where somebody has written since: what is published next ends that.
        """
        connection = self._store.connection
        if not connection.reads_from_journal and not (connection.has_journal and is_pending(self.folder)):
            return self  # while an erasing waits nobody is sure: who opens as another writes back may need the log unawares
        store = Store(self.folder)
        if (store.state, store.meta("encoder")) == (self._store.state, self._store.meta("encoder")):
            return Engine(self.folder, store, self._generation)
        store.close()
        return self

    def search_dense(self, vector: Vectors, k: int, where: Where | None = None) -> list[tuple[int, float]]:
        """Return the ``k`` nearest (passage, cosine); a filter leaves exactly what fits it.

        vector: (1, dim) unit float32.
        """
        return self._generation.index.search_dense(vector, k, self._store, where)

    def search_lexical(self, query: LexicalQuery, k: int, where: Where | None = None) -> list[tuple[int, float]]:
        """Return the ``k`` best (passage, BM25), exact under the filter."""
        return self._generation.index.search_lexical(query, k, self._store, where)

    def score_dense(self, vector: Vectors, seqs: Sequence[int]) -> dict[int, float]:
        """Return the cosine of each passage named."""
        return self._generation.index.score_dense(vector, seqs, self._store)

    def score_lexical(self, query: LexicalQuery, seqs: Sequence[int]) -> dict[int, float]:
        """Return the BM25 score of each passage named that shares a term."""
        return self._generation.index.score_lexical(query, seqs)

    def document_frequency(self, word: str) -> int:
        """Return how many passages hold the word."""
        return self._generation.index.document_frequency(word)

    def pair_frequency(self, pair: str) -> int:
        """Return how many passages hold the two letters side by side in a word."""
        return self._generation.index.pair_frequency(pair)

    def passages(self, seqs: Sequence[int]) -> dict[int, Passage]:
        """Return those passages that still exist in the store as it was opened; one deleted since is left out.

        Raises CorruptIndexError where nothing was deleted since and yet one is missing.
        """
        return self._all_of(seqs, self._store.passages(seqs))

    def read_passages(self, seqs: Sequence[int]) -> dict[int, ReadPassage]:
        """Return the same with the sentences of each, their words and vectors."""
        return self._all_of(seqs, self._store.read_passages(seqs))

    def _all_of(self, seqs: Sequence[int], found: dict[int, Found]) -> dict[int, Found]:
        """Return what was found.

        Raises CorruptIndexError where a row is missing: a damaged database can lose one silently.
        """
        missing = set(seqs) - found.keys()
        if missing and self.manifest.store_state == self._store.state:
            raise CorruptIndexError(
                f"데이터베이스가 손상되었습니다: {self.folder}에 대목 {min(missing)}번이 없습니다. "
                "geungeo doctor로 확인하고 백업에서 되살리세요.",
                f"the database is damaged: passage {min(missing)} is missing in {self.folder}. "
                "Check it with geungeo doctor and restore a backup.",
            )
        return found

    def article(self, article_id: str) -> Article:
        """Return the article. Raises NotFoundError."""
        return self._store.article(article_id)

    def labels(self, article_ids: Collection[str]) -> dict[str, ArticleLabel]:
        """Return source, address and date of each article. Raises CorruptIndexError."""
        return self._store.labels(article_ids)

    def original_name(self, article: Article) -> str | None:
        """Return what the file that an article was read from is called, None where it is not kept."""
        return original_name(self.folder, article.id, article.sha256)

    def outline(self, article_id: str) -> Outline:
        """Return how the article's text is built; read anew where the store has none.

        Raises NotFoundError, CorruptIndexError.
        """
        packed = self._store.structure(article_id)
        try:
            if packed is not None:
                return unpack_outline(packed)
        except OutlineError:
            pass  # of another release: what the text says is the truth
        article = self.article(article_id)
        return read_outline(article.text, article.title)

    def place(self, article_id: str, position: int) -> Place | None:
        """Return where in its file the character at ``position`` of an article stands; None where that is not known.

        Raises CorruptIndexError.
        """
        known, layout = self._layout
        if known != article_id:
            layout = stored_layout(self._store.layout(article_id))
            self._layout = (article_id, layout)
        return layout.place_at(position) if layout else None

    def recorded_sha256(self, article_id: str) -> str | None:
        """Return the checksum that an article's text was stored with; None where there is no such article."""
        return self._store.recorded_sha256(article_id)

    def spans(self, article_id: str) -> list[Span]:
        """Return what each stretch of an article is. Raises NotFoundError."""
        return self._store.spans(article_id)

    @property
    def state(self) -> str:
        """Of the store as it was opened: two engines in one state list the same articles."""
        return self._store.state

    def list_articles(self) -> Iterator[ListedArticle]:
        """Yield what :meth:`index.store.store.Store.list_articles` does."""
        return self._store.list_articles()

    def close(self) -> None:
        """Close the database under it."""
        self._store.close()


def is_new(folder: Path) -> bool:
    """Return whether nothing was ever written here: no database, or one whose first ingest did not get to its commit.

    Raises CorruptIndexError where something was, and is gone.
    """
    if _store_version(folder):
        return False
    if current_number(folder):
        raise database_gone(folder)
    return True


def _store_version(folder: Path) -> int:
    """Return the version of the store; 0 where there is no database, or an empty one."""
    if not (folder / DATABASE).is_file():
        return 0
    try:
        store = Store(folder)
    except EmptyStoreError:
        return 0
    try:
        return store.version
    finally:
        store.close()


def require_same_encoder(store: Truth, *, encoder: str, analysis: str) -> None:
    """Raise EncoderMismatchError where the store was built by another encoder or Korean analysis."""
    for key, wanted in (("encoder", encoder), ("analysis", analysis)):
        found = store.meta(key)
        if found is not None and found != wanted:
            raise EncoderMismatchError(
                f"이 색인은 {found}로 만들었고 지금 설정은 {wanted}입니다. 다시 만드세요: geungeo index --rebuild",
                f"this index was built with {found}, the settings ask for {wanted}. Rebuild: geungeo index --rebuild",
            )


def _is_newest(folder: Path, generation: Generation, store: Store) -> bool:
    """Return whether it is the newest generation, made of the store as it is, to be searched where the folder says.

    It is not the newest where a newer one was passed over for damage.
    """
    made_of = generation.manifest.generation, generation.manifest.store_state
    return made_of == (current_number(folder), store.state) and is_made_for(folder, generation.manifest)


def _open_settled(folder: Path, seen: Generation | None) -> tuple[Generation | None, Store]:
    """Open the newest generation and the store that it was made of, caught up where a writer died before it published.

    ``seen``: the generation that was not made of the store as it is; one is required where there was none.

    What another has committed and not published yet is found by nobody: neither the passages that it replaced, which the
    store no longer has, nor those in their place, which no generation has. So the publication is waited for, a moment
    after the last commit. Where the other goes on, or the disk is read-only, the generation at hand serves meanwhile.
    """
    if seen is None:
        _derive_again(folder, required=True)
    elif not _derive_again(folder, required=False):
        _await_publication(folder, seen.manifest.generation)
    store = Store(folder)  # at once, before another commits again
    try:
        generation = open_current(folder)
        belong = generation is not None and _is_newest(folder, generation, store)
    except BaseException:
        store.close()
        raise
    if not belong:
        store.close()
        store = Store(folder)  # never older than what the generation was made of
    return generation, store


def _await_publication(folder: Path, number: int) -> None:
    """Wait a moment for a generation after ``number``; derive it where none comes: who was writing may have died."""
    until = time.monotonic() + _SETTLING_SECONDS
    while current_number(folder) == number and time.monotonic() < until and _was_written_to(folder):
        time.sleep(_PAUSE)
    if current_number(folder) == number:
        _derive_again(folder, required=False)


def _was_written_to(folder: Path) -> bool:
    """Return whether the last commit is so fresh that its publication is due; long after it an import goes on."""
    return time.time() < max(stamp[1] for stamp in database_stamp(folder)) / 1e9 + _SETTLING_SECONDS


def _derive_again(folder: Path, *, required: bool) -> bool:
    """Catch up with the store after a writer died between its commit and its publication; False while another writes.

    Then, or where nothing can be written, the generation at hand goes on serving; where there is none, it is waited
    for a while: the other may be at the same.
    """
    try:
        with write_lock(folder, _DERIVING_SECONDS if required else 0.0):
            store = Store(folder, writable=True)
            try:
                require_not_older(folder, store)
                generation = open_current(folder)
                if generation is None or not _is_newest(folder, generation, store):
                    publish_store(folder, store, reuse=Reuse.VERIFIED)
            finally:
                store.close()
    except (LockedError, StorageError) as error:
        if required:
            raise
        return not isinstance(error, LockedError)
    return True


def _forget_deleted(folder: Path, store: Store) -> None:
    """Collect what a removal left that was killed before its end, unless somebody is writing or nothing can be."""
    if outlived(folder, store.deleted_at):
        with suppress(LockedError, StorageError), write_lock(folder):
            collect_garbage(folder, deleted_at=store.deleted_at)
