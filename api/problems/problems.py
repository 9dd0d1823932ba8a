"""Errors as RFC 9457 problems: one table from what was raised to what is answered, and nothing of the input in it."""

import logging
import traceback
import uuid
from collections.abc import Mapping, Sequence

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.language import choose_language
from api.problems.kinds import KINDS
from api.schemas.errors import FieldError, ProblemBody
from api.schemas.questions import query_errors
from index.errors import GeungeoError, NotFoundError, UsageError

MEDIA_TYPE = "application/problem+json; charset=utf-8"
_STATUS_CODES = {404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}
logger = logging.getLogger(__name__)


class ProblemError(Exception):
    """Raised anywhere in a request to answer with that problem; ``status`` replaces the kind's own."""

    def __init__(
        self,
        code: str,
        errors: Sequence[FieldError] = (),
        *,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.kind = KINDS[code]
        self.errors = list(errors)
        self.status = self.kind.status if status is None else status
        retry = {} if self.kind.retry_after is None else {"Retry-After": str(self.kind.retry_after)}
        self.headers = {**retry, **(headers or {})}


def error_code(error: BaseException) -> str:
    """Return the problem of something raised below HTTP: its own code or the nearest of its kind's.

    Else ``internal``.
    """
    codes = (kind.code for kind in type(error).__mro__ if issubclass(kind, GeungeoError))
    return next((code for code in codes if code in KINDS), "internal")


def to_problem(error: Exception) -> ProblemError:
    """Return what ``error`` is answered with."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, RequestValidationError):
        return ProblemError("invalid_request", query_errors(error.errors()))
    if isinstance(error, HTTPException):
        code = _STATUS_CODES.get(error.status_code, "bad_request" if error.status_code < 500 else "internal")
        return ProblemError(code)
    return ProblemError(error_code(error))


def problem_response(request: Request, error: Exception) -> Response:
    """Answer with the problem, and log what the client is not told."""
    problem = to_problem(error)
    note_problem(request, error, problem)
    language = choose_language(request.headers.get("accept-language"))
    body = problem_body(request, problem, language)
    headers = {"Content-Type": MEDIA_TYPE, "Content-Language": language, "Vary": "Accept-Language", **problem.headers}
    if problem.status == 405:
        headers["Allow"] = _allowed(request)
    return Response(body.model_dump_json(exclude_none=True), status_code=problem.status, headers=headers)


def problem_body(request: Request, problem: ProblemError, language: str) -> ProblemBody:
    """Return the problem in ``language``, as it goes out."""
    values = {name: value for field in problem.errors[:1] for name, value in field.model_dump().items()}
    placed = problem.kind.unplaced is None or values.get("line") is not None
    return ProblemBody(
        type=f"/problems/{problem.code.replace('_', '-')}",
        title=problem.kind.title[language],
        status=problem.status,
        detail=(problem.kind.detail if placed else problem.kind.unplaced or {})[language].format_map(values),
        instance=route_prefix(request),
        code=problem.code,
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=problem.errors,
    )


def standalone_body(problem: ProblemError, language: str) -> tuple[bytes, str]:
    """Return (the body of a problem with what was no request, its id), for the protocol itself to send."""
    request_id = uuid.uuid4().hex
    body = problem_body(Request({"type": "http", "state": {"request_id": request_id}}), problem, language)
    return body.model_dump_json(exclude_none=True).encode(), request_id


def note_problem(request: Request, error: Exception, problem: ProblemError) -> None:
    """Note the code for the log and the counters, and log an error that the client does not see."""
    state = request.scope.setdefault("state", {})
    state["problem"] = problem.code
    if not isinstance(error, ProblemError | HTTPException | RequestValidationError | NotFoundError):
        log_problem(error, problem, state.get("request_id", ""))


def route_path(request: Request) -> str:
    """Return the template of the route that matched, such as ``/v1/articles/{article_id}``, or ``/`` where none did."""
    known = request.scope.get("state", {}).get("route", "/")
    return str(getattr(request.scope.get("route"), "path_format", known))


def route_prefix(request: Request) -> str:
    """Return the route as far as it is our own text: ``/v1/articles``, never the id a client put behind it."""
    return route_path(request).split("/{")[0]


def _allowed(request: Request) -> str:
    """Return the methods of every route at this address: Starlette names those of the first alone."""
    routes = getattr(request.scope["app"].state, "routes", ()) if "app" in request.scope else ()
    here = [route for route in routes if isinstance(route, Route) and route.path_regex.match(request.scope["path"])]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


def log_problem(error: Exception, problem: ProblemError, request_id: str) -> None:
    """Log what is wrong with the server, with its message; anything else without, for it may hold what was asked."""
    if isinstance(error, UsageError):
        logger.info("%s (request %s)", problem.code, request_id)
        return
    if isinstance(error, GeungeoError):
        logger.warning("%s (request %s): %s", problem.code, request_id, error)
        return
    logger.error("internal error (request %s): %s", request_id, without_message(error))


def without_message(error: BaseException) -> str:
    """Return the type of ``error`` and where it was raised; its message may hold what was asked or stored."""
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
