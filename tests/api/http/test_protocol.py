"""F27, F28 over HTTP: an article that crashes, hangs or bloats the analysis costs itself, and the server answers on."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from api.answering.backend import Backend
from api.app import create_app
from index.articles import Article
from index.errors import ModelError
from index.korean.parser_child import ParserLimits
from index.korean.parser_process import ParserProcess
from tests.support.api_fakes import assert_problem, call
from tests.support.hostile import HostileSplitter
from tests.support.live_server import answering
from tests.support.service_fakes import make_backend


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    parser = ParserProcess(HostileSplitter, ParserLimits(seconds=4.0))  # a busy machine may take one for what is quick
    made = make_backend(tmp_path_factory.mktemp("parser"), parser=parser)
    yield made
    made.close()


def bad(word: str) -> dict[str, str]:
    return {"text": f"이 글은 {word} 하고 시킨다."}


@pytest.mark.parametrize("word", ["죽어라", "잡아라"])  # every other way to die: test_index_parser_process
def test_a_crash_or_a_bomb_is_a_problem_of_its_article(backend: Backend, word: str) -> None:
    app = create_app(backend)
    assert_problem(call(app, "PUT", "/v1/articles/bad", body=bad(word)), 422, "parse_failed")
    assert call(app, "PUT", f"/v1/articles/{word}", body={"text": "멀쩡하다."}).status_code == 201


def test_a_hang_is_a_problem_of_its_article(backend: Backend) -> None:
    app = create_app(backend)
    assert_problem(call(app, "PUT", "/v1/articles/bad", body=bad("자라")), 422, "parse_timeout")


def test_a_batch_loses_those_articles_alone(backend: Backend) -> None:
    articles = [{"id": "a", "text": "첫째 글이다."}, {"id": "b"} | bad("죽어라"), {"id": "c"} | bad("자라"),
                {"id": "d", "text": "넷째 글이다."}]  # fmt: skip
    results = call(create_app(backend), "POST", "/v1/articles", body={"articles": articles}).json()["results"]
    codes = [(result["id"], result["error"] and result["error"]["code"]) for result in results]
    assert codes == [("a", None), ("b", "parse_failed"), ("c", "parse_timeout"), ("d", None)]


def test_questions_are_answered_while_an_article_hangs(backend: Backend) -> None:
    with answering(backend) as url:
        headers = {"Prefer": "respond-async"}
        job = httpx.post(
            f"{url}/v1/articles", json={"articles": [{"id": "z"} | bad("자라")]}, headers=headers, timeout=60
        )
        answer = httpx.post(f"{url}/v1/query", json={"question": "부두의 길이는 얼마인가?"}, timeout=60)
        assert (job.status_code, answer.status_code) == (202, 200)
        deadline = time.monotonic() + 60
        while (state := httpx.get(url + job.headers["location"], timeout=60).json())["state"] != "done":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert [result["error"]["code"] for result in state["results"]] == ["parse_timeout"]


def test_f28_closing_ends_an_analysis_in_the_middle_of_a_hang() -> None:
    parser = ParserProcess(HostileSplitter, ParserLimits(seconds=600.0))
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: list(parser.parse_many([Article("a", "", "첫째."), Article("b", "", "자라.")])))
        while parser._begun is None or parser._begun.value < 2:
            assert not reading.done()
            time.sleep(0.01)
        parser.end()
        with pytest.raises(ModelError, match="끝냈습니다"):
            reading.result(60)


def test_f19_a_service_is_closed_in_the_middle_of_a_hang(tmp_path: Path) -> None:
    parser = ParserProcess(HostileSplitter, ParserLimits(seconds=600.0))
    backend = make_backend(tmp_path, parser=parser)
    with answering(backend) as url:
        headers = {"Prefer": "respond-async"}
        httpx.post(f"{url}/v1/articles", json={"articles": [{"id": "z"} | bad("자라")]}, headers=headers, timeout=60)
        while parser._begun is None or parser._begun.value < 1:
            time.sleep(0.01)
        start = time.monotonic()
    backend.close()
    assert time.monotonic() - start < 60
