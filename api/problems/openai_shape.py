"""Our problems in OpenAI's error shape, wherever its clients call, be anything there or not. Status, code and headers stay ours."""

from starlette.requests import Request
from starlette.responses import Response

from api.problems.problems import problem_response
from api.schemas.errors import OpenAIError, OpenAIErrorDetail, ProblemBody

_SERVED = ("/v1/chat", "/v1/models")
_NOT_SERVED = tuple(  # what else its clients have a method for; /v1/files is an address of ours
    f"/v1/{name}"
    for name in (
        *("assistants", "audio", "batches", "completions", "containers", "conversations", "embeddings", "evals"),
        *("fine_tuning", "images", "moderations", "realtime", "responses", "threads", "uploads", "vector_stores"),
        "videos",
    )
)
_PATHS = (*_SERVED, *_NOT_SERVED)
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_REPLACED = ("content-type", "content-length")


async def handle_error(request: Request, error: Exception) -> Response:
    """Return :func:`error_response` to Starlette, which would run a plain function in a thread: a refusal must cost little."""
    return error_response(request, error)


def error_response(request: Request, error: Exception) -> Response:
    """Return what ``error`` is answered with: a problem, or where OpenAI's clients call, ``{"error": {…}}``."""
    response = problem_response(request, error)
    return _reshaped(response) if request.scope["path"].startswith(_PATHS) else response


def to_openai_error(problem: ProblemBody) -> OpenAIError:
    """Return the problem's code, texts and first place as OpenAI's clients expect them."""
    places = [field.pointer for field in problem.errors if field.pointer]
    return OpenAIError(
        error=OpenAIErrorDetail(
            message=f"{problem.title}. {problem.detail}",
            type=_TYPES.get(problem.status, "server_error" if problem.status >= 500 else "invalid_request_error"),
            param=places[0].lstrip("/").replace("/", ".") if places else None,
            code=problem.code,
            request_id=problem.request_id,
        )
    )


def _reshaped(response: Response) -> Response:
    body = to_openai_error(ProblemBody.model_validate_json(bytes(response.body))).model_dump_json()
    headers = {name: value for name, value in response.headers.items() if name not in _REPLACED}
    return Response(body, response.status_code, headers, media_type="application/json")
