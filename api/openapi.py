"""What ``/openapi.json`` says of each route: bodies, examples in Korean and English, and its problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.examples import ANSWER, ARTICLE_BODY, QUERIES, SEARCH_RESULT, SEARCHES
from api.http_bodies import ProblemBody, StatusResponse
from api.problem_kinds import KINDS
from api.requests import QueryRequest, SearchRequest
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse

_REFERENCE = "#/components/schemas/{model}"
_ASKING = (
    *("invalid_json", "body_too_large", "unsupported_media_type", "invalid_request", "invalid_unicode"),
    *("empty_question", "question_too_long", "usage", "internal", "busy"),
)
_INDEX = ("loading", "model_unavailable", "index_corrupt", "embedder_mismatch", "locked", "storage_unavailable")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        models = [(QueryRequest, "validation"), (SearchRequest, "validation"), (ProblemBody, "serialization")]
        _, schemas = models_json_schema(models, ref_template=_REFERENCE)  # type: ignore[arg-type]
        document.setdefault("components", {}).setdefault("schemas", {}).update(schemas["$defs"])
        app.openapi_schema = document
    return app.openapi_schema


def _route(
    summary: str, model: type | None, *codes: str, body: type | None = None, **examples: dict[str, Any]
) -> dict[str, Any]:
    """Keyword arguments of a route: ``examples["answer"]`` of its 200, ``examples["body_examples"]`` of its request."""
    content = {"application/json": {"examples": examples["answer"]}} if "answer" in examples else {}
    responses: dict[int | str, dict[str, Any]] = {200: {"description": "OK", "content": content}}
    if model is not None:
        responses[200]["model"] = model
    described = {"summary": summary, "responses": responses | _problems(codes)}
    if body is not None:
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        json_body = {"schema": schema, "examples": examples["body_examples"]}
        described["openapi_extra"] = {"requestBody": {"required": True, "content": {"application/json": json_body}}}
    return described


def _problems(codes: tuple[str, ...]) -> dict[int | str, dict[str, Any]]:
    """One response for each status, with an example in both languages for each code."""
    responses: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        content = {"schema": {"$ref": _REFERENCE.format(model="ProblemBody")}, "examples": {}}
        response = responses.setdefault(
            kind.status, {"description": "", "content": {"application/problem+json": content}}
        )
        response["description"] += f"{', ' if response['description'] else ''}`{code}`"
        for language in ("ko", "en"):
            response["content"]["application/problem+json"]["examples"][f"{code} ({language})"] = {
                "summary": kind.title[language],
                "value": _problem_example(code, language),
            }
    return responses


def _problem_example(code: str, language: str) -> dict[str, Any]:
    kind = KINDS[code]
    return {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": kind.title[language],
        "status": kind.status,
        "detail": kind.detail[language].format_map({"line": 1, "column": 14}),
        "instance": "/v1/query",
        "code": code,
        "request_id": "0f8fad5bd9cb469fa16570867728950e",
        "errors": [],
    }


QUERY = _route(
    "질문에 근거와 함께 답합니다 / Answer a question with its evidence",
    AnswerResponse, *_ASKING, *_INDEX, body=QueryRequest, answer=ANSWER, body_examples=QUERIES,
)  # fmt: skip
SEARCH = _route(
    "가까운 구절을 찾습니다 / Find the nearest passages",
    SearchResponse, *_ASKING, *_INDEX, body=SearchRequest, answer=SEARCH_RESULT, body_examples=SEARCHES,
)  # fmt: skip
ARTICLE = _route(
    "글 하나를 가져옵니다 / Get one article",
    ArticleResponse, "not_found", "invalid_unicode", "internal", *_INDEX, answer=ARTICLE_BODY,
)  # fmt: skip
HEALTH = _route("살아 있는지 / Is the process alive", StatusResponse)
READY = _route("답할 수 있는지 / Can it answer", StatusResponse, *_INDEX)
METRICS = _route("Prometheus 지표 / Prometheus metrics", None)
