"""docs/testing.md row by row: rows H1-H8 and H15, and T1-T9 as far as HTTP goes."""

import json
import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI

from api.app import create_app
from tests.support.api_fakes import BRIDGE, EMOJI, MARKER, FakePipeline, ask, assert_problem, call

QUESTION = f"공사비는 얼마? {MARKER}"


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def app(pipeline: FakePipeline) -> FastAPI:
    return create_app(pipeline)


def valid(**members: object) -> bytes:
    return json.dumps({"question": QUESTION} | members).encode()


BODIES = [  # row, body, code of the place, line, column
    ("H1-broken", f'{{"question": "{MARKER}",}}'.encode(), "syntax", 1, 25),
    ("H1-cut", b'{\n  "question": "a', "syntax", 2, 15),
    ("H1-single-quotes", b"{'question': 'a'}", "syntax", 1, 2),
    ("H1-comment", b'{"question": "a"} // why', "trailing_text", 1, 19),
    ("H1-second-value", b'{"question": "a"}\n{}', "trailing_text", 2, 1),
    ("H1-empty", b"", "syntax", 1, 1),
    ("H1-blank", b" \n ", "syntax", 2, 2),
    ("H1-bom", b"\xef\xbb\xbf{}", "syntax", 1, 1),
    ("H1-utf16", '{"question": "a"}'.encode("utf-16"), "not_utf8", 1, 1),
    ("H1-utf16-no-bom", '{"question": "a"}'.encode("utf-16-le"), "syntax", 1, 2),
    ("H1-control", b'{"question": "a\x00b"}', "syntax", 1, 16),
    ("H1-escape", b'{"question": "\\x41"}', "syntax", 1, 15),
    ("H2-nan", b'{"question": "a", "top_k": NaN}', "syntax", 1, 28),
    ("H2-infinity", b'{"question": "a", "top_k": Infinity}', "syntax", 1, 28),
    ("H2-minus-infinity", b'{"question": "a", "top_k": -Infinity}', "syntax", 1, 28),
    ("H2-1e999", b'{"question": "a", "top_k": 1e999}', "number_too_large", 1, 28),
    ("H2-leading-zero", b'{"question": "a", "top_k": 01}', "syntax", 1, 29),
    ("H2-duplicate", '{"question": "가", "question": "나"}'.encode(), "duplicate_key", 1, 19),
    ("H2-duplicate-escaped", b'{"question": "a",\n "\\u0071uestion": "b"}', "duplicate_key", 2, 2),
    ("H2-deep", b"[" * 60_000, "too_deep", 1, 33),
    ("H2-deep-objects", b'{"a":' * 10_000, "too_deep", 1, 161),
    ("H2-long-int", b'{"top_k": ' + b"9" * 5000 + b"}", "number_too_long", 1, 11),
    ("T2-cp949", '{"question": "똠방각하"}'.encode("cp949"), "not_utf8", 1, 15),
    ("T3-iso-2022-kr", '{"question": "안녕"}'.encode("iso2022_kr"), "syntax", 1, 15),
    ("T3-cut-syllable", '{"question": "안녕"}'.encode().replace("녕".encode(), b"\xeb\x85"), "not_utf8", 1, 16),
    ("T7-raw-surrogate", b'{"question": "\xed\xa0\x80"}', "not_utf8", 1, 15),
]


@pytest.mark.parametrize(
    ("body", "code", "line", "column"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES]
)
@pytest.mark.parametrize("path", ["/v1/query", "/v1/search"])
def test_not_json(app: FastAPI, path: str, body: bytes, code: str, line: int, column: int) -> None:
    problem = assert_problem(call(app, "POST", path, content=body), 400, "invalid_json", "")
    assert problem["errors"] == [{"pointer": "", "code": code, "line": line, "column": column}]
    assert problem["instance"] == path


def test_where_json_breaks_is_said_in_words(app: FastAPI) -> None:
    response = call(app, "POST", "/v1/query", content=b'{\n "question"}', headers={"Accept-Language": "en"})
    assert response.json()["detail"].endswith("line 2, column 12.")


