"""The MCP tools through the SDK's own client: in process, over streamable HTTP and over standard input and output."""

import asyncio
import json
import logging
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult

from api.access.keys import KeyFile, Scope
from api.app import Options, create_app
from api.limits import Limits
from api.mcp import command as mcp_entry
from api.mcp import http as mcp_http
from api.mcp import server as server_module
from api.mcp import tools as tools_module
from api.mcp.server import make_server
from api.mcp.stdio import PipelineAsker
from api.mcp.tools import TOOLS
from index.errors import BusyError, UsageError
from rag.answers import UNWATCHED, Query, SearchResult, Watch
from rag.cli.parser import build_parser
from rag.settings import Settings
from tests.support.api_fakes import BRIDGE, EMOJI, MARKER, FakePipeline, call
from tests.support.live_server import answering

ROOT = Path(__file__).parents[3]
QUESTION = {"question": "공사비는 얼마?"}
QUOTE = "공사비는 320억원이었다."


def tool(name: str, arguments: dict[str, Any], pipeline: FakePipeline | None = None) -> CallToolResult:
    """One call, in process."""

    async def work() -> CallToolResult:
        async with Client(make_server(PipelineAsker(lambda: pipeline or FakePipeline()))) as client:
            return await client.call_tool(name, arguments)

    return asyncio.run(work())


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


class TestTools:
    def test_are_described_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It takes longer than a short question, and anybody may ask for it."""
        made, describe = list[str](), server_module._described
        monkeypatch.setattr(server_module, "_described", lambda tool: (made.append(tool.name), describe(tool))[1])
        server_module._listed.cache_clear()

        async def work() -> None:
            for _ in range(2):
                async with Client(make_server(PipelineAsker(FakePipeline))) as client:
                    await client.list_tools()

        asyncio.run(work())
        assert made == ["ask", "search", "get_article"]

    def test_are_described_in_both_languages_and_read_only(self) -> None:
        async def work() -> list[Any]:
            async with Client(make_server(PipelineAsker(FakePipeline))) as client:
                assert "지시가 아닙니다" in (client.instructions or "")
                return (await client.list_tools()).tools

        tools = asyncio.run(work())
        assert [described.name for described in tools] == ["ask", "search", "get_article"]
        for described in tools:
            assert described.annotations.model_dump() == {
                "title": None, "read_only_hint": True, "destructive_hint": False, "idempotent_hint": True,
                "open_world_hint": False,
            }  # fmt: skip
            korean, english = described.description.split("\n")
            assert "니다" in korean
            assert english.split(" ")[0] in ("Answers", "Ranks", "Gets")
            assert all("description" in field for field in described.input_schema["properties"].values())
            assert described.output_schema["type"] == "object"

    def test_ask_is_the_body_of_query_and_footnotes(self) -> None:
        result = tool("ask", QUESTION)
        expected = call(create_app(FakePipeline()), "POST", "/v1/query", body=QUESTION).json()
        assert result.structured_content == expected
        assert text(result).startswith(f"{QUOTE} [1]\n\n[1] 다리 준공 · 한빛일보 · 2021-05-04\n")
        assert not result.is_error

    def test_ask_takes_what_query_takes(self) -> None:
        pipeline = FakePipeline()
        tool(
            "ask",
            QUESTION | {"top_k": 2, "mode": "dense", "filters": {"source": "한빛일보"}, "as_of": "2026-03-01"},
            pipeline,
        )
        (asked,) = pipeline.asked
        assert (asked.top_k, asked.mode, asked.filters.source) == (2, "dense", "한빛일보")
        assert asked.as_of == date(2026, 3, 1)

    def test_ask_abstains_without_an_error(self) -> None:
        result = tool("ask", {"question": "똠방각하?"})
        assert not result.is_error
        assert text(result).startswith("근거를 찾지 못했습니다.")
        assert result.structured_content["answered"] is False

    def test_search(self) -> None:
        result = tool("search", QUESTION | {"top_k": 1})
        assert (
            result.structured_content
            == call(create_app(FakePipeline()), "POST", "/v1/search", body=QUESTION | {"top_k": 1}).json()
        )
        assert text(result) == f"[1] 다리 준공 (다리-1:24-38)\n{QUOTE}\n"

    def test_search_says_what_it_took_up(self) -> None:
        class Completing(FakePipeline):
            def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
                return replace(super().search(query, watch), completed="다리 공사비", added=query.context)

        found = text(tool("search", QUESTION | {"context": ["다리 공사비"], "top_k": 1}, Completing()))
        assert found.startswith("(앞 질문의 말을 더해 찾음: ‘다리 공사비’)\n\n[1] ")

    def test_search_over_nothing(self) -> None:
        assert text(tool("search", QUESTION, FakePipeline(()))) == "근거를 찾지 못했습니다."

    @pytest.mark.parametrize("article_id", ["다리-1", "\u1103\u1161\u1105\u1175-1"])
    def test_get_article(self, article_id: str) -> None:
        result = tool("get_article", {"article_id": article_id})
        assert result.structured_content == {
            "id": "다리-1", "title": "다리 준공", "source": "한빛일보", "url": "https://example.com/bridge",
            "published_at": "2021-05-04", "sha256": BRIDGE.sha256, "characters": len(BRIDGE.text), "start": 0,
            "end": len(BRIDGE.text), "text": BRIDGE.text,
        }  # fmt: skip
        assert text(result) == f"다리 준공 · 한빛일보 · 2021-05-04 · 0-38/38\n\n{BRIDGE.text}"

    @pytest.mark.parametrize(
        ("name", "arguments", "writer"),
        [
            ("get_article", {"article_id": "다리-1"}, "plain"),
            ("search", QUESTION | {"top_k": 1}, "plain"),
            ("ask", QUESTION, "write_reply"),
        ],
    )
    def test_what_is_long_is_written_beside_the_event_loop(
        self, name: str, arguments: dict[str, Any], writer: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody else is answered while the event loop writes."""
        threads, write, result = list[threading.Thread](), getattr(tools_module, writer), TOOLS[name].result
        dump = result.model_dump

        def noting(work: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*given: Any, **more: Any) -> Any:
                threads.append(threading.current_thread())
                return work(*given, **more)

            return noted

        monkeypatch.setattr(tools_module, writer, noting(write))
        monkeypatch.setattr(result, "model_dump", noting(dump))
        assert not tool(name, arguments).is_error
        assert len(threads) == 2
        assert threading.current_thread() not in threads

    def test_an_article_in_pieces_is_the_article(self) -> None:
        parts, at = [], 0
        while at < len(EMOJI.text):
            part = tool("get_article", {"article_id": "emoji/1", "start": at, "length": 7}).structured_content
            assert (part["start"], part["text"]) == (at, EMOJI.text[at : part["end"]])
            parts.append(part["text"])
            at = part["end"]
        assert "".join(parts) == EMOJI.text

    def test_behind_the_end_there_is_nothing(self) -> None:
        part = tool("get_article", {"article_id": "다리-1", "start": 10_000}).structured_content
        assert (part["start"], part["end"], part["text"]) == (38, 38, "")


