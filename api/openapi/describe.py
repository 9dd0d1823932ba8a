"""What ``/openapi.json`` says of each route: bodies, examples in Korean and English, and its problems."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import StreamingResponse
from starlette.routing import BaseRoute

from api.articles.requests import ArticleEdit, ArticleFields, ArticlesRequest
from api.openapi.examples import (
    ACCEPTED,
    ALIVE,
    ANSWER,
    ARTICLE_BODY,
    BATCH,
    BATCH_RESULT,
    CALLERS,
    COLLECTION_NAMES,
    EDITED,
    EDITS,
    EVENTS,
    EXAMPLE_QUESTIONS,
    FORM,
    GOLD_FILE,
    GOLD_LIST,
    JOB_LIST,
    JUDGED,
    JUDGEMENTS,
    LISTING,
    METRIC_LINES,
    ONE,
    ORIGINAL_FILE,
    QUERIES,
    READY_TO_ANSWER,
    SEARCH_RESULT,
    SEARCHES,
    SOURCE_NAMES,
    WRITTEN,
)
from api.problems.kinds import KINDS
from api.schemas.articles import (
    BatchResponse,
    CallerResponse,
    CollectionsResponse,
    JobResponse,
    JobsResponse,
    ListResponse,
    SourcesResponse,
    WrittenResponse,
)
from api.schemas.errors import OpenAIError, ProblemBody, StatusResponse
from api.schemas.gold import JudgementBody, JudgementRequest, JudgementsResponse
from api.schemas.questions import ExamplesResponse, QueryRequest, SearchRequest
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse

TAGS = [
    {"name": "questions", "description": "묻고 찾기 / Ask and search"},
    {"name": "articles", "description": "글을 넣고, 보고, 지우기 / Put in, read and delete articles"},
    {"name": "openai", "description": "OpenAI 클라이언트로 묻기 / Ask with OpenAI's clients"},
    {"name": "server", "description": "서버와 키의 상태 / How the server is, and what a key may do"},
]
_BODIES = (QueryRequest, SearchRequest, ArticleFields, ArticlesRequest, ArticleEdit, JudgementRequest)
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_REFERENCE = "#/components/schemas/{model}"
_OPEN = (  # of every request, before it is known who sent it
    *("bad_request", "host_not_allowed", "invalid_unicode", "url_too_long", "headers_too_large"),
    *("upgrade_unsupported", "request_timeout", "shutting_down", "internal"),
)
_ANY = (*_OPEN, "key_required", "invalid_key", "insufficient_scope", "rate_limited", "keys_unreadable", "busy")
_SENT = ("cross_site", "invalid_json", "body_too_large", "unsupported_media_type", "invalid_request")
_WRITING = (
    *_SENT,
    "other_collection",
    "read_only",
    "loading",
    "storage_unavailable",
    "truth_away",
    "engine_away",
    "locked",
    "index_corrupt",
    "embedder_mismatch",
)
_INDEX = ("loading", "model_unavailable", "index_corrupt", "embedder_mismatch", "locked", "storage_unavailable")


_ASKING = (
    *_ANY,
    *_SENT,
    *("empty_question", "question_too_long", "usage", "deadline_exceeded", "truth_away", "engine_away"),
)


def describe(app: FastAPI, *bodies: type[BaseModel]) -> dict[str, Any]:
    """Return the document, made once; ``bodies`` are what other rooms' routes take."""
    if not app.openapi_schema:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        models = [(model, "validation") for model in (*_BODIES, *bodies)] + [
            (body, "serialization") for body in (ProblemBody, OpenAIError)
        ]
        _, schemas = models_json_schema(models, ref_template=_REFERENCE)  # type: ignore[arg-type]
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(schemas["$defs"])
        components["schemas"].pop("HTTPValidationError", None)
        components["schemas"].pop("ValidationError", None)
        components["securitySchemes"] = _SECURITY_SCHEMES
        document["security"] = [{name: []} for name in _SECURITY_SCHEMES]
        _restore_examples(document, app.state.routes)
        app.openapi_schema = document
    return app.openapi_schema


def _restore_examples(document: dict[str, Any], routes: Iterable[BaseRoute]) -> None:
    """Put the examples back as they were written: FastAPI leaves every ``null`` out of them."""
    for route in routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            for status, response in route.responses.items():
                for media_type, content in response.get("content", {}).items():
                    operation["responses"][str(status)]["content"][media_type]["examples"] = content["examples"]


