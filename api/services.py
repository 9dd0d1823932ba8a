"""What the routes work with, and how many questions may be in work at once."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.body import read_body
from api.metrics import Metrics
from api.problems import ProblemError
from api.readiness import PipelineHolder


class Admission:
    """At most ``limit`` questions in work or waiting for a thread; the next is refused. For the event loop only."""

    def __init__(self, limit: int) -> None:
        self._free = limit

    @contextmanager
    def slot(self) -> Iterator[None]:
        if self._free <= 0:
            raise ProblemError("busy")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


@dataclass(frozen=True, slots=True)
class Services:
    """Lives in ``app.state.services``."""

    holder: PipelineHolder
    metrics: Metrics
    admission: Admission


async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Used = Annotated[Services, Depends(get_services)]


async def take_slot(services: Used) -> AsyncIterator[None]:
    with services.admission.slot():
        yield


Body = Annotated[bytes, Depends(read_body)]
Slot = Depends(take_slot)
