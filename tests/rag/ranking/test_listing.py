"""Near copies listed with the best of them, and passages unlike one another."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.measures.ranking import fold_to_articles
from index.articles import Article, Passage
from rag.answers import Hit, Query, Scores
from rag.ranking.listing import NEAR, SPARE, collapse, diversify
from rag.schemas import PassageBody
from tests.support.fakes import ARTICLES, FESTIVAL
from tests.support.rag_support import build_index, open_pipeline

REPORT = "전주에서 비빔밥 축제가 사흘 동안 열렸다 축제에는 12만3456명이 왔고 시장은 내년에 더 크게 열겠다고 말했다"
EDITED = REPORT.removesuffix(" 말했다") + " 밝혔다"
OTHER = "전주 비빔밥 축제를 두고 시민 단체는 예산이 낭비됐다며 시장에게 결산을 공개하라고 요구했다"


def hits(*texts: str) -> list[Hit]:
    """Falling scores; the article's id is the text's place."""
    return [
        Hit(rank, Passage(str(rank), "", 0, len(text), text), Scores(None, None, 1 - rank / 100))
        for rank, text in enumerate(texts, 1)
    ]


def listed(found: Sequence[Hit]) -> list[tuple[str, ...]]:
    return [(hit.passage.article_id, *(copy.article_id for copy in hit.duplicates)) for hit in found]


def test_a_copy_is_listed_with_the_best_of_its_kind() -> None:
    found = collapse(hits(REPORT, OTHER, EDITED, REPORT, "전혀 다른 글이다", OTHER), 10)
    assert listed(found) == [("1", "3", "4"), ("2", "6"), ("5",)]
    assert [hit.rank for hit in found] == [1, 2, 3]


def test_no_more_than_asked_for_and_copies_beyond_are_still_listed() -> None:
    assert listed(collapse(hits(REPORT, OTHER, "셋째 글이다", EDITED), 2)) == [("1", "4"), ("2",)]


def test_passages_of_one_article_are_neighbours_and_no_copies() -> None:
    first, second = hits(REPORT, REPORT)
    same = replace(second, passage=replace(second.passage, article_id="1", start=20, end=20 + len(REPORT)))
    assert [hit.duplicates for hit in collapse([first, same], 2)] == [(), ()]


def test_a_form_filled_in_for_another_case_is_no_copy() -> None:
    form = "{0} 신청방법은 주소지 관할 보훈청에 신청하시면 됩니다 {0} 신청문의는 주소지 관할 보훈청으로 하시면 됩니다"
    assert len(collapse(hits(form.format("고엽제 수당"), form.format("재해위로금")), 2)) == 2


@pytest.mark.parametrize(("one", "other"), [("축제", "축제"), ("축제 열려", "축제 열려")])
def test_short_texts(one: str, other: str) -> None:
    assert listed(collapse(hits(one, other, "다른 것"), 5)) == [("1", "2"), ("3",)]


@given(st.lists(st.lists(st.sampled_from("가나다라"), min_size=1, max_size=6).map(" ".join), max_size=12))
def test_every_passage_is_listed_once_and_its_share_is_the_slow_twins(texts: list[str]) -> None:
    found = collapse(hits(*texts), len(texts))
    assert sorted(member for group in listed(found) for member in group) == sorted(
        str(n) for n in range(1, len(texts) + 1)
    )
    for place, hit in enumerate(found):
        assert all(share(hit.passage.text, copy.text) >= NEAR for copy in hit.duplicates)
        assert all(share(hit.passage.text, better.passage.text) < NEAR for better in found[:place])


def share(one: str, other: str) -> float:
    first, second = ({(a, b) for a, b in zip(w, w[1:] + w[:1], strict=True)} for w in (one.split(), other.split()))
    return len(first & second) / len(first | second)


def test_the_body_says_where_the_copies_stand() -> None:
    (found,) = collapse(hits(REPORT, EDITED), 1)
    body = PassageBody.from_hit(found).model_dump()
    assert body["duplicates"] == [{"article_id": "2", "start": 0, "end": len(EDITED)}]


def test_an_article_of_a_copy_ranks_behind_the_passage_it_copies() -> None:
    found = collapse(hits(REPORT, OTHER, EDITED), 3)
    assert [article for article, _ in fold_to_articles(found)] == ["1", "3", "2"]


def test_no_diversity_is_the_ranking_itself() -> None:
    given = hits(REPORT, EDITED, OTHER)
    assert diversify(given, 3, 0.0) == given
    assert diversify([], 3, 0.5) == []


def test_diversity_puts_the_unlike_first() -> None:
    given = hits(REPORT, EDITED, OTHER)
    assert listed(diversify(given, 3, 0.5)) == [("1",), ("3",), ("2",)]
    assert [hit.rank for hit in diversify(given, 2, 0.5)] == [1, 2]


@given(st.lists(st.text(st.sampled_from("가나다 ."), max_size=8), max_size=8), st.floats(0, 1), st.integers(1, 10))
def test_diversity_chooses_each_once(texts: list[str], diversity: float, limit: int) -> None:
    found = listed(diversify(hits(*texts), limit, diversity))
    assert len(set(found)) == len(found) == min(limit, len(texts))
    assert found[:1] == listed(hits(*texts))[:1]


def test_copies_take_no_places_of_the_search(tmp_path: Path) -> None:
    copies = [Article(f"전재-{number:02}", FESTIVAL.title, FESTIVAL.text) for number in range(SPARE + 5)]
    build_index(tmp_path, [*ARTICLES, *copies])
    pipeline = open_pipeline(tmp_path)
    for diversity in (0.0, 0.5):
        found = pipeline.search(Query("전주 비빔밥 축제", top_k=3, diversity=diversity)).hits
        assert len(found) == 3
        assert len(found[0].duplicates) == len(copies)
    answer = pipeline.ask(Query("축제에는 12만3456명이 왔다", top_k=2))
    assert answer.passages[0].duplicates
    assert answer.answered
    pipeline.close()
