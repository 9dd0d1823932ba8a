"""The Python client against the whole service: articles in, listed, asked about, streamed, replaced, gone; keys."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.access.keys import KeyFile, Scope
from api.app import Options
from api.client import Article, AsyncClient, Client, Filters
from api.client.errors import AccessError, MissingError, ProblemResponseError
from tests.support.fakes import ARTICLES, PORT
from tests.support.live_server import answering
from tests.support.service_fakes import make_backend

NEW = Article("새-글", "도서관 소식", "도서관은 아침 아홉 시에 문을 연다.", source="총무팀", published_at="2026-03-02")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with answering(lambda: make_backend(tmp_path)) as address:
        yield address


def test_an_article_from_its_writing_to_its_end(url: str) -> None:
    with Client(url) as client:
        assert client.put(NEW).status == "created"
        assert client.put(NEW).status == "unchanged"
        answer = client.query("도서관은 아침 몇 시에 문을 여나?", filters=Filters(source="총무팀"))
        (citation,) = answer.citations
        article = client.get(citation.article_id)
        assert article.text[citation.start : citation.end] == citation.quote
        assert client.edit(NEW.id, {"source": "도서관", "published_at": None}).status == "replaced"
        edited = client.get(NEW.id)
        assert (edited.source, edited.published_at, edited.title) == ("도서관", None, NEW.title)
        client.delete(NEW.id)
        with pytest.raises(MissingError):
            client.get(NEW.id)
        with pytest.raises(MissingError):
            client.edit(NEW.id, {"source": "도서관"})
        with pytest.raises(MissingError):
            client.delete(NEW.id)


def test_a_batch_has_a_result_for_each(url: str) -> None:
    with Client(url) as client:
        batch = client.add([NEW, PORT, Article("빈-글", "제목", "")])
    assert [(result.id, result.status) for result in batch.results] == [
        ("새-글", "created"), ("부산-항만", "unchanged"), ("빈-글", "failed"),
    ]  # fmt: skip
    assert batch.results[2].error is not None


def test_the_list_in_pages(url: str) -> None:
    with Client(url) as client:
        everything = list(client.articles(page_size=1))
        some = list(client.articles(source="부산일보", date_from="2024-01-01"))
    assert [listed.id for listed in everything] == sorted(article.id for article in ARTICLES)
    assert [(listed.id, listed.characters) for listed in some] == [(PORT.id, len(PORT.text))]


def test_files_and_their_job(url: str, tmp_path: Path) -> None:
    path = tmp_path / "공지.txt"
    path.write_text("박물관 새 단장\n\n박물관은 밤 열 시에 문을 닫는다.", "utf-8")
    with Client(url) as client:
        job = client.wait(client.upload([path]), every=0.05)
        assert (job.state, job.failed, [result.status for result in job.results]) == ("done", 0, ["created"])
        assert client.wait(job.id).id == job.id
        assert "열 시" in (client.query("박물관은 밤 몇 시에 문을 닫나?").answer or "")


def test_the_file_that_an_article_was_read_from(tmp_path: Path) -> None:
    path = tmp_path / "공지.txt"
    path.write_text("박물관 새 단장\n\n박물관은 밤 열 시에 문을 닫는다.", "utf-8")
    with (
        answering(lambda: make_backend(tmp_path / "data", originals=True)) as url,
        Client(url) as client,
    ):
        (result,) = client.wait(client.upload([path]), every=0.05).results
        assert client.original(result.id) == path.read_bytes()
        assert client.get(result.id).original == path.name
        with pytest.raises(MissingError) as raised:
            client.original(PORT.id)
    assert raised.value.code == "original_not_kept"


def test_the_stream_ends_with_what_query_says(url: str) -> None:
    question = "부산항 새 부두의 공사비는?"
    with Client(url) as client:
        events = list(client.stream(question))
        answer = client.query(question)
    names = [event.name for event in events]
    assert names[-3:] == ["answer", "citations", "done"]
    assert names[0] == "stage"
    assert events[-3].data["answer"] == answer.answer
    assert [citation["quote"] for citation in events[-2].data["citations"]] == [
        citation.quote for citation in answer.citations
    ]


def test_awaited(url: str, tmp_path: Path) -> None:
    path = tmp_path / "공지.txt"
    path.write_text("박물관은 밤 열 시에 문을 닫는다.", "utf-8")

    async def work() -> tuple[str, list[str], list[str]]:
        async with AsyncClient(url) as client:
            await client.put(NEW)
            assert (await client.edit(NEW.id, {"source": "총무과"})).status == "replaced"
            job = await client.wait(await client.upload([path]), every=0.05)
            listed = [article.id async for article in client.articles(page_size=2)]
            events = [event.name async for event in client.stream("부산항 새 부두의 공사비는?")]
            await client.delete(NEW.id)
            return job.state, listed, events

    state, listed, events = asyncio.run(work())
    assert (state, len(listed), events[-1]) == ("done", len(ARTICLES) + 2, "done")


def test_what_is_wrong_with_a_write_is_said(url: str) -> None:
    with Client(url, language="en") as client, pytest.raises(ProblemResponseError) as raised:
        client.put(Article("a", "제목", ""))
    assert (raised.value.status, raised.value.code) == (422, "invalid_request")
    assert [place.pointer for place in raised.value.errors] == ["/text"]


def test_keys(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    _, asking = keys.create("묻는 이", [Scope.ASK])
    with answering(lambda: make_backend(tmp_path), Options(keys=keys)) as address:
        with Client(address) as client, pytest.raises(AccessError) as none:
            client.query("부두?")
        with Client(address, key=asking) as client:
            assert client.query("부산항 새 부두의 공사비는?").answered
            with pytest.raises(AccessError) as refused:
                client.put(NEW)
    assert (none.value.code, refused.value.code) == ("key_required", "insufficient_scope")
