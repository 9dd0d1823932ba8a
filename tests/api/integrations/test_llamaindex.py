"""The retriever for LlamaIndex, in LlamaIndex."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.api_fakes import BRIDGE, FakePipeline
from tests.support.live_server import answering

pytest.importorskip("llama_index.core")

from llama_index.core.schema import MetadataMode

from api.integrations.llamaindex import Asking, GeungeoRetriever, Local, Server

QUESTION = "공사비는 320억원"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


def test_waiting_and_awaiting_over_http(url: str) -> None:
    retriever = GeungeoRetriever(Server(url), Asking(top_k=2))
    nodes = retriever.retrieve(QUESTION)
    awaited = asyncio.run(retriever.aretrieve(QUESTION))
    assert [(node.node_id, node.text, node.score) for node in nodes] == [
        (node.node_id, node.text, node.score) for node in awaited
    ]
    assert nodes[0].text in BRIDGE.text
    assert nodes[0].metadata["citations"][0]["quote"] == "공사비는 320억원이었다."


def test_a_model_is_shown_the_text_its_title_and_its_source_and_no_numbers() -> None:
    (node,) = GeungeoRetriever(Local(FakePipeline()), Asking(top_k=1, cited_only=True)).retrieve(QUESTION)
    shown = node.node.get_content(MetadataMode.LLM)
    assert "공사비는 320억원이었다." in shown
    assert str(BRIDGE.source) in shown
    assert "confidence" not in shown
    assert node.node.get_content(MetadataMode.EMBED) == "공사비는 320억원이었다."
