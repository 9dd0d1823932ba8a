"""What the evidence trees, the reader and both joined get on each set that was kept out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from rag.evidence.evidence import Usual
from rag.evidence.joining import packaged_join
from rag.ranking.trees import Trees
from rag.reader.windows import Values
from scripts.fit.answers import squeezed
from scripts.fit.reader.joining import Judged, judge
from scripts.fit.reader.questions import SEED, TEST
from scripts.fit.reader.training import Material


def report(material: Material, trees: dict[str, Trees], usual: Usual, threshold: float, windows: int) -> None:
    """Return a line for each set that was kept out: trees alone, reader alone, both; with the threshold's outcome of each."""
    packaged = packaged_join()
    print(
        "| part | | first right | AUROC right | answered right | answered wrong | refused | high: share, right | value EM |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in TEST:
        judged = list(judge(material, trees, usual, [name], windows))
        if not judged:
            continue
        there = np.array([each.asked.answerable for each in judged])
        alone = np.array([each.right(each.opinions.evidence) for each in judged])
        reads = np.array([each.right(each.opinions.reader) for each in judged])
        scores = [packaged.scores(each.opinions) for each in judged]
        together = np.array([each.right(its) for each, its in zip(judged, scores, strict=True)])
        sure = np.array([packaged.chance(each.opinions, its) for each, its in zip(judged, scores, strict=True)])
        print(
            _line(name, "evidence", alone, np.array([each.opinions.sure for each in judged]), there, threshold, 1.0, "")
        )
        print(f"| {name} | reader | {reads[there].mean():.3f} | | | | | | |")
        exact = _exact(material, judged, scores)
        print(_line(name, "joined", together, sure, there, packaged.bounds.threshold, packaged.bounds.high, exact))
        low, high = _interval(together[there].astype(float) - alone[there])
        print(
            f"| {name} | joined - evidence | {together[there].mean() - alone[there].mean():+.3f} [{low:+.3f}, {high:+.3f}] | | | | | | |"
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


def _exact(material: Material, judged: Sequence[Judged], scores: Sequence[Values]) -> str:
    """Return the share whose marked value is one of the answers, where values are known and the first sentence is right."""
    hits = []
    for each, its in zip(judged, scores, strict=True):
        first = int(np.argmax(its))
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
