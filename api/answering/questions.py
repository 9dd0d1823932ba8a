"""Questions in threads of their own: so many at a time in all and for each caller, each with a deadline."""

import asyncio
import contextvars
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope as AsgiScope

from api.access.access import caller_of
from api.access.keys import Scope
from api.answering.readiness import PipelineHolder
from api.answering.threads import DaemonPool
from api.http.metrics import Metrics
from api.limits import Limits
from api.problems.problems import ProblemError
from rag.answers import Answer, Hit, Query, Scores, SearchResult, Watch

_SHOWN_DIGITS = 2
_LOOK_SECONDS = 0.1  # between two looks whether the client still waits
_ASKING = frozenset({"/v1/query", "/v1/query/stream", "/v1/search", "/v1/chat/completions"})
T = TypeVar("T")
Made = TypeVar("Made", Answer, SearchResult)


class Admission:
    """At most ``limit`` in work or waiting, questions or whatever else is asked for, and ``per_caller`` of one caller's.

    The next is refused. For the event loop only.
    """

    def __init__(self, limit: int, per_caller: int) -> None:
        self._limit = limit
        self._per_caller = per_caller
        self._taken: dict[str, int] = {}

    @property
    def taken(self) -> int:
        """How many are in work or waiting, over all callers."""
        return sum(self._taken.values())

    def require_room(self, caller: str) -> None:
        """Raise ProblemError where :meth:`take` would."""
        if self.taken >= self._limit or self._taken.get(caller, 0) >= self._per_caller:
            raise ProblemError("busy")

    def take(self, caller: str) -> Callable[[], None]:
        """Return what gives the place back; call it once. Raises ProblemError."""
        self.require_room(caller)
        self._taken[caller] = self._taken.get(caller, 0) + 1
        return lambda: self._give_back(caller)

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Keep a place for as long as the block takes. Raises ProblemError."""
        give_back = self.take(caller)
        try:
            yield
        finally:
            give_back()

    def _give_back(self, caller: str) -> None:
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]


class Supervision(Watch):
    """Ends a question at its next stage once it is too late or nobody waits any more; passes the rest on."""

    def __init__(self, seconds: float, watches: Sequence[Watch]) -> None:
        self._until = time.monotonic() + seconds
        self._watches = watches
        self.cancelled = False

    def stage(self, name: str) -> None:
        """Pass the stage on. Raises ProblemError (``deadline_exceeded``) once the question is cancelled or late."""
        if self.cancelled or time.monotonic() > self._until:
            raise ProblemError("deadline_exceeded")
        for watch in self._watches:
            watch.stage(name)

    def passages(self, hits: Sequence[Hit]) -> None:
        """Pass the passages on."""
        for watch in self._watches:
            watch.passages(hits)


class Questions:
    """Asks the pipeline for the routes.

    Here alone a question is let in or refused; behind, nothing refuses it for others.
    """

    def __init__(self, holder: PipelineHolder, metrics: Metrics, limits: Limits) -> None:
        self._holder = holder
        self._metrics = metrics
        self._admission = Admission(limits.questions, limits.questions_per_caller)
        self._seconds = limits.question_seconds
        self._pool = DaemonPool(limits.question_threads, "geungeo-question")

    @property
    def taken(self) -> int:
        """Questions in work or waiting."""
        return self._admission.taken

    def require_room(self, scope: AsgiScope) -> None:
        """Refuse a question that has no place before its body is read: many times more may come than can be answered."""
        if scope["method"] == "POST" and scope["path"] in _ASKING:
            scope["state"]["route"] = scope["path"]
            self._admission.require_room(scope["state"]["caller"].id)

    async def answer(self, request: Request, query: Query, *, own_writes: bool = False) -> Answer:
        """Return the answer; with ``own_writes`` from all that any node acknowledged before.

        Raises ProblemError (busy, loading, deadline_exceeded), ClientDisconnect once nobody waits for it, and whatever
        the pipeline raises.
        """
        supervision, future = self.begin_answer(request, query, own_writes=own_writes)
        return await self._in_time(request, supervision, future)

    async def search(self, request: Request, query: Query, *, own_writes: bool = False) -> SearchResult:
        """Return what the search finds; ``own_writes`` and what is raised are as in :meth:`answer`."""
        pipeline, catch_up = self._holder.get(), self._catching_up(own_writes)
        supervision = self._supervision(request)
        within = replace(query, within=caller_of(request).collections)

        def work() -> SearchResult:
            catch_up()
            result = pipeline.search(within, supervision)
            self._metrics.stages(result.timings_ms)
            return as_shown(request, result)

        return await self._in_time(request, supervision, self._begin(request, work))

    def begin_answer(
        self, request: Request, query: Query, *watches: Watch, own_writes: bool = False
    ) -> "tuple[Supervision, asyncio.Future[Answer]]":
        """Start at once, with more ``watches``; for whoever wants to hear of each stage."""
        pipeline, catch_up = self._holder.get(), self._catching_up(own_writes)
        supervision = self._supervision(request, *watches)
        within = replace(query, within=caller_of(request).collections)

        def work() -> Answer:
            catch_up()
            answer = pipeline.ask(within, supervision)
            self._metrics.answer(answer.reason)
            self._metrics.stages(answer.timings_ms)
            return as_shown(request, answer)

        return supervision, self._begin(request, work)

    def _catching_up(self, wanted: bool) -> Callable[[], None]:
        """Return what is done first in the question's thread."""
        return self._holder.library().require_current if wanted else lambda: None

    def close(self) -> None:
        """Take no more questions; the threads end with what they have in work, and are not waited for."""
        self._pool.shutdown()

    def _supervision(self, request: Request, *watches: Watch) -> Supervision:
        tracing: tuple[Watch, ...] = request.scope.get("state", {}).get("watches", ())
        return Supervision(self._seconds, (*tracing, *watches))

    def _begin(self, request: Request, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Start the work; its place is given back when the thread has finished, not when nobody waits any more."""
        give_back = self._admission.take(caller_of(request).id)
        context = contextvars.copy_context()
        future = asyncio.get_running_loop().run_in_executor(self._pool, context.run, work)
        future.add_done_callback(lambda done: (give_back(), done.cancelled() or done.exception()))
        return future

    async def _in_time(self, request: Request, supervision: Supervision, future: "asyncio.Future[T]") -> T:
        """Return what the question comes to, which goes no further than its next stage once this has raised.

        Raises ProblemError (deadline_exceeded), and ClientDisconnect once nobody waits for it.
        """
        until = time.monotonic() + self._seconds
        try:
            while not future.done():
                left = until - time.monotonic()
                if left <= 0:
                    raise ProblemError("deadline_exceeded")
                done, _ = await asyncio.wait({future}, timeout=min(left, _LOOK_SECONDS))
                if not done and await request.is_disconnected():
                    raise ClientDisconnect
            return future.result()
        except BaseException:
            supervision.cancelled = True
            raise


def as_shown(request: Request, made: Made) -> Made:
    """Round the scores but for admin: to others, many decimals would tell how near any text is to any other."""
    if Scope.ADMIN in caller_of(request).scopes:
        return made
    if isinstance(made, SearchResult):
        return replace(made, hits=coarse_hits(made.hits))
    citations = tuple(replace(citation, score=_coarse(citation.score)) for citation in made.citations)
    confidence = _coarse(made.confidence)
    return replace(made, passages=coarse_hits(made.passages), citations=citations, confidence=confidence)


def coarse_hits(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the hits with rounded scores, for callers who may not see exact ones (S7 of docs/testing.md)."""
    return tuple(replace(hit, scores=_coarse_scores(hit.scores)) for hit in hits)


def _coarse_scores(scores: Scores) -> Scores:
    dense, lexical = (None if value is None else _coarse(value) for value in (scores.dense, scores.lexical))
    return Scores(dense, lexical, _coarse(scores.fused))


def _coarse(value: float) -> float:
    return round(value, _SHOWN_DIGITS)
