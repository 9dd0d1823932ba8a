"""A pipeline that is a pure function of its input: regular-expression sentences, character-bigram overlap."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import ir_measures

from index.articles import Article, Passage
from index.errors import NotFoundError, UsageError
from index.text.characters import normalize
from rag.answers import Answer, Citation, Hit, IndexInfo, Query, Reason, Scores, SearchResult

ARTICLES = (
    Article(
        "bridge",
        "다리 준공",
        "한빛대교가 2021년 5월 3일 준공됐다. 공사비는 320억원이었다. 설계는 이서윤 기사가 맡았다.",
    ),
    Article("library", "도서관 개관", "새솔도서관이 문을 열었다. 장서는 4만 권이다.\n\n관장은 박도현 씨다."),
    Article("market", "시장 축제", "가람시장은 10월에 축제를 연다. 입장료는 없다. 작년에는 9천 명이 왔다."),
)


NO_ANSWER: Mapping[str, object] = {"answerable": False, "answers": [], "evidence": []}
GOLD: Mapping[str, object] = {
    "id": "g1",
    "half": "test",
    "type": "how_much",
    "tags": ["alias"],
    "question": "공사비는?",
    "answerable": True,
    "answers": [{"article_id": "bridge", "start": 29, "end": 34, "text": "320억원"}],
    "evidence": [{"article_id": "bridge", "start": 24, "end": 38}],
}


def write_gold(folder: Path, *changes: Mapping[str, object]) -> Path:
    """A file of gold questions, each ``GOLD`` with some fields changed."""
    path = folder / "gold.jsonl"
    path.write_text("\n".join(json.dumps({**GOLD, **change}) for change in changes), "utf-8")
    return path


class FakePipeline:
    """Answers from ``articles`` where a sentence shares at least ``threshold`` of the question's bigrams."""

    def __init__(
        self,
        articles: Sequence[Article] = ARTICLES,
        *,
        threshold: float = 0.25,
        change: Callable[[Answer], Answer] = lambda answer: answer,
    ) -> None:
        self._articles = {article.id: article for article in articles}
        self._threshold = threshold
        self._change = change
        self.asked: list[str] = []
        self.searched: list[str] = []
        self.closed = False

    def ask(self, query: Query) -> Answer:
        question = query.question
        self.asked.append(question)
        if question == "거절":
            raise UsageError("받을 수 없는 질문입니다.", "cannot take this question.")
        hits = self._hits(question)
        best = hits[0].scores.fused if hits else 0.0
        answered = best >= self._threshold
        citations = tuple(self._citation(hit) for hit in hits[:3]) if answered else ()
        reason = Reason.ANSWERED if answered else Reason.LOW_SUPPORT
        text = citations[0].quote if citations else None
        return self._change(Answer(question, answered, reason, text, best, citations, hits[: query.top_k]))

    def ask_with_withheld(self, query: Query) -> tuple[Answer, tuple[Citation, ...]]:
        """What it would cite as if no sentence had too little in common."""
        return self.ask(query), tuple(self._citation(hit) for hit in self._hits(query.question)[:3])

    def search(self, query: Query) -> SearchResult:
        self.searched.append(query.question)
        return SearchResult(query.question, self._hits(query.question)[: query.top_k])

    def article(self, article_id: str) -> Article:
        if article_id not in self._articles:
            raise NotFoundError("그런 기사가 없습니다.", "no such article.")
        return self._articles[article_id]

    def info(self) -> IndexInfo:
        return IndexInfo(1, "bigram-fake", len(self._articles), len(self._passages()))

    def close(self) -> None:
        self.closed = True

    def _passages(self) -> list[Passage]:
        return [
            Passage(article.id, article.title, found.start(), found.end(), found[0])
            for article in self._articles.values()
            for found in re.finditer(r"\S[^\n]*?(?:[.?!]|$)(?=\s|$)", article.text, re.MULTILINE)
        ]

    def _hits(self, question: str) -> tuple[Hit, ...]:
        wanted = bigrams(question)
        scored = [(len(wanted & bigrams(each.text)) / max(len(wanted), 1), each) for each in self._passages()]
        ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1].id))
        return tuple(Hit(rank, each, Scores(score, None, score)) for rank, (score, each) in enumerate(ranked, 1))

    def _citation(self, hit: Hit) -> Citation:
        own = hit.passage
        return Citation(own.article_id, own.title, None, None, None, own.start, own.end, own.text, hit.scores.fused)


def bigrams(text: str) -> set[str]:
    folded = re.sub(r"\W", "", normalize(text))
    return {folded[place : place + 2] for place in range(len(folded) - 1)}


def forged(answer: Answer) -> Answer:
    """The same answer with a digit of its first quote changed."""
    if not answer.citations:
        return answer
    first = replace(answer.citations[0], quote=answer.citations[0].quote.replace("3", "4"))
    return replace(answer, citations=(first, *answer.citations[1:]))


def silenced(answer: Answer) -> Answer:
    """The same question left unanswered."""
    return replace(answer, answered=False, reason=Reason.LOW_SUPPORT, text=None, citations=())


def read_run(text: str) -> list[ir_measures.ScoredDoc]:
    """A run file as any user of ir-measures reads it."""
    return list(ir_measures.read_trec_run(text))  # type: ignore[no-untyped-call]


def read_qrels(text: str) -> list[ir_measures.Qrel]:
    return list(ir_measures.read_trec_qrels(text))  # type: ignore[no-untyped-call]
