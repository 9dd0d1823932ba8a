"""Bodies of the routes that write and list articles."""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict

from api.http_bodies import ProblemBody
from api.jobs import ItemResult, ItemStatus, Job, JobState
from api.library import ArticlePage, SourceList

RESULTS_SHOWN = 1000


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ItemErrorBody(_Body):
    """Why an article was not taken; ``code`` is stable, ``detail`` is in the client's language."""

    code: str
    detail: str


class ItemBody(_Body):
    """What became of one article; ``id`` is the article's, or the name of the file that could not be read."""

    id: str
    status: ItemStatus
    error: ItemErrorBody | None

    @classmethod
    def from_result(cls, result: ItemResult, language: str) -> "ItemBody":
        error = None
        if result.error is not None:
            detail = result.error.english if language == "en" else result.error.korean
            error = ItemErrorBody(code=result.error.code, detail=detail)
        return cls(id=result.id, status=result.status, error=error)


class BatchResponse(_Body):
    """One result for each article, in order. What is not ``failed`` is on the disk, and in ``generation`` to be found."""

    results: list[ItemBody]
    generation: int | None


class WrittenResponse(_Body):
    """The article is on the disk, and in ``generation`` to be found."""

    id: str
    status: ItemStatus
    generation: int | None


class JobResponse(_Body):
    """An import. ``results`` shows the first thousand; ``failed`` counts all that were not taken."""

    id: str
    state: JobState
    done: int
    total: int | None
    failed: int
    results: list[ItemBody]
    generation: int | None
    error: ProblemBody | None
    created_at: str


class JobsResponse(_Body):
    """Newest first; without their results."""

    jobs: list[JobResponse]


class ListedBody(_Body):
    """One article of a listing; ``characters`` counts code points of its text."""

    id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    characters: int


class ListResponse(_Body):
    """By id. ``total`` counts every article that fits; ``next_cursor`` leads to the next page, if there is one."""

    articles: list[ListedBody]
    next_cursor: str | None
    total: int
    generation: int

    @classmethod
    def from_page(cls, page: ArticlePage, next_cursor: str | None) -> "ListResponse":
        articles = [ListedBody(**asdict(article)) for article in page.articles]
        return cls(articles=articles, next_cursor=next_cursor, total=page.total, generation=page.generation)


class SourceBody(_Body):
    """A name that articles came under, as a filter takes it, and how many did."""

    source: str
    articles: int


class SourcesResponse(_Body):
    """The thousand with the most articles first. Articles without a source are not counted."""

    sources: list[SourceBody]
    generation: int

    @classmethod
    def from_list(cls, found: SourceList) -> "SourcesResponse":
        sources = [SourceBody(source=source, articles=count) for source, count in found.sources]
        return cls(sources=sources, generation=found.generation)


def item_bodies(results: Sequence[ItemResult], language: str) -> list[ItemBody]:
    return [ItemBody.from_result(result, language) for result in results]


def job_body(job: Job, language: str, error: ProblemBody | None, *, with_results: bool = True) -> JobResponse:
    """The failures first where not everything can be shown."""
    results = job.results
    failed = sum(result.status == "failed" for result in results)
    if len(results) > RESULTS_SHOWN:
        results = sorted(results, key=lambda result: result.status != "failed")[:RESULTS_SHOWN]
    return JobResponse(
        id=job.id, state=job.state, done=job.done, total=job.total, failed=failed,
        results=item_bodies(results, language) if with_results else [],
        generation=job.generation, error=error, created_at=job.created_at,
    )  # fmt: skip
