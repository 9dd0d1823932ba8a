"""Articles as they come in over HTTP: the fields of the JSON-lines contract, checked one article at a time."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from api.articles.jobs import ItemError, ItemResult
from api.articles.library import Order
from api.http.body import parse_value
from api.limits import MAX_ARTICLES
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from api.schemas.questions import IsoDate, field_errors, json_pointer
from index.articles import Article
from index.errors import ReadError
from index.reading.plain_text.fitting import (
    MAX_COLLECTION,
    MAX_ID,
    MAX_LINE,
    MAX_TEXT,
    MAX_TITLE_ENDS,
    has_too_many_sentences,
)
from index.reading.plain_text.records import read_record
from index.text.characters import id_as_stored
from index.text.strict_json import find_surrogate

Line = Annotated[str, Field(max_length=MAX_LINE)]
_PLACES_NAMED = 5


def _short_title(value: str) -> str:
    if has_too_many_sentences(value):
        raise PydanticCustomError("too_long", "too many sentences", {"limit": MAX_TITLE_ENDS})
    return value


Title = Annotated[Line, AfterValidator(_short_title)]
InCollection = Annotated[str, Field(max_length=MAX_COLLECTION, description="the collection it is kept in")]
Date = Annotated[str, Field(max_length=40, description="ISO 8601; a time of day is cut off")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ArticleFields(_Request):
    """An article whose id is in the address."""

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID)] | None = None
    title: Title = ""
    text: Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]
    source: Line | None = None
    url: Line | None = None
    published_at: Date | None = None
    date: Annotated[str, Field(max_length=40, description="the same as published_at")] | None = None
    collection: InCollection | None = None
    lang: Annotated[str, Field(max_length=20)] | None = None
    author: Line | None = None
    kind: Line | None = None


class ArticleRequest(ArticleFields):
    """One article; ``text`` is what every offset counts in, after NFC."""

    id: Annotated[str, Field(min_length=1, max_length=MAX_ID)]


class ArticlesRequest(_Request):
    """A batch. One article that does not fit never stops the rest."""

    articles: Annotated[list[ArticleRequest], Field(min_length=1, max_length=MAX_ARTICLES)]


class ArticleEdit(_Request):
    """What is said of an article and shall be otherwise; what is left out stays, ``null`` empties."""

    title: Title | None = None
    source: Line | None = None
    url: Line | None = None
    published_at: Date | None = None
    collection: InCollection | None = None

    def to_values(self) -> dict[str, str | None]:
        """Return the fields that were given, checked as those of a whole article are. Raises ReadError."""
        given = self.model_dump(include=self.model_fields_set)
        read = read_record({"id": "-", "text": "-"} | given)
        return {name: getattr(read, name) for name in given}


class ListQuery(BaseModel):
    """Which articles to list, and from where."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str, Field(max_length=1024)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    source: Annotated[str, Field(max_length=500)] | None = None
    collection: Annotated[str, Field(max_length=500)] | None = None
    date_from: IsoDate | None = None
    date_to: IsoDate | None = None
    q: Annotated[str, Field(max_length=200, description="looked for in title and id")] = ""
    order: Annotated[
        Order, Field(description="id; added: the last that came in first; newest, oldest: by date; title")
    ] = Order.ID


def read_batch(data: bytes) -> list[Article | ItemResult]:
    """Return each member in order, as an article or the failure that it is. Raises ProblemError for no batch at all."""
    value = parse_value(data)
    if not isinstance(value, dict):
        raise _invalid("", "wrong_type")
    for name in value:
        if name != "articles":
            raise _invalid(json_pointer((name,)), "unknown_field")
    members = value.get("articles")
    if not isinstance(members, list):
        raise _invalid("/articles", "missing" if members is None else "wrong_type")
    if not 1 <= len(members) <= MAX_ARTICLES:
        raise _invalid("/articles", "too_long" if members else "too_short", MAX_ARTICLES if members else 1)
    return _without_doubles([_read_member(member) for member in members])


def read_one(data: bytes, article_id: str) -> Article:
    """Return the article for ``article_id``. Raises ProblemError, ReadError."""
    value = parse_value(data)
    path = find_surrogate(value)
    if path is not None:
        raise ProblemError("invalid_unicode", [FieldError(pointer=json_pointer(path), code="invalid_unicode")])
    try:
        fields = ArticleFields.model_validate(value)
    except ValidationError as error:
        raise ProblemError("invalid_request", field_errors(error)) from None
    if fields.id is not None and id_as_stored(fields.id) != article_id:
        raise ProblemError("id_mismatch", [FieldError(pointer="/id", code="id_mismatch")])
    return read_record(fields.model_dump(exclude_none=True) | {"id": article_id})


def _read_member(member: object) -> Article | ItemResult:
    if find_surrogate(member) is not None:
        return ItemResult(_shown_id(member), "failed", ItemError.of_code("invalid_unicode"))
    try:
        fields = ArticleRequest.model_validate(member)
        return read_record(fields.model_dump(exclude_none=True))
    except ValidationError as error:
        return ItemResult(_shown_id(member), "failed", _wrong_fields(field_errors(error)))
    except ReadError as error:
        return ItemResult(_shown_id(member), "failed", ItemError.of(error))


def _without_doubles(entries: list[Article | ItemResult]) -> list[Article | ItemResult]:
    seen: set[str] = set()
    checked: list[Article | ItemResult] = []
    for entry in entries:
        if isinstance(entry, Article) and entry.id in seen:
            entry = ItemResult(entry.id, "failed", ItemError.of_code("duplicate_id"))
        seen.add(entry.id)
        checked.append(entry)
    return checked


def _shown_id(member: object) -> str:
    """Return the id that it gave, so that the caller knows which one it was; empty where it gave none."""
    found: Any = member.get("id") if isinstance(member, Mapping) else None
    return found[:MAX_ID] if isinstance(found, str) and find_surrogate(found) is None else ""


def _wrong_fields(errors: list[FieldError]) -> ItemError:
    places = ", ".join(f"{error.pointer or '/'} ({error.code})" for error in errors[:_PLACES_NAMED])
    return ItemError("invalid_request", f"고칠 자리: {places}", f"wrong: {places}")


def _invalid(pointer: str, code: str, limit: int | None = None) -> ProblemError:
    return ProblemError("invalid_request", [FieldError(pointer=pointer, code=code, limit=limit)])
