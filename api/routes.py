"""The addresses. Those that search are plain functions and run in the thread pool; those that only look are not."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.body import parse_body
from api.http_bodies import StatusResponse
from api.openapi import ARTICLE, HEALTH, METRICS, QUERY, READY, SEARCH
from api.requests import QueryRequest, SearchRequest
from api.services import Body, Slot, Used
from index.articles import normalize
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse

router = APIRouter()


@router.post("/v1/query", dependencies=[Slot], **QUERY)
def query(body: Body, services: Used) -> Response:
    """A question in; an answer whose every citation is a verbatim span of an article, or the reason there is none."""
    asked = parse_body(QueryRequest, body)
    pipeline = services.holder.get()
    answer = pipeline.ask(asked.question, top_k=asked.top_k, filters=asked.to_filters(), mode=asked.to_mode())
    services.metrics.answer(answer.reason)
    return _json(AnswerResponse.from_answer(answer))


@router.post("/v1/search", dependencies=[Slot], **SEARCH)
def search(body: Body, services: Used) -> Response:
    """A question in; the nearest passages, best first, and no answer."""
    asked = parse_body(SearchRequest, body)
    pipeline = services.holder.get()
    result = pipeline.search(
        asked.question,
        top_k=asked.top_k,
        filters=asked.to_filters(),
        mode=asked.to_mode(),
        diversity=asked.diversity,
    )
    return _json(SearchResponse.from_result(result))


@router.get("/v1/articles/{article_id:path}", **ARTICLE)
def article(article_id: str, services: Used) -> Response:
    """One article: the text that every offset counts in, and what each stretch of it was taken for."""
    pipeline, stored_id = services.holder.get(), normalize(article_id)
    return _json(ArticleResponse.from_article(pipeline.article(stored_id), pipeline.spans(stored_id)))


@router.get("/healthz", **HEALTH)
async def healthz() -> Response:
    """Whether the process is alive; answers also while loading and under load."""
    return _json(StatusResponse(status="ok"))


@router.get("/readyz", **READY)
async def readyz(services: Used) -> Response:
    """Whether questions can be answered; if not, 503 with the reason as ``code``."""
    services.holder.get()
    return _json(StatusResponse(status="ready"))


@router.get("/metrics", response_class=PlainTextResponse, **METRICS)
def metrics(services: Used) -> Response:
    """Counters for Prometheus."""
    return Response(services.metrics.render(), media_type=CONTENT_TYPE_LATEST)


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), media_type="application/json")
