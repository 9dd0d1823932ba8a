"""Each request of the client as a value, so that the one that waits and the one that awaits say the same."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from api.client.errors import JobFailedError
from api.schemas.articles import BatchResponse, JobResponse, ListResponse, WrittenResponse
from index.articles import Article
from rag.answers import NO_FILTERS, Filters, Mode, Query
from rag.schemas import AnswerResponse, ArticleResponse, SearchResponse

Result = TypeVar("Result")
_ARTICLE_FIELDS = ("id", "title", "text", "source", "url", "published_at", "collection", "lang")


@dataclass(frozen=True, slots=True)
class Call(Generic[Result]):
    """``read`` makes the result of a successful body.

    ``from_job`` makes it of the job that a write becomes when it takes the server long. ``paths`` are files to send,
    opened anew for each attempt.
    """

    method: str
    path: str
    read: Callable[[bytes], Result]
    json: Mapping[str, Any] | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    from_job: Callable[[JobResponse], Result] | None = None

    def arguments(self, opened: ExitStack | AsyncExitStack) -> dict[str, Any]:
        """Return the keyword arguments for httpx; the files live as long as ``opened``."""
        arguments: dict[str, Any] = {"params": dict(self.params), "headers": dict(self.headers)}
        if self.json is not None:
            arguments["json"] = self.json
        if self.paths:
            arguments["files"] = [("files", (path.name, opened.enter_context(path.open("rb")))) for path in self.paths]
        return arguments


def query(asked: Query) -> Call[AnswerResponse]:
    """Return the call ``POST /v1/query``."""
    return Call("POST", "/v1/query", AnswerResponse.model_validate_json, _question(asked))


def search(asked: Query) -> Call[SearchResponse]:
    """Return the call ``POST /v1/search``."""
    return Call("POST", "/v1/search", SearchResponse.model_validate_json, _question(asked))


def stream(asked: Query) -> Call[None]:
    """Return the call ``POST /v1/query/stream``; its answer is read as events."""
    return Call("POST", "/v1/query/stream", _nothing, _question(asked))


def to_query(
    question: str,
    top_k: int,
    filters: Filters | None,
    mode: Mode | str,
    as_of: date | None,
    context: Sequence[str] = (),
) -> Query:
    """Return what a method of the client was given, as a value."""
    return Query(question, top_k, filters or NO_FILTERS, Mode(mode), as_of=as_of, context=tuple(context))


def _question(asked: Query) -> dict[str, Any]:
    """Return the body of a question; what says nothing is left out."""
    narrowing = {
        "filters": _present(asdict(asked.filters)) or None,
        "as_of": asked.as_of.isoformat() if asked.as_of else None,
        "context": list(asked.context) or None,
    }
    return {"question": asked.question, "top_k": asked.top_k, "mode": asked.mode.value, **_present(narrowing)}


def get(article_id: str) -> Call[ArticleResponse]:
    """Return the call ``GET /v1/articles/{id}``."""
    return Call("GET", _article_path(article_id), ArticleResponse.model_validate_json)


def original(article_id: str) -> Call[bytes]:
    """Return the call ``GET /v1/originals/{id}``."""
    return Call("GET", _article_path(article_id, "originals"), bytes)


def put(article: Article) -> Call[WrittenResponse]:
    """Return the call ``PUT /v1/articles/{id}``: one article, written under its own id."""
    return Call(
        "PUT", _article_path(article.id), WrittenResponse.model_validate_json, _fields(article), from_job=_only_result
    )


def edit(article_id: str, changes: Mapping[str, str | None]) -> Call[WrittenResponse]:
    """Return the call ``PATCH /v1/articles/{id}``: fields of an article, not its text."""
    path, read = _article_path(article_id), WrittenResponse.model_validate_json
    return Call("PATCH", path, read, changes, from_job=_only_result)


def delete(article_id: str) -> Call[None]:
    """Return the call ``DELETE /v1/articles/{id}``."""
    return Call("DELETE", _article_path(article_id), _nothing, from_job=lambda job: None)


def add(articles: Iterable[Article]) -> Call[BatchResponse]:
    """Return the call ``POST /v1/articles``: a batch, with a key so that a repeated request writes once."""
    body = {"articles": [_fields(article) for article in articles]}
    return Call(
        "POST", "/v1/articles", BatchResponse.model_validate_json, body, headers={"Idempotency-Key": str(uuid4())},
        from_job=lambda job: BatchResponse(results=job.results, generation=job.generation),
    )  # fmt: skip


def upload(paths: Iterable[Path | str]) -> Call[JobResponse]:
    """Return the call ``POST /v1/files``; the files are read when it is sent."""
    return Call("POST", "/v1/files", JobResponse.model_validate_json, paths=tuple(Path(path) for path in paths))


def job(job_id: str) -> Call[JobResponse]:
    """Return the call ``GET /v1/jobs/{id}``."""
    return Call("GET", f"/v1/jobs/{quote(job_id, safe='')}", JobResponse.model_validate_json)


def page(params: Mapping[str, str | int | None], cursor: str | None) -> Call[ListResponse]:
    """Return the call ``GET /v1/articles``: the page after ``cursor``, the first for None."""
    wanted = {name: str(value) for name, value in _present({**params, "cursor": cursor}).items()}
    return Call("GET", "/v1/articles", ListResponse.model_validate_json, params=wanted)


def _only_result(done: JobResponse) -> WrittenResponse:
    (result,) = done.results
    if result.error is not None:
        raise JobFailedError(done)
    return WrittenResponse(id=result.id, status=result.status, generation=done.generation)


def _fields(article: Article) -> dict[str, Any]:
    """Return the article as ``/v1/articles`` takes it."""
    fields = {name: getattr(article, name) for name in _ARTICLE_FIELDS}
    return _present({**article.meta, **fields})


def _article_path(article_id: str, route: str = "articles") -> str:
    """Return an article's path: slashes go as ``%2F``, and an id of dots alone would be taken for a step up."""
    quoted = quote(article_id, safe="")
    return f"/v1/{route}/{quoted.replace('.', '%2E') if quoted in ('.', '..') else quoted}"


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _nothing(_: bytes) -> None:
    return None
