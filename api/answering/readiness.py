"""The backend, which may still be loading while the server already says that it is alive."""

import asyncio
import logging
import threading
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from api.answering.backend import Backend
from api.articles.library import Library
from api.problems.problems import ProblemError, error_code
from index.errors import GeungeoError
from rag.answerer import Answerer

PipelineSource = Answerer | Backend | Callable[[], Answerer | Backend]
logger = logging.getLogger(__name__)
_LOOKING_SECONDS = 1.0


class PipelineHolder:
    """Holds a backend as given, or loads it once in a thread of its own. What it loaded, it closes."""

    def __init__(self, source: PipelineSource) -> None:
        self._load = source if callable(source) else None
        self._backend = None if callable(source) else _backend(source)
        self._failure: str | None = None
        self._closed = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to load; returns at once."""
        if self._load is not None:
            threading.Thread(target=self._run, args=(self._load,), name="geungeo-load", daemon=True).start()

    @property
    def backend(self) -> Backend | None:
        """The backend, once it is there."""
        return self._backend

    @property
    def current(self) -> Answerer | None:
        """The pipeline, once it is there."""
        return None if self._backend is None else self._backend.pipeline

    def get(self) -> Answerer:
        """The pipeline, or a 503 whose code is ``loading`` or what stopped it from loading."""
        return self._loaded().pipeline

    def library(self) -> Library:
        """What articles are written to, or a 503: ``read_only`` where there is only a pipeline."""
        library = self._loaded().library
        if library is None:
            raise ProblemError("read_only")
        return library

    async def keep_fresh(self, seconds: float = _LOOKING_SECONDS) -> None:
        """Until cancelled, have the pipeline take up what another process publishes, also while nobody asks anything."""
        while True:
            await asyncio.sleep(seconds)
            if (pipeline := self.current) is not None:
                try:
                    await run_in_threadpool(pipeline.keep_fresh)
                except Exception:  # the next time may do better
                    logger.exception("looking for a newer index failed")

    def close(self) -> None:
        with self._lock:
            self._closed = True
            loaded = self._backend if self._load is not None else None
        if loaded is not None:
            loaded.close()

    def _loaded(self) -> Backend:
        if self._backend is None:
            raise ProblemError(self._failure or "loading", status=503)
        return self._backend

    def _run(self, load: Callable[[], Answerer | Backend]) -> None:
        try:
            backend = _backend(load())
        except GeungeoError as error:
            self._failure = error_code(error)
            logger.error("the pipeline did not load: %s", error)
        except Exception:
            self._failure = "internal"
            logger.exception("the pipeline did not load")
        else:
            self._take(backend)

    def _take(self, backend: Backend) -> None:
        with self._lock:
            closed = self._closed
            if not closed:
                self._backend = backend
        if closed:
            backend.close()


def _backend(source: Answerer | Backend) -> Backend:
    return source if isinstance(source, Backend) else Backend(source)
