"""Questions offered for one's own articles: made of what they name, each answered before it is offered."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.access.keys import KeyFile, Scope
from api.answering.examples import OFFERED, TRIED, Examples, Readable, questions_of
from api.app import Options
from index.articles import Article
from index.structure.outline import read_outline
from rag.answers import Answer, Certainty, Citation, Query, Reason
from tests.support.api_fakes import call
from tests.support.service_fakes import make_service

RENT = Article(
    "월세",
    "청년 월세 지원 공고",
    "# 청년 월세 지원 공고\n\n신청 기간: 2026. 3. 2.부터 3. 31.까지\n문의처: 주택과 02-123-4567\n\n"
    "## 지원 대상\n\n무주택 청년으로 소득이 낮은 사람\n\n※ 120: 상담 전화\n이것은 아주 길게 쓴 이름표라서 안 됨: 가\n",
)


def answer(question: str, article_id: str | None, certainty: Certainty | None = Certainty.HIGH) -> Answer:
    cited = () if article_id is None else (Citation(article_id, "", None, None, None, 0, 1, "가", 1.0),)
    reason = Reason.ANSWERED if cited else Reason.LOW_SUPPORT
    return Answer(question, bool(cited), reason, "가" if cited else None, 0.9, cited, (), certainty=certainty)


def offered(articles: list[Article], asked: list[str], made: Any, examples: Examples | None = None) -> tuple[str, ...]:
    async def ask(query: Query) -> Answer:
        asked.append(query.question)
        made_answer: Answer = made(query.question)
        return made_answer

    async def read() -> list[Readable]:
        return [(article, read_outline(article.text, article.title)) for article in articles]

    return asyncio.run((examples or Examples()).offer("state", read, ask))


def test_of_headings_and_labels() -> None:
    questions = list(questions_of(RENT, read_outline(RENT.text, RENT.title)))
    assert questions == [
        "청년 월세 지원 공고에서 신청 기간은?", "청년 월세 지원 공고에서 문의처는?", "청년 월세 지원 공고에서 지원 대상은?",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", "문의처: 주택과"),
        ("가" * 41, "문의처: 주택과"),
        ("공지", "그는 말했다. 비가 왔다."),
        ("공지", "합니다: 가"),
    ],
)
def test_none_of_an_article_that_names_nothing(title: str, text: str) -> None:
    article = Article("가", title, text)
    assert list(questions_of(article, read_outline(text, title))) == []


def test_only_what_is_answered_from_that_article_with_certainty() -> None:
    asked: list[str] = []
    outcomes = {
        "신청 기간": answer("", "다른 글"), "문의처": answer("", "월세", Certainty.LOW), "지원 대상": answer("", "월세", Certainty.MEDIUM),
    }  # fmt: skip
    found = offered(
        [RENT], asked, lambda question: next(outcome for name, outcome in outcomes.items() if name in question)
    )
    assert found == ("청년 월세 지원 공고에서 지원 대상은?",)
    assert len(asked) == 3


def test_articles_take_turns_and_both_numbers_are_bounded() -> None:
    articles = [replace(RENT, id=f"글{number}", title=f"공고 {'가나다라마바사'[number]}") for number in range(7)]
    asked: list[str] = []
    found = offered(articles, asked, lambda question: answer(question, f"글{'가나다라마바사'.index(question[3])}"))
    assert [question[3] for question in found] == list("가나다라")
    assert len(asked) == OFFERED
    offered(articles, asked := [], lambda question: answer(question, None, None))
    assert len(asked) == TRIED


def test_they_are_found_once_a_state() -> None:
    examples, asked = Examples(), list[str]()
    assert offered([RENT], asked, lambda question: answer(question, "월세"), examples) == offered(
        [RENT], asked, lambda question: answer(question, "월세"), examples
    )
    assert len(asked) == 3


def test_articles_are_read_once_for_all_that_ask_together() -> None:
    read_times, asked = 0, list[str]()

    async def read() -> list[Readable]:
        nonlocal read_times
        read_times += 1
        await asyncio.sleep(0)
        return [(RENT, read_outline(RENT.text, RENT.title))]

    async def ask(query: Query) -> Answer:
        asked.append(query.question)
        await asyncio.sleep(0)
        return answer(query.question, "월세")

    async def together() -> list[tuple[str, ...]]:
        examples = Examples()
        return await asyncio.gather(*(examples.offer("state", read, ask) for _ in range(20)))

    assert len(set(asyncio.run(together()))) == 1
    assert (read_times, len(asked)) == (1, 3)


def test_not_more_wait_for_another_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.answering.examples._MOST_WAITING", 3)
    articles = [(RENT, read_outline(RENT.text, RENT.title))]

    async def read() -> list[Readable]:
        await asyncio.sleep(0)
        return articles

    async def ask(query: Query) -> Answer:
        return answer(query.question, "월세")

    async def together() -> list[Any]:
        examples = Examples()
        found = await asyncio.gather(*(examples.offer("state", read, ask) for _ in range(5)), return_exceptions=True)
        return [*found, await examples.offer("another state", read, ask)]

    *first, fourth, fifth, later = asyncio.run(together())
    assert len({*first, later}) == 1
    assert [error.code for error in (fourth, fifth)] == ["busy", "busy"]


def test_over_http_each_is_answered_and_a_key_gets_those_of_its_collections(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path)
    tokens = {
        name: keys.create(name, [Scope.WRITE], within)[1] for name, within in (("all", None), ("other", ("없음",)))
    }
    app = make_service(tmp_path, Options(keys=keys))
    headers = {name: {"X-API-Key": token} for name, token in tokens.items()}
    call(app, "PUT", "/v1/articles/월세", body={"title": RENT.title, "text": RENT.text}, headers=headers["all"])
    questions = call(app, "GET", "/v1/examples", headers=headers["all"]).json()["questions"]
    assert questions
    for question in questions:
        said = call(app, "POST", "/v1/query", body={"question": question}, headers=headers["all"]).json()
        assert said["citations"][0]["article_id"] == "월세"
    assert call(app, "GET", "/v1/examples", headers=headers["other"]).json() == {"questions": []}
