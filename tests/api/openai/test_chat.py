"""``/v1/chat/completions`` and ``/v1/models``: shapes, what is read of a chat, what is refused, the stream."""

import json
import re
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from api.access.keys import KeyFile, Scope
from api.app import Options, create_app
from api.openai import routes, schemas
from api.openai.footnotes import Reply, reply_language, web_url, write_reply
from api.schemas.errors import FieldError
from index.articles import Article
from index.errors import BusyError
from rag.answers import Answer, Filters, Mode, Query, Reason
from rag.schemas import AnswerResponse
from tests.support.api_fakes import BRIDGE, MARKER, FakePipeline, call

QUESTION = "공사비는 얼마?"
PATH = "/v1/chat/completions"


def chat(messages: Any = QUESTION, *, pipeline: FakePipeline | None = None, **more: Any) -> Any:
    """The response to one chat; a text stands for one user message."""
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    headers = more.pop("headers", None)
    body = {"model": "geungeo", "messages": messages} | more
    return call(create_app(pipeline or FakePipeline()), "POST", PATH, body=body, headers=headers)


def assert_error(response: Any, status: int, code: str, param: str | None = None) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param), response.text
    assert error.keys() == {"message", "type", "param", "code", "request_id"}
    assert response.headers["content-type"] == "application/json"
    assert error["request_id"] == response.headers["x-request-id"]
    assert "ZX81" not in response.text
    return error


