"""The retriever for LangChain, in LangChain."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.api_fakes import BRIDGE, FakePipeline
from tests.support.live_server import answering

pytest.importorskip("langchain_core")

from langchain_core.runnables import RunnableLambda

from api.integrations.langchain import Asking, GeungeoRetriever, Local, Server

QUESTION = "공사비는 320억원"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with answering(FakePipeline) as address:
        yield address


def test_waiting_and_awaiting_over_http(url: str) -> None:
    retriever = GeungeoRetriever(source=Server(url), asking=Asking(top_k=2))
    documents = retriever.invoke(QUESTION)
    assert documents == asyncio.run(retriever.ainvoke(QUESTION))
    assert documents[0].page_content in BRIDGE.text
    assert documents[0].metadata["citations"][0]["quote"] == "공사비는 320억원이었다."
    assert 0 <= documents[0].metadata["score"] <= 1


def test_in_a_chain_and_in_this_process() -> None:
    asking = Asking(top_k=1, cited_only=True)
    chain = GeungeoRetriever(source=Local(FakePipeline()), asking=asking) | RunnableLambda(
        lambda documents: [(document.page_content, document.metadata["article_id"]) for document in documents]
    )
    assert chain.invoke(QUESTION) == [("공사비는 320억원이었다.", BRIDGE.id)]
