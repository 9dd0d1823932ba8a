"""The OpenAI-compatible routes: a chat whose last user message is the question, and the one model there is."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.access.access import require
from api.access.keys import Scope
from api.http.body import parse_body, read_json_bytes
from api.language import Language
from api.limits import MAX_CHAT_BYTES
from api.openai.describe import COMPLETE, MODEL_ONE, MODELS
from api.openai.footnotes import Reply, in_words, reply_language, write_reply
from api.openai.schemas import (
    MODEL,
    Annotation,
    AssistantMessage,
    ChatCompletion,
    ChatRequest,
    Choice,
    Model,
    ModelList,
    Usage,
)
from api.openai.stream import stream_events
from api.problems.problems import ProblemError
from api.routes.questions import json_response, note_question
from api.services import Used
from rag.answerer import Answerer
from rag.answers import Answer, Written
from rag.schemas import AnswerResponse

router = APIRouter(tags=["openai"], dependencies=[Depends(require(Scope.ASK))])
_FIRST_RELEASE = 1_795_305_600  # 2026-11-22; a model has a date of creation and ours is the service itself
_STREAM_HEADERS = {"X-Accel-Buffering": "no"}  # as /v1/query/stream


@router.post("/v1/chat/completions", **COMPLETE)
async def complete(request: Request, services: Used) -> Response:
    """Answer the last user message; what it leaves out is taken from those before it."""
    asked = await parse_body(ChatRequest, await read_json_bytes(request, MAX_CHAT_BYTES))
    query = asked.to_query()
    note_question(request, query.question)
    answer = await services.questions.answer(request, query)
    language = reply_language(request.headers.get("accept-language"), query.question)
    reply = await run_in_threadpool(write_reply, answer, language)  # long quotes take longer than others should wait
    complete_with = partial(_completion, request, services.holder.get(), answer, reply, language)
    if not asked.stream:
        return json_response(await complete_with(await services.write(answer)))
    more = _in_words(services.writing(answer), language, complete_with)
    events = stream_events(await complete_with(()), reply, more, with_usage=asked.wants_usage_in_stream)
    return StreamingResponse(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


@router.get("/v1/models", **MODELS)
async def list_models() -> Response:
    """Return the one model: the pipeline itself."""
    return json_response(ModelList(data=[_model()]))


@router.get("/v1/models/{model}", **MODEL_ONE)
async def get_model(model: str) -> Response:
    """Return the model. Raises ProblemError (``model_not_found``) for any other name."""
    if model != MODEL:
        raise ProblemError("model_not_found")
    return json_response(_model())


def _count(pipeline: Answerer, question: str, text: str) -> Usage:
    prompt, completion = pipeline.count_tokens([question, text])
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


async def _completion(
    request: Request, pipeline: Answerer, answer: Answer, reply: Reply, language: Language, written: Sequence[Written]
) -> ChatCompletion:
    text = reply.text + "".join(in_words(written, language))
    usage = await run_in_threadpool(_count, pipeline, answer.question, text)
    message = AssistantMessage(content=text, annotations=Annotation.from_reply(reply))
    return ChatCompletion(
        id=f"chatcmpl-{request.state.request_id}",
        created=int(time.time()),
        choices=[Choice(message=message)],
        usage=usage,
        geungeo=AnswerResponse.from_answer(answer, written),
    )


async def _in_words(
    writing: AsyncIterator[Written],
    language: Language,
    complete_with: Callable[[Sequence[Written]], Awaitable[ChatCompletion]],
) -> AsyncIterator[tuple[str, ChatCompletion]]:
    """Yield the text of each sentence as it comes, and the completion with all that came so far."""
    written: list[Written] = []
    async for sentence in writing:
        written.append(sentence)
        yield in_words(written, language)[-1], await complete_with(written)


def _model() -> Model:
    return Model(created=_FIRST_RELEASE)
