"""The reader joined to the evidence trees: two small ensembles, grown on questions that neither has seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from rag.evidence.evidence import Usual, within_question
from rag.evidence.joining import (
    CHOICE_FEATURES,
    CONFIDENCE_FEATURES,
    Opinions,
    choice_features,
    join_features,
    packaged_join,
)
from rag.ranking.trees import Trees, from_lightgbm
from rag.reader.reader import Reader, Reading
from rag.reader.windows import Values
from scripts.fit.answers import COMMON, FOLDS, ROOT, chosen, second_look
from scripts.fit.reader.questions import JOIN, Asked
from scripts.fit.reader.training import Material

HOPELESS, CERTAIN = 0.02, 0.9
JOINED = ROOT / "rag/data/joined.npz"
CHOICE = COMMON | {
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.3,
    "lambda_l2": 10,
}
CONFIDENCE = COMMON | {
    "learning_rate": 0.04,
    "num_leaves": 6,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.3,
    "lambda_l2": 10,
}
CHOICE_TREES, CONFIDENCE_TREES = 250, 200
WRONG_COSTS = 0.6  # of what a right citation gains
LEARNT_FROM = 30  # of a question's sentences, the best by both added: further ones teach nothing


@dataclass
class Judged:
    """One question as the evidence trees and the reader judge it."""

    name: str
    asked: Asked
    opinions: Opinions
    reading: Reading

    def right(self, scores: Values) -> bool:
        return bool(self.asked.right[int(np.argmax(scores))])


def judge(
    material: Material, trees: dict[str, Trees], usual: Usual, names: Sequence[str], windows: int
) -> Iterator[Judged]:
    """Yield every question of the parts."""
    reader = Reader(material.encoder)
    for name in names:
        part = material.parts.get(name)
        for asked in part.asked if part else ():
            if asked.example is not None and len(asked.right):
                cut = material.windows(name, asked, asked.first, windows)
                yield weigh(name, asked, reader.judge(cut, len(asked.candidates)), trees, usual)


def weigh(name: str, asked: Asked, reading: Reading, trees: dict[str, Trees], usual: Usual) -> Judged:
    """Bring together what is known of one question."""
    assert asked.example is not None
    look = second_look(asked.example, asked.first, usual)
    sure = float(trees["confidence"].probability(look.features[None])[0])
    within = within_question(asked.example.matrix.astype(np.float64), usual)
    opinions = Opinions(asked.example.hits, asked.candidates, within, asked.first, reading.scores, sure)
    return Judged(name, asked, opinions, reading)


def join(material: Material, trees: dict[str, Trees], usual: Usual, windows: int) -> None:
    """Grow and keep both, with the threshold and the bounds of certainty: chosen on what neither ensemble saw."""
    judged = list(judge(material, trees, usual, JOIN, windows))
    folds = np.array([each.asked.group % FOLDS for each in judged])
    scores = _unseen_scores(judged, folds)
    rows = np.concatenate([join_features(each.opinions, its) for each, its in zip(judged, scores, strict=True)])
    right = np.array([each.right(its) for each, its in zip(judged, scores, strict=True)])
    chances = np.zeros(len(judged))
    for fold in range(FOLDS):
        chances[folds == fold] = np.asarray(
            _grow_confidence(rows[folds != fold], right[folds != fold]).predict(rows[folds == fold])
        )
    threshold, (high, medium) = chosen(chances, right, WRONG_COSTS)
    there = np.array([each.asked.answerable for each in judged])
    alone = np.mean([each.right(each.opinions.evidence) for each in judged if each.asked.answerable])
    print(f"{len(judged)} questions, threshold {threshold:.3f}, certainty from {(high, medium)}")
    print(f"first right, before abstaining: {alone:.3f} by the evidence trees alone, {right[there].mean():.3f} joined")
    keep(_grow_choice(judged), _grow_confidence(rows, right), threshold, high, medium)


def keep(choice: lightgbm.Booster, confidence: lightgbm.Booster, threshold: float, high: float, medium: float) -> None:
    """Write ``rag/data/joined.npz``."""
    ensembles = {
        "choice": from_lightgbm(choice.dump_model(), CHOICE_FEATURES),
        "confidence": from_lightgbm(confidence.dump_model(), CONFIDENCE_FEATURES),
    }
    arrays = {f"{name}.{key}": value for name, trees in ensembles.items() for key, value in trees.arrays().items()}
    np.savez_compressed(
        JOINED, threshold=threshold, high=high, medium=medium, hopeless=HOPELESS, certain=CERTAIN, **arrays
    )
    packaged_join.cache_clear()


def _unseen_scores(judged: Sequence[Judged], folds: npt.NDArray[np.int64]) -> list[Values]:
    """Return the scores of each question's sentences, by trees that saw nothing of its fold."""
    found: list[Values] = [np.empty(0)] * len(judged)
    for fold in range(FOLDS):
        booster = _grow_choice([each for each, its in zip(judged, folds, strict=True) if its != fold])
        for at in np.flatnonzero(folds == fold).tolist():
            rows = choice_features(judged[at].opinions).astype(np.float32)
            found[at] = np.asarray(booster.predict(rows, raw_score=True), dtype=np.float64)
    return found


def _grow_choice(judged: Sequence[Judged]) -> lightgbm.Booster:
    rows, labels = [], []
    for each in judged:
        matrix = choice_features(each.opinions)
        best = np.argsort(-matrix[:, CHOICE_FEATURES.index("both_behind")], kind="stable")[:LEARNT_FROM]
        rows.append(matrix[best].astype(np.float32))
        labels.append(each.asked.right[best])
    return _grow(CHOICE, np.concatenate(rows), np.concatenate(labels), CHOICE_TREES)


def _grow_confidence(rows: Values, right: npt.NDArray[np.bool_]) -> lightgbm.Booster:
    return _grow(CONFIDENCE, rows.astype(np.float32), right, CONFIDENCE_TREES)


def _grow(
    settings: dict[str, Any], rows: npt.NDArray[np.float32], right: npt.NDArray[np.bool_], trees: int
) -> lightgbm.Booster:
    return lightgbm.train(settings, lightgbm.Dataset(rows, right), trees)
