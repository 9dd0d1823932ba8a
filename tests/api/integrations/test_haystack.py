"""The retriever for Haystack, in Haystack."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.api_fakes import BRIDGE, FakePipeline
from tests.support.live_server import answering

pytest.importorskip("haystack")

from haystack import Pipeline
from haystack.utils import Secret

from api.integrations.haystack import GeungeoRetriever, Local

QUESTION = "공사비는 320억원"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


def test_waiting_and_awaiting_over_http(url: str) -> None:
    retriever = GeungeoRetriever(url, top_k=2)
    pipeline = Pipeline()
    pipeline.add_component("retriever", retriever)
    documents = pipeline.run({"retriever": {"query": QUESTION}})["retriever"]["documents"]
    assert documents == asyncio.run(retriever.run_async(QUESTION))["documents"]
    assert documents[0].content in BRIDGE.text
    assert documents[0].meta["citations"][0]["quote"] == "공사비는 320억원이었다."
    assert len(retriever.run(QUESTION, top_k=1)["documents"]) == 1


def test_a_pipeline_is_written_down_without_its_key(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEUNGEO_KEY", "gk-secret")
    given = {"article_ids": [BRIDGE.id]}
    retriever = GeungeoRetriever(url, key=Secret.from_env_var("GEUNGEO_KEY"), filters=given, cited_only=True)
    pipeline = Pipeline()
    pipeline.add_component("retriever", retriever)
    written = pipeline.dumps()
    assert "gk-secret" not in written
    again = Pipeline.loads(written, allowed_modules=["api.integrations.haystack"]).get_component("retriever")
    assert again.to_dict() == retriever.to_dict()
    assert again.asking == retriever.asking


def test_one_of_this_process_says_why_it_cannot_be_written_down() -> None:
    retriever = GeungeoRetriever(source=Local(FakePipeline()))
    assert retriever.run(QUESTION)["documents"]
    with pytest.raises(ValueError, match="url"):
        retriever.to_dict()
