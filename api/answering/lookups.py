"""What is read out of the library for somebody to look at: one thing at a time, so that questions keep their processor."""

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from api.access.access import caller_of
from api.answering.questions import Admission
from api.answering.threads import DaemonPool
from api.http.body import while_wanted
from api.limits import Limits

T = TypeVar("T")


class Lookups:
    """Articles, listings and reports of jobs: any number may be asked for, and a long one takes a tenth of a second."""

    def __init__(self, limits: Limits, name: str = "geungeo-looking") -> None:
        self._admission = Admission(limits.lookups, limits.lookups_per_caller)
        self._pool = DaemonPool(1, name)

    async def look(self, request: Request, work: Callable[[], T]) -> T:
        """Return what ``work`` makes. Raises ProblemError (busy), and ClientDisconnect once nobody waits for it."""
        with self._admission.hold(caller_of(request).id):
            return await while_wanted(request, self._pool, work)

    def close(self) -> None:
        """Take no more work; the thread ends with what it has, and is not waited for."""
        self._pool.shutdown()
