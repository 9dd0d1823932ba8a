"""The tables of docs/evaluation.md: what is made of the numbers that scripts/docs/evaluation.py keeps."""

import math
from typing import Any

import pytest

from scripts.docs import evaluation as evaluate


def estimate(value: float, margin: float) -> dict[str, float]:
    return {"value": value, "low": value - margin, "high": value + margin}


def ablation(value: float, margin: float) -> dict[str, Any]:
    return {"gain": estimate(value, margin), "better_half": "dense", "steps": []}


def test_the_gain_of_one_set() -> None:
    said = evaluate.mean_gain({"korquad1": ablation(0.04, 0.01)})
    assert said == "Mean of learned − better half over 1 set: +0.0400 (95 %: +0.0300 to +0.0500)."


def test_a_second_protocol_of_a_set_moves_its_mean_and_narrows_nothing() -> None:
    found = {"korquad1": ablation(0.02, 0.01), "korquad1-mixed": ablation(0.06, 0.03)}
    said = evaluate.mean_gain(found)
    assert said == "Mean of learned − better half over 1 set: +0.0400 (95 %: +0.0100 to +0.0700)."


def test_sets_count_alike_and_their_variances_add() -> None:
    found = {
        "korquad1": ablation(0.02, 0.01),
        "korquad1-mixed": ablation(0.06, 0.03),
        "autorag_ko_embed": ablation(0.10, 0.04),
    }
    margin = math.hypot(0.03, 0.04) / 2
    said = evaluate.mean_gain(found)
    assert (
        said
        == f"Mean of learned − better half over 2 sets: +0.0700 (95 %: {0.07 - margin:+.4f} to {0.07 + margin:+.4f})."
    )


@pytest.mark.parametrize(
    ("found", "shown"),
    [(None, "–"), (estimate(0.972, 0.02), "0.972 (0.952–0.992)")],
)
def test_an_interval(found: dict[str, float] | None, shown: str) -> None:
    assert evaluate.interval(found) == shown


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (None, ""),
        (estimate(0.1, 0.2), ""),
        (estimate(0.1, 0.1), ""),
        (estimate(0.2, 0.1), " ↑"),
        (estimate(-0.2, 0.1), " ↓"),
    ],
)
def test_an_arrow_only_where_the_whole_interval_is_on_one_side(found: dict[str, float] | None, shown: str) -> None:
    assert evaluate.change(found) == shown


def test_measures_of_the_parts_that_have_one() -> None:
    results = {
        "seeds": {"index": {"articles": 5}, "measures": {"auroc": {**estimate(0.7, 0.1), "n": 178}}},
        "korquad1": {"index": {"articles": 140}, "measures": {}},
        "autorag": {"index": {"articles": 382}, "measures": {"auroc": {**estimate(1.0, 0.0), "n": 1}}},
    }
    assert evaluate.measures_table(results, {"auroc": "AUROC", "aurc": "area"}).splitlines() == [
        "|  | articles | questions | AUROC | area |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| seeds | 5 | 178 | 0.700 (0.600–0.800) | – |",
    ]


def test_the_ablation_table() -> None:
    steps = [
        {"name": "words", "value": estimate(0.8, 0.1), "change": None},
        {"name": "dense", "value": estimate(0.9, 0.1), "change": estimate(0.1, 0.05)},
    ]
    results = {"korquad1": {"ablation": {**ablation(0.04, 0.01), "steps": steps}}, "seeds": {"ablation": None}}
    lines = evaluate.ablation_table(results).splitlines()
    assert lines[2:5] == [
        "| words | 0.8000 |",
        "| dense | 0.9000 ↑ |",
        "| learned − better half | 0.0400 (0.0300–0.0500) over dense |",
    ]
    assert lines[-1] == evaluate.mean_gain({"korquad1": ablation(0.04, 0.01)})
    assert evaluate.ablation_table({"seeds": {"ablation": None}}) == "Not measured yet."


def test_the_robustness_table_has_every_form_of_every_part() -> None:
    def kept(name: str, skipped: str = "") -> dict[str, Any]:
        return {"name": name, "n": 9, "plain": 1.0, "changed": 0.9, "ratio": 0.9, "skipped": skipped}

    results = {
        "robustness-seeds": {"robustness": [kept("nfd"), kept("english")]},
        "robustness-korquad1": {"robustness": [kept("nfd", "none"), kept("hanja")]},
        "seeds": {"robustness": []},
    }
    found = "0.900 of 1.000 = 0.900 (n=9)"
    assert evaluate.robustness_table(results).splitlines() == [
        "| kept in the top three | robustness-seeds | robustness-korquad1 |",
        "| --- | ---: | ---: |",
        f"| nfd | {found} | – |",
        f"| english | {found} | – |",
        f"| hanja | – | {found} |",
    ]


def test_the_document_has_every_marker_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "tables", lambda: iter([("retrieval", "| new |")]))
    marked = "a\n<!-- table: retrieval -->\n| old |\n<!-- end -->\nb"
    assert evaluate.rewrite(marked) == marked.replace("old", "new")
    for wrong in ("no marker", marked * 2):
        with pytest.raises(SystemExit):
            evaluate.rewrite(wrong)


def test_every_table_of_the_script_is_in_the_document() -> None:
    document = evaluate.DOCUMENT.read_text("utf-8")
    assert all(f"<!-- table: {name} -->" in document for name, _ in evaluate.tables())


def test_every_part_is_named_once() -> None:
    names = [part.name for part in evaluate.PARTS]
    assert len(names) == len(set(names))
