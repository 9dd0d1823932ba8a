"""Two reports beside each other: what became better or worse, as a page and for a spreadsheet."""

import argparse
import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from eval import entry
from eval.datasets.datasets import DataSet
from eval.datasets.gold import load_gold
from eval.report.answers_table import csv_text
from eval.report.report import write_report
from eval.runner import evaluate
from index.errors import UsageError
from rag.answers import Answer
from rag.settings import Settings
from tests.support.eval_fakes import ARTICLES, NO_ANSWER, FakePipeline, write_gold


def silent(answer: Answer) -> Answer:
    return replace(answer, answered=False, citations=())


@pytest.fixture
def gold(tmp_path: Path) -> DataSet:
    return load_gold(
        ARTICLES,
        write_gold(
            tmp_path,
            {"id": "right", "question": "공사비는 얼마였나"},
            {"id": "bold", "question": "=축제를 여는 까닭", "why": "<i>없음</i>", **NO_ANSWER},
        ),
    )


def compared(tmp_path: Path, gold: DataSet, lang: str) -> tuple[int, str, list[list[str]]]:
    write_report(evaluate(FakePipeline(), gold), tmp_path / "before")
    write_report(evaluate(FakePipeline(change=silent), gold), tmp_path / "after")
    names = ["compare", str(tmp_path / "before"), str(tmp_path / "after" / "report.json")]
    arguments = argparse.Namespace(datasets=names, lang=lang, out=tmp_path / "out")
    code = entry.run(arguments, Settings(data=tmp_path, cache=tmp_path))
    text = (tmp_path / "out" / "compare.csv").read_text("utf-8-sig")
    return code, (tmp_path / "out" / "compare.html").read_text("utf-8"), list(csv.reader(io.StringIO(text)))


def test_what_changed_comes_first_with_both_answers(
    tmp_path: Path, gold: DataSet, capsys: pytest.CaptureFixture[str]
) -> None:
    code, page, rows = compared(tmp_path, gold, "ko")
    assert code == 0
    assert capsys.readouterr().out.startswith("나빠짐 1, 좋아짐 1, 답이 다름 0, 그대로 0\n")
    assert rows[0][:5] == ["id", "질문", "기대한 것", "변화", "앞 판정"]
    worse, better = rows[1:]
    assert (worse[0], worse[3:]) == ("right", ["나빠짐", "맞음", "공사비는 320억원이었다.", "잘못 기권", ""])
    assert (better[0], better[3], better[4], better[6]) == ("bold", "좋아짐", "틀림", "옳은 기권")
    assert "<i>없음</i>" not in page
    assert "&lt;i&gt;없음" in page
    assert "함께 물은 질문 2개" in page


def test_in_english(tmp_path: Path, gold: DataSet, capsys: pytest.CaptureFixture[str]) -> None:
    _, page, rows = compared(tmp_path, gold, "en")
    assert capsys.readouterr().out.startswith("worse 1, better 1, another answer 0, same 0\n")
    assert rows[0][3] == "change"
    assert "Two reports side by side" in page
    assert "2 questions asked in both" in page


def test_nothing_in_a_table_is_calculated(tmp_path: Path, gold: DataSet) -> None:
    _, _, rows = compared(tmp_path, gold, "ko")
    assert rows[2][1] == "'=축제를 여는 까닭"
    cells = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "1-2", "가=나"]
    shown = next(csv.reader(io.StringIO(csv_text([cells]).removeprefix("\ufeff"), newline="")))
    assert shown == [*(f"'{cell}" for cell in cells[:5]), "'\nx", *cells[6:]]


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "c"]])
def test_two_reports_are_wanted(tmp_path: Path, names: list[str]) -> None:
    arguments = argparse.Namespace(datasets=["compare", *names], lang="ko", out=tmp_path)
    with pytest.raises(UsageError, match="보고서 둘"):
        entry.run(arguments, Settings(data=tmp_path, cache=tmp_path))
