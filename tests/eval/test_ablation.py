import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.ablation import RANKINGS
from eval.ablation.ablation import summarize
from eval.ablation.rankings import morpheme_terms, plain_words
from eval.datasets.datasets import DataSet, GoldQuestion, GoldSpan, make_dataset
from eval.report.baseline import compare, load_baseline, save_baseline
from eval.report.report import render, to_record, write_report
from eval.results import Kept
from eval.robustness.robustness import is_found
from eval.runner import evaluate
from index.errors import UsageError
from index.korean.sentences import Token
from tests.support.eval_fakes import ARTICLES, FakePipeline, silenced

ASKED = [
    GoldQuestion(f"q{place}", f"{place}번. 공사비는 얼마였나", relevant={"bridge": 1}, answers=("320억원",))
    for place in range(12)
]


@pytest.fixture
def dataset() -> DataSet:
    return make_dataset("d", ARTICLES, ASKED)


def values() -> dict[str, "np.ndarray"]:
    """Each ranking right on one question more than the one before, but dense, which is right on none."""
    found = {name: np.array([1.0] * (place + 1) + [0.0] * (11 - place)) for place, name in enumerate(RANKINGS)}
    return {**found, "dense": np.zeros(12)}


def test_each_step_is_against_the_one_before() -> None:
    found = summarize(values())
    steps = {step.name: step for step in found.steps}
    assert [*steps] == list(RANKINGS)
    assert steps["words"].change is None
    assert steps["morphemes"].change is not None
    assert steps["morphemes"].change.value == pytest.approx(1 / 12)
    assert steps["dense"].change is not None
    assert (steps["dense"].change.value, steps["dense"].change.high < 0) == (pytest.approx(-4 / 12), True)


def test_the_gain_is_over_the_better_half() -> None:
    found = summarize(values())
    assert found.better_half == "bigrams"
    assert found.gain.value == pytest.approx(5 / 12)
    assert found.gain.low > 0


def test_terms_of_the_simpler_indexes() -> None:
    assert plain_words("AX 법인의, 매출(목표)은?") == ["ax", "법인의", "매출", "목표", "은"]
    assert morpheme_terms([Token("법인", "NNG", 0, 2), Token("의", "JKG", 2, 3), Token("?", "SF", 3, 4)]) == [
        "법인",
        "의",
        "?",
    ]


def test_a_ranking_in_the_pipelines_place_answers_nothing(dataset: DataSet) -> None:
    pipeline = FakePipeline()
    report = evaluate(pipeline, dataset, ranker=lambda text: (("library", 2.0), ("bridge", 1.0)))
    assert pipeline.asked == []
    assert report.measures["MRR@10"].value == 0.5


def test_the_report_shows_ablation_and_robustness(dataset: DataSet, tmp_path: Path) -> None:
    extra = (Kept("typo", 9, 1.0, 0.9, 0.9, 0.8, 1.0), Kept("hanja", 0, skipped="바꿀 것이 없음"))
    report = replace(evaluate(FakePipeline(), dataset), ablation=summarize(values()), robustness=extra)
    page = render(report)
    assert all(name in page for name in RANKINGS)
    assert "learned − bigrams" in page
    assert "바꿀 것이 없음" in page
    assert to_record(report)["ablation"]["better_half"] == "bigrams"
    assert write_report(report, tmp_path).is_file()


# Before abstaining, and values


def test_before_abstaining_a_refused_question_is_judged_by_what_it_would_cite(dataset: DataSet) -> None:
    quiet = FakePipeline(change=silenced)
    report = evaluate(quiet, dataset, with_withheld=True)
    assert report.measures["answer_in_first_citation"].value == 0
    assert report.measures["answer_in_first_citation_unabstained"].value == 1
    assert all(row.unspoken and row.right and not row.citations for row in report.rows)
    assert report.measures["value_marked"].value == report.measures["value_em"].value == 0
    assert "answer_in_first_citation_unabstained" not in evaluate(quiet, dataset).measures


def test_remembered_questions_are_not_timed(dataset: DataSet) -> None:
    counts = iter(range(1000))
    assert "latency_p50_ms" not in evaluate(FakePipeline(), dataset, reused=lambda: next(counts)).measures
    assert "latency_p50_ms" in evaluate(FakePipeline(), dataset).measures


def test_found_in_the_first_three() -> None:
    span = GoldSpan("bridge", 29, 34, "320억원")
    question = GoldQuestion("q", "공사비는 얼마였나", relevant={"bridge": 1}, answers=(span,))
    assert is_found(FakePipeline(), question, question.text) == 1
    assert is_found(FakePipeline(), question, "가람시장은 10월에 축제를 연다 입장료는 없다 작년에는 9천 명이 왔다") == 0


# Baselines without text


def test_a_baseline_holds_no_text_and_compares_as_the_report_does(dataset: DataSet, tmp_path: Path) -> None:
    report, path = evaluate(FakePipeline(), dataset), tmp_path / "small.json"
    save_baseline(report, path)
    assert "공사비" not in path.read_text("utf-8")
    comparison = compare(report, load_baseline(path))
    assert (comparison.shared, comparison.drops) == (12, ())
    worse = evaluate(FakePipeline(change=silenced), dataset)
    assert "answer_in_citation" in {each.key for each in compare(worse, load_baseline(path)).drops}


def test_a_baseline_of_another_protocol_is_refused(dataset: DataSet, tmp_path: Path) -> None:
    save_baseline(evaluate(FakePipeline(), dataset, settings={"protocol": "mixed"}), tmp_path / "b.json")
    with pytest.raises(UsageError, match="mixed"):
        compare(evaluate(FakePipeline(), dataset, settings={"protocol": "alone"}), load_baseline(tmp_path / "b.json"))


def test_a_damaged_baseline_is_refused(dataset: DataSet, tmp_path: Path) -> None:
    save_baseline(evaluate(FakePipeline(), dataset), tmp_path / "b.json")
    record = json.loads((tmp_path / "b.json").read_text("utf-8"))
    del record["rows"][0]["cited"]
    (tmp_path / "b.json").write_text(json.dumps(record))
    with pytest.raises(UsageError):
        load_baseline(tmp_path / "b.json")