class TestCompletion:
    def test_has_openais_shape(self) -> None:
        body = chat().json()
        assert list(body) == ["id", "object", "created", "model", "choices", "usage", "geungeo"]
        assert (body["object"], body["model"]) == ("chat.completion", "geungeo")
        assert body["id"].startswith("chatcmpl-")
        (choice,) = body["choices"]
        assert (choice["index"], choice["finish_reason"], choice["logprobs"]) == (0, "stop", None)
        assert choice["message"].keys() == {"role", "content", "refusal", "annotations"}

    def test_text_is_the_quotes_with_footnotes(self) -> None:
        assert chat().json()["choices"][0]["message"]["content"] == (
            "공사비는 320억원이었다. [1]\n"
            "\n[1] 다리 준공 · 한빛일보 · 2021-05-04\n“공사비는 320억원이었다.”\n다리-1:24-38\nhttps://example.com/bridge\n"
        )

    def test_text_is_written_beside_the_event_loop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        threads = list[threading.Thread]()

        def noted(*given: Any) -> Reply:
            threads.append(threading.current_thread())
            return write_reply(*given)

        monkeypatch.setattr(routes, "write_reply", noted)
        assert chat().status_code == 200
        (thread,) = threads
        assert thread is not threading.current_thread()

    def test_geungeo_is_the_body_of_query(self) -> None:
        app = create_app(FakePipeline())
        query = call(app, "POST", "/v1/query", body={"question": QUESTION}).json()
        assert chat().json()["geungeo"] == query

    def test_annotations_lie_on_the_quotes(self) -> None:
        pipeline = FakePipeline(
            (BRIDGE, Article("plain", "제목", "공사비는 얼마라고 한다.", url="javascript:alert(1)"))
        )
        message = chat(pipeline=pipeline).json()["choices"][0]["message"]
        (annotation,) = message["annotations"]
        citation = annotation["url_citation"]
        assert annotation["type"] == "url_citation"
        assert message["content"][citation["start_index"] : citation["end_index"]] == "공사비는 320억원이었다."
        assert (citation["url"], citation["title"]) == ("https://example.com/bridge", "다리 준공")
        assert "javascript" not in message["content"]

    def test_every_annotation_of_several_lies_on_its_quote(self) -> None:
        texts = ("𠀀 다리 공사비는 1억원.", "한빛 다리 공사비는 2억원.", "새 다리 공사비는 3억원.")
        articles = tuple(Article(f"a{n}", "다리", text, url=f"http://example.com/{n}") for n, text in enumerate(texts))
        body = chat("다리 공사비는", pipeline=FakePipeline(articles)).json()
        message, citations = body["choices"][0]["message"], body["geungeo"]["citations"]
        places = [annotation["url_citation"] for annotation in message["annotations"]]
        assert len(places) == 3
        assert [message["content"][place["start_index"] : place["end_index"]] for place in places] == [
            citation["quote"] for citation in citations
        ]

    def test_t11_nothing_in_an_article_is_obeyed_or_looks_like_a_line_of_ours(self) -> None:
        article = Article(
            "a![x](https://evil.example/p)", "제목\x1b[31m ![x](https://evil.example/p)",
            "공사비는 ![x](https://evil.example/p)\x1b]8;;x\x07 \u202e얼마\n[2] 다른 글 · 한빛일보.",
            source="출처\n[3] 위조 <img src=x>", url="https://e.example/![x](https://evil.example/p)",
        )  # fmt: skip
        body = chat(pipeline=FakePipeline((article,))).json()
        message = body["choices"][0]["message"]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", message["content"])
        assert "␛" in message["content"]
        assert "⟨U+202E⟩" in message["content"]
        kinds = {token.type for block in MarkdownIt().parse(message["content"]) for token in block.children or ()}
        assert not kinds & {"image", "link_open", "html_inline"}
        assert len(re.findall(r"^\[\d+\] ", message["content"], re.MULTILINE)) == len(body["geungeo"]["citations"])
        assert body["geungeo"]["citations"][0]["quote"] in article.text
        place = message["annotations"][0]["url_citation"]
        assert (
            f"{message['content'][place['start_index'] : place['end_index']]} [1]" == message["content"].split("\n")[0]
        )
        assert place["url"] == "https://e.example/!%5Bx%5D(https://evil.example/p)"

    def test_usage_counts_the_question_and_the_answer(self) -> None:
        body = chat([{"role": "system", "content": "길게 " * 50}, {"role": "user", "content": QUESTION}]).json()
        words = len(body["choices"][0]["message"]["content"].split())
        assert body["usage"] == {"prompt_tokens": 2, "completion_tokens": words, "total_tokens": 2 + words}

    def test_abstention_is_a_normal_completion(self) -> None:
        response = chat("똠방각하?")
        body = response.json()
        message = body["choices"][0]["message"]
        assert (response.status_code, body["choices"][0]["finish_reason"]) == (200, "stop")
        assert message["content"].startswith(
            "근거를 찾지 못했습니다. (질문과 가까운 글이 없습니다)\n\n가장 가까운 대목:\n- "
        )
        assert message["content"].count("\n- ") == 3
        assert message["annotations"] == []
        assert (body["geungeo"]["answered"], body["geungeo"]["reason"]) == (False, "no_match")

    def test_an_empty_index_lists_nothing_near(self) -> None:
        content = chat("똠방각하?", pipeline=FakePipeline(())).json()["choices"][0]["message"]["content"]
        assert content == "근거를 찾지 못했습니다. (질문과 가까운 글이 없습니다)\n"


