"""What the client raises.

ClientError                 catch this one
├── ConnectionFailedError   no answer: nobody there, cut off, or too slow
├── ProblemResponseError    the server said no; ``code`` is stable, ``title`` is in the client's language
│   ├── AccessError         401, 403: no key, a wrong one, or one without the scope
│   ├── MissingError        404: no such article, job or address
│   └── OverloadError       429, 503: still so after every retry
├── JobFailedError          a background import ended in failure
└── JobPendingError         a background import did not end in time
"""

from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.schemas.errors import ProblemBody

if TYPE_CHECKING:
    from api.schemas.articles import JobResponse


class ClientError(Exception):
    """Root of everything the client raises on purpose."""


class ConnectionFailedError(ClientError):
    """The request may or may not have been carried out; asking, and writing the same again, are safe to repeat."""


class ProblemResponseError(ClientError):
    """The server's problem (RFC 9457). ``errors`` are the places that are wrong, never their values."""

    def __init__(self, problem: ProblemBody) -> None:
        super().__init__(f"{problem.title} ({problem.status} {problem.code}): {problem.detail}")
        self.status = problem.status
        self.code = problem.code
        self.title = problem.title
        self.detail = problem.detail
        self.request_id = problem.request_id
        self.errors = tuple(problem.errors)


class AccessError(ProblemResponseError):
    """No key, a wrong one, or one without the scope (401, 403)."""


class MissingError(ProblemResponseError):
    """No such article or job (404)."""


class OverloadError(ProblemResponseError):
    """The service is full, closing or still loading (429, 503); ask again after a while."""


class JobFailedError(ClientError):
    """``job`` says what became of each article."""

    def __init__(self, job: "JobResponse") -> None:
        super().__init__(f"job {job.id} failed")
        self.job = job


class JobPendingError(ClientError):
    """``job`` is its last known state; it goes on at the server."""

    def __init__(self, job: "JobResponse") -> None:
        super().__init__(f"job {job.id} is still {job.state}")
        self.job = job


_KINDS: dict[int, type[ProblemResponseError]] = {
    401: AccessError, 403: AccessError, 404: MissingError, 429: OverloadError, 503: OverloadError,
}  # fmt: skip


def to_error(status: int, body: bytes) -> ProblemResponseError:
    """Return the problem in ``body``.

    For one that is none (a proxy's page) ``status`` counts and the code is ``unexpected``.
    """
    try:
        problem = ProblemBody.model_validate_json(body)
    except ValidationError:
        problem = _unexpected(status)
    return _KINDS.get(problem.status, ProblemResponseError)(problem)


def _unexpected(status: int) -> ProblemBody:
    return ProblemBody(
        type="about:blank", title="unexpected response", status=status, detail="it holds no problem of the service's",
        instance="", code="unexpected", request_id="", errors=[],
    )  # fmt: skip