def _route(
    summary: str,
    model: type | None,
    *codes: str,
    body: type | None = None,
    status: int = 200,
    **examples: dict[str, Any],
) -> dict[str, Any]:
    """Return a route's keyword arguments; ``examples`` are ``answer`` (of its success) and ``body_examples``."""
    content = {"application/json": {"examples": examples["answer"]}} if "answer" in examples else {}
    responses: dict[int | str, dict[str, Any]] = {status: {"description": "OK", "content": content}}
    if model is not None:
        responses[status]["model"] = model
    described = {"summary": summary, "status_code": status, "responses": responses | _problems(codes)}
    if body is not None:
        schema = {"$ref": _REFERENCE.format(model=body.__name__)}
        json_body = {"schema": schema, "examples": examples["body_examples"]}
        described["openapi_extra"] = {"requestBody": {"required": True, "content": {"application/json": json_body}}}
    return described


def describe_asking(
    summary: str, model: type, *codes: str, body: type, body_examples: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    """Return a route of another protocol that asks: with the problems of every question, and ``codes``."""
    return _route(summary, model, *_ASKING, *codes, *_INDEX, body=body, body_examples=body_examples, answer=answer)


def describe_reading(summary: str, model: type, *codes: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return a route of another protocol that only looks."""
    return _route(summary, model, *_ANY, *codes, answer=answer)


def _problems(codes: tuple[str, ...]) -> dict[int | str, dict[str, Any]]:
    """Return a response for each status, with an example in both languages for each code."""
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
                "value": problem_example(code, language),
            }
    return responses


def problem_example(code: str, language: str) -> dict[str, Any]:
    """Return the problem as it goes out."""
    kind = KINDS[code]
    return {
        "type": f"/problems/{code.replace('_', '-')}",
        "title": kind.title[language],
        "status": kind.status,
        "detail": kind.detail[language].format_map({"line": 1, "column": 14, "limit": 65_536}),
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
    "가까운 대목을 찾습니다 / Find the nearest passages",
    SearchResponse, *_ASKING, *_INDEX, body=SearchRequest, answer=SEARCH_RESULT, body_examples=SEARCHES,
)  # fmt: skip
EXAMPLES = _route(
    "물어볼 만한 질문 / Questions that are answered here",
    ExamplesResponse, *_ANY, "read_only", "deadline_exceeded", *_INDEX, answer=EXAMPLE_QUESTIONS,
)  # fmt: skip
STREAM = _route(
    "답을 이벤트로 나누어 보냅니다 / Answer in server-sent events",
    None, *_ASKING, *_INDEX, body=QueryRequest, body_examples=QUERIES,
)  # fmt: skip
_EVENTS = ("stage", "passages", "answer", "citations", "done", "error")
_EVENT = {
    "type": "object", "required": ["event", "data"],
    "properties": {"event": {"enum": list(_EVENTS)}, "data": {"type": "string", "description": "JSON"}},
}  # fmt: skip
STREAM["response_class"] = StreamingResponse  # or FastAPI adds a body in JSON
STREAM["responses"][200]["content"] = {"text/event-stream": {"schema": _EVENT, "examples": EVENTS}}
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "A job; Location says where to ask.", "model": JobResponse,
        "content": {"application/json": {"examples": ACCEPTED}},
    }
}  # fmt: skip
ARTICLE = _route(
    "글 하나를 가져옵니다 / Get one article",
    ArticleResponse, *_ANY, "not_found", *_INDEX, answer=ARTICLE_BODY,
)  # fmt: skip
ARTICLES = _route(
    "글을 한꺼번에 넣습니다 / Put in a batch of articles",
    BatchResponse, *_ANY, *_WRITING, "idempotency_mismatch", body=ArticlesRequest, answer=BATCH_RESULT,
    body_examples=BATCH,
)  # fmt: skip
ARTICLES["responses"] |= _ACCEPTED
PUT_ARTICLE = _route(
    "글 하나를 넣거나 바꿉니다 / Put in or replace one article",
    WrittenResponse, *_ANY, *_WRITING, "unreadable", "empty_document", "parse_failed", "parse_timeout", "id_mismatch", "not_found",
    body=ArticleFields, answer=WRITTEN, body_examples=ONE,
)  # fmt: skip
_CREATED = {"description": "Created", "model": WrittenResponse, "content": {"application/json": {"examples": WRITTEN}}}
PUT_ARTICLE["responses"] |= {201: _CREATED} | _ACCEPTED
EDIT_ARTICLE = _route(
    "글의 제목·출처·주소·날짜·모음을 고칩니다 / Change what is said of an article",
    WrittenResponse, *_ANY, *_WRITING, "unreadable", "parse_failed", "parse_timeout", "not_found",
    body=ArticleEdit, answer=EDITED, body_examples=EDITS,
)  # fmt: skip
EDIT_ARTICLE["responses"] |= _ACCEPTED
DELETE_ARTICLE = _route(
    "글 하나를 지웁니다 / Delete one article",
    None, *_ANY, "cross_site", "not_found", "read_only", *_INDEX, status=204,
)  # fmt: skip
DELETE_ARTICLE["responses"] |= _ACCEPTED
ARTICLES_LIST = _route(
    "글 목록을 가져옵니다 / List articles",
    ListResponse, *_ANY, "invalid_request", "read_only", *_INDEX, answer=LISTING,
)  # fmt: skip
SOURCES = _route(
    "출처 목록을 가져옵니다 / List the sources of articles",
    SourcesResponse, *_ANY, "read_only", *_INDEX, answer=SOURCE_NAMES,
)  # fmt: skip
COLLECTIONS = _route(
    "글 모음 이름의 목록을 가져옵니다 / List the collections of articles",
    CollectionsResponse, *_ANY, "read_only", *_INDEX, answer=COLLECTION_NAMES,
)  # fmt: skip
FILES = _route(
    "파일을 올립니다 / Upload files",
    JobResponse, *_ANY, *_WRITING, "invalid_multipart", "too_many_parts", "unsupported_type",
    status=202, answer=ACCEPTED,
)  # fmt: skip
ORIGINAL = _route(
    "글의 원본 파일을 내려받습니다 / Download the file an article was read from",
    None, *_ANY, "not_found", "original_not_kept", "read_only", *_INDEX,
)  # fmt: skip
ORIGINAL["response_class"] = StreamingResponse  # or FastAPI adds a body in JSON
ORIGINAL["responses"][200]["content"] = {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "examples": ORIGINAL_FILE}
}
_FORM = {
    "type": "object", "required": ["files"], "additionalProperties": False, "properties": {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1},
        "title": {"type": "string", "maxLength": 2000}, "source": {"type": "string", "maxLength": 2000},
        "published_at": {"type": "string", "format": "date"},
        "collection": {"type": "string", "maxLength": 100},
    },
}  # fmt: skip
FILES["openapi_extra"] = {
    "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM, "examples": FORM}}}
}
_GOLD = ("gold_off", "read_only")
JUDGE = _route(
    "답이 맞는지 말합니다 / Say whether an answer is right",
    JudgementBody, *_ANY, *_SENT, *_GOLD, "gold_full", "not_found", *_INDEX, status=201,
    body=JudgementRequest, answer=JUDGED, body_examples=JUDGEMENTS,
)  # fmt: skip
GOLD = _route(
    "맞음·틀림의 목록을 가져옵니다 / List what was said of answers",
    JudgementsResponse,
    *_ANY,
    *_GOLD,
    *_INDEX,
    answer=GOLD_LIST,
)
UNJUDGE = _route(
    "맞음·틀림 하나를 지웁니다 / Delete one of them",
    None,
    *_ANY,
    "cross_site",
    "not_found",
    *_GOLD,
    *_INDEX,
    status=204,
)
GOLD_SET = _route("평가 세트로 내려받습니다 / Download them as an evaluation set", None, *_ANY, *_GOLD, *_INDEX)
GOLD_SET["response_class"] = StreamingResponse  # or FastAPI adds a body in JSON
GOLD_SET["responses"][200]["content"] = {
    "application/zip": {"schema": {"type": "string", "format": "binary"}, "examples": GOLD_FILE}
}
JOB = _route("작업 하나의 진행 상황 / One job", JobResponse, *_ANY, "not_found", answer=ACCEPTED)
JOBS = _route("최근 작업 / Recent jobs", JobsResponse, *_ANY, answer=JOB_LIST)
CALLER = _route("이 키로 할 수 있는 일 / What this key may do", CallerResponse, *_ANY, answer=CALLERS)
HEALTH = _route("살아 있는지 확인합니다 / Is the process alive", StatusResponse, *_OPEN, answer=ALIVE)
READY = _route(
    "답할 준비가 되었는지 확인합니다 / Can it answer", StatusResponse, *_OPEN, *_INDEX, answer=READY_TO_ANSWER
)
METRICS = _route("Prometheus 지표 / Prometheus metrics", None, *_ANY)
METRICS["responses"][200]["content"] = {"text/plain": {"schema": {"type": "string"}, "examples": METRIC_LINES}}
for _open in (HEALTH, READY):
    _open["openapi_extra"] = {"security": []}
_TAGGED = {
    "questions": (QUERY, SEARCH, EXAMPLES, STREAM, JUDGE, UNJUDGE, GOLD, GOLD_SET),
    "articles": (
        ARTICLES,
        ARTICLES_LIST,
        ARTICLE,
        PUT_ARTICLE,
        EDIT_ARTICLE,
        DELETE_ARTICLE,
        SOURCES,
        COLLECTIONS,
        FILES,
        ORIGINAL,
        JOB,
        JOBS,
    ),
    "server": (CALLER, HEALTH, READY, METRICS),
}
for _tag, _described in _TAGGED.items():
    for _one in _described:
        _one["tags"] = [_tag]
