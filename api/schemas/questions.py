"""What ``/v1/query`` and ``/v1/search`` take, and how a request that does not fit is reported: places and codes."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from api.schemas.errors import FieldError
from index.text.characters import is_visible, normal_form, normalize
from rag.answers import NO_FILTERS, Filters, Mode, Query

MAX_QUESTION_LENGTH = 2000
MAX_CONTEXT = 20
_MAX_ERRORS = 20
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


def iso_date(value: str) -> str:
    """Return a calendar date ``YYYY-MM-DD``, as it was given."""
    try:
        if _DATE.fullmatch(value):
            date.fromisoformat(value)
            return value
    except ValueError:
        pass
    raise PydanticCustomError("not_a_date", "not a date")


IsoDate = Annotated[str, AfterValidator(iso_date), Field(json_schema_extra={"format": "date"})]
Name = Annotated[str, Field(max_length=500)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FilterRequest(_Request):
    """Only articles that fit all of these. Dates are inclusive; an undated article is in no date range."""

    date_from: IsoDate | None = Field(default=None, description="이 날부터 / on or after, YYYY-MM-DD")
    date_to: IsoDate | None = Field(default=None, description="이 날까지 / on or before, YYYY-MM-DD")
    source: Name | None = Field(default=None, description="출처의 이름 그대로 / the exact name of the publisher")
    collection: Name | None = Field(default=None, description="이 모음의 글만 / only articles of this collection")
    article_ids: Annotated[list[Name], Field(max_length=1000)] | None = Field(
        default=None, description="이 글들만 / only these articles"
    )

    @field_validator("date_to")
    @classmethod
    def _not_before_date_from(cls, value: str | None, info: ValidationInfo) -> str | None:
        first = info.data.get("date_from")
        if value is not None and first is not None and value < first:
            raise PydanticCustomError("date_range", "date_to is before date_from")
        return value

    def to_filters(self) -> Filters:
        """Return the filters in NFC, as the stored names are."""
        return Filters(
            date_from=self.date_from,
            date_to=self.date_to,
            source=None if self.source is None else normalize(self.source),
            article_ids=None if self.article_ids is None else tuple(map(normalize, self.article_ids)),
            collection=None if self.collection is None else normalize(self.collection),
        )


def _short(value: str) -> str:
    got = question_length(value)
    if got > MAX_QUESTION_LENGTH:
        raise PydanticCustomError("too_long", "long", {"max_length": MAX_QUESTION_LENGTH, "actual_length": got})
    return value


Earlier = Annotated[str, Field(max_length=MAX_QUESTION_LENGTH), AfterValidator(_short)]


class _Asked(_Request):
    question: str = Field(
        description="혼자서도 뜻이 통하는 질문 하나, 되도록 한국어로 / one self-contained question, best in Korean",
        json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION_LENGTH},
    )
    filters: FilterRequest | None = Field(
        default=None, description="찾을 글을 좁힙니다 / narrows the articles searched"
    )
    mode: Literal["hybrid", "dense", "lexical"] = Field(
        default="hybrid",
        description="뜻과 낱말(hybrid), 뜻만(dense), 낱말만(lexical) / by meaning and words, or one alone",
    )
    as_of: IsoDate | None = Field(
        default=None,
        description="올해, 지난달 같은 말을 세는 날; 없으면 오늘 / the day that words such as 올해 (this year) are counted from; "
        "today if left out",
    )

    own_writes: bool = Field(
        default=False,
        description="어느 노드에서든 이 요청 전에 저장되었다고 답한 글을 모두 보고 답합니다 (PostgreSQL을 여러 노드가 함께 쓸 때) / answers from "
        "all that any node acknowledged before this request (where nodes share a PostgreSQL)",
    )
    context: Annotated[list[Earlier], Field(max_length=MAX_CONTEXT)] = Field(
        default=[],
        description="앞서 한 질문들, 오래된 것부터. 질문만으로 뜻이 통하지 않으면(그건 언제야?) 마지막 세 질문에서 이어받습니다 / the questions "
        "asked before, oldest first; what the question leaves out is taken from the last three of them",
    )

    @field_validator("question", mode="before")
    @classmethod
    def _a_question(cls, value: object) -> str:
        if not isinstance(value, str) or not is_visible(value):
            raise PydanticCustomError("empty_question", "empty")
        got = question_length(value)
        if got > MAX_QUESTION_LENGTH:
            raise PydanticCustomError("question_too_long", "long", {"limit": MAX_QUESTION_LENGTH, "got": got})
        return value

    def _query(self, top_k: int, diversity: float = 0.0) -> Query:
        filters = self.filters.to_filters() if self.filters else NO_FILTERS
        as_of = date.fromisoformat(self.as_of) if self.as_of else None
        context = tuple(filter(is_visible, self.context))
        return Query(self.question, top_k, filters, Mode(self.mode), diversity, as_of, context)


class QueryRequest(_Asked):
    """A question to be answered; ``top_k`` is how many of the nearest passages come back with the answer."""

    top_k: int = Field(default=5, ge=1, le=50, description="함께 받을 대목 수 / passages that come with the answer")

    def to_query(self) -> Query:
        """Return what the pipeline is asked."""
        return self._query(self.top_k)


class SearchRequest(_Asked):
    """A question whose nearest passages are wanted, and no answer."""

    top_k: int = Field(default=10, ge=1, le=200, description="받을 대목 수 / passages wanted")
    diversity: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="0: by score alone; towards 1, passages less like those before them come first",
    )

    def to_query(self) -> Query:
        """Return what the pipeline is asked."""
        return self._query(self.top_k, self.diversity)


class ExamplesResponse(BaseModel):
    """Questions that the articles here answer, a few at most."""

    model_config = ConfigDict(frozen=True)
    questions: list[str]


Read = TypeVar("Read", bound=BaseModel)


def question_length(text: str) -> int:
    """Return the code points before or after NFKC, the greater number; what is too long already is not normalised."""
    if len(text) > MAX_QUESTION_LENGTH:
        return len(text)
    return max(len(text), len(normal_form("NFKC", text)))


def json_pointer(path: tuple[str | int, ...]) -> str:
    """Return the path by RFC 6901 up to the first key that is no plain field name: that is the client's text."""
    pointer = ""
    for step in path:
        if isinstance(step, str) and not _FIELD_NAME.fullmatch(step):
            break
        pointer += f"/{step}"
    return pointer


