"""A thread that keeps a node's copy at what the shared truth holds: told by PostgreSQL when somebody has written."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import copy
from pathlib import Path

from index.errors import GeungeoError, LockedError, TruthAwayError, silent_truth
from index.postgres.address import Address
from index.postgres.store import PostgresStore
from index.store.connection import EmptyStoreError
from index.truth.copying import follow, is_followed
from index.truth.documents import take_documents

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0  # to be told, before looking without having been told
_SOONEST, _LATEST = 0.2, 5.0  # seconds until an absent truth is tried again
_PATIENCE = 5.0  # seconds that a question waits for others that are asking already
_SILENCE = 10.0  # seconds: one that is frozen keeps its connections, and says nothing on them


class Follower:
    """Follows until closed. Safe to ask from any thread."""

    def __init__(self, folder: Path, address: Address, published: Callable[[], object]) -> None:
        """Take what is called whenever there is something newer to answer from: ``published``."""
        self._folder = folder
        self._address = address
        self._published = published
        self._closed = threading.Event()
        self._away_since: float | None = None
        self._said = ""
        self._pause = _SOONEST
        self._asking = threading.Lock()
        self._asked: PostgresStore | None = None
        self._catching_up = False  # for a question: the truth has answered
        self._failed: tuple[float, GeungeoError] | None = None
        self._looking_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="geungeo-follower", daemon=True)

    def start(self) -> None:
        """Begin to follow; returns at once."""
        self._thread.start()

    @property
    def is_away(self) -> bool:
        """Whether the truth did not answer when it was asked last, or has not answered for a while."""
        since = self._looking_since
        return self._away_since is not None or (since is not None and time.monotonic() - since > _SILENCE)

    def require_current(self) -> None:
        """Return once this node has everything that was acknowledged, by whichever node, before this was called.

        Raises TruthAwayError, LockedError, StorageError where that cannot be said. Who waits while another is refused is
        refused with it: a truth that is away must not hold up the threads that others are answered in.
        """
        came = time.monotonic()
        if not self._asking.acquire(timeout=_PATIENCE):
            raise _behind() if self._catching_up else silent_truth(self._address.name)
        try:
            if self._failed is not None and self._failed[0] >= came:
                raise copy(self._failed[1])
            self._look_by_any()
        except GeungeoError as error:
            self._failed = time.monotonic(), error
            self._let_go()
            raise
        except BaseException:
            self._let_go()
            raise
        finally:
            self._asking.release()

    def close(self) -> None:
        """Stop following. What is being copied is finished first."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(2 * _LATEST)
        if self._asking.acquire(timeout=_PATIENCE):
            self._let_go()
            self._asking.release()

    def _look_by_any(self) -> None:
        """Look by the connection of the last question, or by a new one where that has ended while nobody asked."""
        if self._asked is not None:
            try:
                self._look(self._asked)
                return
            except TruthAwayError:
                self._let_go()
        self._look(self._open())

    def _open(self) -> PostgresStore:
        self._asked = PostgresStore(self._address, "watch")
        return self._asked

    def _let_go(self) -> None:
        if self._asked is not None:
            self._asked.close()
        self._asked = None

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                self._follow()
            except EmptyStoreError:
                self._note_answer()
            except BaseException as error:  # a panic of a library is no Exception, and must not end the following
                self._note_failure(error)
            self._closed.wait(self._pause)
            self._pause = min(2 * self._pause, _LATEST)

    def _follow(self) -> None:
        with closing(PostgresStore(self._address, "watch")) as truth:
            truth.connection.listen()  # first: what is written from now on is told
            while not self._closed.is_set():
                with self._expecting_an_answer():
                    is_behind = self._is_behind(truth)
                if is_behind:
                    self._copy(truth)
                self._note_answer()
                self._pause = _SOONEST  # what ends after it has answered is tried again soon
                truth.connection.wait(_LOOK_SECONDS)

    @contextmanager
    def _expecting_an_answer(self) -> Iterator[None]:
        self._looking_since = time.monotonic()
        try:
            yield
        finally:
            self._looking_since = None

    def _look(self, truth: PostgresStore) -> None:
        if self._is_behind(truth):
            self._catching_up = True
            try:
                self._copy(truth)
            finally:
                self._catching_up = False

    def _is_behind(self, truth: PostgresStore) -> bool:
        take_documents(self._folder, truth)
        return not is_followed(self._folder, truth)

    def _copy(self, truth: PostgresStore) -> None:
        if follow(self._folder, truth) is not None:
            self._published()

    def _note_answer(self) -> None:
        self._note_presence()
        self._said = ""

    def _note_presence(self) -> None:
        if self._away_since is not None:
            logger.warning("the PostgreSQL answers again after %.0f s", time.monotonic() - self._away_since)
        self._away_since = None

    def _note_failure(self, error: BaseException) -> None:
        """Log it once; the next try may do better."""
        if not isinstance(error, TruthAwayError):
            self._note_presence()  # it has answered, and what went wrong is here: a full disk, a lock
        elif self._away_since is None:
            self._away_since = time.monotonic()
        said = error.english if isinstance(error, GeungeoError) else type(error).__name__
        if said != self._said:
            logger.error("this node cannot follow: %s", said)
        self._said = said


def _behind() -> LockedError:
    return LockedError(
        "다른 노드가 넣은 글을 이 노드가 아직 복사하고 있습니다. 조금 뒤에 다시 하세요.",
        "this node is still copying what others wrote. Try again soon.",
    )
