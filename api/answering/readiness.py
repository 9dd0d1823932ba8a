"""The backend, which may still be loading while the server already says that it is alive."""

import asyncio
import logging
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from functools import partial

from starlette.concurrency import run_in_threadpool

from api.answering.backend import Backend
from api.articles.library import Library
from api.problems.problems import ProblemError, error_code, without_message
from index.errors import GeungeoError
from index.truth.shared_work import SharedWork
from rag.answerer import Answerer

PipelineSource = Answerer | Backend | Callable[[], Answerer | Backend]
LOADING_SECONDS = 120.0
logger = logging.getLogger(__name__)
_LOOKING_SECONDS = 1.0
_AWAY = {"Geungeo-Truth": "away"}


class PipelineHolder:
    """Holds a backend as given, or loads it once in a thread of its own. What it loaded, it closes."""

    def __init__(self, source: PipelineSource, seconds: float = LOADING_SECONDS) -> None:
        """Take a backend, or what loads one.

        Past ``seconds`` the log and ``/readyz`` say that loading takes too long.
        """
        self._seconds = seconds
        self._load = source if callable(source) else None
        self._backend = None if callable(source) else _backend(source)
        self._failure: str | None = None
        self._closed = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to load; returns at once."""
        if self._load is None:
            return
        loading = threading.Thread(target=self._run, args=(self._load,), name="geungeo-load", daemon=True)
        loading.start()
        threading.Thread(target=self._watch, args=(loading,), name="geungeo-load-watch", daemon=True).start()

    @property
    def backend(self) -> Backend | None:
        """The backend, once it is there."""
        return self._backend

    @property
    def current(self) -> Answerer | None:
        """The pipeline, once it is there."""
        return None if self._backend is None else self._backend.pipeline

    def headers(self) -> Mapping[str, str]:
        """Return what every response says: whether the PostgreSQL that nodes share is away, and this one's copy answers."""
        library = self._backend.library if self._backend is not None else None
        return _AWAY if library is not None and library.truth_is_away else {}

    def get(self) -> Answerer:
        """Return the pipeline, or a 503 whose code is ``loading`` or what stopped it from loading."""
        return self._loaded().pipeline

    def library(self) -> Library:
        """Return what articles are written to, or a 503: ``read_only`` where there is only a pipeline."""
        library = self._loaded().library
        if library is None:
            raise ProblemError("read_only")
        return library

    @property
    def shared(self) -> SharedWork | None:
        """Jobs and replies of every node, where nodes share a truth."""
        library = self._backend.library if self._backend is not None else None
        return None if library is None else library.shared

    async def keep_fresh(self, look: Callable[[Library], None], seconds: float = _LOOKING_SECONDS) -> None:
        """Take up what another process publishes while nobody asks, and keep the files tidy, until cancelled.

        ``look`` is called each time with the library, for what else needs one.
        """
        while True:
            await asyncio.sleep(seconds)
            if (backend := self._backend) is not None:
                await _keep_at_it("looking for a newer index", backend.pipeline.keep_fresh)
                if backend.library is not None:
                    await _keep_at_it("tidying the data folder", backend.library.tidy)
                    await _keep_at_it("looking after jobs", partial(look, backend.library))

    def close(self) -> None:
        """Close what was loaded, now or as soon as loading ends; what was given stays open."""
        with self._lock:
            self._closed = True
            loaded = self._backend if self._load is not None else None
        if loaded is not None:
            loaded.close()

    def _loaded(self) -> Backend:
        if self._backend is None:
            raise ProblemError(self._failure or "loading", status=503)
        return self._backend

    def _watch(self, loading: threading.Thread) -> None:
        """Report loading that takes too long, with where it stands. If it ends after all, what it loaded is taken."""
        loading.join(self._seconds)
        if not loading.is_alive() or self._closed:
            return
        self._failure = self._failure or "loading_late"
        frame = sys._current_frames().get(loading.ident or 0)
        where = "".join(traceback.format_stack(frame)) if frame else ""
        logger.error(
            "불러오기가 %.0f초를 넘겼습니다. 디스크와 메모리를 확인하고 다시 시작하세요. / loading has taken more than %.0f s; "
            "check disk and memory, and start again. It stands at:\n%s", self._seconds, self._seconds, where,
        )  # fmt: skip

    def _run(self, load: Callable[[], Answerer | Backend]) -> None:
        try:
            backend = _backend(load())
        except GeungeoError as error:
            self._failure = error_code(error)
            logger.error("the pipeline did not load: %s", error)
        except BaseException as error:  # a library's panic is no Exception
            self._failure = "internal"
            logger.error("the pipeline did not load: %s", without_message(error))
        else:
            self._take(backend)

    def _take(self, backend: Backend) -> None:
        with self._lock:
            closed = self._closed
            if not closed:
                self._backend = backend
        if closed:
            backend.close()


async def _keep_at_it(what: str, work: Callable[[], None]) -> None:
    try:
        await run_in_threadpool(work)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # a library's panic is no Exception; the next time may do better
        logger.error("%s failed: %s", what, without_message(error))


def _backend(source: Answerer | Backend) -> Backend:
    return source if isinstance(source, Backend) else Backend(source)
