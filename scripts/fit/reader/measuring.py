"""The reader joined to the trees, fitted on questions that neither saw, and what both get on each set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from rag.evidence.evidence import Usual
from rag.ranking.trees import Trees
from rag.reader.joining import FEATURES, Join, join_features, packaged_join
from rag.reader.reader import Reader, Reading
from rag.reader.windows import Values
from scripts.fit.answers import chosen, second_look, squeezed
from scripts.fit.reader.export import HEADS
from scripts.fit.reader.questions import JOIN, SEED, TEST, Asked
from scripts.fit.reader.training import Material

WEIGHTS = np.arange(0.0, 2.01, 0.05)
FOLDS = 5
HOPELESS, CERTAIN = 0.02, 0.9


@dataclass
class Judged:
    """One question as the trees and the reader judge it; ``trust`` is the trees' chance that their first is right."""

    name: str
    asked: Asked
    trees: Values
    trust: float
    reading: Reading

    def right(self, scores: Values) -> bool:
        return bool(self.asked.right[int(np.argmax(scores))])


def judge(material: Material, trees: dict[str, Trees], usual: Usual, names: Sequence[str], most: int) -> list[Judged]:
    """Every question of the parts."""
    reader = Reader(material.encoder)
    found = []
    for name in names:
        part = material.parts.get(name)
        for question in part.asked if part else ():
            if question.example is not None and len(question.right):
                look = second_look(question.example, question.first, usual)
                trust = float(trees["confidence"].probability(look.features[None])[0])
                reading = reader.judge(material.windows(name, question, question.first, most), len(question.candidates))
                found.append(Judged(name, question, question.first, trust, reading))
    return found


def join(material: Material, trees: dict[str, Trees], usual: Usual, most: int) -> None:
    """Fit and keep the join; the trees of training authors' questions are those that have seen them, which flatters them."""
    judged = judge(material, trees, usual, JOIN, most)
    weight = _weight([question for question in judged if question.asked.right.any()])
    rows = np.concatenate([_row(question, weight) for question in judged])
    right = np.array([question.right(question.trees + weight * question.reading.scores) for question in judged])
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    folds = np.array([question.asked.group % FOLDS for question in judged])
    chances = np.zeros(len(judged))
    for fold in range(FOLDS):
        model = LogisticRegression(C=0.3).fit(((rows - mean) / scale)[folds != fold], right[folds != fold])
        chances[folds == fold] = model.predict_proba(((rows - mean) / scale)[folds == fold])[:, 1]
    threshold, (high, medium) = chosen(chances, right)
    fitted = LogisticRegression(C=0.3).fit((rows - mean) / scale, right)
    print(f"{len(judged)} questions, weight {weight:.2f}, threshold {threshold:.3f}, certainty from {(high, medium)}")
    print(dict(zip(FEATURES, fitted.coef_[0].round(2).tolist(), strict=True)))
    kept = dict(np.load(HEADS)) | {
        "weight": np.array(weight), "threshold": np.array(threshold), "high": np.array(high), "medium": np.array(medium),
        "hopeless": np.array(HOPELESS), "certain": np.array(CERTAIN), "confidence.mean": mean, "confidence.scale": scale,
        "confidence.weights": fitted.coef_[0], "confidence.bias": fitted.intercept_[0],
    }  # fmt: skip
    np.savez(HEADS, **kept)
    packaged_join.cache_clear()


def _weight(judged: Sequence[Judged]) -> float:
    """Return the weight that puts a right sentence first most often; of several the least."""
    rights = [
        np.mean([question.right(question.trees + weight * question.reading.scores) for question in judged])
        for weight in WEIGHTS
    ]
    return float(WEIGHTS[int(np.argmax(rights))])


def _row(question: Judged, weight: float) -> Values:
    return join_features(
        question.trust, question.trees, question.reading.scores, question.trees + weight * question.reading.scores
    )


def report(material: Material, trees: dict[str, Trees], usual: Usual, threshold: float, most: int) -> None:
    """Return a line for each set that was kept out: trees alone, reader alone, both; with the threshold's outcome of each."""
    packaged = packaged_join()
    print(
        "| part | | first right | AUROC right | answered right | answered wrong | refused | high: share, right | value EM |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in TEST:
        judged = judge(material, trees, usual, [name], most)
        if not judged:
            continue
        there = np.array([question.asked.answerable for question in judged])
        alone = np.array([question.right(question.trees) for question in judged])
        together = np.array(
            [question.right(packaged.scores(question.trees, question.reading.scores)) for question in judged]
        )
        sure = np.concatenate([packaged.confidence.probability(_row(question, packaged.weight)) for question in judged])
        print(_line(name, "trees", alone, np.array([question.trust for question in judged]), there, threshold, 1.0, ""))
        reads = np.array([question.right(question.reading.scores) for question in judged])
        print(f"| {name} | reader | {reads[there].mean():.3f} | | | | | | |")
        exact = _exact(material, judged, packaged)
        print(_line(name, "joined", together, sure, there, packaged.bounds.threshold, packaged.bounds.high, exact))
        low, high = _interval(together[there].astype(float) - alone[there])
        print(
            f"| {name} | joined - trees | {together[there].mean() - alone[there].mean():+.3f} [{low:+.3f}, {high:+.3f}] | | | | | | |"
        )


def _line(
    name: str, kind: str, right: npt.NDArray[np.bool_], sure: Values, there: npt.NDArray[np.bool_], threshold: float,
    high: float, exact: str,
) -> str:  # fmt: skip
    said, surest = sure >= threshold, sure >= high
    auroc = roc_auc_score(right, sure) if 0 < right.sum() < len(right) else float("nan")
    n, no = max(1, there.sum()), max(1, (~there).sum())
    of_high = f"{surest.mean():.2f}, {right[surest].mean():.3f}" if surest.any() else ""
    return (
        f"| {name} | {kind} | {right[there].mean():.3f} | {auroc:.3f} | {(right & said & there).sum() / n:.3f} "
        f"| {(~right & said & there).sum() / n:.3f} | {(~said & ~there).sum() / no:.3f} | {of_high} | {exact} |"
    )


def _exact(material: Material, judged: Sequence[Judged], packaged: Join) -> str:
    """Return the share whose marked value is one of the answers, where values are known and the first sentence is right."""
    hits = []
    for each in judged:
        first = int(np.argmax(packaged.scores(each.trees, each.reading.scores)))
        if each.asked.answers and each.asked.right[first] and first in each.reading.values:
            texts = material.parts[each.name].articles
            start, end = each.reading.values[first]
            found = squeezed(texts[each.asked.candidates[first].article].text[start:end])
            hits.append(any(found == squeezed(texts[article].text[a:b]) for article, a, b in each.asked.answers))
    return f"{np.mean(hits):.3f} of {len(hits)}" if hits else ""


def _interval(differences: npt.NDArray[np.float64]) -> tuple[float, float]:
    chance = np.random.default_rng(SEED)
    means = [differences[chance.integers(0, len(differences), len(differences))].mean() for _ in range(2000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))
