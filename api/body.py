"""A request's JSON body, read with our own limits: FastAPI's reader has none and repeats what it rejects."""

from starlette.datastructures import Headers
from starlette.requests import Request

from api.problem_kinds import MAX_BODY_BYTES
from api.problems import Problem
from api.requests import Asked, field_errors, json_pointer
from api.schemas import FieldError
from api.strict_json import JsonError, find_surrogate, parse_json
from pydantic import ValidationError

_LEADING = ("empty_question", "question_too_long")  # field codes that are problems of their own


async def read_body(request: Request) -> bytes:
    """The bytes of a JSON body; a body past the limit is refused by its declared length or by the bytes that came."""
    _require_json(request.headers)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:20]) > MAX_BODY_BYTES:
        raise _too_large()
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY_BYTES:
            raise _too_large()
    return bytes(data)


def parse_body(model: type[Asked], data: bytes) -> Asked:
    """The request in ``data``, or the Problem that says what is wrong with it."""
    try:
        value = parse_json(data)
    except JsonError as error:
        place = FieldError(pointer="", code=error.code, line=error.line, column=error.column)
        raise Problem("invalid_json", [place]) from None
    path = find_surrogate(value)
    if path is not None:
        raise Problem("invalid_unicode", [FieldError(pointer=json_pointer(path), code="invalid_unicode")])
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = field_errors(error)
    codes = {field.code for field in errors}
    raise Problem(next((code for code in _LEADING if code in codes), "invalid_request"), errors)


def _require_json(headers: Headers) -> None:
    types = headers.getlist("content-type")
    media_type, *parameters = (part.strip().lower() for part in (types or [""])[0].split(";"))
    encodings = {parameter.replace('"', "") for parameter in parameters if parameter}
    if len(types) != 1 or media_type != "application/json" or encodings - {"charset=utf-8"}:
        raise Problem("unsupported_media_type", headers={"Accept-Post": "application/json"})
    if "content-encoding" in headers:
        raise Problem("unsupported_media_type", headers={"Accept-Encoding": "identity"})


def _too_large() -> Problem:
    error = FieldError(pointer="", code="body_too_large", limit=MAX_BODY_BYTES)
    return Problem("body_too_large", [error], headers={"Connection": "close"})  # the rest is not read
