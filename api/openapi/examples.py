"""Example bodies for the documentation, in Korean and English; a test checks that they fit the schemas."""

import json
from typing import Any

_TEXT = "한빛대교가 2021년 5월 3일 준공됐다. 공사비는 320억원이었다."
_INDEX = {"generation": 3, "encoder": "multilingual-e5-small", "articles": 5, "passages": 87}
_PASSAGE = {
    "id": "bridge:0-37",
    "article_id": "bridge",
    "title": "다리 준공",
    "text": _TEXT,
    "start": 0,
    "end": len(_TEXT),
    "scores": {"dense": 0.871, "lexical": 9.42, "fused": 0.903},
    "duplicates": [{"article_id": "bridge-reprint", "start": 12, "end": 12 + len(_TEXT)}],
    "source": "한빛일보",
    "url": "https://example.com/bridge",
    "published_at": "2021-05-04",
}
_PASSAGE["id"] = f"bridge:0-{len(_TEXT)}"
_START = _TEXT.index("공사비")
_VALUE = _TEXT.index("320억원")
_CITATION = {
    "article_id": "bridge",
    "title": "다리 준공",
    "source": "한빛일보",
    "url": "https://example.com/bridge",
    "published_at": "2021-05-04",
    "start": _START,
    "end": len(_TEXT),
    "quote": _TEXT[_START:],
    "score": 0.94,
    "highlights": [{"start": _VALUE, "end": _VALUE + len("320억원")}],
    "context": ["2. 사업 개요"],
    "locator": {"label": "공사비", "line": 4},
}
_LATER = _CITATION | {
    "article_id": "bridge-report",
    "title": "다리 결산 보고",
    "published_at": "2022-02-10",
    "start": 0,
    "end": 14,
    "quote": "공사비는 335억원이었다.",
    "highlights": [{"start": 5, "end": 10}],
    "context": ["제2장 결산"],
    "locator": {"clause": "제3조제2항", "line": 9},
}
_NOT_FOUND = {
    "question": "한빛대교의 통행료는 얼마인가?",
    "answered": False,
    "reason": "low_support",
    "answer": None,
    "confidence": 0.08,
    "citations": [],
    "passages": [_PASSAGE],
    "expansions": [],
    "timings_ms": {"encode": 13.2, "search": 4.1, "total": 24.8},
    "index": _INDEX,
    "certainty": None,
    "parts": [],
    "conflicts": [],
    "absent": None,
    "completed": None,
    "added": [],
    "written": [],
}
_OTHER_YEAR = _NOT_FOUND | {
    "question": "2023년 한빛대교 공사비는 얼마였나?",
    "reason": "qualifier_absent",
    "absent": {"asked": ["2023년"], "held": ["2021년"]},
}
_ANSWERED = _NOT_FOUND | {
    "question": "한빛대교 공사비는 얼마였나, 통행료는 얼마인가?",
    "answered": True,
    "reason": "answered",
    "answer": _CITATION["quote"],
    "confidence": 0.93,
    "citations": [_CITATION],
    "certainty": "high",
    "parts": [
        {"question": "한빛대교 공사비는 얼마였나", "citations": [0]},
        {"question": "통행료는 얼마인가?", "citations": []},
    ],
    "conflicts": [{"value": "335억원", "citation": _LATER}],
}


def named(korean: tuple[str, Any], english: tuple[str, Any]) -> dict[str, Any]:
    """Return two examples as OpenAPI takes them; each is given as (summary, body)."""
    return {name: {"summary": summary, "value": value} for name, (summary, value) in (("ko", korean), ("en", english))}