class TestWhatIsRead:
    @pytest.mark.parametrize(
        ("messages", "question"),
        [
            ([{"role": "user", "content": "하나"}, {"role": "user", "content": "둘"}], "둘"),
            ([{"role": "user", "content": "하나"}, {"role": "assistant", "content": "답"}], "하나"),
            ([{"role": "system", "content": "해적처럼"}, {"role": "user", "content": "하나"}], "하나"),
            ([{"role": "assistant", "content": None, "tool_calls": [{}]}, {"role": "user", "content": "하나"}], "하나"),
            (
                [{"role": "tool", "content": [{"type": "image"}]}, {"role": "user", "content": "하나", "name": "x"}],
                "하나",
            ),
            (
                [{"role": "user", "content": [{"type": "text", "text": "하나"}, {"type": "text", "text": "둘"}]}],
                "하나\n둘",
            ),
        ],
    )
    def test_the_last_user_message_is_the_question(self, messages: Any, question: str) -> None:
        pipeline = FakePipeline()
        assert chat(messages, pipeline=pipeline).status_code == 200
        assert [asked.question for asked in pipeline.asked] == [question]

    def test_texts_of_the_user_before_it_are_its_context(self) -> None:
        pipeline = FakePipeline()
        messages = [
            {"role": "system", "content": "해적처럼"},
            {"role": "user", "content": "다리는?"},
            {"role": "assistant", "content": "답"},
            {"role": "user", "content": [{"type": "image_url"}]},
            {"role": "user", "content": "가" * 3000},
            {"role": "user", "content": "공사비는?"},
        ]
        assert chat(messages, pipeline=pipeline).status_code == 200
        assert [(asked.question, asked.context) for asked in pipeline.asked] == [("공사비는?", ("다리는?",))]

    def test_what_was_added_stands_under_the_answer(self) -> None:
        answer = replace(FakePipeline().ask(Query(QUESTION)), completed=f"새 {QUESTION}", added=("새", "다리*"))
        assert "(앞 질문의 말을 더해 찾음: ‘새 다리\\*’)\n" in write_reply(answer, "ko").parts
        refused = replace(answer, answered=False, reason=Reason.LOW_SUPPORT, citations=())
        assert "말을 더해 찾음" in write_reply(refused, "ko").text

    def test_our_options_reach_the_search(self) -> None:
        pipeline = FakePipeline()
        chat(
            pipeline=pipeline,
            geungeo={"top_k": 2, "mode": "lexical", "filters": {"source": "한빛일보"}, "as_of": "2026-03-01"},
        )
        assert pipeline.asked == [Query(QUESTION, 2, Filters(source="한빛일보"), Mode.LEXICAL, as_of=date(2026, 3, 1))]

    def test_parameters_of_language_models_are_taken(self) -> None:
        ignored = {
            "temperature": 0.7, "top_p": 1, "max_tokens": 5, "max_completion_tokens": 5, "stop": ["."], "seed": 1, "n": 1,
            "presence_penalty": 0, "logit_bias": {}, "user": "u", "tools": [{"type": "function"}], "tool_choice": "auto",
            "response_format": {"type": "text"}, "reasoning_effort": "high", "metadata": {"a": "b"}, "no_such_thing": 1,
        }  # fmt: skip
        body = chat(**ignored).json()
        assert body["choices"][0]["message"]["content"].startswith("공사비는 320억원이었다. [1]")

    def test_without_a_model_it_is_the_one_there_is(self) -> None:
        assert chat(model=None).status_code == 200

    @pytest.mark.parametrize(
        ("header", "question", "language"),
        [
            (None, "공사비", "ko"),
            (None, "cost?", "en"),
            ("en", "공사비", "en"),
            ("ko", "cost", "ko"),
            ("fr", "x", "ko"),
        ],
    )
    def test_language(self, header: str | None, question: str, language: str) -> None:
        assert reply_language(header, question) == language

    def test_abstention_in_english(self) -> None:
        content = chat("xyzzy").json()["choices"][0]["message"]["content"]
        assert content.startswith("No supporting evidence was found. (nothing near the question)\n\nNearest passages:")


