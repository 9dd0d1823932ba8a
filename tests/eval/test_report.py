import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ir_measures
import pytest

from eval.datasets.datasets import DataSet, GoldQuestion, make_dataset
from eval.datasets.gold import load_gold
from eval.measures.catalogue import CATALOGUE, GROUPS, TAG_NAMES
from eval.measures.ranking import MEASURES
from eval.report import view as view_module
from eval.report.announce import announce_comparison, summary
from eval.report.baseline import compare, load_baseline
from eval.report.english import ENGLISH
from eval.report.report import render, to_record, write_report
from eval.results import Kept, Report, row_from_record
from eval.runner import evaluate
from index.articles import Article
from index.errors import StorageError
from rag.answers import Answer
from tests.support.eval_fakes import ARTICLES, NO_ANSWER, FakePipeline, forged, read_qrels, read_run, write_gold

EVIL = "<script>장서는 4만 권"


@pytest.fixture
def gold(tmp_path: Path) -> DataSet:
    return load_gold(
        ARTICLES,
        write_gold(
            tmp_path,
            {"id": "right", "question": "공사비는 얼마였나"},
            {"id": "silent", "question": "다리 놓는 데 든 돈"},
            {"id": "wrong", "question": EVIL, "tags": ["<b>"]},
            {"id": "bold", "question": "축제를 여는 까닭", "why": "<i>없음</i>", **NO_ANSWER},
        ),
    )


