"""What another process publishes is there within five seconds, with nobody asking."""

import asyncio
import logging
import time
from pathlib import Path

import httpx
import pytest

from api.answering.freshness import keep_fresh
from api.answering.readiness import PipelineHolder
from index.articles import Article
from index.errors import CorruptIndexError
from index.ingest import Ingestor
from rag.answers import IndexInfo
from tests.support.api_fakes import FakePipeline
from tests.support.fakes import HashEncoder, RegexSplitter
from tests.support.live_server import answering
from tests.support.service_fakes import make_backend

NEW = Article("새-글", "", "오늘 들어온 글이다.")


def test_an_idle_server_takes_up_a_new_generation(tmp_path: Path) -> None:
    backend = make_backend(tmp_path)
    with answering(backend):
        held = backend.pipeline._engine  # looked at, not asked: asking would refresh
        Ingestor(tmp_path, HashEncoder(), RegexSplitter()).ingest([NEW])
        deadline = time.monotonic() + 5
        while backend.pipeline._engine is held:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert backend.pipeline._engine.article(NEW.id) == NEW
    backend.close()


class Broken(FakePipeline):
    looked = 0

    def refresh(self) -> IndexInfo:
        self.looked += 1
        raise CorruptIndexError("깨졌다", "it is damaged")


def test_what_cannot_be_opened_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    pipeline = Broken()

    async def some_time() -> None:
        looking = asyncio.create_task(keep_fresh(PipelineHolder(pipeline), 0.01))
        while pipeline.looked < 3:
            await asyncio.sleep(0.01)
        looking.cancel()
        await asyncio.wait([looking])

    with caplog.at_level(logging.ERROR):
        asyncio.run(some_time())
    assert [record.getMessage() for record in caplog.records] == ["the newer index cannot be opened: it is damaged"]


def test_article_listing_and_sources_are_of_one_generation(tmp_path: Path) -> None:
    backend = make_backend(tmp_path)
    with answering(backend) as url:
        listing = httpx.get(f"{url}/v1/articles").json()
        sources = httpx.get(f"{url}/v1/sources").json()
        first = httpx.get(f"{url}/v1/articles/{listing['articles'][0]['id']}").json()
    backend.close()
    assert listing["generation"] == sources["generation"] == first["generation"] == 1
    named = [one["source"] for one in listing["articles"] if one["source"]]
    assert {one["source"]: one["articles"] for one in sources["sources"]} == {name: named.count(name) for name in named}
    assert named
