"""The fitted numbers: what travels with the package fits the code, and the arithmetic is the textbook's."""

import json
import math
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from index.articles import Passage
from rag.answers import Hit, Scores
from rag.evidence.confidence import FEATURES, confidence_features
from rag.evidence.evidence import Usual, within_question
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.ranking.models import Logistic, packaged_models
from rag.ranking.trees import Trees

RECORD = {"features": ["a", "b"], "mean": [1, 2], "scale": [0.5, 4], "weights": [2, -3], "bias": 0.25}


def slow_logit(row: list[float]) -> float:
    return 0.25 + 2 * (row[0] - 1) / 0.5 - 3 * (row[1] - 2) / 4


@pytest.mark.parametrize("row", [[0.0, 0.0], [1.0, 2.0], [-3.5, 8.25], [1e-9, -2.0]])
def test_logistic_is_the_formula(row: list[float]) -> None:
    model = Logistic.from_record(RECORD)
    assert model.features == ("a", "b")
    assert model.logit(np.array([row]))[0] == pytest.approx(slow_logit(row))
    assert model.probability(np.array([row]))[0] == pytest.approx(1 / (1 + math.exp(-slow_logit(row))))


def test_logistic_takes_many_rows_and_never_overflows() -> None:
    model = Logistic.from_record(RECORD)
    rows = np.array([[1e9, 0.0], [-1e9, 0.0], [1.0, 2.0]])
    assert model.logit(rows).shape == (3,)
    assert model.probability(rows) == pytest.approx([1.0, 0.0, 1 / (1 + math.exp(-0.25))], abs=1e-9)
    assert model.logit(np.empty((0, 2))).shape == (0,)


def test_packaged_models_are_for_the_features_of_this_code() -> None:
    models = packaged_models()
    assert models.evidence.features == (*EVIDENCE_FEATURES, *(f"{name}_apart" for name in EVIDENCE_FEATURES))
    assert models.confidence.features == FEATURES
    assert 0 < models.bounds.threshold <= models.bounds.medium <= models.bounds.high < 1
    for model in (models.evidence, models.confidence):
        assert isinstance(model, Trees)
        assert 0 <= model.feature.min() <= model.feature.max() < len(model.features)
        assert np.isfinite(model.value).all()
        assert model.depth <= 7


def test_packaged_models_say_what_fitted_them() -> None:
    record = json.loads(files("rag").joinpath("data/models.json").read_text(encoding="utf-8"))
    script = Path(__file__).parents[3] / record["fitted_by"]
    assert "rag/data/models.json" in script.read_text("utf-8")


def hit(rank: int, dense: float | None, fused: float = 0.5) -> Hit:
    return Hit(rank, Passage("글", "", 0, 3, "가."), Scores(dense, 1.0, fused))


def features(hits: list[Hit], rows: list[dict[str, float]], scores: list[float], articles: str) -> dict[str, float]:
    """``rows`` name what is not 0; ``articles`` has a letter a sentence."""
    matrix = np.array([[row.get(name, 0.0) for name in EVIDENCE_FEATURES] for row in rows])
    found = confidence_features(
        hits,
        within_question(matrix, Usual(np.zeros(matrix.shape[1]), np.ones(matrix.shape[1]))),
        np.array(scores),
        list(articles),
    )
    assert found.shape == (1, len(FEATURES))
    assert np.isfinite(found).all()
    return dict(zip(FEATURES, found[0].tolist(), strict=True))


def test_confidence_features_by_hand() -> None:
    rows = [
        {"coverage": 0.25, "sentence_cosine": 0.8, "maxsim_least": 0.1},
        {"coverage": 1.0, "sentence_cosine": 0.9, "maxsim_least": 0.0},
        {"coverage": 0.25, "sentence_cosine": 0.7},
    ]
    found = features([hit(1, 0.8, 0.3), hit(2, None, 0.7), hit(3, 0.6)], rows, [2.0, 1.5, 0.5], "ABA")
    assert found["best_coverage"] == 0.25
    within = within_question(np.array([[0.25], [1.0], [0.25]]), Usual(np.zeros(1), np.ones(1)))
    assert found["best_coverage_apart"] == pytest.approx(within[0, 1])
    assert found["highest_sentence_cosine"] == 0.9
    assert found["highest_maxsim_least"] == 0.1
    assert found["score"] == 2.0
    assert found["margin"] == 0.5
    assert found["mean_of_next"] == 1.0  # (1.5 + 0.5) / 2
    assert found["sum_of_chances"] == pytest.approx(math.log(1 + math.exp(2) + math.exp(1.5) + math.exp(0.5)))
    assert found["same_article"] == pytest.approx(2 / 3)
    assert found["top_cosine"] == 0.8
    assert found["cosine_spread"] == pytest.approx(0.1)  # .8 - (.8 + .6) / 2
    assert (found["top_fused"], found["second_fused"]) == (0.7, 0.5)


def test_only_the_next_five_are_rivals() -> None:
    found = features([hit(1, 0.5)], [{}] * 8, [9.0, 5.0, 4.0, 3.0, 2.0, 1.0, -90.0, -99.0], "AAAABBBB")
    assert found["mean_of_next"] == 3.0
    assert found["same_article"] == 0.8  # of five


def test_one_sentence_and_no_cosine() -> None:
    found = features([hit(1, None)], [{}], [1.0], "A")
    assert found["margin"] == 5.0
    assert found["mean_of_next"] == -4.0
    assert found["top_cosine"] == found["cosine_spread"] == found["second_fused"] == 0.0
