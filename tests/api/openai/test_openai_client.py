"""The official ``openai`` client, unmodified, against a real server on loopback."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from api.access.keys import KeyFile, Scope
from api.app import Options
from tests.support.api_fakes import FakePipeline
from tests.support.live_server import answering

QUESTION = [{"role": "user", "content": "공사비는 얼마?"}]
QUOTE = "공사비는 320억원이었다."


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield f"{address}/v1"


@pytest.fixture
def client(base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=base_url, api_key="unused", max_retries=0) as opened:
        yield opened


def test_completion(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model="geungeo", messages=QUESTION, temperature=0)
    message = completion.choices[0].message
    assert message.content is not None
    assert message.content.startswith(f"{QUOTE} [1]\n\n[1] 다리 준공 · 한빛일보 · 2021-05-04")
    assert message.annotations is not None
    citation = message.annotations[0].url_citation
    assert message.content[citation.start_index : citation.end_index] == QUOTE
    assert citation.url == "https://example.com/bridge"
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


def test_our_answer_is_there_beside_openais(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(
        model="geungeo", messages=QUESTION, extra_body={"geungeo": {"top_k": 1, "filters": {"source": "한빛일보"}}}
    )
    assert completion.model_extra is not None
    answer = completion.model_extra["geungeo"]
    assert (answer["citations"][0]["quote"], len(answer["passages"])) == (QUOTE, 1)


def test_abstention(client: openai.OpenAI) -> None:
    completion = client.chat.completions.create(model="geungeo", messages=[{"role": "user", "content": "똠방각하?"}])
    content = completion.choices[0].message.content
    assert content is not None
    assert content.startswith("근거를 찾지 못했습니다.")


def test_stream(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="geungeo", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    whole = client.chat.completions.create(model="geungeo", messages=QUESTION)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    answers = [chunk.model_extra["geungeo"] for chunk in chunks if chunk.model_extra and "geungeo" in chunk.model_extra]
    assert [answer["answered"] for answer in answers] == [True]


def test_stream_helper_puts_it_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="geungeo", messages=QUESTION) as stream:
        completion = stream.get_final_completion()
    assert completion.choices[0].message.content is not None
    assert completion.choices[0].message.content.startswith(f"{QUOTE} [1]")


def test_async_and_async_stream(base_url: str) -> None:
    async def both() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=base_url, api_key="unused") as client:
            whole = await client.chat.completions.create(model="geungeo", messages=QUESTION)
            stream = await client.chat.completions.create(model="geungeo", messages=QUESTION, stream=True)
            parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
            return whole.choices[0].message.content, "".join(parts)

    whole, streamed = asyncio.run(both())
    assert whole == streamed


def test_models(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["geungeo"]
    assert client.models.retrieve("geungeo").owned_by == "geungeo"


def test_errors_arrive_with_our_codes(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as no_model:
        client.chat.completions.create(model="gpt-4o", messages=QUESTION)
    assert (no_model.value.code, no_model.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.UnprocessableEntityError) as empty:
        client.chat.completions.create(model="geungeo", messages=[{"role": "user", "content": "\u3164"}])
    assert (empty.value.code, empty.value.type) == ("empty_question", "invalid_request_error")
    assert "질문이 비어 있습니다" in str(empty.value)


def test_raw_response_has_the_request_id(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(model="geungeo", messages=QUESTION)
    assert json.loads(raw.text)["id"] == f"chatcmpl-{raw.headers['x-request-id']}"


def test_the_key_goes_where_openais_would(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    _, token = keys.create("나", [Scope.ASK])
    with answering(FakePipeline, Options(keys=keys)) as address:
        with openai.OpenAI(base_url=f"{address}/v1", api_key=token, max_retries=0) as client:
            assert client.models.retrieve("geungeo").id == "geungeo"
        wrong = openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0)
        with wrong as client, pytest.raises(openai.AuthenticationError) as raised:
            client.chat.completions.create(model="geungeo", messages=QUESTION)
    assert (raised.value.code, raised.value.type) == ("invalid_key", "authentication_error")
