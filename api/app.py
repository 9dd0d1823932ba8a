"""The service as a value: built from a pipeline, or from a function that loads one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import docs, routes
from api.metrics import Metrics
from api.middleware import RequestMiddleware
from api.openapi import describe
from api.problems import ProblemError, problem_response
from api.readiness import PipelineHolder, PipelineSource
from api.services import Admission, Services
from index.errors import GeungeoError

MAX_QUESTIONS = 64  # in work or waiting, as many as wait for the encoder (rag/encoder_queue.py)
_DESCRIPTION = """\
내 글에 묻고, 글에 그대로 있는 문장으로 답을 받습니다. 인용은 모두 `quote == text[start:end]`이며,
근거가 없으면 `answered: false`와 까닭을 돌려줍니다.

Ask your own articles; every citation is verbatim (`quote == text[start:end]`, in code points), and where there is
no evidence the answer says so. Errors are RFC 9457 problems, in Korean or English by `Accept-Language`.
"""


def create_app(pipeline: PipelineSource, *, max_questions: int = MAX_QUESTIONS) -> FastAPI:
    """The app; a function given as ``pipeline`` is called in the background once the app starts, and closed with it."""
    holder = PipelineHolder(pipeline)
    metrics = Metrics(lambda: holder.current)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        holder.start()
        try:
            yield
        finally:
            holder.close()

    app = FastAPI(
        title="geungeo", version=_version(), description=_DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.services = Services(holder, metrics, Admission(max_questions))
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.add_middleware(RequestMiddleware, metrics=metrics)
    for error in (ProblemError, GeungeoError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, _respond)
    app.include_router(routes.router)
    app.include_router(docs.router)
    return app


_respond = problem_response


def _version() -> str:
    try:
        return version("geungeo")
    except PackageNotFoundError:
        return "0"