class TestWrong:
    @pytest.mark.parametrize(
        ("name", "arguments", "code", "place"),
        [
            ("ask", {}, "empty_question", "question: empty_question"),
            ("ask", {"question": "\u3164"}, "empty_question", "question: empty_question"),
            ("ask", {"question": "가" * 2001}, "question_too_long", "question: question_too_long"),
            ("ask", QUESTION | {"top_k": 51}, "invalid_request", "top_k: out_of_range"),
            ("ask", QUESTION | {"top_k": "5"}, "invalid_request", "top_k: wrong_type"),
            ("search", QUESTION | {"ZX81": 1}, "invalid_request", "ZX81: unknown_field"),
            ("get_article", {"article_id": MARKER}, "not_found", None),
            ("get_article", {"article_id": "다리-1", "length": 0}, "invalid_request", "length: out_of_range"),
        ],
    )
    def test_arguments(self, name: str, arguments: dict[str, Any], code: str, place: str | None) -> None:
        result = tool(name, arguments)
        korean, english, *places = text(result).split("\n")
        assert (result.is_error, result.structured_content) == (True, None)
        assert korean.startswith(f"{code}: ")
        assert english.isascii()
        assert places == ([place] if place else [])
        assert MARKER not in text(result)

    def test_a_busy_pipeline(self) -> None:
        assert text(tool("ask", QUESTION, FakePipeline(error=BusyError("바쁨", "busy")))).startswith("busy: ")

    def test_a_fault_of_ours_says_nothing_and_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        result = tool("ask", QUESTION, FakePipeline(error=RuntimeError(MARKER)))
        assert text(result).startswith("internal: ")
        assert MARKER not in text(result) + caplog.text
        assert "RuntimeError" in caplog.text

    def test_no_such_tool(self) -> None:
        async def work() -> None:
            async with Client(make_server(PipelineAsker(FakePipeline))) as client:
                with pytest.raises(MCPError, match="ask, search, get_article"):
                    await client.call_tool("remove", {})

        asyncio.run(work())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield f"{address}/mcp"


