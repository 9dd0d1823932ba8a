"""The pipeline, which may still be loading while the server already says that it is alive."""

import logging
import threading
from collections.abc import Callable

from api.problems import ProblemError, error_code
from index.errors import GeungeoError
from rag.pipeline import Pipeline

PipelineSource = Pipeline | Callable[[], Pipeline]
logger = logging.getLogger(__name__)


class PipelineHolder:
    """Holds a pipeline as given, or loads it once in a thread of its own. What it loaded, it closes."""

    def __init__(self, source: PipelineSource) -> None:
        self._load = None if isinstance(source, Pipeline) else source
        self._pipeline = source if isinstance(source, Pipeline) else None
        self._failure: str | None = None
        self._closed = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to load; returns at once."""
        if self._load is not None:
            threading.Thread(target=self._run, args=(self._load,), name="geungeo-load", daemon=True).start()

    @property
    def current(self) -> Pipeline | None:
        """The pipeline, once it is there."""
        return self._pipeline

    def get(self) -> Pipeline:
        """The pipeline, or a 503 whose code is ``loading`` or what stopped it from loading."""
        if self._pipeline is None:
            raise ProblemError(self._failure or "loading", status=503)
        return self._pipeline

    def close(self) -> None:
        with self._lock:
            self._closed = True
            loaded = self._pipeline if self._load is not None else None
        if loaded is not None:
            loaded.close()

    def _run(self, load: Callable[[], Pipeline]) -> None:
        try:
            pipeline = load()
        except GeungeoError as error:
            self._failure = error_code(error)
            logger.error("the pipeline did not load: %s", error)
        except Exception:
            self._failure = "internal"
            logger.exception("the pipeline did not load")
        else:
            self._take(pipeline)

    def _take(self, pipeline: Pipeline) -> None:
        with self._lock:
            closed = self._closed
            if not closed:
                self._pipeline = pipeline
        if closed:
            pipeline.close()
