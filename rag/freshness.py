"""The newest generation of an index, held open: the one place where a newer one is looked for."""

import logging
import threading
import time
from collections.abc import Callable

from index.engine import Engine
from index.errors import GeungeoError

logger = logging.getLogger(__name__)
_FRESH_SECONDS = 1.0


class NewestEngine:
    """An engine, replaced when a newer generation has been published. Safe to share between threads.

    An engine left behind is closed when the last answer made from it lets go of it.
    """

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        """``open_engine`` opens the newest generation, now and whenever there is a newer one."""
        self._open = open_engine
        self._engine = open_engine()
        self._lock = threading.Lock()
        self._looked_at = time.monotonic()
        self._failure = ""

    def current(self) -> Engine:
        """The newest, looked for at most once a second.

        Where the newer one cannot be opened (made by another encoder, or damaged), the one at hand goes on answering
        and the log says why, once.
        """
        if time.monotonic() - self._looked_at > _FRESH_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._look()
                self._failure = ""
            except Exception as error:
                self._note(error.english if isinstance(error, GeungeoError) else type(error).__name__)
            finally:
                self._lock.release()
        return self._engine

    def refresh(self) -> Engine:
        """The newest, looked for now. Raises what opening it raises."""
        with self._lock:
            self._look()
            return self._engine

    def close(self) -> None:
        """Close the engine at hand."""
        self._engine.close()

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        if not self._engine.is_current():
            self._engine = self._open()

    def _note(self, failure: str) -> None:
        if failure != self._failure:
            logger.error("the newer index cannot be opened: %s", failure)
        self._failure = failure
