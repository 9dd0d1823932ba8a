"""What the client gives back beside the bodies of ``rag.schemas``. Fields that a newer server adds are left out."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from api.http_bodies import ProblemBody

ItemStatus = Literal["created", "replaced", "unchanged", "failed"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ItemErrorBody(_Body):
    """Why an article was not taken: a stable code, and words in the client's language."""

    code: str
    detail: str


class ItemBody(_Body):
    """What became of one article; ``id`` is the article's, or the name of a file that could not be read."""

    id: str
    status: ItemStatus
    error: ItemErrorBody | None


class BatchBody(_Body):
    """One result for each article, in order."""

    results: list[ItemBody]
    generation: int | None


class WrittenBody(_Body):
    """The article is on the disk, and found in ``generation`` of the index."""

    id: str
    status: ItemStatus
    generation: int | None


class JobBody(_Body):
    """An import in the background. ``failed`` counts the articles not taken, ``results`` shows the first thousand."""

    id: str
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int | None
    failed: int
    results: list[ItemBody]
    generation: int | None
    error: ProblemBody | None = None
    created_at: str

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed")


class ListedBody(_Body):
    """An article of the list, without its text; ``characters`` counts it."""

    id: str
    title: str
    source: str | None
    url: str | None
    published_at: str | None
    characters: int


class ListBody(_Body):
    """One page; ``total`` counts every article that fits."""

    articles: list[ListedBody]
    next_cursor: str | None
    total: int
    generation: int
