"""What another process publishes is there within five seconds, with nobody asking."""

import asyncio
import logging
from pathlib import Path

import httpx
import pytest

from api.answering.readiness import PipelineHolder
from index.articles import Article
from index.engine import Engine
from index.errors import CorruptIndexError
from index.ingest import Ingestor
from rag import freshness
from rag.freshness import NewestEngine
from rag.pipeline import Pipeline
from tests.support.api_fakes import FakePipeline
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.live_server import answering
from tests.support.rag_support import build_index, open_engine
from tests.support.service_fakes import make_backend
from tests.support.waiting import wait_until

NEW = Article("새-글", "", "오늘 들어온 글이다.")


def test_an_idle_server_takes_up_a_new_generation(tmp_path: Path) -> None:
    backend = make_backend(tmp_path)
    pipeline = backend.pipeline
    assert isinstance(pipeline, Pipeline)
    with answering(backend):
        Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest([NEW])
        wait_until(lambda: pipeline._newest._engine.manifest.generation > 1)  # looked at: asking would refresh
        assert pipeline._newest._engine.article(NEW.id) == NEW
    backend.close()


class Broken(FakePipeline):
    looked = 0

    def keep_fresh(self) -> None:
        self.looked += 1
        raise RuntimeError("it is broken")


def test_looking_goes_on_where_it_has_failed() -> None:
    pipeline = Broken()

    async def some_time() -> None:
        looking = asyncio.create_task(PipelineHolder(pipeline).keep_fresh(lambda library: None, 0.01))
        while pipeline.looked < 3:
            await asyncio.sleep(0.01)
        looking.cancel()
        await asyncio.wait([looking])

    asyncio.run(some_time())


def test_what_cannot_be_opened_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    build_index(tmp_path)
    monkeypatch.setattr(freshness, "_FRESH_SECONDS", -1.0)
    opened: list[Engine] = []

    def open_once() -> Engine:
        if opened:
            raise CorruptIndexError("깨졌다", "it is damaged")
        opened.append(open_engine(tmp_path))
        return opened[0]

    newest = NewestEngine(open_once)
    build_index(tmp_path, [NEW])
    with caplog.at_level(logging.ERROR):
        assert [newest.current() for _ in range(3)] == 3 * opened
    assert [record.getMessage() for record in caplog.records] == ["the newer index cannot be opened: it is damaged"]
    with pytest.raises(CorruptIndexError):
        newest.refresh()
    newest.close()


def test_article_listing_and_sources_are_of_one_generation(tmp_path: Path) -> None:
    backend = make_backend(tmp_path)
    with answering(backend) as url:
        listing = httpx.get(f"{url}/v1/articles", timeout=60).json()
        sources = httpx.get(f"{url}/v1/sources", timeout=60).json()
        first = httpx.get(f"{url}/v1/articles/{listing['articles'][0]['id']}", timeout=60).json()
    backend.close()
    assert listing["generation"] == sources["generation"] == first["generation"] == 1
    named = [article["source"] for article in listing["articles"] if article["source"]]
    assert {source["source"]: source["articles"] for source in sources["sources"]} == {
        name: named.count(name) for name in named
    }
    assert named
