"""How far an import has come."""

from collections.abc import Set
from contextlib import suppress

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.access import caller_of, require
from api.access.keys import Scope
from api.articles.jobs import Job
from api.articles.library import Library
from api.articles.responses import job_body
from api.articles.shared_jobs import Parts, Task, read_job
from api.http.idempotency import Reply
from api.language import choose_language
from api.openapi.describe import JOB, JOBS
from api.problems.problems import ProblemError, problem_body, to_problem
from api.routes.questions import json_response
from api.schemas.articles import JobResponse, JobsResponse
from api.schemas.errors import ProblemBody
from api.services import Services, Used
from index.errors import TruthAwayError
from index.truth.shared_work import SharedWork

router = APIRouter()
_WRITE = [Depends(require(Scope.WRITE))]
_SHOWN = 50


@router.get("/v1/jobs", dependencies=_WRITE, **JOBS)
async def list_jobs(request: Request, services: Used) -> Response:
    """Return the newest jobs of this key; of every key for admin."""
    jobs = services.jobs.newest(_owner(request), _SHOWN)
    shared = services.holder.shared
    if shared is not None:
        own = {job.id for job in jobs}
        with suppress(TruthAwayError):  # this node's own are told all the same
            jobs += await run_in_threadpool(_read_newest, shared, _owner(request), own)
        jobs = sorted(jobs, key=lambda job: job.created_at, reverse=True)[:_SHOWN]
    return json_response(JobsResponse(jobs=[describe_job(request, job, with_results=False) for job in jobs]))


@router.get("/v1/jobs/{job_id}", dependencies=_WRITE, **JOB)
async def get_job(job_id: str, request: Request, services: Used) -> Response:
    """Return one job, with what became of each article so far."""
    owner, job = _owner(request), services.jobs.get(job_id)
    if job is None and (shared := services.holder.shared) is not None:
        job = await run_in_threadpool(_read_one, shared, job_id)
    if job is None or owner not in (None, job.owner):  # 404 also for somebody else's
        raise ProblemError("not_found")
    return await services.lookups.look(request, lambda: json_response(describe_job(request, job)))


async def keep_for_others(services: Services, library: Library, job: Job, task: Task, parts: Parts) -> None:
    """Let another node go on with the job if this one is gone, where nodes share a truth. Raises TruthAwayError."""
    if library.shared is not None:
        await run_in_threadpool(services.shared_jobs.keep, library.shared, job, task, parts)


async def job_accepted(request: Request, services: Services, job: Job) -> Reply:
    """Return a 202 that says where to ask about the job, at any node."""
    services.jobs.add(job)
    shared = services.holder.shared
    if shared is not None:
        await run_in_threadpool(services.shared_jobs.keep, shared, job)
    body = describe_job(request, job).model_dump_json().encode()
    return Reply(202, body, {"Location": f"/v1/jobs/{job.id}", "Retry-After": "1"})


def describe_job(request: Request, job: Job, *, with_results: bool = True) -> JobResponse:
    """Return the body of a job in the language of the request, with the problem that ended it if one did."""
    language = choose_language(request.headers.get("accept-language"))
    error: ProblemBody | None = None
    if job.error is not None:
        error = problem_body(request, to_problem(job.error), language)
    return job_body(job, language, error, with_results=with_results)


def _read_newest(shared: SharedWork, owner: str | None, own: Set[str]) -> list[Job]:
    """Return the newest jobs of every node but ``own``. For a thread: what is told of each may be long."""
    return [read_job(kept) for kept in shared.newest(_SHOWN, owner) if kept.id not in own]


def _read_one(shared: SharedWork, job_id: str) -> Job | None:
    """Return a job of any node. For a thread, as above."""
    kept = shared.job(job_id)
    return None if kept is None else read_job(kept)


def _owner(request: Request) -> str | None:
    caller = caller_of(request)
    return None if Scope.ADMIN in caller.scopes else caller.id
