"""What the routes work with."""

from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from api.answering.examples import Examples
from api.answering.lookups import Lookups
from api.answering.questions import Admission, Questions
from api.answering.readiness import PipelineHolder
from api.articles.jobs import JobTable
from api.articles.shared_jobs import SharedJobs
from api.articles.writer import Writer
from api.http.body import Room, read_body
from api.http.idempotency import Replies
from api.http.metrics import Metrics
from api.limits import Limits
from rag.answers import Answer, Written
from rag.writing.writing import Prose


@dataclass(frozen=True, slots=True)
class Services:
    """Lives in ``app.state.services``."""

    holder: PipelineHolder
    metrics: Metrics
    questions: Questions
    examples: Examples
    lookups: Lookups
    judging: Lookups  # what people say of answers: it may wait for an import, and nobody who reads an article with it
    writer: Writer
    jobs: JobTable
    shared_jobs: SharedJobs
    replies: Replies
    limits: Limits
    bodies: Room  # bytes of articles that are being received or read
    uploads: Admission  # uploads that are being received
    readers: Executor  # a thread that reads what is too long for the event loop
    gold: bool  # whether what people say of answers is kept
    prose: Prose | None = None  # puts citations into words, where the operator wants it

    async def writing(self, answer: Answer) -> AsyncIterator[Written]:
        """Yield the sentences of a language model that hold, as they come; none where there is none."""
        if self.prose:
            async for sentence in iterate_in_threadpool(self.prose.write(answer)):
                yield sentence

    async def write(self, answer: Answer) -> tuple[Written, ...]:
        """Return those that come soon enough for a reply that is sent whole."""
        return tuple(await run_in_threadpool(self.prose.write_soon, answer)) if self.prose else ()


async def get_services(request: Request) -> Services:
    """Return the services of the app that serves the request, for ``Depends``."""
    services: Services = request.app.state.services
    return services


Used = Annotated[Services, Depends(get_services)]


Body = Annotated[bytes, Depends(read_body)]