SURROGATES = [  # row, body, pointer
    ("H3-question", {"question": f"\ud800{MARKER}"}, "/question"),
    ("H3-low", {"question": "가\udfff"}, "/question"),
    ("H3-reversed-pair", {"question": "\udc00\ud800"}, "/question"),
    ("H3-key", {"question": QUESTION, f"{MARKER}\ud800": 1}, ""),
    ("H3-nested-key", {"question": QUESTION, "filters": {"\udfff": 1}}, "/filters"),
    ("H3-filter", {"question": QUESTION, "filters": {"source": "\ud800"}}, "/filters/source"),
    ("H3-list", {"question": QUESTION, "filters": {"article_ids": ["a", "\ud800"]}}, "/filters/article_ids/1"),
    ("H3-under-a-strange-key", {MARKER: ["\ud800"]}, ""),
    ("H3-bare", "\ud800", ""),
]


@pytest.mark.parametrize(("body", "pointer"), [row[1:] for row in SURROGATES], ids=[row[0] for row in SURROGATES])
def test_lone_surrogates_in_a_body(app: FastAPI, body: object, pointer: str) -> None:
    problem = assert_problem(ask(app, body), 422, "invalid_unicode", pointer)
    assert problem["errors"] == [{"pointer": pointer, "code": "invalid_unicode"}]


@pytest.mark.parametrize("path", ["/v1/articles/%ED%A0%80", "/v1/articles/%FF", "/%C0%AE", "/healthz?a=%ED%BF%BF"])
def test_path_that_is_no_text(app: FastAPI, path: str) -> None:
    assert_problem(call(app, "GET", path), 422, "invalid_unicode", "")


def test_surrogate_in_a_header(app: FastAPI) -> None:
    for headers in ({"X-Name": b"\xed\xa0\x80"}, {"Accept-Language": b"\xed\xbf\xbf"}):
        assert_problem(call(app, "GET", "/healthz", headers=headers), 422, "invalid_unicode", "")
    assert call(app, "GET", "/healthz", headers={"X-Name": "café".encode("latin-1")}).status_code == 200


def test_surrogate_pair_is_one_character(app: FastAPI, pipeline: FakePipeline) -> None:
    assert call(app, "POST", "/v1/query", content=b'{"question": "\\ud840\\udc00"}').status_code == 200
    assert pipeline.asked[0].question == "𠀀"


