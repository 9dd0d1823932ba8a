"""What people say of answers: whether one is right, and which sentence is."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.questions import MAX_QUESTION_LENGTH
from index.reading.plain_text.fitting import MAX_TEXT

LONGEST_QUOTE = 5_000
Verdict = Literal["right", "wrong", "absent"]


class JudgementRequest(BaseModel):
    """``right``: the sentence answers the question; ``wrong``: it does not; ``absent``: nothing in the articles does.

    A sentence is ``text[start:end]`` of an article; ``wrong`` without one says that there is an answer after all.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_LENGTH)]
    verdict: Verdict
    article_id: Annotated[str, Field(max_length=512)] | None = None
    start: Annotated[int, Field(ge=0, le=MAX_TEXT)] = 0
    end: Annotated[int, Field(ge=0, le=MAX_TEXT)] = 0


class JudgementBody(BaseModel):
    """One of them. ``quote`` is null where none was given, or where the article has another text by now."""

    model_config = ConfigDict(frozen=True)
    id: str
    question: str
    verdict: Verdict
    article_id: str | None
    title: str | None
    start: int
    end: int
    quote: str | None
    created_at: str


class JudgementsResponse(BaseModel):
    """Newest first, a thousand at most; ``left_out`` counts the others."""

    model_config = ConfigDict(frozen=True)
    judgements: list[JudgementBody]
    left_out: int = 0
