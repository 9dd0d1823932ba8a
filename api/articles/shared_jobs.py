"""Jobs that outlive their node, where nodes share a truth: kept with what they are to do, told of, and taken up."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from api.access.access import Caller
from api.access.keys import Scope
from api.articles.jobs import ItemError, ItemResult, Job
from api.articles.library import Library
from api.articles.writer import Work, finish_job
from api.problems.kinds import KINDS
from api.problems.problems import ProblemError, to_problem
from index.errors import GeungeoError, TruthAwayError
from index.truth.shared_work import PIECE, KeptJob, SharedWork

logger = logging.getLogger(__name__)
_MOST_TRIES = 3  # what ends its node every time must not end them all
_LEFT = "shutting_down"


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is to do, in words that another node understands: for whom, and with which parts.

    ``kind`` is that of one of the ``makers`` of :class:`SharedJobs`.
    """

    kind: str
    caller: Caller
    fields: dict[str, str] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return what :meth:`from_bytes` reads."""
        caller = {"id": self.caller.id, "scopes": sorted(self.caller.scopes), "collections": self.caller.collections}
        return json.dumps({"kind": self.kind, "caller": caller, "fields": self.fields}, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Task":
        """Return the task that :meth:`to_bytes` wrote."""
        said = json.loads(data)
        caller, within = said["caller"], said["caller"]["collections"]
        who = Caller(caller["id"], frozenset(map(Scope, caller["scopes"])), None if within is None else tuple(within))
        return cls(said["kind"], who, said["fields"])


Parts = Iterable[tuple[str, Iterable[bytes]]]
Maker = Callable[[Library, Task, Parts], Work]


class SharedJobs:
    """This node's jobs that others know of."""

    def __init__(self, submit: Callable[[Job, Work], None], makers: dict[str, Maker]) -> None:
        """Keep ``submit``, which gives a job to the writer, and ``makers`` of its work, from a task and its parts."""
        self._submit = submit
        self._makers = makers
        self._own: dict[str, tuple[Job, bytes]] = {}
        self._work: SharedWork | None = None

    def keep(self, work: SharedWork, job: Job, task: Task | None = None, parts: Parts = ()) -> None:
        """Note ``job`` in the truth, once, before anybody is told its id. Without a task nobody else can go on with it."""
        if job.id in self._own:
            return
        told = told_of(job)
        kept = KeptJob(job.id, job.owner, job.created_at, False, 1, told, None if task is None else task.to_bytes())
        work.keep(kept, parts)
        self._own[job.id] = (job, told)

    def look(self, library: Library) -> None:
        """Tell the truth how far this node's jobs are, and take up those whose node is gone."""
        self._work = work = library.shared
        if work is None:
            return
        with suppress(TruthAwayError):  # the next look may do better; ``/readyz`` says it
            self._tell_all(work)
            for kept in work.take_up(self._own):
                self._take_up(library, work, kept)

    def close(self) -> None:
        """Tell what ended here; the rest is for another node to go on with. The writer has stopped."""
        if self._work is not None:
            with suppress(GeungeoError):
                self._tell_all(self._work)
            self._work.close()

    def _tell_all(self, work: SharedWork) -> None:
        for job, told in list(self._own.values()):
            self._tell(work, job, told)

    def _tell(self, work: SharedWork, job: Job, told: bytes) -> None:
        ended, now = job.finished.done(), told_of(job)
        if ended and job.error is not None and to_problem(job.error).code == _LEFT:
            work.release(job.id)
        elif ended or now != told:
            work.tell(job.id, now, ended=ended)
        if ended:
            del self._own[job.id]
        else:
            self._own[job.id] = (job, now)

    def _take_up(self, library: Library, work: SharedWork, kept: KeptJob) -> None:
        job = Job(kept.owner, id=kept.id, created_at=kept.created_at)
        if kept.task is None or kept.tries >= _MOST_TRIES:
            finish_job(job, ProblemError("internal"))
            work.tell(job.id, told_of(job), ended=True)
            return
        logger.warning("job %s: its node is gone, and this one goes on with it", job.id)
        task = Task.from_bytes(kept.task)
        names = work.parts(job.id)
        parts = [(name, work.pieces(job.id, number)) for number, name in enumerate(names)]
        try:
            self._submit(job, self._makers[task.kind](library, task, parts))
        except (GeungeoError, ProblemError):  # no room in the queue or on the disk: here or elsewhere there may be soon
            work.release(job.id)
            return
        work.count_try(job.id)
        self._own[job.id] = (job, kept.told)


def file_pieces(path: Path) -> Iterator[bytes]:
    """Yield a file, as much at a time as is kept in one piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def body_pieces(body: bytes) -> Iterator[bytes]:
    """Yield a body in the same way."""
    yield from (body[start : start + PIECE] for start in range(0, len(body), PIECE))


def told_of(job: Job) -> bytes:
    """Return what is told about a job, for :func:`read_job`."""
    said: dict[str, Any] = {
        "state": job.state, "done": job.done, "total": job.total, "failed": job.failed, "left_out": job.left_out,
        "generation": job.generation, "results": [asdict(result) for result in job.results],
        "error": None if job.error is None else to_problem(job.error).code,
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False).encode()


def read_job(kept: KeptJob) -> Job:
    """Return another node's job as it was told; what only that node knows of an error is left out."""
    said = json.loads(kept.told)
    code = said.pop("error")
    results = [
        ItemResult(**(result | {"error": result["error"] and ItemError(**result["error"])}))
        for result in said.pop("results")
    ]
    job = Job(kept.owner, id=kept.id, created_at=kept.created_at, results=results, **said)
    if code is not None:
        job.error = ProblemError(code if code in KINDS else "internal")
    return job
