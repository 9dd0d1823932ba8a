"""A pipeline that is a pure function of its input, and a way to call the app without a socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import Options
from api.limits import Limits
from index.articles import Article, Passage, Span, SpanKind
from index.engine import Engine
from index.errors import NotFoundError
from index.korean.terms import bigrams
from rag.answers import (
    UNWATCHED,
    Answer,
    ArticleView,
    Citation,
    Hit,
    IndexInfo,
    Query,
    Reason,
    Scores,
    SearchResult,
    Watch,
)

# For what asks one app hundreds of times a second; the bounds have tests of their own.
UNBOUNDED = Options(limits=Limits(rate=1e6, burst=10**6))
MARKER = "ZX81비밀표식"  # goes into inputs; must never come back in an error
BRIDGE = Article(
    "다리-1",  # NFC
    "다리 준공",
    "한빛대교가 2021년 5월 3일 준공됐다. 공사비는 320억원이었다.",
    source="한빛일보",
    url="https://example.com/bridge",
    published_at="2021-05-04",
)
EMOJI = Article("emoji/1", "가족 축제", "👨\u200d👩\u200d👧 가족 🇰🇷 축제가 𠀀 마을에서 열렸다. ㄱㅅ ㅋㅋ 樂 123 ㎏.")


class FakePipeline:
    """Ranks the sentences of ``articles`` by the share of the question's bigrams they hold; cites those that hold any.

    Raises ``error``, if there is one, instead of any result.
    """

    def __init__(self, articles: tuple[Article, ...] = (BRIDGE, EMOJI), *, error: Exception | None = None) -> None:
        self._articles = {article.id: article for article in articles}
        self._error = error
        self.asked: list[Query] = []
        self.gate_failures = 3
        self.closed = False

    def ask(self, query: Query, watch: Watch = UNWATCHED) -> Answer:
        watch.stage("retrieve")
        hits = self._ranked(query)
        watch.passages(hits)
        watch.stage("verify")
        citations = tuple(_cite(self._articles[hit.passage.article_id], hit) for hit in hits if hit.scores.fused > 0)
        reason = Reason.ANSWERED if citations else Reason.NO_MATCH
        text = citations[0].quote if citations else None
        score = hits[0].scores.fused if hits else 0.0
        timings = {"total": 1.5}
        return Answer(
            query.question,
            bool(citations),
            reason,
            text,
            score,
            citations,
            hits,
            ("법인 → 기업",),
            timings,
            self.info(),
        )

    def search(self, query: Query, watch: Watch = UNWATCHED) -> SearchResult:
        watch.stage("retrieve")
        return SearchResult(query.question, self._ranked(query), (), {"total": 1.0}, self.info())

    def article(self, article_id: str) -> Article:
        self._fail()
        if article_id not in self._articles:
            raise NotFoundError(f"그런 글이 없습니다: {article_id!r}", f"no such article: {article_id!r}")
        return self._articles[article_id]

    def article_view(self, article_id: str) -> ArticleView:
        article = self.article(article_id)
        return ArticleView(article, (Span(0, len(article.text), SpanKind.BODY),), self.info().generation)

    def snapshot(self) -> Engine:
        raise NotImplementedError("there is no index behind it")

    def refresh(self) -> IndexInfo:
        return self.info()

    def keep_fresh(self) -> None:
        """Nothing is ever published."""

    @property
    def processes(self) -> int:
        return 1

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def info(self) -> IndexInfo:
        return IndexInfo(7, "bigram-fake", len(self._articles), len(self._passages()))

    def close(self) -> None:
        self.closed = True

    def _fail(self) -> None:
        if self._error is not None:
            raise self._error

    def _ranked(self, query: Query) -> tuple[Hit, ...]:
        self._fail()
        self.asked.append(query)
        wanted = set(bigrams(query.question))
        scored = [(len(wanted & set(bigrams(each.text))) / max(len(wanted), 1), each) for each in self._passages()]
        ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1].id))[: query.top_k]
        return tuple(Hit(rank, each, Scores(score, None, score)) for rank, (score, each) in enumerate(ranked, 1))

    def _passages(self) -> list[Passage]:
        found = []
        for article in self._articles.values():
            start = 0
            while (end := article.text.find(".", start) + 1) > 0:
                found.append(Passage(article.id, article.title, start, end, article.text[start:end]))
                start = end + (article.text[end : end + 1] == " ")
        return found


def _cite(article: Article, hit: Hit) -> Citation:
    own = hit.passage
    return Citation(
        own.article_id, own.title, article.source, article.url, article.published_at,
        own.start, own.end, own.text, hit.scores.fused, ((own.start, own.start + 2),),
    )  # fmt: skip


def call(
    app: FastAPI,
    method: str,
    path: str,
    *,
    body: object = None,
    content: bytes | AsyncIterator[bytes] | None = None,
    headers: dict[str, Any] | None = None,
) -> httpx.Response:
    """One request; ``body`` is sent as JSON with our content type, ``content`` as it is."""
    if body is not None:
        content = json.dumps(body, ensure_ascii=True).encode()
    if content is not None:
        headers = {"Content-Type": "application/json"} | (headers or {})

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(send())


def ask(app: FastAPI, body: object, path: str = "/v1/query", **headers: str) -> httpx.Response:
    return call(
        app, "POST", path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def assert_problem(response: httpx.Response, status: int, code: str, pointer: str | None = None) -> dict[str, Any]:
    """Every rule that holds for each problem, and exactly this status, code and (first) pointer."""
    problem: dict[str, Any] = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    assert problem["status"] == status
    assert response.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert problem["type"] == f"/problems/{code.replace('_', '-')}"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem.keys() == {"type", "title", "status", "detail", "instance", "code", "request_id", "errors"}
    assert [error["pointer"] for error in problem["errors"]][:1] == ([] if pointer is None else [pointer])
    assert "ZX81" not in response.text + str(response.headers)
    assert "Traceback" not in response.text
    assert code.isascii()
    return problem
