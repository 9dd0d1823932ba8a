"""From jobs, pages and sources to the bodies that are answered."""

from collections.abc import Sequence
from dataclasses import asdict

from api.articles.jobs import ItemResult, Job
from api.articles.library import ArticlePage, NameList
from api.schemas.articles import (
    CollectionBody,
    CollectionsResponse,
    ItemBody,
    ItemErrorBody,
    JobResponse,
    ListedBody,
    ListResponse,
    SourceBody,
    SourcesResponse,
)
from api.schemas.errors import ProblemBody


def item_bodies(results: Sequence[ItemResult], language: str) -> list[ItemBody]:
    """Return the body of each result, errors in ``language``."""
    return [_item_body(result, language) for result in results]


def _item_body(result: ItemResult, language: str) -> ItemBody:
    error = None
    if result.error is not None:
        detail = result.error.english if language == "en" else result.error.korean
        error = ItemErrorBody(code=result.error.code, detail=detail)
    return ItemBody(id=result.id, status=result.status, error=error, notice=result.notice)


def job_body(job: Job, language: str, error: ProblemBody | None, *, with_results: bool = True) -> JobResponse:
    """Return the body of a job; ``with_results=False`` for lists of jobs, which name none of their articles."""
    return JobResponse(
        id=job.id, state=job.state, done=job.done, total=job.total, failed=job.failed,
        results=item_bodies(job.results, language) if with_results else [], left_out=job.left_out,
        generation=job.generation, error=error, created_at=job.created_at,
    )  # fmt: skip


def list_body(page: ArticlePage, next_cursor: str | None) -> ListResponse:
    """Return the body of a page of articles; ``next_cursor`` is None on the last one."""
    articles = [ListedBody(**asdict(article)) for article in page.articles]
    return ListResponse(articles=articles, next_cursor=next_cursor, total=page.total, generation=page.generation)


def sources_body(found: NameList) -> SourcesResponse:
    """Return the body that lists sources with the number of their articles."""
    sources = [SourceBody(source=source, articles=count) for source, count in found.names]
    return SourcesResponse(sources=sources, generation=found.generation)


def collections_body(found: NameList) -> CollectionsResponse:
    """Return the body that lists collections with the number of their articles."""
    collections = [CollectionBody(collection=name, articles=count) for name, count in found.names]
    return CollectionsResponse(collections=collections, generation=found.generation)