_FILTERS = {"date_from": "2024-01-01", "date_to": "2024-12-31", "source": "KPI뉴스"}
QUERIES = named(  # asked of the five articles that come with geungeo, so that trying one out answers it
    ("한국어 질문", {"question": "AX 법인의 매출 목표는?"}),
    (
        "A question in English, filtered",
        {"question": "KT와 Microsoft의 AX 전문기업은 언제 출범하나요?", "top_k": 5, "filters": _FILTERS},
    ),
)
QUERIES["context"] = {
    "summary": "앞의 질문에 이어 / After another question",
    "value": {"question": "그건 언제 출범해?", "context": ["AX 전문기업의 매출 목표는?"]},
}
SEARCHES = named(
    ("한국어 검색", {"question": "한빛대교 준공", "top_k": 20}),
    ("By meaning alone, in English", {"question": "bridge opening", "top_k": 20, "mode": "dense"}),
)
ANSWER = named(("답과 근거", _ANSWERED), ("No evidence found", _NOT_FOUND)) | {
    "absent": {"summary": "다른 해의 글만 있음 / Only another year is held", "value": _OTHER_YEAR}
}
EXAMPLE_QUESTIONS = named(
    ("질문", {"questions": ["청년 월세 지원 공고에서 신청 기간은?"]}), ("None can be made", {"questions": []})
)
_RESULT = {name: _NOT_FOUND[name] for name in ("passages", "expansions", "timings_ms", "index")} | {
    "completed": None,
    "added": [],
}
SEARCH_RESULT = named(
    ("가까운 대목", {"question": "한빛대교 준공"} | _RESULT),
    ("Nearest passages", {"question": "bridge opening"} | _RESULT),
)
_ARTICLE: dict[str, Any] = {name: _CITATION[name] for name in ("title", "source", "url", "published_at")} | {
    "id": "bridge",
    "text": _TEXT,
    "sha256": "0" * 64,
    "spans": [{"start": 0, "end": len(_TEXT), "kind": "body"}],
}
_ARTICLE["generation"] = 3
ARTICLE_BODY = named(("글", _ARTICLE), ("An article", _ARTICLE))
ALIVE = named(("살아 있음", {"status": "ok"}), ("Alive", {"status": "ok"}))
READY_TO_ANSWER = named(("답할 수 있음", {"status": "ready"}), ("Ready", {"status": "ready"}))
METRIC_LINES = named(
    ("답한 횟수", 'geungeo_answers_total{reason="answered"} 12.0\n'),
    ("By stage", 'geungeo_stage_seconds_count{stage="retrieve"} 12.0\n'),
)


_APART = frozenset({"passages", "citations", "parts", "conflicts", "timings_ms", "index"})


