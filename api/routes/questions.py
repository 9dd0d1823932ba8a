"""The addresses that answer, and those that say how the service is and what a key may do."""

from functools import partial

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.access.access import caller_of, require
from api.access.keys import Scope
from api.answering.examples import ARTICLES
from api.http.body import parse_body
from api.openapi.describe import CALLER, EXAMPLES, HEALTH, METRICS, QUERY, READY, SEARCH
from api.problems.problems import ProblemError
from api.schemas.articles import CallerResponse
from api.schemas.errors import StatusResponse
from api.schemas.questions import ExamplesResponse, QueryRequest, SearchRequest
from api.services import Body, Used
from rag.schemas import AnswerResponse, SearchResponse

router = APIRouter()


@router.post("/v1/query", dependencies=[Depends(require(Scope.ASK))], **QUERY)
async def query(request: Request, body: Body, services: Used) -> Response:
    """Answer a question: every citation is a verbatim span of an article; or say why there is none."""
    said = await parse_body(QueryRequest, body)
    asked = said.to_query()
    note_question(request, asked.question)
    answer = await services.questions.answer(request, asked, own_writes=said.own_writes)
    return json_response(AnswerResponse.from_answer(answer, await services.write(answer)))


@router.post("/v1/search", dependencies=[Depends(require(Scope.ASK))], **SEARCH)
async def search(request: Request, body: Body, services: Used) -> Response:
    """Return the nearest passages, best first, and no answer."""
    said = await parse_body(SearchRequest, body)
    asked = said.to_query()
    note_question(request, asked.question)
    found = await services.questions.search(request, asked, own_writes=said.own_writes)
    return json_response(SearchResponse.from_result(found))


@router.get("/v1/me", dependencies=[Depends(require(Scope.ASK))], **CALLER)
async def me(request: Request, services: Used) -> Response:
    """Return the key that asks, and its scopes with those they imply."""
    caller = caller_of(request)
    collections = None if caller.collections is None else list(caller.collections)
    judges = services.gold and Scope.JUDGE in caller.scopes
    body = CallerResponse(id=caller.id, scopes=sorted(caller.scopes), collections=collections, judges=judges)
    return json_response(body)


@router.get("/v1/examples", dependencies=[Depends(require(Scope.ASK))], **EXAMPLES)
async def examples(request: Request, services: Used) -> Response:
    """Return questions that the last articles answer, each of them asked before; none where nothing names any."""
    library, within = services.holder.library(), caller_of(request).collections
    look = partial(services.lookups.look, request)
    generation = await look(lambda: library.snapshot().manifest.generation)
    read = partial(look, lambda: library.newest(ARTICLES, within))
    found = await services.examples.offer((generation, within), read, partial(services.questions.answer, request))
    return json_response(ExamplesResponse(questions=list(found)))


@router.get("/healthz", **HEALTH)
async def healthz() -> Response:
    """Return that the process is alive, also while it loads and under load."""
    return _status(StatusResponse(status="ok"))


@router.get("/readyz", **READY)
async def readyz(services: Used) -> Response:
    """Return that questions can be answered; if not, 503 with the reason as ``code``."""
    services.holder.get()
    if services.writer.closed:
        raise ProblemError("shutting_down")
    library = services.holder.backend.library if services.holder.backend else None
    if library is None or not library.shares_truth:
        return _status(StatusResponse(status="ready"))
    return _status(StatusResponse(status="ready", truth="away" if library.truth_is_away else "shared"))


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[Depends(require(Scope.ADMIN))], **METRICS)
def metrics(services: Used) -> Response:
    """Return the counters for Prometheus."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)


def _status(body: StatusResponse) -> Response:
    return Response(body.model_dump_json(exclude_none=True), media_type="application/json")


def note_question(request: Request, question: str) -> None:
    """Note the question for the log, which leaves it out unless ``--log-questions`` was given."""
    request.scope["state"]["question"] = question


def json_response(body: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a body as JSON, written by pydantic without a second validation."""
    return Response(body.model_dump_json(), status, headers, media_type="application/json")
