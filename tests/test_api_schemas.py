"""The contract's shapes, the OpenAPI document, and the page that shows it."""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from api.app import create_app
from api.examples import ANSWER, ARTICLE_BODY, QUERIES, SEARCH_RESULT, SEARCHES
from api.problem_kinds import KINDS
from api.requests import QueryRequest, SearchRequest, has_visible
from rag.answers import Filters, Mode
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse
from tests.api_fakes import BRIDGE, FakePipeline, ask, call

DOCUMENT = create_app(FakePipeline()).openapi()


def test_answer_has_the_contracts_shape() -> None:
    body = ask(create_app(FakePipeline()), {"question": "공사비는 320억원"}).json()
    assert list(body) == [
        "question", "answered", "reason", "answer", "confidence", "citations", "passages", "expansions", "timings_ms",
        "index",
    ]  # fmt: skip
    assert body["citations"][0] == {
        "article_id": "다리-1", "title": "다리 준공", "source": "한빛일보", "url": "https://example.com/bridge",
        "published_at": "2021-05-04", "start": 24, "end": 38, "quote": "공사비는 320억원이었다.", "score": 1.0,
        "highlights": [{"start": 24, "end": 26}],
    }  # fmt: skip
    assert body["passages"][0] == {
        "id": "다리-1:24-38", "article_id": "다리-1", "title": "다리 준공", "text": "공사비는 320억원이었다.",
        "start": 24, "end": 38, "scores": {"dense": 1.0, "lexical": None, "fused": 1.0}, "duplicates": [],
    }  # fmt: skip
    assert (body["answered"], body["reason"], body["answer"]) == (True, "answered", "공사비는 320억원이었다.")
    assert body["index"] == {"generation": 7, "encoder": "bigram-fake", "articles": 2, "passages": 4}
    assert (body["expansions"], body["timings_ms"]) == (["법인 → 기업"], {"total": 1.5})


def test_no_answer_still_has_passages() -> None:
    body = ask(create_app(FakePipeline()), {"question": "xyzzy"}).json()
    assert (body["answered"], body["reason"], body["answer"], body["citations"]) == (False, "no_match", None, [])
    assert len(body["passages"]) == 4


def test_search_has_passages_and_no_answer() -> None:
    body = ask(create_app(FakePipeline()), {"question": "공사비", "top_k": 2}, "/v1/search").json()
    assert list(body) == ["question", "passages", "expansions", "timings_ms", "index"]
    assert len(body["passages"]) == 2


def test_article_has_the_contracts_shape() -> None:
    body = call(create_app(FakePipeline()), "GET", "/v1/articles/다리-1").json()
    assert body == {
        "id": BRIDGE.id, "title": BRIDGE.title, "text": BRIDGE.text, "source": BRIDGE.source, "url": BRIDGE.url,
        "published_at": "2021-05-04", "sha256": hashlib.sha256(BRIDGE.text.encode()).hexdigest(),
        "spans": [{"start": 0, "end": len(BRIDGE.text), "kind": "body"}], "generation": 7,
    }  # fmt: skip


def test_everything_asked_for_reaches_the_pipeline() -> None:
    pipeline = FakePipeline()
    filters = {"date_from": "2024-01-01", "date_to": "2024-01-01", "source": "한빛", "article_ids": []}
    ask(create_app(pipeline), {"question": "가", "top_k": 9, "mode": "dense", "filters": filters})
    ask(create_app(pipeline), {"question": "가", "filters": None})
    ask(create_app(pipeline), {"question": "가", "filters": {"source": None}}, "/v1/search")
    expected = Filters("2024-01-01", "2024-01-01", "한빛", ())
    assert pipeline.asked == [
        {"question": "가", "top_k": 9, "filters": expected, "mode": Mode.DENSE},
        {"question": "가", "top_k": 5, "filters": Filters(), "mode": Mode.HYBRID},
        {"question": "가", "top_k": 10, "filters": Filters(), "mode": Mode.HYBRID},
    ]


def test_scores_that_are_no_numbers_are_still_json() -> None:
    answer = replace(FakePipeline().ask("공사비"), confidence=float("nan"))
    assert json.loads(AnswerResponse.from_answer(answer).model_dump_json())["confidence"] is None


def test_printing_an_answer_needs_no_web_framework() -> None:
    code = (
        "import sys, rag.schemas; print([m for m in ('fastapi', 'starlette', 'uvicorn', 'faiss') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("model", "examples"),
    [
        (QueryRequest, QUERIES), (SearchRequest, SEARCHES), (AnswerResponse, ANSWER), (SearchResponse, SEARCH_RESULT),
        (ArticleResponse, ARTICLE_BODY),
    ],
)  # fmt: skip
def test_examples_fit_the_schemas(model: Any, examples: dict[str, Any]) -> None:
    assert examples.keys() == {"ko", "en"}
    for example in examples.values():
        dumped = model.model_validate_json(json.dumps(example["value"])).model_dump(mode="json", exclude_unset=True)
        assert dumped == example["value"]


def test_example_citations_are_exact() -> None:
    text = ARTICLE_BODY["ko"]["value"]["text"]
    for citation in ANSWER["ko"]["value"]["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["quote"]
        assert [text[span["start"] : span["end"]] for span in citation["highlights"]] == ["320억원"]
    for passage in ANSWER["ko"]["value"]["passages"]:
        assert text[passage["start"] : passage["end"]] == passage["text"]


def test_document_lists_the_routes_with_examples_in_both_languages() -> None:
    assert DOCUMENT["paths"].keys() == {
        "/v1/query", "/v1/query/stream", "/v1/search", "/v1/articles", "/v1/articles/{article_id}", "/v1/files",
        "/v1/jobs", "/v1/jobs/{job_id}", "/healthz", "/readyz", "/metrics", "/v1/chat/completions", "/v1/models",
        "/v1/models/{model}", "/v1/sources",
    }  # fmt: skip
    for path in ("/v1/query", "/v1/search"):
        body = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        assert body["examples"].keys() == {"ko", "en"}
        assert re.search(r"[가-힣]", body["examples"]["ko"]["value"]["question"])
        assert body["examples"]["en"]["value"]["question"].isascii()


def test_document_lists_the_problems() -> None:
    responses = DOCUMENT["paths"]["/v1/query"]["post"]["responses"]
    assert responses.keys() == {
        "200", "400", "401", "403", "413", "414", "415", "421", "422", "429", "431", "500", "503", "507",
    }  # fmt: skip
    for status, response in responses.items():
        if status != "200":
            content = response["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/ProblemBody"}
            assert all(example["value"]["status"] == int(status) for example in content["examples"].values())
    for code in ("empty_question", "question_too_long", "invalid_unicode"):
        assert f"`{code}`" in responses["422"]["description"]
        assert KINDS[code].status == 422


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
    assert has_visible(text)