def _events(answer: dict[str, Any]) -> str:
    """Return the stream in which that answer comes."""
    said = {name: value for name, value in answer.items() if name not in _APART}
    cited = {name: answer[name] for name in ("citations", "parts", "conflicts")}
    told = [
        ("stage", {"stage": "retrieve"}), ("passages", {"passages": answer["passages"]}), ("answer", said),
        ("citations", cited), ("done", {name: answer[name] for name in ("timings_ms", "index")}),
    ]  # fmt: skip
    return "".join(f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n" for name, data in told)


EVENTS = named(("답과 근거", _events(_ANSWERED)), ("No evidence found", _events(_NOT_FOUND)))

_POSTED = {"id": "bridge", "title": "다리 준공", "text": "한빛대교가 2021년 5월 3일 준공됐다.", "source": "한빛일보"}
_DATED = _POSTED | {"published_at": "2021-05-04", "url": "https://example.com/bridge"}
_DONE = {"id": "bridge", "status": "created", "error": None, "notice": None}
_FAILED = {"code": "empty_document", "detail": "글이 비어 있습니다."}
BATCH = named(("글 하나", {"articles": [_POSTED]}), ("With date and address", {"articles": [_DATED]}))
BATCH_RESULT = named(
    ("모두 넣음", {"results": [_DONE], "generation": 4}),
    ("One could not be read", {
        "results": [_DONE, {"id": "empty", "status": "failed", "error": _FAILED}], "generation": 4,
    }),
)  # fmt: skip
_ONE = {name: value for name, value in _DATED.items() if name != "id"}
ONE = named(("글", _ONE), ("An article", _ONE))
_WRITTEN = {"id": "bridge", "status": "created", "generation": 4}
WRITTEN = named(("새 글", _WRITTEN), ("Replaced", _WRITTEN | {"status": "replaced", "generation": 5}))
EDITS = named(
    ("출처와 날짜", {"source": "한빛일보", "published_at": "2021-05-04"}),
    ("Another title", {"title": "A bridge opens"}),
)
_EDITED = _WRITTEN | {"status": "replaced", "generation": 5}
EDITED = named(("고침", _EDITED), ("Nothing to change", _EDITED | {"status": "unchanged"}))
_JOB: dict[str, Any] = {
    "id": "0f8fad5bd9cb469fa16570867728950e", "state": "running", "done": 40, "total": 120, "failed": 0, "results": [],
    "generation": None, "error": None, "created_at": "2026-11-22T04:00:00.000+00:00",
}  # fmt: skip
ACCEPTED = named(("진행 중", _JOB), ("Done", _JOB | {"state": "done", "done": 120, "generation": 5}))
_LISTED = {name: ARTICLE_BODY["ko"]["value"][name] for name in ("id", "title", "source", "url", "published_at")}
_PAGE = {"articles": [_LISTED | {"characters": 35}], "next_cursor": None, "total": 1, "generation": 4}
LISTING = named(("글 목록", _PAGE), ("A page", _PAGE | {"next_cursor": "YnJpZGdl", "total": 120}))
_SOURCES = {"sources": [{"source": "한빛일보", "articles": 12}, {"source": "KPI뉴스", "articles": 3}], "generation": 4}
SOURCE_NAMES = named(("출처", _SOURCES), ("None yet", {"sources": [], "generation": 1}))
_COLLECTIONS = {
    "collections": [{"collection": "민원", "articles": 12}, {"collection": "공고", "articles": 3}],
    "generation": 4,
}
COLLECTION_NAMES = named(("모음", _COLLECTIONS), ("None yet", {"collections": [], "generation": 1}))
CALLERS = named(
    ("이 컴퓨터, 키 없음", {"id": "local", "scopes": ["admin", "ask", "judge", "write"], "judges": True}),
    ("A key for questions in one collection", {"id": "k3f9", "scopes": ["ask"], "collections": ["민원"]}),
)
_RIGHT = {"question": "한빛대교 공사비는 얼마였나?", "verdict": "right", "article_id": "bridge", "start": 20, "end": 34}
_ABSENT = {"question": "한빛대교 통행료는 얼마인가?", "verdict": "absent"}
JUDGEMENTS = named(("이 문장이 맞아요", _RIGHT), ("Nothing answers it", _ABSENT))
_KEPT: dict[str, Any] = _RIGHT | {
    "id": "0f8fad5bd9cb469fa16570867728950e", "title": "다리 준공", "quote": _TEXT[20:34],
    "created_at": "2026-11-22T04:00:00.000+00:00",
}  # fmt: skip
_NO_PLACE: dict[str, Any] = {"article_id": None, "title": None, "start": 0, "end": 0, "quote": None}
JUDGED = named(("맞음", _KEPT), ("Nothing answers it", _KEPT | _ABSENT | _NO_PLACE))
GOLD_LIST = named(("하나", {"judgements": [_KEPT]}), ("None yet", {"judgements": []}))
GOLD_FILE = named(("압축 파일", "(zip)"), ("A zip file", "(zip)"))
ORIGINAL_FILE = named(("파일", "(파일의 바이트)"), ("A file", "(the bytes of the file)"))
JOB_LIST = named(("하나", {"jobs": [_JOB]}), ("None", {"jobs": []}))
_FIELDS = {"source": "한빛일보", "published_at": "2021-05-04"}
FORM = named(
    ("글 파일 하나", {"files": ["(다리.txt)"]} | _FIELDS),
    ("Two files", {"files": ["(report.txt)", "(notices.jsonl.gz)"]}),
)
