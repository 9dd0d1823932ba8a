from dataclasses import replace
from pathlib import Path

import pytest

from eval.datasets.datasets import DataSet, GoldQuestion, GoldSpan, make_dataset
from eval.datasets.gold import load_gold
from eval.results import Row
from eval.runner import evaluate
from index.articles import Article
from index.errors import UsageError
from tests.support.eval_fakes import ARTICLES, NO_ANSWER, FakePipeline, forged, silenced, write_gold


@pytest.fixture
def gold(tmp_path: Path) -> DataSet:
    """Three answerable questions, one of them in words the articles do not use, and two without an answer."""
    return load_gold(
        ARTICLES,
        write_gold(
            tmp_path,
            {"id": "right", "question": "공사비는 얼마였나"},
            {"id": "worded", "question": "다리 놓는 데 든 돈", "half": "tune"},
            {"id": "misled", "question": "축제 입장료는 없다면 공사비는?"},
            {"id": "far", "question": "달의 둘레", "why": "달 이야기는 없음", **NO_ANSWER},
            {"id": "near", "question": "축제를 여는 까닭", "why": "까닭은 적혀 있지 않음", **NO_ANSWER},
        ),
    )


def by_id(rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.id: row for row in rows}


def test_every_question_is_judged(gold: DataSet) -> None:
    rows = by_id(evaluate(FakePipeline(), gold).rows)
    assert rows["right"].values["evidence@1"] == rows["right"].values["answer_in_citation"] == 1
    assert rows["right"].right is True
    assert (rows["worded"].answered, rows["worded"].values["evidence@1"], rows["worded"].reason) == (
        False,
        0,
        "low_support",
    )
    assert (rows["misled"].values["evidence@1"], rows["misled"].values["evidence@3"]) == (0, 1)
    assert (rows["far"].answered, rows["far"].right, dict(rows["far"].values)) == (False, False, {})
    assert rows["near"].answered


def test_aggregates_follow_from_the_rows(gold: DataSet) -> None:
    measures = evaluate(FakePipeline(), gold).measures
    assert measures["evidence@1"].value == pytest.approx(1 / 3)
    assert measures["abstaining_recall"].value == pytest.approx(1 / 2)
    assert measures["abstaining_precision"].value == pytest.approx(1 / 2)
    assert measures["citation_exactness"].value == 1
    assert measures["nDCG@10"].n == 3
    assert measures["latency_p50_ms"].value > 0


def test_same_input_gives_the_same_report_but_for_time(gold: DataSet) -> None:
    once, again = (evaluate(FakePipeline(), gold) for _ in range(2))
    rows = [[replace(row, latency_ms=0.0) for row in report.rows] for report in (once, again)]
    assert rows[0] == rows[1]
    assert once.measures["auroc"] == again.measures["auroc"]


def test_forged_quote_is_caught_against_our_own_copy(gold: DataSet) -> None:
    report = evaluate(FakePipeline(change=forged), gold)
    assert report.measures["citation_exactness"].value < 1
    assert [row.id for row in report.rows for cited in row.citations if not cited.exact] == ["right"]


def test_silent_pipeline_scores_no_evidence_and_keeps_its_retrieval(gold: DataSet) -> None:
    spoken, silent = evaluate(FakePipeline(), gold), evaluate(FakePipeline(change=silenced), gold)
    assert silent.measures["evidence@1"].value == 0
    assert silent.measures["abstaining_recall"].value == 1
    assert silent.measures["nDCG@10"] == spoken.measures["nDCG@10"]
    assert "answering_precision" not in silent.measures  # nothing was answered


def test_abstention_is_judged_by_its_nearest_passage(gold: DataSet) -> None:
    rows = by_id(evaluate(FakePipeline(change=silenced), gold).rows)
    assert (rows["right"].right, rows["misled"].right) == (True, False)


def test_half_is_asked_alone(gold: DataSet) -> None:
    report = evaluate(FakePipeline(), gold, half="tune")
    assert [row.id for row in report.rows] == ["worded"]
    assert report.settings["half"] == "tune"


def test_progress_counts_the_questions(gold: DataSet) -> None:
    seen: list[tuple[int, int]] = []
    evaluate(FakePipeline(), gold, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(place, 5) for place in range(1, 6)]