def field_errors(error: ValidationError) -> list[FieldError]:
    """Return the first places that do not fit."""
    details = error.errors(include_url=False, include_input=False)
    return [_field_error(detail) for detail in details[:_MAX_ERRORS]]


def query_errors(details: Sequence[Any]) -> list[FieldError]:
    """Return the query parameters FastAPI found wrong, by name as far as the name is ours."""
    errors = []
    for detail in details[:_MAX_ERRORS]:
        error = _field_error(detail)
        _, _, name = error.pointer.removeprefix("/").partition("/")  # behind "query", "path" or "header"
        errors.append(error.model_copy(update={"pointer": "", "parameter": name or None}))
    return errors


_CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "literal_error": "unknown_value",
    "string_too_long": "too_long",
    "too_long": "too_long",
}
QUESTION_CODES = ("empty_question", "question_too_long")  # of fields, and problems of their own
_OWN_CODES = frozenset({"not_a_date", "date_range", *QUESTION_CODES})


def _field_error(detail: ErrorDetails) -> FieldError:
    pointer, kind = json_pointer(detail["loc"]), detail["type"]
    context: dict[str, Any] = detail.get("ctx", {})
    code = kind if kind in _OWN_CODES else _CODES.get(kind, "wrong_type")
    if (pointer, code) == ("/question", "missing"):
        code = "empty_question"
    limit = next((context[name] for name in ("limit", "ge", "le", "max_length") if name in context), None)
    return FieldError(pointer=pointer, code=code, limit=limit, got=context.get("got", context.get("actual_length")))