class TestRefused:
    @pytest.mark.parametrize(
        ("body", "status", "code", "param"),
        [
            ({"model": "gpt-4o"}, 404, "model_not_found", "model"),
            ({"n": 2}, 422, "unsupported_parameter", "n"),
            ({"response_format": {"type": "json_object"}}, 422, "unsupported_parameter", "response_format"),
            ({"tool_choice": "required"}, 422, "unsupported_parameter", "tool_choice"),
            ({"tool_choice": {"type": "function"}}, 422, "unsupported_parameter", "tool_choice"),
            ({"messages": []}, 422, "invalid_request", "messages"),
            ({"messages": [{"role": "system", "content": "x"}]}, 422, "invalid_request", "messages"),
            ({"messages": {"ZX81": 1}}, 422, "invalid_request", "messages"),
            ({"messages": [{"content": "x"}]}, 422, "invalid_request", "messages.0.role"),
            ({"messages": [{"role": "user", "content": " "}]}, 422, "empty_question", "messages.0.content"),
            ({"messages": [{"role": "user"}]}, 422, "empty_question", "messages.0.content"),
            ({"messages": [{"role": "user", "content": []}]}, 422, "empty_question", "messages.0.content"),
            ({"messages": [{"role": "user", "content": 12}]}, 422, "empty_question", "messages.0.content"),
            ({"messages": [{"role": "user", "content": "가" * 2001}]}, 422, "question_too_long", "messages.0.content"),
            (
                {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ZX81"}}]}]},
                422, "unsupported_parameter", "messages.0.content.0",
            ),
            ({"messages": [{"role": "user", "content": ["ZX81"]}]}, 422, "unsupported_parameter", "messages.0.content.0"),
            ({"messages": [{"role": "user", "content": "\ud800"}]}, 422, "invalid_unicode", "messages.0.content"),
            ({"geungeo": {"top_k": 0}}, 422, "invalid_request", "geungeo.top_k"),
            ({"geungeo": {"ZX81 x": 0}}, 422, "invalid_request", "geungeo"),
            ({"geungeo": {"filters": {"date_from": "2024-13-01"}}}, 422, "invalid_request", "geungeo.filters.date_from"),
            ({"stream": "ZX81"}, 422, "invalid_request", "stream"),
        ],
    )  # fmt: skip
    def test_with_the_place(self, body: dict[str, Any], status: int, code: str, param: str) -> None:
        error = assert_error(chat(**({"messages": [{"role": "user", "content": MARKER}]} | body)), status, code, param)
        assert error["type"] == "invalid_request_error"

    def test_a_body_that_is_no_json(self) -> None:
        response = call(create_app(FakePipeline()), "POST", PATH, content=b"{")
        assert_error(response, 400, "invalid_json")

    def test_in_english_when_asked(self) -> None:
        error = assert_error(chat(headers={"Accept-Language": "en"}, model="x"), 404, "model_not_found", "model")
        assert error["message"].startswith("No such model.")

    def test_overload_keeps_retry_after(self) -> None:
        response = chat(pipeline=FakePipeline(error=BusyError("바쁨", "busy")))
        assert assert_error(response, 503, "busy")["type"] == "server_error"
        assert response.headers["retry-after"] == "1"

    def test_a_fault_of_ours_says_nothing(self) -> None:
        error = assert_error(chat(pipeline=FakePipeline(error=RuntimeError(MARKER))), 500, "internal")
        assert error["type"] == "server_error"


class TestStream:
    def events(self, **more: Any) -> list[Any]:
        response = chat(stream=True, **more)
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        *events, done, end = response.text.split("\n\n")
        assert (done, end) == ("data: [DONE]", "")
        return [json.loads(event.removeprefix("data: ")) for event in events]

    def test_parts_add_up_to_the_whole(self) -> None:
        events, whole = self.events(), chat().json()
        assert {event["object"] for event in events} == {"chat.completion.chunk"}
        assert len({(event["id"], event["created"], event["model"]) for event in events}) == 1
        deltas = [event["choices"][0]["delta"] for event in events]
        assert deltas[0] == {"role": "assistant", "content": ""}
        assert "".join(delta.get("content", "") for delta in deltas) == whole["choices"][0]["message"]["content"]
        assert deltas[-1] == {"annotations": whole["choices"][0]["message"]["annotations"]}
        assert events[-1]["geungeo"] == whole["geungeo"]
        reasons = [event["choices"][0]["finish_reason"] for event in events]
        assert reasons == [None] * (len(events) - 1) + ["stop"]
        assert all("usage" not in event for event in events)

    def test_usage_comes_last_when_asked_for(self) -> None:
        *events, last = self.events(stream_options={"include_usage": True})
        assert all(event["usage"] is None for event in events)
        assert last["choices"] == []
        assert last["usage"] == chat().json()["usage"]

    def test_errors_are_no_streams(self) -> None:
        assert_error(chat(stream=True, pipeline=FakePipeline(error=BusyError("바쁨", "busy"))), 503, "busy")


class TestDoors:
    """What stops a request before it is routed is in OpenAI's shape as well."""

    @pytest.fixture
    def keys(self, tmp_path: Path) -> KeyFile:
        return KeyFile(tmp_path)

    def ask(self, keys: KeyFile | None, method: str = "POST", path: str = PATH, **headers: str) -> Any:
        app = create_app(FakePipeline(), Options(keys=keys))
        body = {"messages": [{"role": "user", "content": QUESTION}]} if method == "POST" else None
        return call(app, method, path, body=body, headers=headers)

    def test_keys(self, keys: KeyFile) -> None:
        _, asking = keys.create("a", [Scope.ASK])
        assert assert_error(self.ask(keys), 401, "key_required")["type"] == "authentication_error"
        assert_error(self.ask(keys, Authorization="Bearer x"), 401, "invalid_key")
        assert_error(self.ask(keys, "GET", "/v1/models"), 401, "key_required")
        assert self.ask(keys, Authorization=f"Bearer {asking}").status_code == 200

    def test_a_strange_host(self) -> None:
        assert_error(self.ask(None, Host="evil.example"), 421, "host_not_allowed")

    def test_a_wrong_method(self) -> None:
        response = self.ask(None, "DELETE")
        assert_error(response, 405, "method_not_allowed")
        assert response.headers["allow"] == "POST"

    def test_a_long_chat_is_taken_and_an_endless_one_is_not(self) -> None:
        turns = [{"role": "assistant", "content": "지난 답 " * 1_500}, {"role": "user", "content": QUESTION}]
        assert chat(turns).status_code == 200
        assert_error(chat([{"role": "user", "content": "x" * 1_100_000}, *turns]), 413, "body_too_large")

    def test_other_routes_keep_their_problems(self, keys: KeyFile) -> None:
        keys.create("a", [Scope.ASK])
        response = self.ask(keys, path="/v1/query")
        assert response.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["embeddings", "completions", "responses", "audio/speech", "chat", "batches/b-1"])
