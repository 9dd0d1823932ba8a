"""A chat completion as the server-sent events of ``stream: true``.

The cited sentences are whole before the first part is sent, for a citation is checked against the article before it
leaves the process; so every error still is a status of its own, and no stream breaks off. Where a language model writes,
its sentences follow as they come.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from api.openai.footnotes import Reply
from api.openai.schemas import ChatCompletion

_DONE = b"data: [DONE]\n\n"


async def stream_events(
    completion: ChatCompletion, reply: Reply, more: AsyncIterator[tuple[str, ChatCompletion]], *, with_usage: bool
) -> AsyncIterator[bytes]:
    """Yield the role, the text in its parts, annotations and our own answer, then the usage if it was asked for.

    ``more`` are parts that come later, each with the completion that holds it.
    """
    usage = {"usage": None} if with_usage else {}
    head: dict[str, Any] = {
        "id": completion.id, "object": "chat.completion.chunk", "created": completion.created, "model": completion.model,
    } | usage  # fmt: skip
    for delta in ({"role": "assistant", "content": ""}, *({"content": part} for part in reply.parts)):
        yield _event(head | {"choices": [_choice(delta, None)]})
    async for part, longer in more:
        yield _event(head | {"choices": [_choice({"content": part}, None)]})
        completion = longer
    body = completion.model_dump(mode="json")
    last = _choice({"annotations": body["choices"][0]["message"]["annotations"]}, "stop")
    yield _event(head | {"choices": [last]} | {"geungeo": body["geungeo"]})
    if with_usage:
        yield _event(head | {"choices": [], "usage": body["usage"]})
    yield _DONE


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"