FILLERS = "\u3164\u115f\u1160\uffa0"
EMPTY: list[tuple[str, Any]] = [
    ("absent", {}), ("null", {"question": None}), ("number", {"question": 12}), ("empty", {"question": ""}),
    ("list", {"question": ["a"]}), ("true", {"question": True}), ("blank", {"question": " \t\r\n\u00a0\u3000\u2003"}),
    ("zero-width", {"question": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e"}), ("fillers", {"question": FILLERS}),
    ("fillers-and-blanks", {"question": f" {FILLERS} "}), ("bidi", {"question": "\u202a\u202e\u2066\u2069"}),
    ("tags", {"question": "\U000e0001\U000e0041\U000e007f"}), ("variation", {"question": "\ufe0f\U000e0100"}),
    ("controls", {"question": "\x00\x07\x1b"}), ("marks", {"question": "\u0301\u0302"}),
    ("braille-blank", {"question": "\u2800"}), ("long-blank", {"question": " " * 5000}),
]  # fmt: skip


@pytest.mark.parametrize("body", [body for _, body in EMPTY], ids=[f"H4-{name}" for name, _ in EMPTY])
@pytest.mark.parametrize("path", ["/v1/query", "/v1/search"])
def test_empty_question(app: FastAPI, path: str, body: object) -> None:
    problem = assert_problem(ask(app, body, path), 422, "empty_question", "/question")
    assert problem["errors"] == [{"pointer": "/question", "code": "empty_question"}]


@pytest.mark.parametrize(
    ("question", "got"),
    [
        pytest.param("가" * 2001, 2001, id="H5-before"),
        pytest.param(MARKER * 1000, 8000, id="H5-long"),
        pytest.param("\ufdfa" * 112, 2016, id="H5-after"),
        pytest.param("\u1100\u1161" * 1001, 2002, id="H5-nfd"),
    ],
)
def test_long_question(app: FastAPI, question: str, got: int) -> None:
    problem = assert_problem(ask(app, {"question": question}), 422, "question_too_long", "/question")
    assert problem["errors"] == [{"pointer": "/question", "code": "question_too_long", "limit": 2000, "got": got}]


@pytest.mark.parametrize("question", ["가" * 2000, "\ufdfa" * 111, "𠀀" * 2000])
def test_question_of_just_the_longest_length(app: FastAPI, question: str) -> None:
    assert ask(app, {"question": question}).status_code == 200


def test_h5_large_body(app: FastAPI) -> None:
    padded = valid() + b" " * (64 * 1024 - len(valid()))
    assert call(app, "POST", "/v1/query", content=padded).status_code == 200
    response = call(app, "POST", "/v1/query", content=padded + b" ")
    assert assert_problem(response, 413, "body_too_large", "")["errors"][0]["limit"] == 65_536
    assert "connection" not in response.headers


@pytest.mark.parametrize(("pieces", "read"), [(17, 17), (256, 256), (257, 257), (10_000, 257)])
def test_h5_large_body_without_a_length(app: FastAPI, pieces: int, read: int) -> None:
    sent = 0

    async def drip() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(pieces):
            sent += 1
            yield b" " * 4096

    response = call(app, "POST", "/v1/query", content=drip())
    assert_problem(response, 413, "body_too_large", "")
    assert sent == read  # past 1 MiB nothing more is read
    assert response.headers.get("connection") == ("close" if pieces > 256 else None)


@pytest.mark.parametrize(
    "headers", [{"Content-Length": "9" * 5000}, {"Content-Length": "65537", "Expect": "100-continue"}]
)
def test_h5_declared_length_is_refused_before_anything_is_read(app: FastAPI, headers: dict[str, str]) -> None:
    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("read")
        yield b""

    response = call(app, "POST", "/v1/query", content=unread(), headers=headers)
    assert_problem(response, 413, "body_too_large", "")
    assert response.headers["connection"] == "close"


FIELDS = [  # row, members, errors
    ("H6-0", {"top_k": 0}, {"pointer": "/top_k", "code": "out_of_range", "limit": 1}),
    ("H6-minus", {"top_k": -1}, {"pointer": "/top_k", "code": "out_of_range", "limit": 1}),
    ("H6-many", {"top_k": 10**9}, {"pointer": "/top_k", "code": "out_of_range", "limit": 50}),
    ("H6-huge", {"top_k": 10**60}, {"pointer": "/top_k", "code": "out_of_range", "limit": 50}),
    ("H6-float", {"top_k": 5.0}, {"pointer": "/top_k", "code": "wrong_type"}),
    ("H6-string", {"top_k": "5"}, {"pointer": "/top_k", "code": "wrong_type"}),
    ("H6-true", {"top_k": True}, {"pointer": "/top_k", "code": "wrong_type"}),
    ("H6-null", {"top_k": None}, {"pointer": "/top_k", "code": "wrong_type"}),
    ("H6-list", {"top_k": [5]}, {"pointer": "/top_k", "code": "wrong_type"}),
    ("H6-unknown", {"topk": 5}, {"pointer": "/topk", "code": "unknown_field"}),
    ("H6-unknown-marked", {MARKER: 5}, {"pointer": "", "code": "unknown_field"}),
    ("H6-unknown-markup", {"<script>": 5}, {"pointer": "", "code": "unknown_field"}),
    ("H6-unknown-inside", {"filters": {"tag": 1}}, {"pointer": "/filters/tag", "code": "unknown_field"}),
    ("H6-mode", {"mode": MARKER}, {"pointer": "/mode", "code": "unknown_value"}),
    ("H6-mode-type", {"mode": 1}, {"pointer": "/mode", "code": "unknown_value"}),
    ("H6-filters", {"filters": MARKER}, {"pointer": "/filters", "code": "wrong_type"}),
    ("H6-ids", {"filters": {"article_ids": "a"}}, {"pointer": "/filters/article_ids", "code": "wrong_type"}),
    ("H6-id", {"filters": {"article_ids": ["a", 1]}}, {"pointer": "/filters/article_ids/1", "code": "wrong_type"}),
    ("source", {"filters": {"source": "가" * 501}}, {"pointer": "/filters/source", "code": "too_long", "limit": 500}),
    ("ids", {"filters": {"article_ids": ["a"] * 1001}},
     {"pointer": "/filters/article_ids", "code": "too_long", "limit": 1000}),
    ("date", {"filters": {"date_from": MARKER}}, {"pointer": "/filters/date_from", "code": "not_a_date"}),
    ("as-of", {"as_of": "2026-13-01"}, {"pointer": "/as_of", "code": "not_a_date"}),
    ("date-compact", {"filters": {"date_from": "20240101"}}, {"pointer": "/filters/date_from", "code": "not_a_date"}),
    ("date-week", {"filters": {"date_to": "2024-W01-1"}}, {"pointer": "/filters/date_to", "code": "not_a_date"}),
    ("date-30-feb", {"filters": {"date_to": "2024-02-30"}}, {"pointer": "/filters/date_to", "code": "not_a_date"}),
    ("date-year-0", {"filters": {"date_to": "0000-01-01"}}, {"pointer": "/filters/date_to", "code": "not_a_date"}),
    ("date-digits", {"filters": {"date_to": "２０２４-01-01"}}, {"pointer": "/filters/date_to", "code": "not_a_date"}),
    ("date-time", {"filters": {"date_to": "2024-01-01T00:00"}}, {"pointer": "/filters/date_to", "code": "not_a_date"}),
    ("date-number", {"filters": {"date_to": 20240101}}, {"pointer": "/filters/date_to", "code": "wrong_type"}),
    ("date-order", {"filters": {"date_from": "2024-01-02", "date_to": "2024-01-01"}},
     {"pointer": "/filters/date_to", "code": "date_range"}),
]  # fmt: skip


@pytest.mark.parametrize(("members", "error"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_wrong_field(app: FastAPI, members: dict[str, Any], error: dict[str, Any]) -> None:
    problem = assert_problem(ask(app, {"question": QUESTION} | members), 422, "invalid_request", error["pointer"])
    [got] = problem["errors"]
    got.pop("got", None)  # a length, never the value
    assert got == error


def test_top_k_of_search_goes_further(app: FastAPI) -> None:
    for path, limit in (("/v1/query", 50), ("/v1/search", 200)):
        assert ask(app, {"question": QUESTION, "top_k": limit}, path).status_code == 200
        problem = assert_problem(
            ask(app, {"question": QUESTION, "top_k": limit + 1}, path), 422, "invalid_request", "/top_k"
        )
        assert problem["errors"][0]["limit"] == limit


@pytest.mark.parametrize("body", [None, [], [MARKER], MARKER, 5, True])
def test_body_that_is_no_object(app: FastAPI, body: object) -> None:
    response = call(app, "POST", "/v1/query", content=json.dumps(body).encode())
    assert assert_problem(response, 422, "invalid_request", "")["errors"][0]["code"] == "wrong_type"


def test_all_wrong_places_are_listed_up_to_a_limit(app: FastAPI) -> None:
    problem = assert_problem(ask(app, {"question": "", "top_k": 0, "mode": 1}), 422, "empty_question", "/question")
    assert [error["pointer"] for error in problem["errors"]] == ["/question", "/mode", "/top_k"]
    many = {f"f{number}": 1 for number in range(1000)}
    assert len(ask(app, {"question": QUESTION} | many).json()["errors"]) == 20


MEDIA: list[tuple[str, dict[str, Any]]] = [
    ("missing", {"Content-Type": ""}), ("text", {"Content-Type": "text/plain"}),
    ("form", {"Content-Type": "application/x-www-form-urlencoded"}),
    ("multipart", {"Content-Type": f"multipart/form-data; boundary={MARKER.encode('unicode-escape').decode()}"}),
    ("problem", {"Content-Type": "application/problem+json"}), ("wildcard", {"Content-Type": "*/*"}),
    ("charset", {"Content-Type": "application/json; charset=euc-kr"}),
    ("utf-16", {"Content-Type": "application/json; charset=utf-16"}),
    ("gzip", {"Content-Encoding": "gzip"}), ("identity", {"Content-Encoding": "identity"}),
]  # fmt: skip


@pytest.mark.parametrize("headers", [headers for _, headers in MEDIA], ids=[f"H7-{name}" for name, _ in MEDIA])
def test_media_type(app: FastAPI, headers: dict[str, Any]) -> None:
    assert_problem(call(app, "POST", "/v1/query", content=valid(), headers=headers), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_media_type_that_is_ours(app: FastAPI, media_type: str) -> None:
    assert call(app, "POST", "/v1/query", content=valid(), headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "instance"),
    [
        ("GET", f"/{MARKER}", "/"), ("POST", "/v2/query", "/"), ("GET", "/v1", "/"),
        ("POST", "/v1/query/", "/"), ("POST", "/V1/query", "/"), ("GET", "/healthz/", "/"),
    ],
)  # fmt: skip
def test_h8_nothing_there(app: FastAPI, method: str, path: str, instance: str) -> None:
    require_nothing(app, method, path, instance)


@pytest.mark.parametrize(
    ("method", "path", "instance"),
    [
        ("GET", f"/v1/articles/{MARKER}", "/v1/articles"), ("GET", "/v1/articles/", "/v1/articles"),
        ("GET", "/v1/articles/%2e%2e%2f", "/v1/articles"),
        ("GET", "/v1/articles/%2e%2e%2f%2e%2e%2fetc", "/v1/articles"),
        ("GET", "/v1/articles/%00", "/v1/articles"), ("GET", "/v1/articles/" + "a" * 8_000, "/v1/articles"),
    ],
)  # fmt: skip
def test_h15_no_such_article(app: FastAPI, method: str, path: str, instance: str) -> None:
    require_nothing(app, method, path, instance)


def require_nothing(app: FastAPI, method: str, path: str, instance: str) -> None:
    response = call(app, method, path, content=valid() if method == "POST" else None)
    assert assert_problem(response, 404, "not_found")["instance"] == instance


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/query", "POST"), ("PUT", "/v1/search", "POST"), ("DELETE", "/v1/query", "POST"),
        ("POST", "/healthz", "GET"), ("POST", "/v1/articles/x", "DELETE, GET, PATCH, PUT"), (MARKER[:4], "/v1/query", "POST"),
    ],
)  # fmt: skip
def test_h8_method(app: FastAPI, method: str, path: str, allow: str) -> None:
    response = call(app, method, path)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == allow


def test_h15_article_ids_are_compared_in_nfc(app: FastAPI) -> None:
    for form in ("NFC", "NFD"):
        response = call(app, "GET", f"/v1/articles/{unicodedata.normalize(form, BRIDGE.id)}")
        assert (response.status_code, response.json()["id"]) == (200, BRIDGE.id)
    assert call(app, "GET", "/v1/articles/emoji/1").json()["id"] == EMOJI.id


def test_filters_are_compared_in_nfc(app: FastAPI, pipeline: FakePipeline) -> None:
    nfd = {"source": unicodedata.normalize("NFD", "한빛"), "article_ids": [unicodedata.normalize("NFD", BRIDGE.id)]}
    ask(app, {"question": QUESTION, "filters": nfd})
    assert (pipeline.asked[0].filters.source, pipeline.asked[0].filters.article_ids) == ("한빛", (BRIDGE.id,))


SAME_HITS = [  # row, question, another spelling of it
    ("T1", "공사비는 320억원", unicodedata.normalize("NFD", "공사비는 320억원")),
    ("T5", "공사비는", "공\u3164사\u115f비\uffa0는"),
    ("T6", "공사비는", "\u202e공\u200b사\u00ad비\ufeff는\U000e0041"),
    ("T8-hanja", "樂", "\uf95c"),
    ("T8-full-width", "320억원", "３２０억원"),
    ("T8-square", "kg", "㎏"),
    ("T8-space", "공사비는 320억원", "공사비는\u3000320억원"),
]


@pytest.mark.parametrize(("plain", "other"), [row[1:] for row in SAME_HITS], ids=[row[0] for row in SAME_HITS])
def test_spellings_that_mean_the_same(app: FastAPI, plain: str, other: str) -> None:
    first, second = (ask(app, {"question": question}, "/v1/search").json() for question in (plain, other))
    assert [hit["id"] for hit in first["passages"]] == [hit["id"] for hit in second["passages"]]
    assert second["question"] == other


@pytest.mark.parametrize(
    "question", ["ㄱㅏ", "ㅋㅋㅠㅠ", "ㄱㅅ", "?", "👨\u200d👩\u200d👧", "🇰🇷", "𠀀", "1", "ᄒᆞᆫ", "\x00가"]
)
def test_odd_questions_reach_the_pipeline_as_they_are(app: FastAPI, pipeline: FakePipeline, question: str) -> None:
    assert ask(app, {"question": question}).status_code == 200
    assert pipeline.asked[0].question == question


def test_t9_quotes_are_slices_of_the_article_in_code_points(app: FastAPI) -> None:
    answer = ask(app, {"question": "👨\u200d👩\u200d👧 가족 축제 𠀀 마을 공사비는"}).json()
    assert {citation["article_id"] for citation in answer["citations"]} == {BRIDGE.id, EMOJI.id}
    for citation in answer["citations"]:
        text = call(app, "GET", f"/v1/articles/{citation['article_id']}").json()["text"]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
