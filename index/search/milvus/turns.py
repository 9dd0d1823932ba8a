"""What many questions wait for and one of them does: where it fails it fails for all who waited, not for each in turn."""

import math
import threading
import time
from collections.abc import Callable

from index.errors import EngineAwayError


class OneTry:
    """Done by one thread at a time; who waited meanwhile shares what came of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = -math.inf
        self._failure: EngineAwayError | None = None

    def run(self, work: Callable[[], None]) -> None:
        """Do ``work``, or take for one's own what another thread did of it since. Raises EngineAwayError."""
        came = time.monotonic()
        with self._lock:
            if self._ended <= came:
                self._do(work)
            if self._failure is not None:
                raise EngineAwayError(self._failure.korean, self._failure.english)

    def _do(self, work: Callable[[], None]) -> None:
        self._failure = None
        try:
            work()
        except EngineAwayError as error:
            self._failure = error
        self._ended = time.monotonic()
