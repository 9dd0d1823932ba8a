"""Articles: in, out, away, and listed. A write is answered when it is on the disk and the next question sees it."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.access import Caller, caller_of, require, require_seen
from api.access.keys import Scope
from api.articles.jobs import ItemResult, Job, report_results
from api.articles.library import Library, Order, Place
from api.articles.requests import ArticleEdit, ListQuery, read_batch, read_one
from api.articles.responses import collections_body, item_bodies, list_body, sources_body
from api.articles.shared_jobs import Parts, Task, body_pieces
from api.articles.writer import Work, Writer, finish_job, wait_for
from api.http.body import expected_length, parse_body, read_json_bytes, while_wanted
from api.http.idempotency import Asked, Reply, Sent, answered_once, idempotency_key
from api.language import choose_language
from api.limits import MAX_ARTICLE_BYTES, MAX_ARTICLES_BYTES, MAX_QUESTION_BYTES
from api.openapi.describe import (
    ARTICLE,
    ARTICLES,
    ARTICLES_LIST,
    COLLECTIONS,
    DELETE_ARTICLE,
    EDIT_ARTICLE,
    PUT_ARTICLE,
    SOURCES,
)
from api.problems.problems import ProblemError
from api.routes.jobs import job_accepted, keep_for_others
from api.routes.questions import json_response
from api.schemas.articles import BatchResponse, WrittenResponse
from api.schemas.errors import FieldError
from api.services import Services, Used
from index.articles import Article
from index.editing import put_into
from index.errors import ReadError
from index.ingest import IngestReport
from index.reading.documents import Failure, without_markup
from index.reading.reader_process import ReaderProcess
from index.store.store import not_found
from index.text.characters import id_as_stored, normalize
from rag.answers import Filters
from rag.schemas import ArticleResponse

router = APIRouter()
BATCH = "articles"  # the kind of task
_READ = [Depends(require(Scope.ASK))]
_WRITE = [Depends(require(Scope.WRITE))]


@router.post("/v1/articles", dependencies=_WRITE, **ARTICLES)
async def put_articles(request: Request, services: Used) -> Response:
    """Write a batch of articles; each has a result of its own. ``Prefer: respond-async`` makes a job of it."""
    library, key = services.holder.library(), idempotency_key(request)
    size = expected_length(request.headers, MAX_ARTICLES_BYTES)
    services.writer.require_room(size)
    with ExitStack() as room:  # until the body is taken, which may be long after another node was asked about it
        room.enter_context(services.bodies.hold(size))
        body = Sent(await read_json_bytes(request, MAX_ARTICLES_BYTES), room.close)
        digest = await run_in_threadpool(body.digest) if key else b""

        async def answer() -> Reply:
            data = body.take()
            job = await _submitted(request, services, library, data)
            kept = data if library.shared is not None else b""  # for another node, if this one is gone
            del data
            if _prefers_async(request) or not await wait_for(job, services.limits.write_seconds):
                await keep_for_others(
                    services, library, job, Task(BATCH, caller_of(request)), [("", body_pieces(kept))]
                )
                return await job_accepted(request, services, job)
            job.require_success()
            language = choose_language(request.headers.get("accept-language"))
            results = BatchResponse(results=item_bodies(job.results, language), generation=job.generation)
            return Reply(200, results.model_dump_json().encode())

        asked = Asked(caller_of(request).id, key, digest)
        return await answered_once(services.replies, library.shared, asked, answer, otherwise=body.take)


@router.put("/v1/articles/{article_id:path}", dependencies=_WRITE, **PUT_ARTICLE)
async def put_article(article_id: str, request: Request, services: Used) -> Response:
    """Store one article, new (201) or in place of the one with this id (200)."""
    library, article_id = services.holder.library(), id_as_stored(article_id)
    size = expected_length(request.headers, MAX_ARTICLE_BYTES)
    services.writer.require_room(size)
    with services.bodies.hold(size):
        body = await read_json_bytes(request, MAX_ARTICLE_BYTES)
        article = await while_wanted(request, services.readers, lambda: read_one(body, article_id))
    job = await _written(
        request, services, _store_all(services.writer, library, [article], caller_of(request)), len(body)
    )
    if not job.finished.done():
        return (await job_accepted(request, services, job)).response()
    [result] = job.results
    if result.error is not None:
        raise ProblemError(result.error.code)
    created = result.status == "created"
    headers = {"Location": f"/v1/articles/{quote(article_id)}"} if created else None
    written = WrittenResponse(id=result.id, status=result.status, generation=job.generation)
    return json_response(written, 201 if created else 200, headers)


@router.patch("/v1/articles/{article_id:path}", dependencies=_WRITE, **EDIT_ARTICLE)
async def edit_article(article_id: str, request: Request, services: Used) -> Response:
    """Change title, source, address or date of one article; its text stays, and so does what the body leaves out."""
    library, stored_id = services.holder.library(), id_as_stored(article_id)
    body = await read_json_bytes(request, MAX_QUESTION_BYTES)
    values, within = (await parse_body(ArticleEdit, body)).to_values(), caller_of(request).collections

    def work(job: Job) -> None:
        changed, job.generation = library.edit(stored_id, values, within)
        job.tell([ItemResult(stored_id, "replaced" if changed else "unchanged")], 1, 0)

    job = await _written(request, services, work, len(body))
    if not job.finished.done():
        return (await job_accepted(request, services, job)).response()
    [result] = job.results
    return json_response(WrittenResponse(id=result.id, status=result.status, generation=job.generation))


@router.delete("/v1/articles/{article_id:path}", dependencies=_WRITE, **DELETE_ARTICLE)
async def delete_article(article_id: str, request: Request, services: Used) -> Response:
    """Delete for good: text, terms and vectors. 202 while somebody still reads it; the job ends with that."""
    library, stored_id = services.holder.library(), id_as_stored(article_id)
    within = caller_of(request).collections
    erased: list[bool] = []

    def work(job: Job) -> None:
        job.generation = library.remove(stored_id, within)
        erased.append(library.erase())

    job = await _written(request, services, work)
    if erased == [True]:
        return Response(status_code=204)
    return (await job_accepted(request, services, _until_erased(library, job) if erased else job)).response()


@router.get("/v1/articles", dependencies=_READ, **ARTICLES_LIST)
async def list_articles(request: Request, services: Used, asked: Annotated[ListQuery, Query()]) -> Response:
    """List articles, a page at a time: by id, or in another ``order``."""
    source, collection = (None if name is None else normalize(name) for name in (asked.source, asked.collection))
    filters = Filters(date_from=asked.date_from, date_to=asked.date_to, source=source, collection=collection)
    library, after, within = services.holder.library(), _read_cursor(asked), caller_of(request).collections

    def look() -> Response:
        page = library.page(filters, asked.q, after, asked.limit, asked.order, within)
        return json_response(list_body(page, _cursor(page.next_after)))

    return await services.lookups.look(request, look)


@router.get("/v1/sources", dependencies=_READ, **SOURCES)
async def list_sources(request: Request, services: Used) -> Response:
    """Return the names that articles came under: what ``source`` in a filter may be."""
    library, within = services.holder.library(), caller_of(request).collections
    return await services.lookups.look(request, lambda: json_response(sources_body(library.sources(within))))


@router.get("/v1/collections", dependencies=_READ, **COLLECTIONS)
async def list_collections(request: Request, services: Used) -> Response:
    """Return the collections that articles are kept in: what ``collection`` in a filter may be."""
    library, within = services.holder.library(), caller_of(request).collections
    return await services.lookups.look(request, lambda: json_response(collections_body(library.collections(within))))


@router.get("/v1/articles/{article_id:path}", dependencies=_READ, **ARTICLE)
async def article(article_id: str, request: Request, services: Used) -> Response:
    """Return one article: the text that every offset counts in, and what each span of it was taken for."""
    pipeline, stored_id, caller = services.holder.get(), id_as_stored(article_id), caller_of(request)

    def look() -> Response:
        if caller.collections is not None:
            require_seen(pipeline.snapshot(), stored_id, caller)
        view = pipeline.article_view(stored_id)
        if not caller.sees(view.article.collection):
            raise not_found(stored_id)
        return json_response(ArticleResponse.from_view(view))

    return await services.lookups.look(request, look)


async def _submitted(request: Request, services: Services, library: Library, body: bytes) -> Job:
    """Return the job that stores a batch."""
    with services.bodies.hold(len(body)):
        entries = await while_wanted(request, services.readers, lambda: read_batch(body))
    caller = caller_of(request)
    job = Job(caller.id, len(entries))
    services.writer.submit(job, _store_all(services.writer, library, entries, caller), len(body))
    return job


def batch_work(writer: Writer, library: Library, task: Task, parts: Parts) -> Work:
    """Return what the writer is to do about a batch that another node took in."""
    body = b"".join(piece for _, pieces in parts for piece in pieces)
    return _store_all(writer, library, read_batch(body), task.caller)


async def _written(request: Request, services: Services, work: Work, size: int = 0) -> Job:
    """Return the job, finished without an error, or still at it after the longest that anyone is kept waiting."""
    job = Job(caller_of(request).id, 1)
    services.writer.submit(job, work, size)
    if await wait_for(job, services.limits.write_seconds):
        job.require_success()
    return job


def _until_erased(library: Library, removal: Job) -> Job:
    """Return a job that goes on until what ``removal`` deleted is in no file any more."""
    job = Job(removal.owner, 1, state="running", generation=removal.generation)

    def tell() -> None:
        job.done = 1
        finish_job(job)

    library.when_erased(tell)
    return job


def _store_all(writer: Writer, library: Library, entries: Sequence[Article | ItemResult], caller: Caller) -> Work:
    """Store the articles among ``entries``; the results are in their order."""
    given = [entry for entry in entries if isinstance(entry, Article)]
    articles = list(put_into(caller.home, given, unless_said=True))
    failed = [entry for entry in entries if isinstance(entry, ItemResult)]

    def work(job: Job) -> None:
        job.tell(failed, len(failed), len(failed))

        def progress(report: IngestReport) -> None:
            job.done = len(failed) + report.done

        items = writer.until_closed(_without_markup(articles))
        report, job.generation = library.store(items, progress, within=caller.collections)
        stored = {result.id: result for result in report_results(report)}
        results = [entry if isinstance(entry, ItemResult) else stored[entry.id] for entry in entries]
        job.tell(results, len(entries), sum(result.status == "failed" for result in results))

    return work


def _without_markup(articles: Iterable[Article]) -> Iterator[Article | Failure]:
    """Read what was pasted as HTML as HTML, in the process that reads documents."""
    with closing(ReaderProcess()) as reader:
        for article in articles:
            try:
                yield without_markup(reader, article)
            except ReadError as error:
                yield Failure(article.id, error)


def _prefers_async(request: Request) -> bool:
    return "respond-async" in {part.strip().lower() for part in request.headers.get("prefer", "").split(",")}


def _cursor(after: Place | None) -> str | None:
    if after is None:
        return None
    said = after[0] if len(after) == 1 else json.dumps(after, ensure_ascii=False)
    return base64.urlsafe_b64encode(str(said).encode()).decode().rstrip("=")


def _read_cursor(asked: ListQuery) -> Place | None:
    """Return the place that a cursor of the same order stands for. Raises ProblemError."""
    if asked.cursor is None:
        return None
    try:
        padded = asked.cursor + "=" * (-len(asked.cursor) % 4)
        said = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        if asked.order is Order.ID:
            return (said,)
        first, article_id = json.loads(said)
        number = asked.order in (Order.ADDED, Order.NEWEST)
        if type(first) is not (int if number else str) or type(article_id) is not str:
            raise ValueError(said)
        return (first, article_id)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise ProblemError(
            "invalid_request", [FieldError(pointer="", code="not_a_cursor", parameter="cursor")]
        ) from None
