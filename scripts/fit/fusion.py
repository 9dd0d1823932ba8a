"""Fit the fusion of rag/data/models.json: which passages are near a question. Needs scikit-learn; run by hand.

    python -m scripts.fit.fusion --data ../shared/data --work FOLDER

Listwise (softmax over a question's candidates, Cao et al. 2007) and linear, every set of the same weight. Prints nDCG@10 of
articles for every set with that very set left out of the fit, beside its better half; writes the model fitted on all sets
into rag/data/models.json, and one model for each set fitted without it under --held-out, so that ``geungeo eval SET
--models FILE`` reports nothing that was trained on SET. ``--mixed FOLDER`` names an index of the distractors alone.
"""

import argparse
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
import numpy as np
import numpy.typing as npt
from ir_measures import ScoredDoc, nDCG
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from eval.datasets.datasets import GoldQuestion, load_folder
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.search.filters import EVERYTHING
from rag.answers import Mode
from rag.question.aliases import Aliases, load_aliases
from rag.question.question import read_question
from rag.ranking.fusion import FEATURES, fusion_features
from rag.ranking.matching import prepare
from rag.ranking.models import Logistic
from rag.ranking.retrieval import find_candidates, rank_passages

ROOT = Path(__file__).parents[2]
FITTED_BY = Path(__file__).relative_to(ROOT).as_posix()
SETS = ("autorag_ko_embed", "easylaw_senior_qa", "welfare_qa", "korquad1", "kobest_boolq")
SEED = 20261122
RIDGE = 1e-3  # on weights of standardised features
CALIBRATED = 10  # candidates a question whose chances are calibrated: those that are shown
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Example:
    """One question: its candidates' features (n, len(FEATURES)), their articles, and how each half alone ranks."""

    question: GoldQuestion
    features: Rows
    articles: tuple[str, ...]
    halves: Mapping[Mode, tuple[str, ...]]

    @property
    def relevant(self) -> npt.NDArray[np.bool_]:
        return np.array([self.question.relevant.get(article, 0) > 0 for article in self.articles], dtype=bool)


def collect(
    name: str, options: argparse.Namespace, encoder: BundledEncoder, splitter: SentenceSplitter
) -> list[Example]:
    dataset, folder = load_folder(options.data / name), options.work / name
    Ingestor(folder, encoder, splitter).ingest(dataset.articles)
    engine = Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter))
    aliases = load_aliases(None, splitter, options.work)
    questions = [question for question in dataset.questions if any(question.relevant.values())]
    random.Random(SEED).shuffle(questions)
    return [_example(engine, question, encoder, splitter, aliases) for question in questions[: options.count]]


def _example(
    engine: Engine, gold: GoldQuestion, encoder: BundledEncoder, splitter: SentenceSplitter, aliases: Aliases
) -> Example:
    question = read_question(gold.text, splitter, aliases, engine.document_frequency, engine.pair_frequency)
    asked = prepare(engine, encoder, question)
    candidates = find_candidates(engine, asked, where=EVERYTHING)
    features = fusion_features(asked, candidates)
    halves = {
        mode: tuple(
            passage.hit.passage.article_id
            for passage in rank_passages(engine, asked, NO_MODEL, where=EVERYTHING, mode=mode, k=50)
        )
        for mode in (Mode.DENSE, Mode.LEXICAL)
    }
    return Example(gold, features, tuple(candidate.read.passage.article_id for candidate in candidates), halves)


def fit(parts: Sequence[Sequence[Example]]) -> Logistic:
    """Weights by listwise loss over all parts, then scaled so that the logistic of the sum is a chance."""
    stacked = np.concatenate([example.features for part in parts for example in part])
    mean, scale = stacked.mean(axis=0), stacked.std(axis=0) + 1e-6
    lists, labels, shares = [], [], []
    for part in parts:
        usable = [example for example in part if example.relevant.any() and not example.relevant.all()]
        lists += [(example.features - mean) / scale for example in usable]
        labels += [example.relevant for example in usable]
        shares += [1 / len(usable) / len(parts)] * len(usable)
    weights = _listwise(lists, labels, np.array(shares))
    slope, bias = _calibrated(lists, labels, np.array(shares), weights)
    return Logistic(FEATURES, mean, scale, weights * slope, bias)


