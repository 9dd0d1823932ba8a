"""The service as a value: built from a pipeline, or from a function that loads one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from api.access.access import Access
from api.access.keys import KeyFile
from api.answering.examples import Examples
from api.answering.lookups import Lookups
from api.answering.questions import Admission, Questions
from api.answering.readiness import PipelineHolder, PipelineSource
from api.answering.threads import DaemonPool
from api.articles.jobs import JobTable
from api.articles.shared_jobs import SharedJobs
from api.articles.writer import Writer
from api.http.body import Room
from api.http.guards import HostGuard, require_plain_http, require_same_site, require_small_head, require_text
from api.http.idempotency import Replies
from api.http.metrics import Metrics
from api.http.middleware import RequestMiddleware
from api.http.tracing import Tracing
from api.limits import Limits
from api.mcp import http as mcp_http
from api.openai import routes as chat
from api.openai.schemas import ChatRequest
from api.openapi import docs
from api.openapi.describe import TAGS, describe
from api.page import page
from api.problems.openai_shape import handle_error
from api.problems.problems import ProblemError
from api.routes import articles as article_routes
from api.routes import files as file_routes
from api.routes import gold as gold_routes
from api.routes import jobs as job_routes
from api.routes import questions as routes
from api.routes import stream as stream_routes
from api.services import Services
from index.errors import GeungeoError
from index.system.version import installed_version
from rag.writing.writing import Lines, Prose

ROUTERS = (
    routes.router,
    stream_routes.router,
    article_routes.router,
    file_routes.router,
    job_routes.router,
    gold_routes.router,
    chat.router,
    mcp_http.router,
    docs.router,
    page.router,
)
_WRITER_SECONDS = 1.0  # for a job to come to an end once the requests have
_DESCRIPTION = """\
내 글에 묻고, 글에 그대로 있는 문장으로 답을 받습니다. 인용은 모두 `quote == text[start:end]`이며,
근거가 없으면 `answered: false`와 까닭을 돌려줍니다.

Ask your own articles; every citation is verbatim (`quote == text[start:end]`, in code points), and where there is
no evidence the answer says so. Errors are RFC 9457 problems, in Korean or English by `Accept-Language`.
"""


@dataclass(frozen=True, slots=True)
class Options:
    """How the service is run: who may come in, under which names, how much, and what is told about it.

    Without ``keys`` only this machine is served, and may do everything.
    """

    keys: KeyFile | None = None
    hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    log_questions: bool = False
    gold: bool = False  # keep what people say of answers
    tracing: Tracing | None = None
    writer: Lines | None = None  # a language model of the operator's that puts citations into words
    writer_wait: float = 2.0  # seconds, for replies that are sent whole


_DEFAULTS = Options()


def create_app(pipeline: PipelineSource, options: Options = _DEFAULTS) -> FastAPI:
    """Return the app; a function given as ``pipeline`` is called in the background once the app starts, and closed with it."""
    access = Access(options.keys, rate=options.limits.rate, burst=options.limits.burst)
    services = _services(pipeline, options, access)
    app = FastAPI(
        title="geungeo", version=installed_version() or "0", description=_DESCRIPTION, lifespan=_lifespan(services, options),
        openapi_tags=TAGS, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.services = services
    app.openapi = lambda: describe(app, ChatRequest)  # type: ignore[method-assign]
    _add_middleware(app, services, options, access)
    for error in (ProblemError, GeungeoError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, handle_error)
    for router in ROUTERS:
        app.include_router(router)
    app.state.routes = tuple(route for router in ROUTERS for route in router.routes)
    return app


def _lifespan(services: Services, options: Options) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.holder.start()
        looking = asyncio.create_task(services.holder.keep_fresh(services.shared_jobs.look))
        try:
            yield
        finally:
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking
            await run_in_threadpool(_close, services, options)

    return lifespan


def _add_middleware(app: FastAPI, services: Services, options: Options, access: Access) -> None:
    """Add what every request passes; the checks in this order."""
    app.add_middleware(
        RequestMiddleware,
        metrics=services.metrics,
        checks=(
            require_small_head,
            require_text,
            HostGuard(options.hosts).check,
            require_plain_http,
            require_same_site,
            access.check,
            services.questions.require_room,
        ),
        most=options.limits.requests,
        headers=services.holder.headers,
        tracing=options.tracing,
        log_questions=options.log_questions,
    )


def _services(source: PipelineSource, options: Options, access: Access) -> Services:
    limits = options.limits
    holder = PipelineHolder(source, limits.loading_seconds)
    writer = Writer(limits.jobs, limits.job_bytes, lambda: questions.taken)
    shared_jobs = SharedJobs(
        writer.submit,
        {
            article_routes.BATCH: partial(article_routes.batch_work, writer),
            file_routes.UPLOAD: partial(file_routes.upload_work, writer),
        },
    )
    metrics = Metrics(
        lambda: holder.current,
        {
            "questions": lambda: questions.taken,
            "encoder": lambda: holder.backend.waiting() if holder.backend else 0,
            "jobs": lambda: writer.waiting,
            "callers": lambda: len(access.rates),
        },
    )
    questions = Questions(holder, metrics, limits)
    return Services(
        holder, metrics, questions, Examples(), Lookups(limits), Lookups(limits, "geungeo-judging"), writer,
        JobTable(limits.jobs_kept, limits.results_kept), shared_jobs, Replies(limits.replies_kept), limits,
        Room(limits.bodies), Admission(limits.uploads, limits.uploads_per_caller),
        DaemonPool(1, "geungeo-reading"), options.gold,
        Prose(options.writer, metrics.writer, wait=options.writer_wait) if options.writer else None,
    )  # fmt: skip


def _close(services: Services, options: Options) -> None:
    """Close all in the order they need each other: nothing new, then the encoder, then what still held on to it."""
    services.questions.close()
    services.lookups.close()
    services.judging.close()
    services.readers.shutdown()
    services.writer.close(_WRITER_SECONDS)
    services.shared_jobs.close()
    services.holder.close()
    if options.tracing is not None:
        options.tracing.close()
