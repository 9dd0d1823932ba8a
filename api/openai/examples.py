"""Examples of the OpenAI-compatible routes; a test checks that they fit the schemas."""

import json
from typing import Any

from api.openapi.examples import ANSWER, QUERIES, named

_ANSWER: dict[str, Any] = ANSWER["ko"]["value"]
_CITED: dict[str, Any] = _ANSWER["citations"][0]
_QUESTION, _ENGLISH = (QUERIES[language]["value"] for language in ("ko", "en"))
CHATS = named(
    ("한국어 질문", {"model": "geungeo", "messages": [{"role": "user", "content": _QUESTION["question"]}]}),
    (
        "A stream, filtered",
        {
            "model": "geungeo",
            "messages": [{"role": "user", "content": _ENGLISH["question"]}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "geungeo": {"filters": _ENGLISH["filters"]},
        },
    ),
)
_TEXT = (
    f"{_CITED['quote']} [1]\n\n[1] {_CITED['title']} · {_CITED['source']} · {_CITED['published_at']} · {_CITED['url']}"
)
_MARK = {"start_index": 0, "end_index": len(_CITED["quote"]), "title": _CITED["title"], "url": _CITED["url"]}
_NOTES = [{"type": "url_citation", "url_citation": _MARK}]
_HEAD = {"id": "chatcmpl-0f8fad5bd9cb469fa16570867728950e", "created": 1_795_305_600, "model": "geungeo"}
_COMPLETION = _HEAD | {
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": _TEXT, "refusal": None, "annotations": _NOTES},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 12, "completion_tokens": 48, "total_tokens": 60},
    "geungeo": _ANSWER,
}
COMPLETIONS = named(("답과 각주", _COMPLETION), ("An answer with its footnote", _COMPLETION))


def _chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: object) -> str:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = _HEAD | {"object": "chat.completion.chunk", "choices": [choice]} | more
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


_STREAM = (
    _chunk({"role": "assistant", "content": ""})
    + _chunk({"content": _TEXT})
    + _chunk({"annotations": _NOTES}, "stop", geungeo=_ANSWER)
    + "data: [DONE]\n\n"
)
CHUNKS = named(("답과 각주", _STREAM), ("An answer with its footnote", _STREAM))
_MODEL = {"id": "geungeo", "object": "model", "created": 1_795_305_600, "owned_by": "geungeo"}
MODEL_BODY = named(("모델", _MODEL), ("The model", _MODEL))
MODEL_LIST = named(("하나", {"object": "list", "data": [_MODEL]}), ("The one", {"object": "list", "data": [_MODEL]}))
