"""A question whose answer comes in parts, as server-sent events: each stage as it begins, passages before the answer."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.access.access import require
from api.access.keys import Scope
from api.answering.questions import Supervision, coarse_hits
from api.http.body import parse_body
from api.language import choose_language
from api.openapi.describe import STREAM
from api.problems.problems import ProblemError, note_problem, problem_body, to_problem
from api.routes.questions import note_question
from api.schemas.questions import QueryRequest
from api.services import Body, Used
from rag.answers import Answer, Hit, Watch, Written
from rag.schemas import AnswerResponse, PassageBody

router = APIRouter()
ANSWER_FIELDS = (
    "question",
    "answered",
    "reason",
    "answer",
    "confidence",
    "certainty",
    "absent",
    "expansions",
    "completed",
    "added",
)
CITATION_FIELDS = ("citations", "parts", "conflicts")
_HEARTBEAT_SECONDS = 10.0
_HEADERS = {"X-Accel-Buffering": "no"}  # nginx would hold the events back until the answer is whole


@router.post("/v1/query/stream", dependencies=[Depends(require(Scope.ASK))], **STREAM)
async def query_stream(request: Request, body: Body, services: Used) -> Response:
    """Answer as ``/v1/query`` in events: ``stage``, ``passages``, ``answer``, ``citations``, ``written``, ``done``; or ``error``."""
    said = await parse_body(QueryRequest, body)
    query = said.to_query()
    note_question(request, query.question)
    teller = _Teller(asyncio.get_running_loop(), exact=Scope.ADMIN in request.scope["state"]["caller"].scopes)
    supervision, future = services.questions.begin_answer(request, query, teller, own_writes=said.own_writes)
    future.add_done_callback(lambda _: teller.events.put_nowait(None))
    until = time.monotonic() + services.limits.question_seconds
    events = _events(request, teller, supervision, future, until, services.writing)
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


class _Teller(Watch):
    """Brings what the asking thread tells into the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, exact: bool) -> None:
        self._loop = loop
        self._exact = exact
        self.events: asyncio.Queue[bytes | None] = asyncio.Queue()

    def stage(self, name: str) -> None:
        self._tell("stage", {"stage": name})

    def passages(self, hits: Sequence[Hit]) -> None:
        shown = hits if self._exact else coarse_hits(hits)
        self._tell("passages", {"passages": [_plain(PassageBody.from_hit(hit)) for hit in shown]})

    def _tell(self, name: str, data: object) -> None:
        self._loop.call_soon_threadsafe(self.events.put_nowait, _event(name, data))


async def _events(
    request: Request,
    teller: _Teller,
    supervision: Supervision,
    future: "asyncio.Future[Answer]",
    until: float,
    write: Callable[[Answer], AsyncIterator[Written]],
) -> AsyncIterator[bytes]:
    try:
        async for event in _until_answered(teller, until):
            yield event
        answer = await future
        body = _plain(AnswerResponse.from_answer(answer))
        yield _event("answer", {name: body[name] for name in ANSWER_FIELDS})
        yield _event("citations", {name: body[name] for name in CITATION_FIELDS})
        written = []
        async for sentence in write(answer):
            written.append({"text": sentence.text, "citations": list(sentence.citations)})
            yield _event("written", written[-1])
        yield _event("done", {"written": written, "timings_ms": body["timings_ms"], "index": body["index"]})
    except asyncio.CancelledError:  # the server stops, and its patience is at an end
        yield _error(request, ProblemError("shutting_down"))
    except Exception as error:
        yield _error(request, error)
    finally:
        supervision.cancelled = True  # where the client has left, the next stage is the last


def _error(request: Request, error: Exception) -> bytes:
    problem = to_problem(error)
    note_problem(request, error, problem)
    language = choose_language(request.headers.get("accept-language"))
    return _event("error", problem_body(request, problem, language).model_dump(mode="json", exclude_none=True))


async def _until_answered(teller: _Teller, until: float) -> AsyncIterator[bytes]:
    """Yield what is told, with a sign of life in between. Raises ProblemError when it is too late."""
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise ProblemError("deadline_exceeded")
        try:
            event = await asyncio.wait_for(teller.events.get(), min(left, _HEARTBEAT_SECONDS))
        except TimeoutError:
            yield b": still working\n\n"
            continue
        if event is None:
            return
        yield event


def _plain(body: BaseModel) -> dict[str, object]:
    return body.model_dump(mode="json")


def _event(name: str, data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
