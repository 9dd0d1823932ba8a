"""What ``/openapi.json`` says of the OpenAI-compatible routes: their problems come in OpenAI's shape."""

from typing import Any

from api.openai.examples import CHATS, CHUNKS, COMPLETIONS, MODEL_BODY, MODEL_LIST
from api.openai.schemas import ChatCompletion, ChatRequest, Model, ModelList
from api.openapi.describe import describe_asking, describe_reading
from api.problems.openai_shape import to_openai_error
from api.schemas.errors import ProblemBody


def _in_openai_shape(described: dict[str, Any]) -> dict[str, Any]:
    for status, response in described["responses"].items():
        if status != 200:
            examples = response["content"]["application/problem+json"]["examples"]
            for example in examples.values():
                problem = ProblemBody.model_validate(example["value"])
                example["value"] = to_openai_error(problem).model_dump(mode="json")
            schema = {"$ref": "#/components/schemas/OpenAIError"}
            response["content"] = {"application/json": {"schema": schema, "examples": examples}}
    return described


_EVENT = {
    "type": "object", "required": ["data"],
    "properties": {"data": {"type": "string", "description": "A ChatCompletionChunk as JSON, at the end [DONE]"}},
}  # fmt: skip


def _complete() -> dict[str, Any]:
    described = describe_asking(
        "OpenAI 클라이언트로 묻습니다 / Ask with an OpenAI client",
        ChatCompletion, "model_not_found", "unsupported_parameter", body=ChatRequest, body_examples=CHATS,
        answer=COMPLETIONS,
    )  # fmt: skip
    described["responses"][200]["content"]["text/event-stream"] = {"schema": _EVENT, "examples": CHUNKS}
    return _in_openai_shape(described)


COMPLETE = _complete()
MODELS = _in_openai_shape(describe_reading("모델 목록 (OpenAI) / List models (OpenAI)", ModelList, answer=MODEL_LIST))
MODEL_ONE = _in_openai_shape(
    describe_reading("모델 하나 (OpenAI) / Get the model (OpenAI)", Model, "model_not_found", answer=MODEL_BODY)
)