def _listwise(lists: Sequence[Rows], labels: Sequence[npt.NDArray[np.bool_]], shares: Rows) -> Rows:
    width = max(len(rows) for rows in lists)
    padded = np.zeros((len(lists), width, len(FEATURES)))
    absent, right = np.full((len(lists), width), -1e9), np.zeros((len(lists), width))
    for place, (rows, label) in enumerate(zip(lists, labels, strict=True)):
        padded[place, : len(rows)], absent[place, : len(rows)], right[place, : len(rows)] = rows, 0.0, label

    def loss(weights: Rows) -> tuple[float, Rows]:
        sums = padded @ weights + absent
        raised = np.exp(sums - sums.max(axis=1, keepdims=True))
        everything = raised.sum(axis=1, keepdims=True)
        wanted = (raised * right).sum(axis=1, keepdims=True) + 1e-300
        slope = raised / everything - raised * right / wanted
        value = -shares @ np.log(wanted / everything)[:, 0] + RIDGE * weights @ weights
        return float(value), np.einsum("q,qk,qkd->d", shares, slope, padded) + 2 * RIDGE * weights

    result: Rows = minimize(loss, np.zeros(len(FEATURES)), jac=True, method="L-BFGS-B").x
    return result


def _calibrated(
    lists: Sequence[Rows], labels: Sequence[npt.NDArray[np.bool_]], shares: Rows, weights: Rows
) -> tuple[float, float]:
    """Platt's two numbers over the first few of each question."""
    sums, right, weight = [], [], []
    for rows, label, part in zip(lists, labels, shares, strict=True):
        first = np.argsort(-(rows @ weights))[:CALIBRATED]
        sums.append((rows @ weights)[first])
        right.append(label[first])
        weight.append(np.full(len(first), part))
    model = LogisticRegression(C=1e6).fit(
        np.concatenate(sums)[:, None], np.concatenate(right), sample_weight=np.concatenate(weight) * len(lists)
    )
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def ndcg(examples: Sequence[Example], rankings: Sequence[Sequence[str]]) -> float:
    judged = {example.question.id: dict(example.question.relevant) for example in examples}
    run = [
        ScoredDoc(example.question.id, article, -float(rank))
        for example, ranking in zip(examples, rankings, strict=True)
        for rank, article in enumerate(dict.fromkeys(ranking))
    ]
    return float(ir_measures.calc_aggregate([nDCG @ 10], judged, run)[nDCG @ 10])


def learned(model: Logistic, examples: Sequence[Example]) -> list[list[str]]:
    orders = [np.argsort(-model.logit(example.features), kind="stable") for example in examples]
    return [[example.articles[place] for place in order] for example, order in zip(examples, orders, strict=True)]


def record(model: Logistic) -> dict[str, object]:
    arrays = {"mean": model.mean, "scale": model.scale, "weights": model.weights}
    rounded = {name: [round(float(value), 6) for value in array] for name, array in arrays.items()}
    return {"features": list(model.features), **rounded, "bias": round(model.bias, 6)}


def write_part(path: Path, parts: Mapping[str, object]) -> None:
    """Into a models file, what it held of other parts kept."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, **parts}, indent=1) + "\n", encoding="utf-8")


NO_MODEL = Logistic(FEATURES, np.zeros(len(FEATURES)), np.ones(len(FEATURES)), np.zeros(len(FEATURES)), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--count", type=int, default=500, help="questions of each set")
    parser.add_argument("--out", type=Path, default=ROOT / "rag/data/models.json")
    parser.add_argument("--held-out", type=Path, default=ROOT / "scripts/held_out")
    options = parser.parse_args()
    encoder, splitter = BundledEncoder(options.cache or options.work / "model"), SentenceSplitter()
    sets = {name: collect(name, options, encoder, splitter) for name in SETS}
    print("| set | questions | dense | lexical | learned without it | - better half |\n|---|---|---|---|---|---|")
    for name, examples in sets.items():
        model = fit([part for other, part in sets.items() if other != name])
        halves = [ndcg(examples, [example.halves[mode] for example in examples]) for mode in (Mode.DENSE, Mode.LEXICAL)]
        ours = ndcg(examples, learned(model, examples))
        shown = " | ".join(f"{value:.4f}" for value in (*halves, ours))
        print(f"| {name} | {len(examples)} | {shown} | {ours - max(halves):+.4f} |", flush=True)
        write_part(options.held_out / f"{name}.json", {"fitted_by": FITTED_BY, "fusion": record(model)})
    model = fit(list(sets.values()))
    write_part(options.out, {"fitted_by": FITTED_BY, "fusion": record(model)})
    print(", ".join(f"{name} {weight:+.2f}" for name, weight in zip(FEATURES, model.weights, strict=True)))


if __name__ == "__main__":
    main()
