"""What a retriever makes of an answer, and where it asks; no framework is needed."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.integrations.source import Asking, Local, Server, Source
from rag.answers import Filters, Mode, Query
from tests.support.api_fakes import BRIDGE, FakePipeline
from tests.support.live_server import answering

ROOT = Path(__file__).parents[3]
QUESTION = "공사비는 320억원"
QUOTE = "공사비는 320억원이었다."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


@pytest.fixture(params=["server", "local"])
def source(request: pytest.FixtureRequest, url: str) -> Source:
    return Server(url) if request.param == "server" else Local(FakePipeline())


def test_passages_carry_the_citations_inside_them(source: Source) -> None:
    asking = Asking(top_k=2)
    found = asking.found(source.ask(asking.query(QUESTION)))
    assert found == asking.found(asyncio.run(source.ask_async(asking.query(QUESTION))))
    first = found[0]
    assert first.text == BRIDGE.text[first.metadata["start"] : first.metadata["end"]]
    assert first.metadata["article_id"] == BRIDGE.id
    assert (first.metadata["answered"], first.metadata["reason"]) == (True, "answered")
    (citation,) = first.metadata["citations"]
    assert (citation["quote"], citation["source"], citation["url"]) == (QUOTE, BRIDGE.source, BRIDGE.url)
    assert [passage.id for passage in found] == [passage.id for passage in source.ask(asking.query(QUESTION)).passages]


def test_the_cited_sentences_alone_and_none_where_nothing_answers(source: Source) -> None:
    asking = Asking(top_k=1, cited_only=True)
    found = asking.found(source.ask(asking.query(QUESTION)))[0]
    assert found.text == QUOTE
    assert found.id == f"{BRIDGE.id}:{found.metadata['start']}-{found.metadata['end']}"
    assert found.metadata["published_at"] == BRIDGE.published_at
    assert asking.found(source.ask(asking.query("xyzzy"))) == []


def test_what_is_asked_is_passed_on() -> None:
    pipeline = FakePipeline()
    filters = Filters(source="한빛일보", article_ids=("다리-1",))
    query = Asking(3, filters, Mode.LEXICAL).query(QUESTION)
    Local(pipeline).ask(query)
    with answering(lambda: pipeline) as address:
        Server(address).ask(query)
    assert pipeline.asked[-2:] == [Query(QUESTION, 3, filters, Mode.LEXICAL)] * 2


def test_a_key_is_not_shown() -> None:
    assert "gk-secret" not in repr(Server(key="gk-secret"))


def test_a_program_that_only_asks_needs_no_engine() -> None:
    """So that ``pip install --no-deps geungeo httpx httpx-sse pydantic`` is enough for it."""
    script = (
        "import importlib.abc, sys\n"
        "from importlib.metadata import packages_distributions\n"
        "import api.client\n"
        "import api.integrations.source\n"
        "known = packages_distributions()\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted({one.lower() for name in names for one in known.get(name, ())}))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    needed = {"httpx", "httpx-sse", "pydantic", "geungeo"}
    engine = {"numpy", "faiss-cpu", "kiwipiepy", "onnxruntime", "tantivy", "apsw", "fastapi", "starlette", "uvicorn"}
    assert needed - {"geungeo"} <= set(run.stdout.split())
    assert not engine & set(run.stdout.split())
