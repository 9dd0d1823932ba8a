"""The first citation graded by letters, each number counted by hand."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.datasets.datasets import DataSet, GoldQuestion, GoldSpan, make_dataset
from eval.measures.verdicts import must_not_cited, squash, verdicts
from eval.report.answers_table import COLUMNS
from eval.report.baseline import compare, load_baseline, save_baseline
from eval.report.kinds import kind_table
from eval.report.report import render, to_record, write_report
from eval.results import Report, row_from_record
from eval.runner import evaluate
from rag.answers import Answer, Certainty
from tests.support.eval_fakes import ARTICLES, FakePipeline

ASKED = GoldQuestion("q", "얼마?", answers=("320억원",), kind="table_cell", must_not=("4만 권",))
NOTHING = replace(ASKED, answerable=False, answers=())


def test_squash_leaves_letters_alone() -> None:
    assert squash("<b>320</b> 억\n원&nbsp;（Ａ）") == "320억원(A)"
    assert squash(f"<{'a' * 201}>") == f"<{'a' * 201}>"  # too long for a tag
    assert squash("<막차> 3 < 4 > 2 <표 3></td><br/>") == "<막차>3<4>2<표3>"


@pytest.mark.parametrize(
    ("question", "quotes", "certainty", "expected"),
    [
        (ASKED, ["공사비는 320 억원"], None, {"first_right": 1, "any_right": 1, "right_overall": 1}),
        (ASKED, ["4만 권", "320억원"], None, {"wrong_first": 1, "any_right": 1, "must_not_cited": 1}),
        (ASKED, ["4만 권 320억원"], None, {"first_right": 1, "any_right": 1, "right_overall": 1}),
        (ASKED, [], None, {"refused_answerable": 1, "refusal_precision": 0}),
        (NOTHING, [], None, {"refused_unanswerable": 1, "right_overall": 1, "refusal_precision": 1}),
        (NOTHING, ["320억원"], "high", {"refused_unanswerable": 0, "sure_and_wrong": 1, "sure_right": 0}),
        (ASKED, ["320억원"], "high", {"first_right": 1, "any_right": 1, "right_overall": 1, "sure_right": 1}),
        (ASKED, ["모름"], "medium", {"wrong_first": 1, "sure_and_wrong": 0}),
    ],
)
def test_verdicts(question: GoldQuestion, quotes: list[str], certainty: str | None, expected: dict[str, float]) -> None:
    found = verdicts(question, quotes, certainty)
    assert {key: found[key] for key in expected} == expected
    assert all(value == 0 for key, value in found.items() if key not in expected)


@pytest.mark.parametrize("answer", ["<막차>", "<b></b>", " ", ""])
def test_an_answer_in_brackets_or_of_no_letters_is_not_in_every_quote(answer: str) -> None:
    asked = replace(ASKED, answers=(answer,), must_not=(answer,))
    found = verdicts(asked, ["첫차는 5시다"], None)
    assert (found["first_right"], found["wrong_first"], found["must_not_cited"]) == (0, 1, 0)
    assert verdicts(asked, ["<막차>는 23시다"], None)["first_right"] == (answer == "<막차>")


def test_what_is_not_defined_is_absent() -> None:
    assert verdicts(replace(ASKED, kind=None), ["320억원"], "high") == {}
    assert "refusal_precision" not in verdicts(ASKED, ["320억원"], None)
    assert "sure_and_wrong" not in verdicts(ASKED, ["320억원"], None)
    assert "must_not_cited" not in verdicts(replace(ASKED, must_not=()), ["4만 권"], None)


def test_what_must_not_be_cited_is_named() -> None:
    assert must_not_cited(ASKED, ["장서 4만권"]) == ("4만 권",)
    assert must_not_cited(ASKED, ["다른 말", "4만 권"]) == ()


@pytest.fixture
def kinds() -> DataSet:
    """Right, wrong with a must-not, refused though answerable, rightly refused, answered though nothing answers."""
    cost = GoldSpan("bridge", 29, 34, "320억원")
    return make_dataset(
        "own",
        ARTICLES,
        [
            GoldQuestion("a", "공사비는 320억원", relevant={"bridge": 1}, answers=(cost,), kind="phone"),
            GoldQuestion(
                "b", "장서는 4만 권", relevant={"bridge": 1}, answers=(cost,), kind="phone", must_not=("4만 권",)
            ),
            GoldQuestion("c", "달의 둘레", relevant={"bridge": 1}, answers=(cost,), kind="phone"),
            GoldQuestion("d", "달의 무게", answerable=False, kind="near_miss", why="달"),
            GoldQuestion("e", "=입장료는 없다", answerable=False, kind="near_miss"),
        ],
    )


@pytest.fixture
def report(kinds: DataSet) -> Report:
    return evaluate(FakePipeline(), kinds)


def test_measures_over_all_and_by_kind(report: Report) -> None:
    found = {key: (each.value, each.n) for key, each in report.measures.items()}
    assert found["first_right"] == found["wrong_first"] == found["refused_answerable"] == (pytest.approx(1 / 3), 3)
    assert found["refused_unanswerable"] == (0.5, 2)
    assert found["refusal_precision"] == (0.5, 2)
    assert found["right_overall"] == (pytest.approx(0.4), 5)
    assert found["must_not_cited"] == (1.0, 1)
    assert "sure_and_wrong" not in found
    assert report.breakdown["kind"]["phone"].n == 3
    assert report.breakdown["kind"]["near_miss"].measures["refused_unanswerable"].value == 0.5


def test_certainty_is_read_where_an_answer_has_one(kinds: DataSet) -> None:
    def sure(answer: Answer) -> Answer:
        return replace(answer, certainty=Certainty.HIGH)

    report = evaluate(FakePipeline(change=sure), kinds)
    assert {row.certainty for row in report.rows} == {"high"}
    assert report.measures["sure_and_wrong"].value == pytest.approx(2 / 5)
    assert report.measures["sure_right"].value == pytest.approx(1 / 3)


def test_page_shows_a_line_for_each_kind(report: Report) -> None:
    table = kind_table(report)
    assert table is not None
    assert [(line.name, line.answerable, line.unanswerable) for line in table.lines] == [
        ("모든 유형", 3, 2),
        ("비슷하지만 없음 (near_miss)", 0, 2),
        ("전화번호 (phone)", 3, 0),
    ]
    assert 'aria-label="맞음 40%, 잘못 기권 20%, 틀림 40%"' in table.lines[0].bar
    page = render(report)
    assert "질문 종류별 판정" in page
    assert "피할 글을 인용함" in page


def test_rows_come_back_from_a_report_also_from_an_older_one(report: Report) -> None:
    record = json.loads(json.dumps(to_record(report)))["rows"][1]
    assert row_from_record(record) == report.rows[1]
    older = {name: value for name, value in record.items() if name not in ("kind", "certainty", "must_not")}
    assert row_from_record(older).must_not == ()


def test_a_baseline_keeps_the_verdicts(report: Report, tmp_path: Path) -> None:
    save_baseline(report, tmp_path / "base.json")
    comparison = compare(report, load_baseline(tmp_path / "base.json"))
    assert {change.key for change in comparison.changes} >= {"first_right", "refusal_precision", "must_not_cited"}
    assert not comparison.drops


def test_every_answer_is_in_the_table_beside_the_report(report: Report, tmp_path: Path) -> None:
    write_report(report, tmp_path)
    text = (tmp_path / "answers.csv").read_text("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert tuple(head) == COLUMNS
    found = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert [found[key]["right"] for key in "abcde"] == ["yes", "no", "no", "yes", "no"]
    assert found["a"]["first_quote"] == "공사비는 320억원이었다."
    assert (found["c"]["first_quote"], found["c"]["reason"], found["c"]["expected"]) == ("", "low_support", "320억원")
    assert found["d"]["expected"] == "(답 없음) 달"
