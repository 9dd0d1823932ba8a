import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.datasets.datasets import GoldQuestion, GoldSpan
from eval.measures.abstention import aurc_of, auroc_of, calibration, ece_of, risk_coverage
from eval.measures.bootstrap import difference, intervals, point, quantile_of, ratio_of, resample_weights
from eval.measures.evidence import answer_strings, contains_answer, fold, is_exact, is_right, overlaps
from eval.measures.metrics import breakdown, estimates
from eval.measures.ranking import (
    MEASURES,
    first_relevant_rank,
    fold_to_articles,
    qrels_lines,
    retrieval_scores,
    run_lines,
    trec_id,
)
from eval.results import Cited, Row
from index.articles import Article, Passage
from rag.answers import Hit, Scores
from tests.support.eval_fakes import read_qrels, read_run


def hit(article_id: str, score: float, rank: int = 1) -> Hit:
    return Hit(rank, Passage(article_id, "", 0, 1, "가"), Scores(None, None, score))


def row(key: str, **changes: object) -> Row:
    plain: dict[str, object] = {
        "half": None,
        "type": None,
        "tags": (),
        "answerable": True,
        "why": "",
        "relevant": {},
        "expected": (),
    }
    return Row(**{"id": key, "question": key, "ranking": (), **plain, **changes})  # type: ignore[arg-type]


def array(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


# Retrieval


def test_articles_stand_at_their_best_passage() -> None:
    ranking = fold_to_articles([hit("a", 0.9), hit("b", 0.8), hit("a", 0.7), hit("c", 0.6)])
    assert [article_id for article_id, _ in ranking] == ["a", "b", "c"]


def test_equal_or_rising_scores_become_strictly_falling_in_single_precision() -> None:
    ranking = fold_to_articles([hit("a", 0.5), hit("b", 0.5), hit("c", 0.7)])
    scores = np.array([score for _, score in ranking], np.float32)
    assert (np.diff(scores) < 0).all()


def test_retrieval_measures_by_hand() -> None:
    rankings = {"q1": fold_to_articles([hit("x", 0.9), hit("a", 0.8), hit("b", 0.7)])}
    scores = retrieval_scores({"q1": {"a": 1, "b": 1}, "q2": {"a": 1}}, rankings)
    # DCG = 1/log2(3) + 1/log2(4); ideal = 1/log2(2) + 1/log2(3)
    expected = (1 / math.log2(3) + 1 / 2) / (1 + 1 / math.log2(3))
    assert scores["q1"]["nDCG@10"] == pytest.approx(expected)
    assert (scores["q1"]["Recall@1"], scores["q1"]["Recall@5"], scores["q1"]["MRR@10"]) == (0, 1, 0.5)
    assert scores["q2"] == dict.fromkeys(MEASURES, 0.0)  # judged, but nothing was found


def test_no_hits_at_all_is_zero_and_nothing_judged_is_nothing() -> None:
    assert retrieval_scores({"q": {"a": 1}}, {}) == {"q": dict.fromkeys(MEASURES, 0.0)}
    assert retrieval_scores({}, {"q": (("a", 1.0),)}) == {}


ids = st.text(st.sampled_from("가b %\u00a0\t"), min_size=1, max_size=4)
fused = st.floats(0, 1) | st.sampled_from([0.0, 0.5, 0.5000000001])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(ids, st.lists(st.tuples(ids, fused), max_size=14), min_size=1, max_size=4), st.data())
def test_run_files_rescore_to_the_same_numbers(found: dict[str, list[tuple[str, float]]], data: st.DataObject) -> None:
    rankings = {key: fold_to_articles([hit(*each) for each in hits]) for key, hits in found.items()}
    relevant = {key: data.draw(st.dictionaries(ids, st.integers(1, 3), min_size=1, max_size=4)) for key in found}
    run = list(read_run("\n".join(run_lines(rankings)) + "\n"))
    qrels = list(read_qrels("\n".join(qrels_lines(relevant)) + "\n"))
    scores = retrieval_scores(relevant, rankings)
    for name, measure in MEASURES.items():
        mean = sum(each[name] for each in scores.values()) / len(scores)
        again = ir_measures.calc_aggregate([measure], qrels, run)[measure] if run else 0.0
        assert again == pytest.approx(mean, abs=1e-12)