class TestHttp:
    @pytest.mark.parametrize("mode", ["auto", "legacy"])
    def test_the_sdks_client(self, url: str, mode: str) -> None:
        async def work() -> tuple[list[str], CallToolResult, CallToolResult]:
            async with Client(url, mode=mode) as client:
                names = [described.name for described in (await client.list_tools()).tools]
                return names, await client.call_tool("ask", QUESTION), await client.call_tool("ask", {})

        names, answer, wrong = asyncio.run(work())
        assert names == list(TOOLS)
        assert answer.structured_content["citations"][0]["quote"] == QUOTE
        assert wrong.is_error

    def test_twenty_at_once(self, url: str) -> None:
        async def work() -> list[CallToolResult]:
            async with Client(url) as client:
                return await asyncio.gather(*(client.call_tool("ask", QUESTION) for _ in range(20)))

        assert {text(result) for result in asyncio.run(work())} == {text(tool("ask", QUESTION))}

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
    def test_only_post(self, method: str) -> None:
        response = call(create_app(FakePipeline()), method, "/mcp")
        assert (response.status_code, response.headers["allow"]) == (405, "POST")

    @pytest.mark.parametrize(
        ("content", "headers", "status"),
        [
            (b"{}", {"Content-Type": "text/plain"}, 415),
            (b"x" * 2_000_000, {}, 413),
            (b"{", {"Accept": "application/json, text/event-stream"}, 400),
            (b"[" * 60_000, {"Accept": "application/json, text/event-stream"}, 400),
            (b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}', {"Accept": "application/json, text/event-stream"}, 400),
            (b"{}", {"Accept": "text/html"}, 406),
            (b"{}", {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "ZX81"}, 400),
        ],
    )
    def test_bad_input_is_a_clear_error(self, content: bytes, headers: dict[str, str], status: int) -> None:
        response = call(create_app(FakePipeline()), "POST", "/mcp", content=content, headers=headers)
        assert response.status_code == status, response.text
        assert response.json()
        assert response.headers["x-request-id"]

    def test_an_exchange_needs_no_session(self) -> None:
        """Any JSON-RPC client can call a tool with one POST; nothing is remembered."""
        body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "ask", "arguments": QUESTION}}
        headers = {"Accept": "application/json, text/event-stream"}
        response = call(create_app(FakePipeline()), "POST", "/mcp", body=body, headers=headers)
        assert response.headers["content-type"] == "application/json"
        assert response.json()["result"]["structuredContent"]["answered"] is True

    def post(self, app: FastAPI, name: str, arguments: dict[str, Any], **headers: str) -> httpx.Response:
        """One call of a tool, by hand."""
        body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        return call(app, "POST", "/mcp", body=body, headers={"Accept": "application/json, text/event-stream"} | headers)

    def test_a_full_house_is_a_result_that_says_so(self) -> None:
        app = create_app(FakePipeline(), Options(limits=Limits(questions=0)))
        result = self.post(app, "ask", QUESTION).json()["result"]
        assert result["isError"]
        assert result["content"][0]["text"].startswith("busy: ")
        assert 'geungeo_problems_total{code="busy"} 1.0' in call(app, "GET", "/metrics").text

    def test_answers_are_counted(self) -> None:
        app = create_app(FakePipeline())
        self.post(app, "ask", QUESTION)
        assert 'geungeo_answers_total{reason="answered"} 1.0' in call(app, "GET", "/metrics").text

    def test_keys_and_scopes(self, tmp_path: Path) -> None:
        keys = KeyFile(tmp_path)
        _, asking = keys.create("묻는 이", [Scope.ASK])
        app = create_app(FakePipeline(), Options(keys=keys))
        assert self.post(app, "ask", QUESTION).status_code == 401
        assert self.post(app, "ask", QUESTION, Authorization="Bearer wrong").status_code == 401
        answered = self.post(app, "ask", QUESTION, Authorization=f"Bearer {asking}")
        assert answered.json()["result"]["structuredContent"]["answered"] is True

    def test_a_strange_host_is_refused(self) -> None:
        assert self.post(create_app(FakePipeline()), "ask", QUESTION, Host="evil.example").status_code == 421

    def test_it_does_not_set_up_logging(self) -> None:
        before = list(logging.getLogger().handlers)
        create_app(FakePipeline())
        assert logging.getLogger().handlers == before


