"""The one thread that writes: jobs in the order they came, so many and so large at a time, the rest refused."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from api.articles.jobs import Job
from api.problems.problems import ProblemError, without_message
from index.errors import GeungeoError, UsageError

logger = logging.getLogger(__name__)
Work = Callable[[Job], None]
T = TypeVar("T")
_WORK_SECONDS = 0.02
_REST_SECONDS = 0.01


@dataclass(slots=True)
class _Entry:
    job: Job
    work: Work
    size: int


class Writer:
    """Runs each job's work in its own thread. Questions go on meanwhile: they come first at the encoder."""

    def __init__(self, jobs: int, job_bytes: int, asked: Callable[[], int] = lambda: 0) -> None:
        """Bound the queue; ``asked`` tells how many questions are in work, to which reading articles gives way."""
        self._asked = asked
        self._jobs = jobs
        self._job_bytes = job_bytes
        self._queue: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many jobs wait for the one in work."""
        return len(self._queue)

    @property
    def closed(self) -> bool:
        """Whether jobs are refused from now on."""
        return self._closed

    def until_closed(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items one by one, slower while questions are asked.

        Once the server stops, ProblemError instead of the next.
        """
        rested = time.monotonic()
        for item in items:
            if self._closed:
                raise ProblemError("shutting_down")
            if time.monotonic() - rested > _WORK_SECONDS and self._asked():
                time.sleep(_REST_SECONDS)
                rested = time.monotonic()
            yield item

    def require_room(self, size: int = 0) -> None:
        """Raise ProblemError where a job of ``size`` bytes in memory would have to be refused."""
        if self._closed:
            raise ProblemError("shutting_down")
        held = sum(entry.size for entry in self._queue)
        if len(self._queue) >= self._jobs or (self._queue and held + size > self._job_bytes):
            raise ProblemError("busy")

    def submit(self, job: Job, work: Work, size: int = 0) -> None:
        """Queue it. Raises ProblemError where there is no room, and then ``work`` is never called."""
        with self._changed:
            self.require_room(size)
            self._queue.append(_Entry(job, work, size))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="geungeo-writer", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Take nothing more, fail what waits, and give the job at hand ``seconds`` to come to an end."""
        with self._changed:
            self._closed = True
            waiting, self._queue = list(self._queue), deque()
            self._changed.notify()
        for entry in waiting:
            finish_job(entry.job, ProblemError("shutting_down"))
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._closed)
                if not self._queue:
                    return
                entry = self._queue.popleft()
            self._do(entry.job, entry.work)
            del entry  # or the articles of the last job would stay in memory until the next

    def _do(self, job: Job, work: Work) -> None:
        job.state = "running"
        try:
            work(job)
        except (GeungeoError, ProblemError) as error:
            if not isinstance(error, UsageError):  # whose message may hold what was sent
                logger.warning("job %s failed: %s", job.id, error)
            finish_job(job, ProblemError("shutting_down") if self._closed else error)
        except BaseException as error:  # a panic of a library is no Exception, and this is the one thread
            logger.error("job %s failed: %s", job.id, without_message(error))
            finish_job(job, error if isinstance(error, Exception) else ProblemError("internal"))
        else:
            finish_job(job, None)


async def wait_for(job: Job, seconds: float) -> bool:
    """Wait for a job, so many seconds at most, and return whether it finished."""
    try:
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(job.finished)), seconds)
    except TimeoutError:
        return False
    return True


def finish_job(job: Job, error: Exception | None = None) -> None:
    """Say that the job is done, or failed with ``error``. Once a job."""
    job.error = error
    job.state = "done" if error is None else "failed"
    job.finished.set_result(None)