def test_ids_with_white_space_fit_a_column_and_stay_apart() -> None:
    assert trec_id("finance - 안내.pdf - 4") == "finance%20-%20안내.pdf%20-%204"
    assert trec_id("a b") != trec_id("a%20b")


def test_first_relevant_rank() -> None:
    ranking = (("a", 3.0), ("b", 2.0), ("c", 1.0))
    assert first_relevant_rank(ranking, {"c": 1, "a": 0}) == 3
    assert first_relevant_rank(ranking, {"d": 1}) is None


# Evidence

ARTICLE = Article("a", "", "공사비는 320억원이었다. 설계는  이서윤 기사가 맡았다.")
SPAN = GoldSpan("a", 5, 10, "320억원")


@pytest.mark.parametrize(
    ("article_id", "start", "end", "expected"),
    [("a", 0, 14, True), ("a", 9, 20, True), ("a", 10, 20, False), ("a", 0, 5, False), ("b", 0, 14, False)],
)
def test_overlap_needs_one_shared_character_of_the_same_article(
    article_id: str, start: int, end: int, expected: bool
) -> None:
    assert overlaps(GoldSpan(article_id, start, end, ""), [SPAN]) is expected


def test_folding_is_nfc_and_one_space() -> None:
    assert fold(" \u1109\u1165\u11af\u1100\u1168는\n 이서윤\u00a0") == "설계는 이서윤"
    assert contains_answer("설계는  이서윤 기사", ["설계는 이서윤"])


def test_only_answers_that_a_quote_could_hold_are_looked_for() -> None:
    question = GoldQuestion("q", "?", relevant={"a": 1}, answers=("320억원", "삼백이십억", "3", "설계는 이서윤"))
    assert answer_strings(question, lambda key: {"a": ARTICLE}.get(key)) == ("320억원", "설계는 이서윤")
    assert answer_strings(question, lambda _key: None) == ()


@pytest.mark.parametrize(
    ("start", "end", "quote", "expected"),
    [
        (5, 10, "320억원", True),
        (5, 10, "330억원", False),
        (4, 9, "320억원", False),
        (-33, -28, "320억원", False),
        (5, 5, "", False),
        (5, 99, ARTICLE.text[5:], False),
    ],
)
def test_exactness_is_the_slice_and_nothing_else(start: int, end: int, quote: str, expected: bool) -> None:
    assert is_exact(ARTICLE, start, end, quote) is expected
    assert not is_exact(None, start, end, quote)


def test_the_finest_verdict_decides() -> None:
    cited = GoldSpan("a", 0, 14, "")
    spans = GoldQuestion("q", "?", relevant={"a": 1}, answers=(GoldSpan("a", 20, 23, "이서윤"),))
    strings = GoldQuestion("q", "?", relevant={"a": 1}, answers=("320억원",))
    documents = GoldQuestion("q", "?", relevant={"a": 1})
    assert is_right(cited, "320억원", spans, ["320억원"]) is False  # right article and string, wrong place
    assert is_right(cited, "공사비는 320억원", strings, ["320억원"]) is True
    assert is_right(cited, "", documents, []) is True
    assert is_right(cited, "", GoldQuestion("q", "?"), []) is None
    assert is_right(cited, "", GoldQuestion("q", "?", answerable=False), []) is False


# Abstention


def test_auroc_counts_ties_as_one_half() -> None:
    # pairs (answerable, unanswerable): .9>.5, .9>.2, .5=.5, .5>.2 -> (1 + 1 + .5 + 1) / 4
    statistic = auroc_of(array(0.9, 0.5, 0.5, 0.2), array(1, 1, 0, 0))
    assert point(statistic, 4) == pytest.approx(3.5 / 4)


def test_auroc_of_one_class_is_undefined() -> None:
    assert math.isnan(point(auroc_of(array(0.9, 0.5), array(1, 1)), 2))


def test_aurc_is_the_mean_risk_over_the_questions() -> None:
    # most confident first: right, wrong, right, wrong -> risks 0, 1/2, 1/3, 2/4; mean (0 + .5 + .3333 + .5) / 4
    statistic = aurc_of(array(0.2, 0.9, 0.5, 0.7), array(1, 0, 0, 1))
    assert point(statistic, 4) == pytest.approx((0 + 1 / 2 + 1 / 3 + 2 / 4) / 4)


