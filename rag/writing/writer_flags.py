"""The writer that the flags name."""

from importlib.util import find_spec
from urllib.parse import urlsplit

from index.errors import UsageError
from index.text.messages import say
from rag.writing.client import Writer


def make_writer(url: str | None, model: str | None, key: str) -> Writer | None:
    """None where no writer is wanted. Raises UsageError for flags that do not fit, or where httpx is not installed."""
    if url is None and model is None:
        return None
    if not url or not model or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(say("writer_model", "ko"), say("writer_model", "en"))
    if find_spec("httpx") is None:
        raise UsageError(say("writer_httpx", "ko"), say("writer_httpx", "en"))
    return Writer(url, model, key)
