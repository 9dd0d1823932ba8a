"""The fitted numbers: what travels with the package fits the code, and the arithmetic is the textbook's."""

import json
import math
from importlib.resources import files

import numpy as np
import pytest

from index.articles import Passage, Sentence
from index.store.store import SentenceRow
from rag.answers import Hit, Scores
from rag.evidence.confidence import FEATURES, confidence_features
from rag.evidence.evidence import FEATURES as EVIDENCE_FEATURES
from rag.evidence.evidence import Evidence
from rag.question.question import AnswerType, Question
from rag.ranking.models import Logistic, packaged_models

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
    assert models.evidence.features == EVIDENCE_FEATURES
    assert models.confidence.features == FEATURES
    assert 0 < models.threshold < 1
    for model in (models.evidence, models.confidence):
        size = len(model.features)
        assert model.mean.shape == model.scale.shape == model.weights.shape == (size,)
        assert (model.scale > 0).all()
        assert np.isfinite(np.concatenate([model.mean, model.scale, model.weights, [model.bias]])).all()


def test_packaged_models_say_what_fitted_them() -> None:
    record = json.loads(files("rag").joinpath("data/models.json").read_text(encoding="utf-8"))
    assert record["fitted_by"].startswith("scripts/")


def question(kind: AnswerType = AnswerType.PLACE, words: tuple[str, ...] = ("가", "나", "다")) -> Question:
    return Question("가 나 다", (), (), words, {}, {}, (), kind, ())


def hit(rank: int, dense: float | None) -> Hit:
    return Hit(rank, Passage("글", "", 0, 3, "가."), Scores(dense, 1.0, 0.5))


def evidence(values: dict[str, float]) -> Evidence:
    row = SentenceRow(Sentence("글", 0, 2), (), np.ones(1, np.float32))
    return Evidence(row, "가.", hit(1, 0.5), np.array([values.get(name, 0.0) for name in EVIDENCE_FEATURES]))


def features(hits: list[Hit], ranked: list[Evidence], scores: list[float], **asked: object) -> dict[str, float]:
    row = confidence_features(question(**asked), hits, ranked, np.array(scores))  # type: ignore[arg-type]
    assert row.shape == (1, len(FEATURES))
    return dict(zip(FEATURES, row[0].tolist(), strict=True))


def test_confidence_features_by_hand() -> None:
    ranked = [
        evidence({"coverage": 0.25, "sentence_cosine": 0.8, "maxsim_least": 0.1}),
        evidence({"coverage": 1.0, "sentence_cosine": 0.9, "maxsim_least": 0.0}),
        evidence({"coverage": 0.5, "sentence_cosine": 0.7}),
    ]
    found = features([hit(1, 0.8), hit(2, None), hit(3, 0.6)], ranked, [2.0, 1.5, 0.5])
    assert found["best_coverage"] == 0.25
    assert found["highest_sentence_cosine"] == 0.9
    assert found["highest_maxsim_least"] == 0.1
    assert found["evidence_score"] == 2.0
    assert found["margin"] == 0.5
    assert found["mean_of_next"] == 1.0  # (1.5 + 0.5) / 2
    assert found["top_cosine"] == 0.8
    assert found["cosine_spread"] == pytest.approx(0.1)  # .8 - (.8 + .6) / 2
    assert found["words"] == 0.25  # 3 / 12
    assert [found[f"asks_{kind}"] for kind in ("person", "number", "date", "place", "reason")] == [0, 0, 0, 1, 0]


def test_only_the_next_five_are_rivals() -> None:
    found = features([hit(1, 0.5)], [evidence({})] * 8, [9.0, 5.0, 4.0, 3.0, 2.0, 1.0, -90.0, -99.0])
    assert found["mean_of_next"] == 3.0


def test_one_sentence_and_no_cosine() -> None:
    found = features([hit(1, None)], [evidence({})], [1.0], words=tuple("가나다라마바사아자차카타파하"))
    assert found["margin"] == 3.0
    assert found["mean_of_next"] == -2.0
    assert found["top_cosine"] == found["cosine_spread"] == 0.0
    assert found["words"] == 1.0
    assert all(math.isfinite(value) for value in found.values())
