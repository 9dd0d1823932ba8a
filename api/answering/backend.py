"""What the service runs on: a pipeline that answers and, where articles may change, the library behind it."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from api.answering.encoder_queue import QueuedEncoder
from api.answering.sharing import SharedPipeline
from api.answering.worker import Worker
from api.answering.worker_spawner import WorkerSpawner
from api.articles.library import Library
from index.ingest import Ingestor
from index.truth.attachment import address_of
from index.truth.writing import catch_up_or_go_on
from rag.answerer import Answerer
from rag.loading import build_seeds, load_tools, make_parser, open_pipeline
from rag.settings import Settings

if TYPE_CHECKING:
    from index.truth.following import Follower

logger = logging.getLogger(__name__)


def _nothing_waits() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Backend:
    """``close`` ends what was opened for it; ``waiting`` counts the questions in front of the encoder."""

    pipeline: Answerer
    library: Library | None = None
    waiting: Callable[[], int] = _nothing_waits
    closers: tuple[Callable[[], None], ...] = field(default=())

    def close(self) -> None:
        """End what was opened for the backend, then the pipeline."""
        for close in self.closers:
            close()
        self.pipeline.close()


def processes_for(wanted: int) -> int:
    """Return ``wanted``, at most as many as there are cores; 1 where processes cannot be forked."""
    return min(wanted, len(os.sched_getaffinity(0))) if sys.platform == "linux" else 1


def load_backend(settings: Settings, lang: str, processes: int = 1) -> Backend:
    """Open encoder, Kiwi and index of the data folder; the index of the seeds is made where there is none.

    Questions are answered in so many ``processes``, of which this is one.

    What is uploaded is read in a process of its own, started by the first article: a server that is only asked does
    without it.
    """
    tools = load_tools(settings)
    with ExitStack() as undo:
        workers, spawners = _fork_workers(partial(open_pipeline, settings, tools), processes - 1)
        for worker in workers:
            undo.callback(worker.close)
        for spawner in spawners:
            undo.callback(spawner.close)
        catch_up_first(settings)
        build_seeds(settings, tools, lang)
        encoder = QueuedEncoder(tools.encoder)
        undo.callback(encoder.close)
        tools = replace(tools, encoder=encoder)
        alone = open_pipeline(settings, tools)
        pipeline = SharedPipeline(alone, workers, *spawners) if workers else alone
        undo.pop_all()
    parser = make_parser(settings)
    followers = _start_following(settings, pipeline)
    ingestor = Ingestor(settings.data, encoder, tools.splitter, parser, originals=settings.originals)
    library = Library(settings.data, ingestor, pipeline, *followers)
    closers = (*(follower.close for follower in followers), parser.end, encoder.close)
    return Backend(pipeline, library, lambda: encoder.waiting, closers)


def catch_up_first(settings: Settings) -> None:
    """Copy what the shared truth holds, where there is one; a node that has a copy starts without it too.

    Raises TruthAwayError for one that has none.
    """
    if (error := catch_up_or_go_on(settings.data)) is not None:
        logger.warning("this node answers from its copy: %s", error.english)


def _start_following(settings: Settings, pipeline: Answerer) -> "list[Follower]":
    """Return what keeps this node at the truth that it shares, if it shares one."""
    address = address_of(settings.data)
    if address is None:
        return []
    from index.truth.following import Follower

    follower = Follower(settings.data, address, pipeline.refresh)
    follower.start()
    return [follower]


def _fork_workers(open_pipeline: Callable[[], Answerer], count: int) -> tuple[list[Worker], list[WorkerSpawner]]:
    """Return as many workers as the system has room for and, where there is any, what replaces them."""
    workers: list[Worker] = []
    spawners: list[WorkerSpawner] = []
    try:
        while len(workers) < count:
            workers.append(Worker(open_pipeline))
        if workers:
            spawners.append(WorkerSpawner(open_pipeline))
    except OSError as error:
        logger.warning(
            "questions are answered in %d processes, not %d: %s", len(workers) + 1, count + 1, error.strerror
        )
    return workers, spawners
