"""Jobs: articles on their way into the index, and what became of each."""

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.problems.kinds import KINDS
from api.problems.problems import error_code
from api.schemas.articles import ItemStatus, JobState
from index.errors import GeungeoError, UsageError
from index.ingest import IngestReport

RESULTS_TOLD = 1000
FAILURES_TOLD = 100  # in full; the rest is counted
_OF_A_RESULT = 300  # bytes beside its words
_OF_A_JOB = 2000


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why an article was not taken, in both languages."""

    code: str
    korean: str
    english: str

    @classmethod
    def of(cls, error: GeungeoError) -> "ItemError":
        """Return what is wrong with an article in the error's words, what is wrong with the server in ours."""
        if isinstance(error, UsageError):
            return cls(error_code(error), error.korean, error.english)
        return cls.of_code(error_code(error))

    @classmethod
    def of_code(cls, code: str) -> "ItemError":
        """Return the error with the texts of the problem ``code``."""
        return cls(code, KINDS[code].detail["ko"], KINDS[code].detail["en"])


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one article; ``id`` is the article's, or the name of the file that could not be read.

    ``notice`` says in Korean what its reader left out or changed.
    """

    id: str
    status: ItemStatus
    error: ItemError | None = None
    notice: str | None = None

    @property
    def size(self) -> int:
        """In bytes, about."""
        return (
            _OF_A_RESULT
            + 2 * (len(self.id) + len(self.notice or ""))
            + (len(self.error.korean) * 2 + len(self.error.english) if self.error else 0)
        )


@dataclass(slots=True)
class Job:
    """One import. Written by the writer's thread, read by others; ``finished`` is set when nothing more will change."""

    owner: str
    total: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: JobState = "queued"
    done: int = 0
    results: Sequence[ItemResult] = ()
    failed: int = 0  # of all, also those that ``results`` leaves out
    left_out: int = 0
    generation: int | None = None
    error: Exception | None = None
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    finished: "Future[None]" = field(default_factory=Future)

    @property
    def size(self) -> int:
        """In bytes, about: what is told about it."""
        return _OF_A_JOB + sum(result.size for result in self.results)

    def tell(self, results: Sequence[ItemResult], done: int, failed: int) -> None:
        """Note what is known now of ``done`` articles, of which ``results`` names some."""
        self.results, self.done, self.failed, self.left_out = results, done, failed, done - len(results)

    def require_success(self) -> None:
        """Raise what stopped it."""
        if self.error is not None:
            raise self.error


class JobTable:
    """Jobs that can be asked about. For the event loop only.

    All that wait or run, and of those that finished the last ``kept``, with ``size`` bytes to tell of them.
    """

    def __init__(self, kept: int, size: int) -> None:
        self._kept = kept
        self._size = size
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._sizes: dict[str, int] = {}  # of those that have ended: nothing more will change

    def add(self, job: Job) -> None:
        """Take in a new job and forget the oldest finished ones beyond what is kept."""
        self._jobs[job.id] = job
        kept, size = 0, 0
        for ended in [job for job in reversed(self._jobs.values()) if job.finished.done()]:
            kept, size = kept + 1, size + self._size_of(ended)
            if kept > self._kept or (kept > 1 and size > self._size):
                del self._jobs[ended.id], self._sizes[ended.id]

    def _size_of(self, ended: Job) -> int:
        if ended.id not in self._sizes:
            self._sizes[ended.id] = ended.size
        return self._sizes[ended.id]

    def get(self, job_id: str) -> Job | None:
        """Return a job of this node."""
        return self._jobs.get(job_id)

    def newest(self, owner: str | None, limit: int) -> list[Job]:
        """Return at most ``limit`` jobs of ``owner``, of everybody for None, newest first."""
        own = [job for job in reversed(self._jobs.values()) if owner in (None, job.owner)]
        return own[:limit]


def told_results(report: IngestReport, names: dict[str, str]) -> list[ItemResult]:
    """Return what :func:`report_results` does, what failed first, and no more than can be told."""
    results = report_results(report, names)
    failed = [result for result in results if result.status == "failed"][:FAILURES_TOLD]
    return [*failed, *(result for result in results if result.status != "failed")][:RESULTS_TOLD]


def report_results(report: IngestReport, names: dict[str, str] | None = None) -> list[ItemResult]:
    """Return results in the order of the report; ``names`` says what to call the places that could not be read."""
    lists: tuple[tuple[ItemStatus, list[str]], ...] = (
        ("created", report.added), ("replaced", report.replaced), ("unchanged", report.unchanged)
    )  # fmt: skip
    notices = dict(list(report.notices))
    done = [
        ItemResult(article_id, status, notice=notices.get(article_id))
        for status, ids in lists
        for article_id in list(ids)
    ]
    failed = [
        ItemResult(_named(failure.where, names or {}), "failed", ItemError.of(failure.error))
        for failure in list(report.failures)
    ]
    return done + failed


def _named(where: str, names: dict[str, str]) -> str:
    """Return ``path:line`` or ``path/attachment`` with the file's own name in place of the path that it was put at."""
    for path, name in names.items():
        if where == path or where.startswith((f"{path}:", f"{path}/")):
            return name + where[len(path) :]
    return where
