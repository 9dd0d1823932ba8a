import json
from pathlib import Path

import pytest

import eval.plan
from eval.datasets.datasets import DataSet
from eval.datasets.gold import load_gold
from eval.datasets.protocols import Protocol
from eval.plan import Plan, run_eval
from eval.report.baseline import Change, changes, compare, load_baseline
from eval.report.report import render, write_report
from eval.runner import evaluate
from eval.system import System
from index.articles import Article
from index.errors import ReadError, UsageError
from rag.answers import Answer
from tests.support.eval_fakes import ARTICLES, NO_ANSWER, FakePipeline, forged, silenced, write_gold


@pytest.fixture
def gold_file(tmp_path: Path) -> Path:
    asked = [{"id": f"q{place}", "question": f"{place}번. 공사비는 얼마였나"} for place in range(30)]
    return write_gold(tmp_path, *asked, *({"id": f"n{n}", "question": "달의 둘레", **NO_ANSWER} for n in range(10)))


@pytest.fixture
def gold(gold_file: Path) -> DataSet:
    return load_gold(ARTICLES, gold_file)


@pytest.fixture
def baseline(gold: DataSet, tmp_path: Path) -> Path:
    write_report(evaluate(FakePipeline(), gold), tmp_path / "before")
    return tmp_path / "before" / "report.json"


def worse(answer: Answer) -> Answer:
    """Silent on the questions whose number is below 10: a third of the answerable ones."""
    return silenced(answer) if answer.question[1] == "번" else answer


def test_unchanged_pipeline_drops_nothing(gold: DataSet, baseline: Path) -> None:
    comparison = compare(evaluate(FakePipeline(), gold), load_baseline(baseline))
    assert comparison.shared == 40
    assert not comparison.drops
    assert all(each.difference == 0 for each in comparison.changes if not each.key.startswith("latency"))


def test_planted_regression_is_signalled(gold: DataSet, baseline: Path) -> None:
    report = evaluate(FakePipeline(change=worse), gold)
    comparison = compare(report, load_baseline(baseline))
    found = {each.key: each for each in comparison.drops}
    assert {"evidence@1", "evidence@3", "answer_in_citation", "answering_recall"} <= found.keys()
    assert found["evidence@1"].difference == pytest.approx(-10 / 30)
    assert found["evidence@1"].high < 0
    assert "nDCG@10" not in found
    page = render(report, comparison)
    assert "기준보다 뚜렷하게 나빠졌습니다" in page
    assert "−0.333" in page


def test_gain_is_no_drop(gold: DataSet, tmp_path: Path) -> None:
    write_report(evaluate(FakePipeline(change=worse), gold), tmp_path / "worse")
    comparison = compare(evaluate(FakePipeline(), gold), load_baseline(tmp_path / "worse" / "report.json"))
    assert not comparison.drops
    assert {each.key: each.verdict for each in comparison.changes}["evidence@1"] == "better"


def test_single_question_lost_is_within_chance(gold: DataSet, baseline: Path) -> None:
    lost = FakePipeline(change=lambda answer: silenced(answer) if answer.question.startswith("7번") else answer)
    (change,) = [
        each for each in compare(evaluate(lost, gold), load_baseline(baseline)).changes if each.key == "evidence@1"
    ]
    assert change.difference == pytest.approx(-1 / 30)
    assert change.verdict == "same"  # a resample in three lacks the question: the interval reaches 0


def test_direction_of_errors_and_times() -> None:
    assert Change("aurc", 0.1, 0.2, 0.1, 0.05, 0.15).verdict == "worse"
    assert Change("aurc", 0.2, 0.1, -0.1, -0.15, -0.05).verdict == "better"
    assert Change("aurc", 0.0698001, 0.0698002, 1e-7, 1e-8, 2e-7).verdict == "same", "another machine's rounding"
    slower = Change("latency_p50_ms", 10, 20, 10, 9, 11)
    assert (slower.verdict, slower.is_drop) == ("worse", False)
    assert [Change("first_right", 0.7, 0.7 + by, by, by - 0.001, by + 0.001).is_drop for by in (-0.009, -0.011)] == [
        False,
        True,
    ]


def test_only_shared_questions_are_compared(gold: DataSet, baseline: Path) -> None:
    comparison = compare(evaluate(FakePipeline(), gold, sample=12), load_baseline(baseline))
    assert comparison.shared == 12