def test_risk_coverage_takes_ties_together() -> None:
    curve = risk_coverage([0.9, 0.5, 0.5, 0.1], [False, True, False, True])
    assert [(each.confidence, each.coverage) for each in curve] == [(0.9, 0.25), (0.5, 0.75), (0.1, 1.0)]
    assert [each.risk for each in curve] == pytest.approx([0, 1 / 3, 2 / 4])
    assert risk_coverage([], []) == []


def test_ece_weighs_each_bin_by_its_size() -> None:
    # bin [.2,.3): conf .2,.2, one right -> |.5 - .2| * 2/3; last bin: 1.0 wrong -> |0 - 1| * 1/3
    statistic = ece_of(array(0.2, 0.2, 1.0), array(1, 0, 0))
    assert point(statistic, 3) == pytest.approx(0.3 * 2 / 3 + 1 / 3)


def test_calibration_bins_that_hold_nothing_are_left_out() -> None:
    first, last = calibration([0.2, 0.22, 1.0], [True, False, False])
    assert (first.low, first.high, first.count, first.accuracy) == (0.2, 0.3, 2, 0.5)
    assert first.confidence == pytest.approx(0.21)
    assert (last.low, last.count, last.confidence, last.accuracy) == (0.9, 1, 1.0, 0.0)


cases = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.51, 1.0]), st.booleans()), min_size=1, max_size=12)