def test_where_its_clients_look_for_what_is_not_here_they_read_why(path: str) -> None:
    error = assert_error(call(create_app(FakePipeline()), "POST", f"/v1/{path}", body={}), 404, "not_found")
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", ["query/", "searches", "file", "job", "article"])
def test_other_unknown_addresses_keep_their_problems(path: str) -> None:
    response = call(create_app(FakePipeline()), "POST", f"/v1/{path}", body={})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert response.headers["content-type"].startswith("application/problem+json")


class TestModels:
    def test_list_and_one(self) -> None:
        app = create_app(FakePipeline())
        body = call(app, "GET", "/v1/models").json()
        assert body["object"] == "list"
        (model,) = body["data"]
        assert (model["id"], model["object"], model["owned_by"]) == ("geungeo", "model", "geungeo")
        assert call(app, "GET", "/v1/models/geungeo").json() == model

    def test_no_other(self) -> None:
        response = call(create_app(FakePipeline()), "GET", f"/v1/models/{MARKER}")
        assert_error(response, 404, "model_not_found")


class TestFootnotes:
    @pytest.mark.parametrize("url", ["https://example.com/a?b=c", "HTTP://한국.example/다리"])
    def test_web_addresses(self, url: str) -> None:
        assert web_url(url) == url

    @pytest.mark.parametrize(
        "url", [None, "", "ftp://x", "javascript:alert(1)", "https://a b", "https://a\n", "x https://a"]
    )
    def test_others(self, url: str | None) -> None:
        assert web_url(url) is None

    def test_names_stay_on_their_line(self) -> None:
        article = Article("가\n나", "제목\u202e\n[9] 거짓", "다리를 놓았다.", source="신문\r\n사")
        reply = write_reply(FakePipeline((article,)).ask(Query("다리")), "ko")
        assert (
            reply.text
            == "다리를 놓았다. [1]\n\n[1] 제목⟨U+202E⟩ \\[9\\] 거짓 · 신문  사 · 날짜 모름\n“다리를 놓았다.”\n가 나:0-8\n"
        )

    def test_an_answer_is_still_the_bodys(self) -> None:
        answer: Answer = FakePipeline().ask(Query(QUESTION))
        assert write_reply(answer, "en").parts[0] == f"{AnswerResponse.from_answer(answer).citations[0].quote} [1]\n"


def test_what_is_wrong_with_a_question_otherwise_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "field_errors", lambda error: [FieldError(pointer="/question", code="wrong_type")])
    assert_error(chat(" "), 422, "invalid_request", "messages.0.content")
