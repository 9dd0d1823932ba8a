"""What the routes work with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.access.access import caller_of
from api.answering.questions import Admission, Questions
from api.answering.readiness import PipelineHolder
from api.articles.jobs import JobTable
from api.articles.writer import Writer
from api.http.body import read_body
from api.http.idempotency import Replies
from api.http.metrics import Metrics
from api.limits import Limits


@dataclass(frozen=True, slots=True)
class Services:
    """Lives in ``app.state.services``."""

    holder: PipelineHolder
    metrics: Metrics
    admission: Admission
    questions: Questions
    writer: Writer
    jobs: JobTable
    replies: Replies
    limits: Limits


async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Used = Annotated[Services, Depends(get_services)]


async def take_slot(request: Request, services: Used) -> AsyncIterator[None]:
    """For routes that ask the pipeline themselves: a place among the questions in work."""
    with services.admission.slot(caller_of(request).id):
        yield


Body = Annotated[bytes, Depends(read_body)]
Slot = Depends(take_slot)
