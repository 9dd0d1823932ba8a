"""Whatever JSON comes, the answer is one of the documented statuses, never a 5xx, and never the input."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from tests.support.api_fakes import MARKER, UNBOUNDED, FakePipeline, call

APP = create_app(FakePipeline(), UNBOUNDED)
TEXT = st.text(st.characters(), max_size=20) | st.sampled_from([MARKER, "", "\ud800", "\u3164", "\x00"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "date_from": TEXT | st.dates().map(str) | ANYTHING,
        "date_to": TEXT | st.dates().map(str),
        "source": TEXT | ANYTHING,
        "article_ids": st.lists(TEXT, max_size=3) | ANYTHING,
        MARKER: ANYTHING,
    },
)
REQUESTS = st.fixed_dictionaries(
    {"question": TEXT | st.just("가" * 2001)},
    optional={
        "top_k": st.integers(-5, 300) | ANYTHING,
        "mode": st.sampled_from(["hybrid", "dense", "lexical"]) | ANYTHING,
        "filters": FILTERS | ANYTHING,
        MARKER: ANYTHING,
    },
)


@settings(max_examples=100, deadline=None)
@given(ANYTHING | REQUESTS, st.sampled_from(["/v1/query", "/v1/search"]))
def test_any_json(body: Any, path: str) -> None:
    response = call(APP, "POST", path, content=json.dumps(body).encode())
    assert response.status_code in {200, 400, 422}
    if response.status_code != 200:
        assert "ZX81" not in response.text
        assert response.headers["content-type"] == "application/problem+json; charset=utf-8"


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    response = call(APP, "POST", "/v1/query", content=data)
    assert response.status_code in {400, 422}


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="/?#\\"), min_size=1, max_size=30))
def test_any_article_id(article_id: str) -> None:
    path = "/v1/articles/" + "".join(f"%{byte:02X}" for byte in article_id.encode())
    assert call(APP, "GET", path).status_code in {200, 404}


@pytest.mark.parametrize("name", ["Accept-Language", "Content-Type", "Accept", "X-Request-Id", "Host"])
@settings(max_examples=30, deadline=None)
@given(value=st.binary(max_size=40).filter(lambda value: not set(value) & set(b"\r\n\x00")))
def test_any_header(name: str, value: bytes) -> None:
    response = call(APP, "POST", "/v1/query", content=b'{"question": "a"}', headers={name: value})
    assert response.status_code in {200, 415, 421, 422}
