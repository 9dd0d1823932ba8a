"""A finished chat completion as the server-sent events of ``stream: true``.

The answer is whole before its first part is sent, for a citation is checked against the article before it leaves the
process; so every error still is a status of its own, and no stream breaks off.
"""

import json
from collections.abc import Iterator
from typing import Any

from api.openai.footnotes import Reply
from api.openai.schemas import ChatCompletion

_DONE = b"data: [DONE]\n\n"


def stream_events(completion: ChatCompletion, reply: Reply, *, with_usage: bool) -> Iterator[bytes]:
    """Yield the role, the text in the parts of ``reply``, annotations and our own answer, then the usage if it was asked for."""
    usage = {"usage": None} if with_usage else {}
    head: dict[str, Any] = {
        "id": completion.id, "object": "chat.completion.chunk", "created": completion.created, "model": completion.model,
    }  # fmt: skip
    body = completion.model_dump(mode="json")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": part} for part in reply.parts)]
    for delta in deltas:
        yield _event(head | {"choices": [_choice(delta, None)]} | usage)
    last = _choice({"annotations": body["choices"][0]["message"]["annotations"]}, "stop")
    yield _event(head | {"choices": [last]} | usage | {"geungeo": body["geungeo"]})
    if with_usage:
        yield _event(head | {"choices": [], "usage": body["usage"]})
    yield _DONE


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
