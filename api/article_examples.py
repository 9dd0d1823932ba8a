"""Examples of the routes that write and list articles; a test checks that they fit the schemas."""

from typing import Any

from api.examples import ARTICLE_BODY, named

_ARTICLE = {"id": "bridge", "title": "다리 준공", "text": "한빛대교가 2021년 5월 3일 준공됐다.", "source": "한빛일보"}
_DATED = _ARTICLE | {"published_at": "2021-05-04", "url": "https://example.com/bridge"}
_DONE = {"id": "bridge", "status": "created", "error": None}
_FAILED = {"code": "empty_document", "detail": "text가 비어 있습니다."}
BATCH = named(("글 하나", {"articles": [_ARTICLE]}), ("With date and address", {"articles": [_DATED]}))
BATCH_RESULT = named(
    ("모두 들어감", {"results": [_DONE], "generation": 4}),
    ("One could not be read", {
        "results": [_DONE, {"id": "empty", "status": "failed", "error": _FAILED}], "generation": 4,
    }),
)  # fmt: skip
_ONE = {name: value for name, value in _DATED.items() if name != "id"}
ONE = named(("글", _ONE), ("An article", _ONE))
_WRITTEN = {"id": "bridge", "status": "created", "generation": 4}
WRITTEN = named(("새 글", _WRITTEN), ("Replaced", _WRITTEN | {"status": "replaced", "generation": 5}))
_JOB: dict[str, Any] = {
    "id": "0f8fad5bd9cb469fa16570867728950e", "state": "running", "done": 40, "total": 120, "failed": 0, "results": [],
    "generation": None, "error": None, "created_at": "2026-11-22T04:00:00.000+00:00",
}  # fmt: skip
ACCEPTED = named(("하는 중", _JOB), ("Done", _JOB | {"state": "done", "done": 120, "generation": 5}))
_LISTED = {name: ARTICLE_BODY["ko"]["value"][name] for name in ("id", "title", "source", "url", "published_at")}
_PAGE = {"articles": [_LISTED | {"characters": 35}], "next_cursor": None, "total": 1, "generation": 4}
LISTING = named(("글 목록", _PAGE), ("A page", _PAGE | {"next_cursor": "YnJpZGdl", "total": 120}))
_SOURCES = {"sources": [{"source": "한빛일보", "articles": 12}, {"source": "KPI뉴스", "articles": 3}], "generation": 4}
SOURCE_NAMES = named(("출처", _SOURCES), ("None yet", {"sources": [], "generation": 1}))
JOB_LIST = named(("하나", {"jobs": [_JOB]}), ("None", {"jobs": []}))
_FIELDS = {"source": "한빛일보", "published_at": "2021-05-04"}
FORM = named(
    ("글 파일 하나", {"files": ["(다리.txt)"]} | _FIELDS),
    ("Two files", {"files": ["(report.txt)", "(notices.jsonl.gz)"]}),
)
