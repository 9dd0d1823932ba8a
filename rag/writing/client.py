"""The writer that the flags name: a chat completion of any OpenAI-compatible service, as lines while they come.

Every fault is one error.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from index.errors import UsageError
from index.text.messages import say

_MOST_CHARACTERS = 4_000  # of an answer: more is no answer to a question
_MOST_BYTES = 1_000_000
_CONNECT_SECONDS = 1.0


class WriterError(Exception):
    """The writer is down, slow, refuses, or sends what is no answer; ``kind`` is for the metric."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Writer:
    """``url`` is the base, with ``/v1``; what is not written within ``seconds`` is given up."""

    url: str
    model: str
    key: str = ""
    seconds: float = 8.0

    def lines(self, chat: Sequence[dict[str, str]]) -> Iterator[str]:
        """Yield each line as soon as it is whole. Raises WriterError at any time."""
        import httpx

        until, text = time.monotonic() + self.seconds, ""
        try:
            for piece in self._pieces(chat, until):
                *whole, text = (text + piece).split("\n")
                yield from (line for line in whole if line.strip())
        except httpx.TimeoutException:
            raise WriterError("slow") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise WriterError("down") from None
        if text.strip():
            yield text

    def _pieces(self, chat: Sequence[dict[str, str]], until: float) -> Iterator[str]:
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = {"model": self.model, "messages": list(chat), "stream": True, "temperature": 0, "max_tokens": 400}
        address = f"{self.url.rstrip('/')}/chat/completions"
        patience = httpx.Timeout(self.seconds, connect=min(self.seconds, _CONNECT_SECONDS))
        with httpx.stream(
            "POST", address, json=body, headers=headers, timeout=patience, follow_redirects=False, trust_env=False
        ) as response:
            if response.status_code != 200:
                raise WriterError("refused")
            yield from _contents(_events(response.iter_bytes(), until))


def _events(chunks: Iterator[bytes], until: float) -> Iterator[str]:
    """Return the data of each server-sent event. Raises WriterError where it ends before it said so, or does not end."""
    rest, size = b"", 0
    for chunk in chunks:
        size += len(chunk)
        if time.monotonic() > until:
            raise WriterError("slow")
        if size > _MOST_BYTES:
            raise WriterError("endless")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                data = line[5:].strip().decode("utf-8", "replace")
                if data == "[DONE]":
                    return
                yield data
    raise WriterError("cut")


def _contents(events: Iterator[str]) -> Iterator[str]:
    said = 0
    for data in events:
        try:
            choices = json.loads(data).get("choices") or [{}]
            piece = (choices[0].get("delta") or {}).get("content") or ""
        except (ValueError, AttributeError, LookupError, TypeError):
            raise WriterError("garbled") from None
        if not isinstance(piece, str):
            raise WriterError("garbled")
        said += len(piece)
        if said > _MOST_CHARACTERS:
            raise WriterError("endless")
        if piece:
            yield piece


def make_writer(url: str | None, model: str | None, key: str) -> Writer | None:
    """Make the writer, None where none is wanted. Raises UsageError for flags that do not fit, or without httpx."""
    if url is None and model is None:
        return None
    if not url or not model or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(say("writer_model", "ko"), say("writer_model", "en"))
    if find_spec("httpx") is None:
        raise UsageError(say("writer_httpx", "ko"), say("writer_httpx", "en"))
    return Writer(url, model, key)
