"""Evidence trees and reader joined: what the two ensembles see, by hand, and what the packaged ones make of it."""

import math

import numpy as np
import pytest

from rag.answers import Hit
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.evidence.joining import (
    CHOICE_FEATURES,
    CONFIDENCE_FEATURES,
    Opinions,
    choice_features,
    join_features,
    packaged_join,
)
from rag.ranking.matching import Values
from rag.reader.windows import Candidate

HITS: tuple[Hit, ...] = ()


def opinions(evidence: list[float], reader: list[float], articles: list[str], sure: float = 0.5) -> Opinions:
    within = np.zeros((len(evidence), 2 * len(EVIDENCE_FEATURES)))
    candidates = [Candidate(article, at * 10, at * 10 + 8) for at, article in enumerate(articles)]
    return Opinions(HITS, candidates, within, np.array(evidence), np.array(reader), sure)


def named(names: tuple[str, ...], row: Values) -> dict[str, float]:
    return dict(zip(names, row.tolist(), strict=True))


def test_what_chooses_sees_both_scores_and_who_stands_beside_whom() -> None:
    rows = choice_features(opinions([2.0, 1.0, -3.0], [-1.0, 3.0, -8.0], ["a", "b", "b"], sure=0.8))
    assert rows.shape == (3, len(CHOICE_FEATURES))
    second = named(CHOICE_FEATURES, rows[1])
    assert {name: second[name] for name in CHOICE_FEATURES[:11]} == pytest.approx(
        {
            "evidence": 1.0, "reader": 3.0, "evidence_behind": -1.0, "reader_behind": 0.0, "both_behind": 0.0,
            "evidence_place": 1.0, "reader_place": 0.0,
            "reader_somewhere": math.log(math.exp(-1) + math.exp(3) + math.exp(-8)), "evidence_sure": math.log(4),
            "beside_evidence_first": 0.0, "beside_reader_first": 1.0,
        }
    )  # fmt: skip
    assert named(CHOICE_FEATURES, rows[2])["both_behind"] == pytest.approx((-3 - 8) - (1 + 3))


def test_what_is_sure_sees_the_first_of_the_joined_order() -> None:
    known = opinions([2.0, 1.0], [-1.0, 3.0], ["a", "b"], sure=0.8)
    (row,) = join_features(known, np.array([0.0, 4.0]))
    seen = named(CONFIDENCE_FEATURES, row)
    assert {name: seen[name] for name in CONFIDENCE_FEATURES[:9]} == pytest.approx(
        {
            "evidence_sure": math.log(4), "reader_somewhere": math.log(math.exp(-1) + math.exp(3)), "reader_of_first": 3.0,
            "reader_margin": 4.0, "evidence_of_first": 1.0, "evidence_margin": 1.0, "evidence_first": 0.0,
            "reader_first": 1.0, "reader_of_evidence_first": -1.0,
        }
    )  # fmt: skip
    assert seen["score"] == 4.0
    assert seen["margin"] == 4.0


def test_a_sentence_that_is_alone_and_sure_gives_finite_numbers() -> None:
    known = opinions([2.0], [1.0], ["a"], sure=1.0)
    assert np.isfinite(choice_features(known)).all()
    assert np.isfinite(join_features(known, np.array([1.0]))).all()


def test_the_packaged_join_fits_its_features_and_heeds_the_reader() -> None:
    join = packaged_join()
    assert join.choice.features == CHOICE_FEATURES
    assert join.confidence.features == CONFIDENCE_FEATURES
    assert join.hopeless < join.bounds.threshold < join.bounds.medium <= join.bounds.high
    both = opinions([0.0, 0.0], [-6.0, 4.0], ["a", "a"])
    scores = join.scores(both)
    assert scores[1] > scores[0]
    nobody = opinions([0.0, 0.0], [-6.0, -6.0], ["a", "a"])
    assert join.chance(both, scores) > join.chance(nobody, join.scores(nobody))