@given(cases, st.data())
def test_weighted_statistics_equal_their_slow_twins_on_repeated_questions(
    questions: list[tuple[float, bool]], data: st.DataObject
) -> None:
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(questions), max_size=len(questions)))
    repeated = [each for each, count in zip(questions, counts, strict=True) for _ in range(count)]
    if not repeated:
        return
    scores, flags = array(*[each[0] for each in questions]), array(*[each[1] for each in questions])
    weights = array(*counts)[None, :]
    assert auroc_of(scores, flags)(weights)[0] == pytest.approx(slow_auroc(repeated), nan_ok=True)
    assert aurc_of(scores, flags)(weights)[0] == pytest.approx(slow_aurc(repeated))
    assert quantile_of(scores, 0.5)(weights)[0] == sorted(each[0] for each in repeated)[(len(repeated) + 1) // 2 - 1]


def slow_auroc(pairs: list[tuple[float, bool]]) -> float:
    yes, no = ([score for score, flag in pairs if flag is wanted] for wanted in (True, False))
    wins = [(a > b) + 0.5 * (a == b) for a in yes for b in no]
    return sum(wins) / len(wins) if wins else math.nan


def slow_aurc(pairs: list[tuple[float, bool]]) -> float:
    risks = [[wrong for score, wrong in pairs if score >= least] for least, _ in pairs]
    return sum(sum(part) / len(part) for part in risks) / len(pairs)


# Bootstrap


def test_quantiles_are_nearest_rank() -> None:
    values = array(40, 10, 30, 20)
    assert point(quantile_of(values, 0.5), 4) == 20  # two of four are not above it
    assert point(quantile_of(values, 0.95), 4) == 40


def test_a_resample_that_draws_nothing_to_count_defines_nothing() -> None:
    drawn_neither, drawn_both = array(0, 2), array(1, 1)
    ratio = ratio_of(array(3, 1), array(1, 0))(np.stack([drawn_neither, drawn_both]))
    assert np.isnan(ratio[0])
    assert ratio[1] == 4
    assert np.isnan(quantile_of(array(7, 8), 0.5)(np.zeros((1, 2)))[0])
    low, high = intervals({"kept": ratio_of(array(1, 1, 1), array(1, 0, 0))}, 3)[
        "kept"
    ]  # found once plainly, always changed
    assert math.isfinite(low)
    assert math.isfinite(high)


def test_resamples_draw_n_questions_and_repeat_exactly() -> None:
    blocks = list(resample_weights(7, 50, seed=3))
    weights = np.concatenate(blocks)
    assert weights.shape == (50, 7)
    assert (weights.sum(axis=1) == 7).all()
    assert (weights == np.concatenate(list(resample_weights(7, 50, seed=3)))).all()


def test_interval_of_a_mean_is_near_the_normal_one() -> None:
    values = array(*[1.0] * 60 + [0.0] * 40)
    low, high = intervals({"mean": ratio_of(values, np.ones(100))}, 100, resamples=2000)["mean"]
    # .6 ± 1.96 * sqrt(.6 * .4 / 100) = .504 to .696
    assert (low, high) == pytest.approx((0.504, 0.696), abs=0.015)


def test_paired_difference_is_narrower_than_the_two_apart() -> None:
    hard = np.tile(array(0, 1), 50)
    better = np.where(np.arange(100) < 10, 1.0, hard)  # five more questions right, none less
    change = difference(ratio_of(better, np.ones(100)), ratio_of(hard, np.ones(100)))
    low, high = intervals({"change": change}, 100)["change"]
    assert point(change, 100) == pytest.approx(0.05)
    assert 0 < low < 0.05 < high < 0.11


def test_never_defined_statistic_has_no_interval() -> None:
    low, high = intervals({"none": ratio_of(np.zeros(3), np.zeros(3))}, 3)["none"]
    assert math.isnan(low)
    assert math.isnan(high)


# Aggregates


def decision(key: str, answerable: bool, answered: bool, right: bool | None = None, **changes: object) -> Row:
    return row(key, asked=True, answerable=answerable, answered=answered, right=right, latency_ms=10.0, **changes)


def test_precision_and_recall_of_both_decisions() -> None:
    rows = [
        *(decision(f"a{place}", True, True, place < 5) for place in range(6)),  # answered: 5 right, 1 wrong
        *(decision(f"s{place}", True, False, False) for place in range(2)),  # should have answered
        *(decision(f"b{place}", False, True, False) for place in range(1)),  # should have abstained
        *(decision(f"n{place}", False, False, False) for place in range(3)),
    ]
    found = {key: each.value for key, each in estimates(rows, resamples=50).items()}
    assert found["abstaining_precision"] == pytest.approx(3 / 5)  # of 5 abstentions 3 had no answer
    assert found["abstaining_recall"] == pytest.approx(3 / 4)  # of 4 without answer 3 were left
    assert found["answering_precision"] == pytest.approx(6 / 7)  # of 7 answered 6 had one
    assert found["answering_recall"] == pytest.approx(6 / 8)
    assert found["right_when_answered"] == pytest.approx(5 / 7)
    assert found["latency_p50_ms"] == 10


def test_measures_without_their_class_are_absent_not_zero() -> None:
    answerable = estimates([decision("a", True, True, True, values={"nDCG@10": 1.0})], resamples=20)
    probe = estimates([decision("n", False, False, False)], resamples=20)
    assert not {"abstaining_precision", "abstaining_recall", "auroc"} & answerable.keys()
    assert not {"nDCG@10", "evidence@1", "answering_recall", "auroc", "right_when_answered"} & probe.keys()
    assert probe["abstaining_recall"].value == 1


def test_unanswerable_question_is_no_retrieval_zero() -> None:
    rows = [decision("a", True, True, True, values={"nDCG@10": 0.5}), decision("n", False, False, False)]
    found = estimates(rows, resamples=20)["nDCG@10"]
    assert (found.value, found.n) == (0.5, 1)


def test_exactness_is_over_citations() -> None:
    exact, forged = (Cited("a", "", 0, 1, "가", verdict, True) for verdict in (True, False))
    rows = [
        decision("a", True, True, True, citations=(exact, exact)),
        decision("b", True, True, True, citations=(forged,)),
    ]
    found = estimates(rows, resamples=20)["citation_exactness"]
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3


def test_breakdown_puts_a_question_into_each_of_its_tags() -> None:
    rows = [
        decision("a", True, True, True, tags=("alias", "nfd"), type="who", half="test", values={"evidence@1": 1.0}),
        decision("b", True, True, False, tags=("nfd",), type="who", half="tune", values={"evidence@1": 0.0}),
    ]
    parts = breakdown(rows, resamples=20)
    assert {name: part.n for name, part in parts["tag"].items()} == {"alias": 1, "nfd": 2}
    assert parts["tag"]["nfd"].measures["evidence@1"].value == 0.5
    assert (list(parts["half"]), list(parts["type"])) == (["test", "tune"], ["who"])
