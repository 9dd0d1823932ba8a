"""How certain, which parts, what disagrees and what is absent: over small indexes with models made by hand."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from index.articles import Article
from rag.answers import Certainty, Query, Reason, Watch
from rag.evidence.citing import MAX_CITATIONS
from rag.evidence.confidence import FEATURES as CONFIDENCE_FEATURES
from rag.pipeline import Pipeline
from rag.ranking.models import Bounds
from tests.support.rag_support import build_index, hand_models, logistic, open_pipeline

TRAM = Article("전차", "새 전차 안내", "요금은 3천원입니다.\n첫차는 5시에 떠납니다.\n정원은 40명입니다.")
FAIRS = [
    Article(f"장터-{year}", f"{year}년 장터 안내", f"자릿값은 {fee}천원입니다.", published_at=f"{year}-03-02")
    for year, fee in ((2023, 4), (2024, 5), (2025, 6))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certainty")
    build_index(folder, [TRAM, *FAIRS])
    return folder


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Iterator[Pipeline]:
    pipeline = open_pipeline(folder, hand_models(0.05))
    yield pipeline
    pipeline.close()


def certainty(folder: Path, high: float, medium: float, threshold: float = 0.0) -> Certainty | None:
    models = replace(hand_models(), bounds=Bounds(threshold, high, medium))
    pipeline = open_pipeline(folder, models)
    answer = pipeline.ask(Query("요금은 3천원입니다"))
    pipeline.close()
    return answer.certainty


def test_certainty_begins_at_its_bounds(folder: Path, pipeline: Pipeline) -> None:
    sure = pipeline.ask(Query("요금은 3천원입니다")).confidence
    assert 0.5 < sure < 1
    assert certainty(folder, sure, 0.1) is Certainty.HIGH
    assert certainty(folder, sure + 1e-9, sure) is Certainty.MEDIUM
    assert certainty(folder, 1.0, sure + 1e-9) is Certainty.LOW
    assert certainty(folder, sure, 0.1, threshold=sure + 1e-9) is None


def test_every_part_has_its_citation(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query("요금은 얼마이고 첫차는 몇 시에 떠납니까?"))
    assert answer.answered
    assert len(answer.parts) == 2
    quotes = [[answer.citations[place].quote for place in part.citations] for part in answer.parts]
    assert quotes == [["요금은 3천원입니다."], ["첫차는 5시에 떠납니다."]]
    assert answer.text == "\n".join(citation.quote for citation in answer.citations)
    assert len(answer.citations) <= MAX_CITATIONS


def test_a_part_that_is_not_there_is_named(folder: Path) -> None:
    sure_of_values = logistic(CONFIDENCE_FEATURES, {"best_wanted_value": 9.0}, bias=-3.0)
    pipeline = open_pipeline(folder, replace(hand_models(0.1), confidence=sure_of_values))
    answer = pipeline.ask(Query("요금은 얼마이고 대장은 누구입니까?"))
    pipeline.close()
    assert [bool(part.citations) for part in answer.parts] == [True, False]
    assert "대장은" in answer.parts[1].question


def test_whoever_waits_no_more_ends_a_question_before_its_next_part(pipeline: Pipeline) -> None:
    class Leaves(Watch):
        def __init__(self) -> None:
            self.heard: list[str] = []

        def stage(self, name: str) -> None:
            self.heard.append(name)
            if self.heard.count("verify") > 2:
                raise TimeoutError

    watch = Leaves()
    with pytest.raises(TimeoutError):
        pipeline.ask(Query("요금은 얼마이고 첫차는 몇 시에 떠납니까?"), watch)
    assert watch.heard[-3:] == ["verify"] * 3


def test_one_question_has_no_parts(pipeline: Pipeline) -> None:
    assert pipeline.ask(Query("요금은 3천원입니다")).parts == ()


def test_other_editions_disagree(pipeline: Pipeline) -> None:
    answer = pipeline.ask(Query("자릿값은 얼마인가요?"))
    assert answer.answered
    cited = answer.citations[0]
    others = {(conflict.value, conflict.citation.article_id) for conflict in answer.conflicts}
    expected = {("4천원", "장터-2023"), ("5천원", "장터-2024"), ("6천원", "장터-2025")}
    assert others == {value for value in expected if value[1] != cited.article_id}
    for conflict in answer.conflicts:
        text = pipeline.article(conflict.citation.article_id).text
        assert conflict.citation.quote == text[conflict.citation.start : conflict.citation.end]


def test_nothing_disagrees_where_one_article_says_it(pipeline: Pipeline) -> None:
    assert pipeline.ask(Query("요금은 얼마인가요?")).conflicts == ()


def test_a_year_that_is_not_there_is_said(folder: Path) -> None:
    pipeline = open_pipeline(folder, hand_models(1.0))
    answer = pipeline.ask(Query("2021년 자릿값은 얼마인가요?"))
    pipeline.close()
    assert answer.reason is Reason.QUALIFIER_ABSENT
    assert answer.absent is not None
    assert answer.absent.asked == ("2021년",)
    assert set(answer.absent.held) == {"2023년", "2024년", "2025년"}
    assert not answer.answered
    assert answer.certainty is None
