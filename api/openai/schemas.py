"""What ``/v1/chat/completions`` takes and gives: OpenAI's shapes, and our own answer beside them as ``geungeo``."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.openai.footnotes import Reply
from api.problems.problems import ProblemError
from api.schemas.errors import FieldError
from api.schemas.questions import (
    MAX_CONTEXT,
    MAX_QUESTION_LENGTH,
    QUESTION_CODES,
    FilterRequest,
    IsoDate,
    QueryRequest,
    field_errors,
    question_length,
)
from rag.answers import Query
from rag.schemas import AnswerResponse

MODEL = "geungeo"


class ChatMessage(BaseModel):
    """One turn. The last one of a user is the question; texts of a user before it are what it may leave out."""

    model_config = ConfigDict(frozen=True)
    role: Annotated[str, Field(max_length=100)]
    content: Any = None


class StreamOptions(BaseModel):
    """What a streamed chat may ask for besides."""

    model_config = ConfigDict(frozen=True)
    include_usage: bool | None = None


class AskOptions(BaseModel):
    """Our own options, strict as those of ``/v1/query``: ``extra_body={"geungeo": {"filters": …}}``."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    top_k: Annotated[int, Field(ge=1, le=50)] = 5
    filters: FilterRequest | None = None
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    as_of: IsoDate | None = None


class ChatRequest(BaseModel):
    """A chat whose last user message is the question.

    Parameters that steer a language model are taken and have nothing to steer. Those whose promise would be broken
    in silence (several choices, JSON as the answer, a call of a tool) are refused.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)
    model: Annotated[str, Field(max_length=500)] | None = None
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=10_000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    response_format: Any = None
    tool_choice: Any = None
    geungeo: AskOptions | None = None

    @property
    def wants_usage_in_stream(self) -> bool:
        """Whether the last event shall count tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)

    def to_query(self) -> Query:
        """Return the question and our options. Raises ProblemError, with places in the chat's own body."""
        self._refuse_what_is_not_kept()
        last = next((at for at in range(len(self.messages) - 1, -1, -1) if self.messages[at].role == "user"), None)
        if last is None:
            raise ProblemError("invalid_request", [FieldError(pointer="/messages", code="missing")])
        options = self.geungeo or AskOptions()
        pointer = f"/messages/{last}/content"
        try:
            return QueryRequest(
                question=_text(self.messages[last].content, pointer),
                context=self._earlier(last),
                top_k=options.top_k, filters=options.filters, mode=options.mode, as_of=options.as_of, own_writes=False,
            ).to_query()  # fmt: skip
        except ValidationError as error:
            errors = [field.model_copy(update={"pointer": pointer}) for field in field_errors(error)]
        raise ProblemError(errors[0].code if errors[0].code in QUESTION_CODES else "invalid_request", errors)

    def _earlier(self, last: int) -> list[str]:
        """Return the latest questions before the last, as far as they are texts; long ones are no questions."""
        asked = [
            message.content
            for message in self.messages[:last]
            if message.role == "user" and isinstance(message.content, str)
        ]
        return [text for text in asked if question_length(text) <= MAX_QUESTION_LENGTH][-MAX_CONTEXT:]

    def _refuse_what_is_not_kept(self) -> None:
        if self.model not in (None, MODEL):
            raise ProblemError("model_not_found", [FieldError(pointer="/model", code="unknown_value")])
        kept = {
            "n": self.n in (None, 1),
            "response_format": self.response_format is None or _type(self.response_format) == "text",
            "tool_choice": self.tool_choice in (None, "auto", "none"),
        }
        broken = [FieldError(pointer=f"/{name}", code="unsupported") for name, is_kept in kept.items() if not is_kept]
        if broken:
            raise ProblemError("unsupported_parameter", broken)


def _type(value: object) -> object:
    return value.get("type") if isinstance(value, dict) else None


def _text(content: object, pointer: str) -> str:
    """Return a message's text: a string, or its text parts, a line each.

    Raises ProblemError for anything else in it.
    """
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise ProblemError("empty_question", [FieldError(pointer=pointer, code="empty_question")])
    for number, part in enumerate(content):
        if _type(part) != "text" or not isinstance(part.get("text"), str):
            wrong = FieldError(pointer=f"{pointer}/{number}", code="unsupported")
            raise ProblemError("unsupported_parameter", [wrong])
    return "\n".join(part["text"] for part in content)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class UrlCitation(_Body):
    """``content[start_index:end_index]`` is a verbatim sentence of the page at ``url``."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(_Body):
    """A footnote: where in the content it stands, and what it cites."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation

    @classmethod
    def from_reply(cls, reply: Reply) -> "list[Annotation]":
        """Return an annotation for each footnote of the reply."""
        return [
            cls(url_citation=UrlCitation(start_index=mark.start, end_index=mark.end, title=mark.title, url=mark.url))
            for mark in reply.marks
        ]


class Usage(_Body):
    """Tokens of the packaged encoder, which reads the question alone; no language model is at work."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AssistantMessage(_Body):
    """What the service says in the chat."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(_Body):
    """The only choice there is."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class ChatCompletion(_Body):
    """``geungeo`` is the body that ``/v1/query`` would have answered with."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    usage: Usage
    geungeo: AnswerResponse


class Model(_Body):
    """The model of the service."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int
    owned_by: str = MODEL


class ModelList(_Body):
    """The models there are: one."""

    object: Literal["list"] = "list"
    data: list[Model]
