"""The contract's shapes, the OpenAPI document, and the page that shows it."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.app import create_app
from api.articles.requests import ArticleEdit, ArticleFields, ArticlesRequest
from api.openai.examples import CHATS, COMPLETIONS, MODEL_BODY, MODEL_LIST
from api.openai.schemas import ChatCompletion, ChatRequest, Model, ModelList
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
    EXAMPLE_QUESTIONS,
    GOLD_LIST,
    JOB_LIST,
    JUDGED,
    JUDGEMENTS,
    LISTING,
    ONE,
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
from index.text.characters import is_visible
from rag.answers import Filters, Mode, Query
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse
from tests.support.api_fakes import BRIDGE, FakePipeline, ask, assert_problem, call

DOCUMENT = create_app(FakePipeline()).openapi()


def test_answer_has_the_contracts_shape() -> None:
    body = ask(create_app(FakePipeline()), {"question": "공사비는 320억원"}).json()
    assert list(body) == [
        "question", "answered", "reason", "answer", "confidence", "citations", "passages", "expansions", "timings_ms",
        "index", "certainty", "parts", "conflicts", "absent", "completed", "added", "written",
    ]  # fmt: skip
    assert body["citations"][0] == {
        "article_id": "다리-1", "title": "다리 준공", "source": "한빛일보", "url": "https://example.com/bridge",
        "published_at": "2021-05-04", "start": 24, "end": 38, "quote": "공사비는 320억원이었다.", "score": 1.0,
        "highlights": [{"start": 24, "end": 26}], "context": [], "locator": {}, "value": None,
    }  # fmt: skip
    assert body["passages"][0] == {
        "id": "다리-1:24-38", "article_id": "다리-1", "title": "다리 준공", "text": "공사비는 320억원이었다.",
        "start": 24, "end": 38, "scores": {"dense": 1.0, "lexical": None, "fused": 1.0}, "duplicates": [],
        "source": None, "url": None, "published_at": None,
    }  # fmt: skip
    assert (body["answered"], body["reason"], body["answer"]) == (True, "answered", "공사비는 320억원이었다.")
    assert body["index"] == {"generation": 7, "encoder": "bigram-fake", "articles": 2, "passages": 4}
    assert (body["expansions"], body["timings_ms"]) == (["법인 → 기업"], {"total": 1.5})


def test_every_described_route_has_one_tag_that_says_what_it_is() -> None:
    document = create_app(FakePipeline()).openapi()
    known = {tag["name"]: tag["description"] for tag in document["tags"]}
    used = {
        (method, path): operation["tags"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert all(len(tags) == 1 for tags in used.values()), used
    assert {tag for tags in used.values() for tag in tags} == known.keys()
    assert all(" / " in description for description in known.values())


def test_no_answer_still_has_passages() -> None:
    body = ask(create_app(FakePipeline()), {"question": "xyzzy"}).json()
    assert (body["answered"], body["reason"], body["answer"], body["citations"]) == (False, "no_match", None, [])
    assert len(body["passages"]) == 4


def test_search_has_passages_and_no_answer() -> None:
    body = ask(create_app(FakePipeline()), {"question": "공사비", "top_k": 2}, "/v1/search").json()
    assert list(body) == ["question", "passages", "expansions", "timings_ms", "index", "completed", "added"]
    assert len(body["passages"]) == 2


def test_article_has_the_contracts_shape() -> None:
    body = call(create_app(FakePipeline()), "GET", "/v1/articles/다리-1").json()
    assert body == {
        "id": BRIDGE.id, "title": BRIDGE.title, "text": BRIDGE.text, "source": BRIDGE.source, "url": BRIDGE.url,
        "published_at": "2021-05-04", "sha256": hashlib.sha256(BRIDGE.text.encode()).hexdigest(),
        "spans": [{"start": 0, "end": len(BRIDGE.text), "kind": "body"}], "generation": 7, "known_by": {}, "collection": None, "original": None,
    }  # fmt: skip


def test_everything_asked_for_reaches_the_pipeline() -> None:
    pipeline = FakePipeline()
    filters = {"date_from": "2024-01-01", "date_to": "2024-01-01", "source": "한빛", "article_ids": []}
    ask(create_app(pipeline), {"question": "가", "top_k": 9, "mode": "dense", "filters": filters})
    ask(create_app(pipeline), {"question": "가", "filters": None, "as_of": "2026-03-01"})
    ask(create_app(pipeline), {"question": "가", "filters": {"source": None}, "context": ["앞", " "]}, "/v1/search")
    expected = Filters("2024-01-01", "2024-01-01", "한빛", ())
    assert pipeline.asked == [
        Query("가", 9, expected, Mode.DENSE),
        Query("가", 5, as_of=date(2026, 3, 1)),
        Query("가", 10, context=("앞",)),
    ]


@pytest.mark.parametrize("path", ["/v1/query", "/v1/query/stream", "/v1/search"])
def test_a_question_before_is_as_long_as_a_question_may_be(path: str) -> None:
    """ﷺ is 18 letters once it is read."""
    app = create_app(FakePipeline())
    for earlier in ("ﷺ" * 2_000, "ﷺ" * 112, "가" * 2_001):
        refused = ask(app, {"question": "그건?", "context": ["앞", earlier]}, path)
        assert_problem(refused, 422, "invalid_request", "/context/1")
        assert refused.json()["errors"][0]["code"] == "too_long"
    assert ask(app, {"question": "그건?", "context": ["ﷺ" * 111]}, path).status_code == 200


def test_scores_that_are_no_numbers_are_still_json() -> None:
    answer = replace(FakePipeline().ask(Query("공사비")), confidence=float("nan"))
    assert json.loads(AnswerResponse.from_answer(answer).model_dump_json())["confidence"] is None


def test_printing_an_answer_needs_no_web_framework() -> None:
    code = (
        "import sys, rag.schemas; print([m for m in ('fastapi', 'starlette', 'uvicorn', 'faiss') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


MODELS: dict[type, list[dict[str, Any]]] = {
    QueryRequest: [QUERIES], SearchRequest: [SEARCHES], AnswerResponse: [ANSWER], SearchResponse: [SEARCH_RESULT], ExamplesResponse: [EXAMPLE_QUESTIONS],
    ArticleResponse: [ARTICLE_BODY], StatusResponse: [ALIVE, READY_TO_ANSWER], ArticleFields: [ONE],
    ArticleEdit: [EDITS], ArticlesRequest: [BATCH], BatchResponse: [BATCH_RESULT], WrittenResponse: [WRITTEN, EDITED], JobResponse: [ACCEPTED],
    JobsResponse: [JOB_LIST], ListResponse: [LISTING], SourcesResponse: [SOURCE_NAMES], CollectionsResponse: [COLLECTION_NAMES], CallerResponse: [CALLERS], JudgementRequest: [JUDGEMENTS], JudgementBody: [JUDGED], JudgementsResponse: [GOLD_LIST], ChatRequest: [CHATS],
    ChatCompletion: [COMPLETIONS], Model: [MODEL_BODY], ModelList: [MODEL_LIST],
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_examples_fit_the_schemas(model: Any) -> None:
    for examples in MODELS[model]:
        assert examples.keys() >= {"ko", "en"}
        for example in examples.values():
            dumped = model.model_validate_json(json.dumps(example["value"])).model_dump(mode="json", exclude_unset=True)
            assert dumped == example["value"]


def test_every_example_of_the_document_is_tried_here() -> None:
    tried = [example["value"] for lists in MODELS.values() for examples in lists for example in examples.values()]
    for (method, path), operation in OPERATIONS.items():
        for media_type, content in [*request_contents(operation), *success_contents(operation)]:
            values = [example["value"] for example in content["examples"].values()]
            if media_type == "application/json":
                assert all(value in tried for value in values), (method, path)


def test_example_citations_are_exact() -> None:
    text = ARTICLE_BODY["ko"]["value"]["text"]
    for citation in ANSWER["ko"]["value"]["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert [text[span["start"] : span["end"]] for span in citation["highlights"]] == ["320억원"]
    for passage in ANSWER["ko"]["value"]["passages"]:
        assert text[passage["start"] : passage["end"]] == passage["text"]


def request_contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(operation.get("requestBody", {}).get("content", {}).items())


def success_contents(operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    successes = [response for status, response in operation["responses"].items() if status.startswith("2")]
    return [content for response in successes for content in response.get("content", {}).items()]


OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}
EVERYWHERE = {"400", "408", "414", "421", "422", "431", "500", "503"}  # whoever asks, whatever for
KEYED = {"401", "403", "429"}


def test_document_lists_the_routes() -> None:
    assert DOCUMENT["paths"].keys() == {
        "/v1/query", "/v1/query/stream", "/v1/search", "/v1/articles", "/v1/articles/{article_id}", "/v1/files",
        "/v1/jobs", "/v1/jobs/{job_id}", "/healthz", "/readyz", "/metrics", "/v1/chat/completions", "/v1/models",
        "/v1/models/{model}", "/v1/sources", "/v1/collections", "/v1/examples", "/v1/me", "/v1/gold",
        "/v1/gold/set", "/v1/originals/{article_id}", "/v1/gold/{judgement_id}",
    }  # fmt: skip
    hidden = {route.path for route in create_app(FakePipeline()).state.routes if not route.include_in_schema}
    assert hidden == {
        "/", "/static/{version}/{name:path}", "/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/mcp", "/openapi.json",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_has_examples_of_what_it_takes_and_gives_in_both_languages(method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    assert re.search(r"[가-힣].* / [A-Z]", operation["summary"])
    assert bool(request_contents(operation)) == (method in ("post", "put", "patch"))
    assert success_contents(operation) or "204" in operation["responses"]
    for _, content in [*request_contents(operation), *success_contents(operation)]:
        assert content["schema"]
        assert content["examples"].keys() >= {"ko", "en"}
        assert re.search(r"[가-힣]", content["examples"]["ko"]["summary"])
        assert content["examples"]["en"]["summary"].isascii()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_route_lists_its_problems_with_an_example_each(method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    problems = {status: response for status, response in operation["responses"].items() if not status.startswith("2")}
    is_open = path in ("/healthz", "/readyz")
    assert problems.keys() >= EVERYWHERE
    assert (problems.keys() >= KEYED) != is_open
    assert (operation.get("security") == []) == is_open
    if request_contents(operation):
        assert problems.keys() >= {"413", "415"}
    for status, response in problems.items():
        [(media_type, content)] = response["content"].items()
        codes = re.findall(r"`(\w+)`", response["description"])
        assert {f"{code} ({language})" for code in codes for language in ("ko", "en")} == content["examples"].keys()
        assert all(str(KINDS[code].status) == status for code in codes)
        values = [example["value"] for example in content["examples"].values()]
        if media_type == "application/problem+json":
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
            assert all(ProblemBody.model_validate(value).status == int(status) for value in values)
        else:
            assert content["schema"] == {"$ref": "#/components/schemas/OpenAIError"}
            assert all(OpenAIError.model_validate(value) for value in values)


def test_it_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app, made = create_app(FakePipeline()), list[int]()

    def describe() -> dict[str, Any]:
        made.append(1)
        return DOCUMENT

    monkeypatch.setattr(app, "openapi", describe)
    first, second = (call(app, "GET", "/openapi.json") for _ in range(2))
    assert first.json() == second.json() == DOCUMENT
    assert made == [1]


def test_document_has_no_loose_references() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    references = set(_references(DOCUMENT))
    assert references
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= schemas.keys()
    assert "HTTPValidationError" not in schemas
    assert schemas["QueryRequest"]["additionalProperties"] is False
    top_k = schemas["QueryRequest"]["properties"]["top_k"]
    assert {key: value for key, value in top_k.items() if key != "description"} == {
        "type": "integer", "default": 5, "minimum": 1, "maximum": 50, "title": "Top K",
    }  # fmt: skip


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (member for key, member in value.items() if key == "$ref")
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def test_docs_need_no_other_host() -> None:
    app = create_app(FakePipeline())
    page = call(app, "GET", "/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert not re.search(r"https?://|<script>|//", page.text)
    links = re.findall(r'(?:src|href)="([^":]+)"', page.text)
    assert len(links) == 4
    for link in links:
        assert call(app, "GET", f"/{link}").status_code == 200
    assert len(call(app, "GET", "/docs/swagger-ui-bundle.js").content) > 100_000


@pytest.mark.parametrize("text", ["가", "ㄱ", "?", "1", "👍", "\u200b가", "é", "e\u0301", "\u3164나"])
def test_visible(text: str) -> None:
    assert is_visible(text)