class Tags(HTMLParser):
    """Every tag with its attributes, and that they close in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_run_is_rescored_to_the_numbers_of_the_report(tmp_path: Path) -> None:
    articles = [Article(f"글 {place}", "", f"{place}번째 글은 {place * 7}쪽이다. 똑같은 말.") for place in range(15)]
    questions = [GoldQuestion(f"q {n}", f"{n}번째 글의 쪽수", relevant={f"글 {(n * 2) % 15}": 1}) for n in range(9)]
    report = evaluate(FakePipeline(articles), make_dataset("d", articles, questions))
    write_report(report, tmp_path)
    run = list(read_run((tmp_path / "run.trec").read_text("utf-8")))
    qrels = list(read_qrels((tmp_path / "qrels.trec").read_text("utf-8")))
    again = ir_measures.calc_aggregate(MEASURES.values(), qrels, run)
    for name, measure in MEASURES.items():
        assert again[measure] == pytest.approx(report.measures[name].value, abs=1e-12)
    assert 0 < report.measures["MRR@10"].value < 1
    assert len(run) > 10 * len(questions)


def test_json_is_strict_and_its_rows_read_back(gold: DataSet, tmp_path: Path) -> None:
    report = evaluate(FakePipeline(), gold)
    write_report(report, tmp_path)
    record = json.loads((tmp_path / "report.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert tuple(row_from_record(each) for each in record["rows"]) == report.rows
    assert record["format"] == 1
    assert record["measures"]["evidence@1"].keys() == {"value", "low", "high", "n"}
    assert record["breakdown"]["type"]["how_much"]["n"] == 4


def test_page_is_one_file_without_script_or_network(gold: DataSet) -> None:
    page = render(evaluate(FakePipeline(), gold))
    tags = Tags(page)
    assert not tags.open
    names = {name for name, _ in tags.found}
    assert not names & {"script", "link", "img", "iframe", "object", "i"}
    links = [each[key] for _, each in tags.found for key in ("href", "src", "xlink:href") if key in each]
    assert links
    assert all(link is not None and link.startswith("#") for link in links)
    assert not re.search(r"https?://|url\(|@import", page)
    anchors = {each.get("id") for _, each in tags.found}
    assert {link[1:] for link in links if link} <= anchors


def test_page_escapes_what_others_wrote(gold: DataSet) -> None:
    page = render(evaluate(FakePipeline(), gold))
    assert "<script" not in page
    assert "&lt;script&gt;장서는" in page
    assert "&lt;b&gt;" in page
    assert "&lt;i&gt;없음" in page


def test_page_lists_every_error_with_what_was_expected_and_cited(gold: DataSet) -> None:
    report = evaluate(FakePipeline(), gold)
    page = render(report)
    parts = {name: page.split(f'id="{name}"', 1)[1].split("</section>", 1)[0] for name in ("wrong", "silent", "bold")}
    assert [len(re.findall("<details", part)) for part in parts.values()] == [1, 1, 1]
    assert "장서는 4만 권이다." in parts["wrong"]  # cited
    assert "공사비는 320억원이었다." in parts["wrong"]  # expected
    assert "근거가 모자람" in parts["silent"]
    assert "가람시장은 10월에 축제를 연다." in parts["bold"]


def test_page_warns_of_a_quote_that_is_not_in_the_article(gold: DataSet) -> None:
    assert "인용 정확성이 깨졌습니다" not in render(evaluate(FakePipeline(), gold))
    page = render(evaluate(FakePipeline(change=forged), gold))
    assert "인용 정확성이 깨졌습니다" in page
    assert 'id="unfaithful"' in page
    assert "공사비는 420억원이었다." in page


def test_page_draws_four_pictures_and_dark_colours(gold: DataSet) -> None:
    page = render(evaluate(FakePipeline(), gold))
    for title in ("질문 유형별 첫 인용 적중", "위험–답한 비율 곡선", "확신도 보정", "답하는 시간 분포"):
        assert f"<title>{title}</title>" in page
    assert "prefers-color-scheme: dark" in page
    assert 'lang="ko"' in page


def test_pages_of_ranking_alone_and_of_a_probe_render(gold: DataSet) -> None:
    ranked = render(evaluate(FakePipeline(), gold, answers=False))
    assert "nDCG@10" in ranked
    assert "위험–답한 비율" not in ranked
    probe = make_dataset("probe", [], [GoldQuestion("q", "달의 둘레", answerable=False)])
    assert "기권 재현율" in render(evaluate(FakePipeline(), probe))


def test_record_keeps_the_first_ranks_and_the_run_all(tmp_path: Path) -> None:
    articles = [Article(f"a{place}", "", f"{place}번 글.") for place in range(14)]
    report = evaluate(
        FakePipeline(articles), make_dataset("d", articles, [GoldQuestion("q", "번 글", relevant={"a3": 1})])
    )
    assert len(to_record(report)["rows"][0]["ranking"]) == 10
    write_report(report, tmp_path)
    assert len((tmp_path / "run.trec").read_text("utf-8").splitlines()) == 14


def test_folder_that_cannot_be_written_is_a_storage_error(gold: DataSet, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageError, match="file"):
        write_report(evaluate(FakePipeline(), gold), blocked / "out")


HANGUL = re.compile("[가-힣]")


def english_report(change: Callable[[Answer], Answer] = lambda answer: answer) -> Report:
    """Of data without a Korean letter, so that every one on the page would be ours."""
    articles = [
        Article("a", "Bridge", "The bridge cost 320 won. It is red."),
        Article("b", "Fair", "The fair is open."),
    ]
    questions = [
        GoldQuestion(
            "q1", "cost of the bridge", "tune", "how_much", ("typo",), relevant={"a": 1}, answers=("320 won",),
            kind="table_cell",
        ),
        GoldQuestion("q2", "is the fair open", "test", "what", relevant={"a": 1}, answers=("red",), kind="prose"),
        GoldQuestion("q3", "xyzzy", answerable=False, why="no such thing", kind="near_miss"),
        GoldQuestion("q4", "the bridge", answerable=False, kind="near_miss", must_not=("320",)),
    ]  # fmt: skip
    return evaluate(FakePipeline(articles, change=change), make_dataset("d", articles, questions))


def test_an_english_page_has_no_korean_of_ours(tmp_path: Path) -> None:
    report = english_report()
    write_report(report, tmp_path)
    comparison = compare(report, load_baseline(tmp_path / "report.json"))
    kept = (
        Kept("nfd", 3, 0.9, 0.8, 0.89, 0.7, 1.0, korean="자모"),
        Kept("hanja", 0, skipped="바꿀 것이 있는 질문이 없음", korean="한자"),
    )
    page = render(replace(report, robustness=kept), comparison, "en")
    assert not HANGUL.search(page), HANGUL.findall(page)
    assert 'lang="en"' in page
    assert "Verdicts by kind of question" in page
    assert "table cell" in page
    assert not any(HANGUL.search(line) for line in summary(replace(report, robustness=kept), "en"))
    said: list[str] = []
    announce_comparison(comparison, said.append, "en")
    assert said
    assert not any(HANGUL.search(line) for line in said)
    assert not HANGUL.search(render(english_report(forged), None, "en"))
    write_report(report, tmp_path, lang="en")
    assert not HANGUL.search((tmp_path / "answers.csv").read_text("utf-8"))


def test_every_word_of_ours_has_its_english() -> None:
    folder = Path(view_module.__file__).parent
    used = {
        text
        for path in (*folder.rglob("*.j2"), *folder.glob("*.py"), folder.parent / "plan.py")
        for text in re.findall(
            r"""(?:_|\bsay)\(\\?["']((?:[^"'\\])*[가-힣](?:[^"'\\])*)\\?["']""", path.read_text("utf-8")
        )
    }
    assert len(used) > 90
    notes = {measure.note for measure in CATALOGUE} | set(GROUPS.values())
    assert (used | notes) - ENGLISH.keys() == set()
    places = re.compile(r"\{\w+[^}]*\}")
    assert all(sorted(places.findall(korean)) == sorted(places.findall(english)) for korean, english in ENGLISH.items())


def test_the_report_has_the_glossarys_word_for_each_thing() -> None:
    """An article is 글 and an answer 답 (docs/architecture.md); 문서 is a file, and to abstain is not to refuse."""
    names = [name for measure in CATALOGUE for name in (measure.korean, measure.note)] + list(TAG_NAMES.values())
    korean, english = [*ENGLISH, *names], [*ENGLISH.values(), *(measure.english for measure in CATALOGUE)]
    assert [text for text in korean if re.search("문서|기사|말뭉치|응답|대답", text)] == []
    assert [text for text in english if re.search("document|corpus|refus|snippet", text.lower())] == []