def test_rows_in_the_same_order_give_the_same_changes(gold: DataSet) -> None:
    rows = evaluate(FakePipeline(), gold).rows
    assert all(each.low <= each.difference <= each.high for each in changes(rows, rows))


def test_baseline_on_other_data_is_refused(gold: DataSet, baseline: Path, tmp_path: Path) -> None:
    other = load_gold(ARTICLES, write_gold(tmp_path, {"id": "q0", "question": "공사비는"}))
    with pytest.raises(UsageError, match="다른 데이터"):
        compare(evaluate(FakePipeline(), other), load_baseline(baseline))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"dataset": 1, "provenance": {}, "rows": []}', '{"rows": [{}]}'])
def test_file_that_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UsageError, match="geungeo eval"):
        load_baseline(tmp_path / "report.json")


def test_missing_baseline_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="읽을 수 없습니다"):
        load_baseline(tmp_path / "none.json")


# The command


class Bench:
    """Runs the command on fakes and keeps what it said and opened."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.said: list[str] = []
        self.opened: list[FakePipeline] = []
        self.change = lambda answer: answer

    def open(self, dataset: DataSet, protocol: Protocol) -> System:
        self.opened.append(FakePipeline(dataset.articles or ARTICLES, change=self.change))
        return System(self.opened[-1])

    def run(self, *datasets: str, baseline: Path | None = None, sample: int | None = None) -> int:
        return run_eval(datasets, self.out, baseline, self.open, seeds, plan=Plan(sample=sample), echo=self.said.append)


def seeds() -> tuple[Article, ...]:
    return ARTICLES


@pytest.fixture
def bench(tmp_path: Path, gold_file: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(eval.plan, "load_gold", lambda articles: load_gold(articles, gold_file))
    return Bench(tmp_path / "out")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "set"
    path.mkdir()
    (path / "corpus.jsonl").write_text(json.dumps({"id": "d", "title": "", "text": "장서는 4만 권이다."}))
    (path / "queries.jsonl").write_text(json.dumps({"id": "q", "text": "장서는 몇 권"}))
    (path / "qrels.tsv").write_text("q\td\t1")
    return path


def test_seeds_are_the_default_and_go_straight_into_out(bench: Bench) -> None:
    assert bench.run() == 0
    files = {"report.html", "report.json", "answers.csv", "run.trec", "qrels.trec"}
    assert {path.name for path in bench.out.iterdir()} == files
    assert any("evidence@1" in line for line in bench.said)
    assert bench.said[-1].endswith("report.html")
    assert bench.opened[0].closed


def test_several_sets_get_a_folder_each(bench: Bench, folder: Path) -> None:
    assert bench.run("seeds", str(folder), str(folder)) == 0
    assert {path.name for path in bench.out.iterdir()} == {"seeds", "set", "set-2"}
    assert all((path / "run.trec").is_file() for path in bench.out.iterdir())


def test_drop_against_the_baseline_is_exit_one(bench: Bench, baseline: Path) -> None:
    bench.change = worse
    assert bench.run("seeds", baseline=baseline) == 1
    assert any(line.strip().startswith("나빠짐: 첫 인용 적중(evidence@1) −0.333") for line in bench.said)
    assert json.loads((bench.out / "report.json").read_text("utf-8"))["comparison"]["drops"]


def test_baseline_may_be_an_earlier_out_folder_even_the_same(bench: Bench, folder: Path) -> None:
    assert bench.run("seeds", str(folder)) == 0
    bench.change = worse
    assert bench.run("seeds", str(folder), baseline=bench.out) == 1
    bench.change = lambda answer: answer
    assert bench.run("seeds", str(folder), baseline=bench.out) == 0


def test_unfaithful_citation_is_exit_one_without_a_baseline(bench: Bench) -> None:
    bench.change = forged
    assert bench.run("seeds") == 1
    assert any("원문과 다른 인용" in line for line in bench.said)


def test_wrong_baseline_stops_before_anything_is_asked(bench: Bench, folder: Path, baseline: Path) -> None:
    with pytest.raises(UsageError, match="다른 데이터"):
        bench.run(str(folder), baseline=baseline)
    with pytest.raises(UsageError, match="--out"):
        bench.run("seeds", str(folder), baseline=baseline)
    assert not bench.opened


def test_unknown_data_set_is_a_usage_error(bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="gone"):
        bench.run(str(tmp_path / "gone"))
