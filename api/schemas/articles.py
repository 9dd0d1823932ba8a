"""What is answered to writing and listing articles, for the server and the Python client alike.

A client leaves out the fields that a newer server adds.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from api.schemas.errors import ProblemBody

ItemStatus = Literal["created", "replaced", "unchanged", "failed"]
JobState = Literal["queued", "running", "done", "failed"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ItemErrorBody(_Body):
    """Why an article was not taken; ``code`` is stable, ``detail`` is in the client's language."""

    code: str
    detail: str


class ItemBody(_Body):
    """What became of one article; ``id`` is the article's, or the name of the file that could not be read.

    ``notice`` says in Korean what of it was left out or changed: a damaged part, HTML tags.
    """

    id: str
    status: ItemStatus
    error: ItemErrorBody | None
    notice: str | None = None


class BatchResponse(_Body):
    """One result for each article, in order.

    What is not ``failed`` is on the disk, and in ``generation`` to be found.
    """

    results: list[ItemBody]
    generation: int | None


class WrittenResponse(_Body):
    """The article is on the disk, and in ``generation`` to be found."""

    id: str
    status: ItemStatus
    generation: int | None


class JobResponse(_Body):
    """An import.

    ``results`` shows the first thousand at most, of those that failed a hundred; ``left_out`` counts the others,
    ``failed`` all that were not taken.
    """

    id: str
    state: JobState
    done: int
    total: int | None
    failed: int
    results: list[ItemBody]
    left_out: int = 0
    generation: int | None
    error: ProblemBody | None = None
    created_at: str

    @property
    def is_over(self) -> bool:
        """Whether nothing of the job is left to do."""
        return self.state in ("done", "failed")


class JobsResponse(_Body):
    """Newest first; without their results."""

    jobs: list[JobResponse]


class ListedBody(_Body):
    """One article of a listing, without its text; ``characters`` counts code points of it."""

    id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    characters: int
    collection: str | None = None


class ListResponse(_Body):
    """In the order asked for.

    ``total`` counts every article that fits; ``next_cursor`` leads to the next page, if there is one.
    """

    articles: list[ListedBody]
    next_cursor: str | None
    total: int
    generation: int


class CallerResponse(_Body):
    """Who asks, by the key's id, and what that key may: ``ask``, ``write``, ``judge``, ``admin``. ``local`` needs no key.

    Where ``collections`` is not null, only articles of these are there for it. ``judges``: whether it may say of answers
    whether they are right, and that is kept.
    """

    id: str
    scopes: list[str]
    collections: list[str] | None = None
    judges: bool = False


class CollectionBody(_Body):
    """A collection, as a filter takes it, and how many articles are kept in it."""

    collection: str
    articles: int


class CollectionsResponse(_Body):
    """The thousand with the most articles first. Articles in no collection are not counted."""

    collections: list[CollectionBody]
    generation: int


class SourceBody(_Body):
    """A name that articles came under, as a filter takes it, and how many did."""

    source: str
    articles: int


class SourcesResponse(_Body):
    """The thousand with the most articles first. Articles without a source are not counted."""

    sources: list[SourceBody]
    generation: int
