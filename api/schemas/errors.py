"""Bodies that only HTTP has; those that the command line prints too are in ``rag.schemas``."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class StatusResponse(_Body):
    """The body of ``/healthz`` and, when questions can be answered, ``/readyz``.

    ``truth`` only where nodes share a PostgreSQL: ``away`` while it does not answer, and nothing can be written.
    """

    status: str
    truth: Literal["shared", "away"] | None = None


class FieldError(_Body):
    """One place that is wrong: an RFC 6901 pointer into the body, or a line and column of it. Never the value.

    ``parameter`` names a query parameter, header or form field instead; the pointer is then empty.
    """

    pointer: str
    code: str
    parameter: str | None = None
    limit: int | None = None
    got: int | None = None
    line: int | None = None
    column: int | None = None


class ProblemBody(_Body):
    """An RFC 9457 problem. ``code`` is stable; title and detail are Korean or English by ``Accept-Language``."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: list[FieldError]


class OpenAIErrorDetail(_Body):
    """``code`` is the problem's, ``param`` the first place that is wrong, as ``messages.0.content``."""

    message: str
    type: str
    param: str | None
    code: str
    request_id: str


class OpenAIError(_Body):
    """A problem as OpenAI's clients read it."""

    error: OpenAIErrorDetail
