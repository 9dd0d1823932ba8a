"""Jobs: articles on their way into the index, and what became of each."""

import uuid
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api.problems.kinds import KINDS
from api.problems.problems import ProblemError, error_code
from api.schemas.articles import ItemStatus, JobState
from index.errors import GeungeoError, UsageError
from index.ingest import IngestReport


@dataclass(frozen=True, slots=True)
class ItemError:
    """Why an article was not taken, in both languages."""

    code: str
    korean: str
    english: str

    @classmethod
    def of(cls, error: GeungeoError) -> "ItemError":
        """What is wrong with an article is said in the error's words, what is wrong with the server in ours."""
        if isinstance(error, UsageError):
            return cls(error_code(error), error.korean, error.english)
        return cls.of_code(error_code(error))

    @classmethod
    def of_code(cls, code: str) -> "ItemError":
        return cls(code, KINDS[code].detail["ko"], KINDS[code].detail["en"])


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What became of one article; ``id`` is the article's, or the name of the file that could not be read."""

    id: str
    status: ItemStatus
    error: ItemError | None = None


@dataclass(slots=True)
class Job:
    """One import. Written by the writer's thread, read by others; ``finished`` is set when nothing more will change."""

    owner: str
    total: int | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    state: JobState = "queued"
    done: int = 0
    results: Sequence[ItemResult] = ()
    generation: int | None = None
    error: Exception | None = None
    created_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    finished: "Future[None]" = field(default_factory=Future)

    def require_success(self) -> None:
        """Raise what stopped it."""
        if self.error is not None:
            raise self.error


class JobTable:
    """Jobs that can be asked about: all that wait or run, and the ``kept`` finished last. For the event loop only."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._jobs: OrderedDict[str, Job] = OrderedDict()

    def add(self, job: Job) -> None:
        self._jobs[job.id] = job
        finished = [kept.id for kept in self._jobs.values() if kept.finished.done()]
        for job_id in finished[: max(0, len(finished) - self._kept)]:
            del self._jobs[job_id]

    def get(self, job_id: str, owner: str | None) -> Job:
        """``owner`` None may see everybody's. Raises ProblemError (404), also for somebody else's job."""
        job = self._jobs.get(job_id)
        if job is None or owner not in (None, job.owner):
            raise ProblemError("not_found")
        return job

    def newest(self, owner: str | None, limit: int) -> list[Job]:
        own = [job for job in reversed(self._jobs.values()) if owner in (None, job.owner)]
        return own[:limit]


def report_results(report: IngestReport, names: dict[str, str] | None = None) -> list[ItemResult]:
    """In the order of the report; ``names`` says what to call the places where something could not be read."""
    lists: tuple[tuple[ItemStatus, list[str]], ...] = (
        ("created", report.added), ("replaced", report.replaced), ("unchanged", report.unchanged)
    )  # fmt: skip
    done = [ItemResult(article_id, status) for status, ids in lists for article_id in list(ids)]
    failed = [
        ItemResult(_named(failure.where, names or {}), "failed", ItemError.of(failure.error))
        for failure in list(report.failures)
    ]
    return done + failed


def _named(where: str, names: dict[str, str]) -> str:
    """``path:line`` or ``path/attachment`` with the file's own name in place of where we put it."""
    for path, name in names.items():
        if where == path or where.startswith((f"{path}:", f"{path}/")):
            return name + where[len(path) :]
    return where
