"""A request's JSON body, read with our own limits: FastAPI's reader has none and repeats what it rejects."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TypeVar

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from api.limits import MAX_QUESTION_BYTES
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from api.schemas.questions import QUESTION_CODES, Read, field_errors, json_pointer
from index.text.strict_json import JsonError, find_surrogate, parse_json

_MAX_DISCARDED = 1024 * 1024
_AT_ONCE = 4096  # bytes that the event loop reads itself, within a millisecond
_LOOK_SECONDS = 0.1
T = TypeVar("T")


class Room:
    """So many bytes, or whatever else is counted, at once; the next is refused. For the event loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.held = 0

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Keep room for a body.

        Raises ProblemError where there is none; one that is larger than all of it must be alone.
        """
        if self.held and self.held + size > self._most:
            raise ProblemError("busy")
        self.held += size
        try:
            yield
        finally:
            self.held -= size


async def while_wanted(request: Request, readers: Executor, work: Callable[[], T]) -> T:
    """Return what ``work`` makes in a thread. Raises ClientDisconnect, and does not begin, once nobody waits for it."""
    future = asyncio.get_running_loop().run_in_executor(readers, work)
    try:
        while True:
            if await request.is_disconnected():
                raise ClientDisconnect
            done, _ = await asyncio.wait({future}, timeout=_LOOK_SECONDS)
            if done:
                return future.result()
    finally:
        future.cancel()


async def read_body(request: Request) -> bytes:
    """Return the bytes of the JSON body of a question."""
    return await read_json_bytes(request, MAX_QUESTION_BYTES)


async def read_json_bytes(request: Request, limit: int) -> bytes:
    """Return the bytes of a JSON body; one past ``limit`` is refused by its declared length or by the bytes that came.

    A body a little past it is read to its end and thrown away, for a client that is cut off while it sends sees a
    broken connection and never the problem. A far larger one, or one that waits to be asked for, is cut off.
    """
    _require_json(request.headers)
    declared = declared_length(request.headers)
    discarded = max(_MAX_DISCARDED, limit)
    if declared > discarded or (declared > limit and "expect" in request.headers):
        raise too_large(limit, close=True)
    data, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > discarded:
            raise too_large(limit, close=True)
        if size <= limit:
            data += chunk
    if size > limit:
        raise too_large(limit, close=False)
    return bytes(data)


async def parse_body(model: type[Read], data: bytes) -> Read:
    """Return the request in ``data``, or the Problem that says what is wrong with it."""
    if len(data) <= _AT_ONCE:
        return _parsed(model, data)
    return await run_in_threadpool(_parsed, model, data)


def _parsed(model: type[Read], data: bytes) -> Read:
    return check_value(model, parse_value(data))


def check_value(model: type[Read], value: object) -> Read:
    """Return the request that the JSON ``value`` holds, or the Problem that says what is wrong with it."""
    path = find_surrogate(value)
    if path is not None:
        raise ProblemError("invalid_unicode", [FieldError(pointer=json_pointer(path), code="invalid_unicode")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = field_errors(error)
    codes = {field.code for field in errors}
    raise ProblemError(next((code for code in QUESTION_CODES if code in codes), "invalid_request"), errors)


def parse_value(data: bytes) -> object:
    """Return the JSON value in ``data``; its strings may hold lone surrogates."""
    try:
        return parse_json(data)
    except JsonError as error:
        field = FieldError(pointer="", code=error.code, line=error.line, column=error.column)
        raise ProblemError("invalid_json", [field]) from None


def _require_json(headers: Headers) -> None:
    types = headers.getlist("content-type")
    media_type, *parameters = (part.strip().lower() for part in (types or [""])[0].split(";"))
    encodings = {parameter.replace('"', "") for parameter in parameters if parameter}
    if len(types) != 1 or media_type != "application/json" or encodings - {"charset=utf-8"}:
        raise ProblemError("unsupported_media_type", headers={"Accept-Post": "application/json"})
    if "content-encoding" in headers:
        raise ProblemError("unsupported_media_type", headers={"Accept-Encoding": "identity"})


def expected_length(headers: Headers, limit: int) -> int:
    """Return the bytes that a body will take: what it declares, or the most it may be."""
    return min(limit, declared_length(headers)) if "content-length" in headers else limit


def declared_length(headers: Headers) -> int:
    """Return the Content-Length, 0 where there is none."""
    declared = headers.get("content-length", "0")
    return int(declared[:20]) if declared.isdecimal() else 0


def too_large(limit: int, *, close: bool) -> ProblemError:
    """Return the problem for a body over ``limit`` bytes; ``close`` where the rest of it is left unread."""
    error = FieldError(pointer="", code="body_too_large", limit=limit)
    return ProblemError("body_too_large", [error], headers={"Connection": "close"} if close else None)