def test_without_answers_nothing_is_asked(gold: DataSet) -> None:
    pipeline = FakePipeline()
    report = evaluate(pipeline, gold, answers=False)
    assert pipeline.asked == []
    assert set(report.measures) == {"nDCG@10", "Recall@1", "Recall@5", "Recall@10", "MRR@10"}


def test_no_search_where_the_answer_already_ranks_enough() -> None:
    articles = [Article(f"a{place:02}", "", f"{place}번 글의 말이다.") for place in range(12)]
    wide, narrow = (
        make_dataset("d", part, [GoldQuestion("q", "1번 글의 말", relevant={"a01": 1})])
        for part in (articles, articles[:4])
    )
    for dataset in (wide, narrow):
        pipeline = FakePipeline(dataset.articles)
        row = evaluate(pipeline, dataset).rows[0]
        assert pipeline.searched == []
        assert len(row.ranking) == len(dataset.articles)
        assert row.values["nDCG@10"] == 1


def test_search_goes_deeper_where_one_article_fills_the_first_passages() -> None:
    long = Article("long", "", "\n".join(f"가나다 {place}." for place in range(80)))
    short = Article("short", "", "라마바.")
    dataset = make_dataset("d", [long, short], [GoldQuestion("q", "가나다", relevant={"short": 1})])
    pipeline = FakePipeline(dataset.articles)
    assert [name for name, _ in evaluate(pipeline, dataset).rows[0].ranking] == ["long", "short"]
    assert len(pipeline.searched) == 2


def test_probe_is_checked_against_the_articles_of_the_pipeline() -> None:
    probe = make_dataset("probe", [], [GoldQuestion("q", "한빛대교가 준공된 날", answerable=False)])
    measures = evaluate(FakePipeline(), probe).measures
    assert measures["citation_exactness"].value == 1
    assert measures["abstaining_recall"].value == 0
    with pytest.raises(UsageError, match="qrels"):
        evaluate(FakePipeline(), probe, answers=False)


def test_citation_of_an_article_outside_the_corpus_is_not_exact(gold: DataSet) -> None:
    unknown = Article("other", "", "공사비는 얼마였나 묻는다.")
    report = evaluate(FakePipeline([*ARTICLES, unknown]), gold)
    assert by_id(report.rows)["right"].citations[0].exact  # the pipeline vouches for what the data set lacks
    assert by_id(report.rows)["right"].right is False


def test_refused_question_is_an_abstention_and_does_not_stop_the_rest() -> None:
    span = GoldSpan("bridge", 29, 34, "320억원")
    asked = [
        GoldQuestion("bad", "거절", relevant={"bridge": 1}, answers=(span,)),
        GoldQuestion("good", "공사비는", relevant={"bridge": 1}, answers=(span,)),
    ]
    rows = by_id(evaluate(FakePipeline(), make_dataset("d", ARTICLES, asked)).rows)
    assert (rows["bad"].answered, rows["bad"].reason, rows["bad"].values["evidence@1"]) == (False, "usage", 0)
    assert rows["good"].right is True


def test_string_answers_and_bare_qrels_are_judged_too() -> None:
    asked = [
        GoldQuestion("string", "공사비는 얼마였나", relevant={"bridge": 1}, answers=("320억원", "삼백이십억 원")),
        GoldQuestion("document", "장서는 몇 권", relevant={"library": 1}),
    ]
    rows = by_id(evaluate(FakePipeline(), make_dataset("d", ARTICLES, asked)).rows)
    assert rows["string"].values["answer_in_citation"] == 1
    assert "evidence@1" not in rows["string"].values  # no offsets are known
    assert (rows["string"].right, rows["document"].right) == (True, True)
    assert "answer_in_citation" not in rows["document"].values


def test_report_records_what_made_it(gold: DataSet) -> None:
    report = evaluate(FakePipeline(), gold, settings={"top_k": 5})
    assert report.dataset == {"name": "seeds", "sha256": gold.sha256, "articles": 3, "questions": 5, "unjudged": 0}
    assert report.index["encoder"] == "bigram-fake"
    assert report.settings["top_k"] == 5
    assert {"version", "commit", "created_at", "python"} <= report.provenance.keys()
