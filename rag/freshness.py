"""The newest generation of an index, held open: the one place where a newer one, or a damaged file, is looked for."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from index.engine import Engine
from index.errors import CorruptIndexError, GeungeoError

logger = logging.getLogger(__name__)
Made = TypeVar("Made")
_FRESH_SECONDS = 1.0
_SAMPLE_EVERY = 5  # looks


class NewestEngine:
    """An engine, replaced when a newer generation has been published or its files were written to.

    Safe to share between threads. An engine left behind is closed when the last answer made from it lets go of it.
    """

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        """Open the newest generation with ``open_engine``, now and whenever there is a newer one."""
        self._open = open_engine
        self._engine = open_engine()
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._looks = 0
        self._sampled = 0
        self._said: set[str] = set()

    def current(self) -> Engine:
        """Return the newest, looked for at most once a second.

        Where the newer one cannot be opened (made by another encoder, or damaged), the one at hand goes on answering
        and the log says why, once. Raises CorruptIndexError, StorageError, LockedError where somebody has written to the
        files of the one at hand and there can be no other: nothing is answered from damaged files.
        """
        if time.monotonic() - self._looked_at > _FRESH_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._look()
            except Exception as error:
                self._note_failure(error)
            finally:
                self._lock.release()
        return self._unchanged(self._engine)

    def refresh(self) -> Engine:
        """Return the newest, looked for now. Raises what opening it raises."""
        with self._lock:
            self._look()
        return self._unchanged(self._engine)

    def keep_fresh(self) -> None:
        """Look now, every few times at what a file holds too. What fails is logged once."""
        self._looks += 1
        try:
            self.refresh()
            if self._looks % _SAMPLE_EVERY == 0:
                self.check_sample()
        except Exception as error:
            self._note_failure(error)
        else:
            self._said.clear()

    def steadily(self, work: Callable[[Engine], Made]) -> Made:
        """Return what ``work`` makes of an engine whose files nobody has written to meanwhile.

        Made once more where somebody has; that second one is not looked at again.
        """
        engine = self.current()
        try:
            made = work(engine)
            damage = engine.changed()
        except CorruptIndexError as error:
            if engine.changed() is None:
                raise
            damage = error
        return made if damage is None else work(self.current())

    def check_sample(self) -> None:
        """Read one file of the index anew, another each time: what changed with its times kept is noticed so.

        Where one is not as it was written the index is read again. Raises what that raises.
        """
        engine, self._sampled = self._engine, self._sampled + 1
        try:
            engine.verify_file(self._sampled)
        except CorruptIndexError as error:
            with self._lock:
                if self._engine is engine and engine.is_newest():
                    self._open_again(error)

    def close(self) -> None:
        """Close the engine at hand."""
        self._engine.close()

    def _look(self) -> None:
        """Take up the newest, and of the one at hand a snapshot in nobody's way. Holding the lock."""
        self._looked_at = time.monotonic()
        if self._engine.is_current():
            self._engine = self._engine.off_the_log()
        else:
            self._take_up()

    def _unchanged(self, engine: Engine) -> Engine:
        """Return the engine, or where somebody has written to its files another, of files derived again."""
        damage = engine.changed()
        if damage is None:
            return engine
        with self._lock:
            if self._engine.changed():
                self._open_again(damage)
            return self._engine

    def _open_again(self, damage: CorruptIndexError) -> None:
        self._note(f"the index was changed by somebody else and is read again: {damage.english}")
        self._take_up()

    def _take_up(self) -> None:
        self._engine = self._open()
        self._said.clear()

    def _note_failure(self, error: Exception) -> None:
        said = error.english if isinstance(error, GeungeoError) else type(error).__name__
        self._note(f"the newer index cannot be opened: {said}")

    def _note(self, message: str) -> None:
        if message not in self._said:
            logger.error("%s", message)
        self._said.add(message)