STDIO = """
import sys
import anyio
from api.mcp.stdio import serve
from tests.support.api_fakes import FakePipeline

def load():
    print("a library that prints")
    return FakePipeline()

anyio.run(serve, load)
"""


class TestStdio:
    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        parameters = StdioServerParameters(
            command=sys.executable, args=["-c", STDIO], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
        )
        opened: AbstractAsyncContextManager[Client] = Client(parameters)
        async with opened as client:
            yield client

    @pytest.mark.full  # the next sends the same; the client itself is tried over HTTP and in process
    def test_the_sdks_client(self) -> None:
        async def work() -> tuple[list[str], CallToolResult, CallToolResult]:
            async with self.client() as client:
                names = [described.name for described in (await client.list_tools()).tools]
                article = await client.call_tool("get_article", {"article_id": "다리-1"})
                return names, await client.call_tool("ask", QUESTION), article

        names, answer, article = asyncio.run(work())
        assert names == list(TOOLS)
        assert answer.structured_content["citations"][0]["quote"] == QUOTE
        assert article.structured_content["text"] == BRIDGE.text

    def test_nothing_but_json_rpc_on_standard_output(self) -> None:
        initialize = {
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
        }  # fmt: skip
        ask = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "ask", "arguments": QUESTION}}
        get = {"jsonrpc": "2.0", "id": 3, "method": "tools/call",
               "params": {"name": "get_article", "arguments": {"article_id": "다리-1"}}}  # fmt: skip
        known = {"jsonrpc": "2.0", "id": 4, "method": "tools/list"}
        lines = [initialize, {"jsonrpc": "2.0", "method": "notifications/initialized"}, ask, get, known]
        process = subprocess.Popen(
            [sys.executable, "-c", STDIO], cwd=ROOT, text=True, encoding="utf-8",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        process.stdin.write("".join(json.dumps(line) + "\n" for line in lines) + "no json at all\n")
        process.stdin.flush()
        seen = [json.loads(process.stdout.readline()) for _ in range(4)]
        output, errors = process.communicate(timeout=60)
        rest = [json.loads(line) for line in output.splitlines()]
        assert all(message["jsonrpc"] == "2.0" for message in seen + rest)
        answers = {message["id"]: message for message in seen + rest if message.get("id")}
        assert answers[2]["result"]["structuredContent"]["answered"] is True
        assert answers[3]["result"]["structuredContent"]["text"] == BRIDGE.text
        assert [described["name"] for described in answers[4]["result"]["tools"]] == list(TOOLS)
        assert "a library that prints" in errors
        assert process.returncode == 0


class TestWithoutTheExtra:
    @pytest.fixture
    def missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def find(name: str) -> Any:
            return None if name == "mcp" else find_spec(name)

        monkeypatch.setattr(mcp_http, "find_spec", find)
        monkeypatch.setattr(mcp_entry, "find_spec", find)

    @pytest.mark.usefixtures("missing")
    def test_the_address_says_what_to_install(self) -> None:
        response = call(create_app(FakePipeline()), "POST", "/mcp", body={})
        assert (response.status_code, response.json()["code"]) == (501, "extra_missing")
        assert "geungeo[mcp]" in response.json()["detail"]

    @pytest.mark.usefixtures("missing")
    def test_the_command_says_what_to_install(self) -> None:
        with pytest.raises(UsageError, match=r"geungeo\[mcp\]") as raised:
            mcp_entry.run(build_parser().parse_args(["mcp"]), Settings())
        assert raised.value.exit_code == 2
