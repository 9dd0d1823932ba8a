"""Fit rag/data/models.json: which sentence answers, and how sure we are. Needs scikit-learn; run by hand.

    python -m scripts.fit.models --data ../shared/data --work FOLDER

Trains on the tuning half of the gold questions and on public sets (samples, seeded). Unanswerable questions are the
gold ones, no-answer probes over other corpora, and, hardest, public questions asked while the one article that
answers them is filtered out: same subject, answer absent. Prints what each part of the data got, five-fold; writes the
models fitted on everything into rag/data/models.json and, for each public set, those fitted without it under --held-out.
Fit the fusion first (scripts/fit/fusion.py): it decides which passages are looked at.
"""

import argparse
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler

from index.articles import normalize
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.reading.readers import read_articles
from rag.answers import Filters, Hit, Mode
from rag.evidence.confidence import FEATURES as CONFIDENCE_FEATURES
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, gather_evidence, within_question
from rag.evidence.evidence import FEATURES as EVIDENCE_FEATURES
from rag.question.aliases import load_aliases
from rag.question.question import Question, read_question
from rag.ranking.matching import prepare
from rag.ranking.models import Logistic, packaged_models
from rag.ranking.retrieval import rank_passages, to_where
from scripts.fit.fusion import SETS, record, write_part

ROOT = Path(__file__).parents[2]
SEED = 20261122
PAIRS = 12
TOLERANCE = 0.05  # of the summed shares, about their standard error
Rows = npt.NDArray[np.float64]


@dataclass
class Example:
    """One question with its evidence; ``right[i]`` says whether sentence i answers, None where that is not known."""

    group: str
    question: Question
    hits: list[Hit]
    evidence: list[Evidence]
    right: list[bool]
    weight: float
    ranks_sentences: bool  # its labels are exact enough to learn sentences from


class Asker:
    """Asks one index and keeps what the models see."""

    def __init__(self, folder: Path, corpus: Path, encoder: BundledEncoder, splitter: SentenceSplitter) -> None:
        if not (folder / "generations").exists():
            print("indexing", corpus)
            Ingestor(folder, encoder, splitter).ingest(read_articles([corpus]))
        self.engine = Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter))
        self.encoder, self.splitter = encoder, splitter
        self.aliases = load_aliases(None, splitter, folder)

    def ask(self, text: str, filters: Filters) -> tuple[Question, list[Hit], list[Evidence]]:
        question = read_question(text, self.splitter, self.aliases, self.engine.document_frequency)
        asked = prepare(self.engine, self.encoder, question)
        where = to_where(filters)
        fusion, k = packaged_models().fusion, EVIDENCE_PASSAGES
        ranked = rank_passages(self.engine, asked, fusion, where=where, mode=Mode.HYBRID, k=k)
        hits = [one.hit for one in ranked]
        return question, hits, gather_evidence(asked, ranked)


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def gold_examples(asker: Asker, half: str, count: int | None) -> list[Example]:
    examples = []
    of_half = [gold for gold in read_lines(ROOT / "eval/data/seeds.jsonl") if gold["half"] == half]
    for gold in of_half[:: max(1, len(of_half) // (count or len(of_half)))]:
        question, hits, evidence = asker.ask(gold["question"], Filters())
        spans = [(span["article_id"], span["start"], span["end"]) for span in gold["evidence"]]
        right = [
            any(
                one.row.sentence.article_id == article and one.row.sentence.start < end and start < one.row.sentence.end
                for article, start, end in spans
            )
            for one in evidence
        ]
        group = "gold answerable" if gold["answerable"] else "gold unanswerable"
        examples.append(Example(group, question, hits, evidence, right, 3.0, ranks_sentences=bool(gold["answerable"])))
    return examples


def public_examples(asker: Asker, folder: Path, count: int, *, exact: bool) -> list[Example]:
    """With the answering article there, and (where the set is exact) once more with it filtered out."""
    queries = read_lines(folder / "queries.jsonl")
    random.Random(SEED).shuffle(queries)
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, document, _ = line.split("\t")
        relevant.setdefault(query, set()).add(normalize(document))
    answers = {row["qid"]: list(map(normalize, row["answers"])) for row in read_lines(folder / "answers.jsonl")}
    everything = {normalize(row["id"]) for row in read_lines(folder / "corpus.jsonl")}
    examples = []
    for asked in queries[:count]:
        gold, wanted = relevant.get(asked["id"], set()), answers.get(asked["id"], [])
        question, hits, evidence = asker.ask(asked["text"], Filters())
        right = [
            one.row.sentence.article_id in gold and (not exact or any(answer in one.text for answer in wanted))
            for one in evidence
        ]
        examples.append(Example(folder.name, question, hits, evidence, right, 1.0, ranks_sentences=exact))
        question, hits, evidence = asker.ask(asked["text"], Filters(article_ids=tuple(everything - gold)))
        nothing = [False] * len(evidence)
        examples.append(Example(f"{folder.name} less its article", question, hits, evidence, nothing, 0.7, False))
    return examples


def probe_examples(asker: Asker, folder: Path, count: int, name: str) -> list[Example]:
    queries = read_lines(folder / "queries.jsonl")
    random.Random(SEED + 1).shuffle(queries)
    examples = []
    for query in queries[:count]:
        question, hits, evidence = asker.ask(query["text"], Filters())
        examples.append(Example(f"probe on {name}", question, hits, evidence, [False] * len(evidence), 0.5, False))
    return examples


def fit_evidence(examples: Sequence[Example]) -> Logistic:
    """Pairwise: the answering sentence against others of the same question, on within-question features."""
    generator = np.random.default_rng(SEED)
    rows, weights = [], []
    for example in examples:
        right = np.array(example.right, dtype=bool)
        if not (example.ranks_sentences and right.any() and not right.all()):
            continue
        matrix = within_question(example.evidence)
        others = np.flatnonzero(~right)
        for place in np.flatnonzero(right):
            chosen = generator.choice(others, min(PAIRS, len(others)), replace=False)
            rows.append(matrix[place] - matrix[chosen])
            weights.append(np.full(len(chosen), example.weight / right.sum() / len(chosen)))
    differences, weight = np.concatenate(rows), np.concatenate(weights)
    both, labels = np.concatenate([differences, -differences]), np.repeat([True, False], len(differences))
    model = LogisticRegression(C=1.0, max_iter=3000, fit_intercept=False)
    model.fit(both, labels, sample_weight=np.concatenate([weight, weight]))
    zeros, ones = np.zeros(len(EVIDENCE_FEATURES)), np.ones(len(EVIDENCE_FEATURES))
    return Logistic(EVIDENCE_FEATURES, zeros, ones, model.coef_[0], 0.0)


def _fit(names: Sequence[str], rows: Rows, labels: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]) -> Logistic:
    scaler = StandardScaler().fit(rows)
    scale = np.where(scaler.scale_ > 0, scaler.scale_, 1.0)
    model = LogisticRegression(C=0.03, max_iter=3000).fit((rows - scaler.mean_) / scale, labels, sample_weight=weights)
    return Logistic(tuple(names), scaler.mean_, scale, model.coef_[0], float(model.intercept_[0]))


def rank(model: Logistic, example: Example) -> tuple[list[Evidence], npt.NDArray[np.float64], list[bool]]:
    if not example.evidence:
        return [], np.empty(0), []
    logits = model.logit(within_question(example.evidence))
    order = np.argsort(-logits, kind="stable")
    return [example.evidence[i] for i in order], logits[order], [example.right[i] for i in order]


def confidence_table(
    model: Logistic, examples: Sequence[Example]
) -> tuple[Rows, npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    rows, labels, weights = [], [], []
    for example in examples:
        ranked, logits, right = rank(model, example)
        if ranked:
            rows.append(confidence_features(example.question, example.hits, ranked, logits)[0])
            labels.append(any(right[:3]))
            weights.append(example.weight)
    return np.stack(rows), np.array(labels), np.array(weights)


def cross_validated(
    examples: Sequence[Example], fit: Callable[[Sequence[Example]], tuple[Logistic, Logistic]]
) -> tuple[npt.NDArray[np.float64], dict[str, list[tuple[bool, bool, bool]]]]:
    """Five folds by question text, so that a question and its filtered twin stay together."""
    groups = [example.question.text for example in examples]
    probabilities = np.zeros(len(examples))
    outcomes: dict[str, list[tuple[bool, bool, bool]]] = {}
    for train, test in GroupKFold(5).split(examples, groups=groups):
        evidence_model, confidence_model = fit([examples[i] for i in train])
        for i in test:
            ranked, logits, right = rank(evidence_model, examples[i])
            if ranked:
                row = confidence_features(examples[i].question, examples[i].hits, ranked, logits)
                probabilities[i] = confidence_model.probability(row)[0]
            outcomes.setdefault(examples[i].group, []).append((any(right[:1]), any(right[:3]), any(right)))
    return probabilities, outcomes


def fit_both(examples: Sequence[Example]) -> tuple[Logistic, Logistic]:
    evidence_model = fit_evidence(examples)
    rows, labels, weights = confidence_table(evidence_model, examples)
    return evidence_model, _fit(CONFIDENCE_FEATURES, rows, labels, weights)


def best_threshold(probabilities: npt.NDArray[np.float64], examples: Sequence[Example]) -> float:
    """Where refusing what can be answered and answering what cannot, taken together, go wrong least.

    Every part of the data counts alike, but the gold questions as much as all public ones. Of thresholds that the
    data cannot tell apart the lowest is taken: a refusal where there was an answer is noticed by nobody.
    """
    parts = np.array([example.group for example in examples])
    grid = np.linspace(0.05, 0.95, 181)
    errors = {}
    for part in dict.fromkeys(parts):
        chances = probabilities[parts == part][:, None]
        wrong = chances >= grid if is_unanswerable(part) else chances < grid
        errors[part] = wrong.mean(axis=0)
    total = np.zeros(len(grid))
    for unanswerable in (False, True):
        chosen = [part for part in errors if is_unanswerable(part) is unanswerable]
        public = np.mean([errors[part] for part in chosen if "gold" not in part], axis=0)
        total += np.mean([errors[part] for part in chosen if "gold" in part], axis=0) + public
    return float(grid[int(np.flatnonzero(total <= total.min() + TOLERANCE)[0])])


def is_unanswerable(part: str) -> bool:
    return part == "gold unanswerable" or "less its article" in part or part.startswith("probe")


def report(examples: Sequence[Example], probabilities: npt.NDArray[np.float64], threshold: float,
           outcomes: dict[str, list[tuple[bool, bool, bool]]]) -> None:  # fmt: skip
    print(f"threshold {threshold:.3f}")
    print("| part | questions | first right | within three | among all | answered |\n|---|---|---|---|---|---|")
    for group in dict.fromkeys(example.group for example in examples):
        chosen = np.array([example.group == group for example in examples])
        share = np.mean(outcomes[group], axis=0)
        answered = (probabilities[chosen] >= threshold).mean()
        print(f"| {group} | {chosen.sum()} | {share[0]:.3f} | {share[1]:.3f} | {share[2]:.3f} | {answered:.3f} |")
    for name in ("gold", "korquad1", "easylaw_senior_qa", "welfare_qa", "autorag_ko_embed"):
        chosen = np.array([name in example.group for example in examples])
        answerable = [not is_unanswerable(e.group) for e, use in zip(examples, chosen, strict=True) if use]
        print(f"AUROC {name} {roc_auc_score(answerable, probabilities[chosen]):.3f} (five-fold)")


def fitted(examples: Sequence[Example]) -> dict[str, Any]:
    """The parts of a models file, fitted on these examples alone."""
    probabilities, _ = cross_validated(examples, fit_both)
    evidence_model, confidence_model = fit_both(examples)
    return {
        "threshold": round(best_threshold(probabilities, examples), 3),
        "evidence": record(evidence_model),
        "confidence": record(confidence_model),
    }


def report_held_out(path: Path, name: str, examples: Sequence[Example], fitted_without: Mapping[str, Any]) -> None:
    """What models that never saw the set get on it."""
    evidence_model, confidence_model = (
        Logistic.from_record(fitted_without[part]) for part in ("evidence", "confidence")
    )
    first, few, chances, answerable = [], [], [], []
    for example in examples:
        ranked, logits, right = rank(evidence_model, example)
        if not is_unanswerable(example.group):
            first.append(any(right[:1]))
            few.append(any(right[:3]))
        row = confidence_features(example.question, example.hits, ranked, logits) if ranked else None
        chances.append(0.0 if row is None else float(confidence_model.probability(row)[0]))
        answerable.append(not is_unanswerable(example.group))
    auroc = roc_auc_score(answerable, chances)
    print(f"held out {name}: first {np.mean(first):.3f}, within three {np.mean(few):.3f}, AUROC {auroc:.3f}")
    write_part(path / f"{name}.json", fitted_without)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=None)
    parser.add_argument("--count", type=int, default=400, help="questions of korquad1; of the other sets a part of it")
    parser.add_argument("--gold", type=int, help="about so many of the gold questions")
    parser.add_argument("--out", type=Path, default=ROOT / "rag/data/models.json")
    parser.add_argument("--held-out", type=Path, default=ROOT / "scripts/held_out")
    options = parser.parse_args()
    encoder, splitter = BundledEncoder(options.cache or options.work / "model"), SentenceSplitter()

    def asker(name: str) -> Asker:
        corpus = ROOT / "seeds" if name == "seeds" else options.data / name / "corpus.jsonl"
        return Asker(options.work / name, corpus, encoder, splitter)

    probe = options.data / "noanswer_probe_mkqa"
    examples = gold_examples(asker("seeds"), "tune", options.gold)
    examples += public_examples(asker("korquad1"), options.data / "korquad1", options.count, exact=True)
    for name in ("easylaw_senior_qa", "welfare_qa", "autorag_ko_embed"):
        examples += public_examples(asker(name), options.data / name, options.count // 4, exact=False)
        examples += probe_examples(asker(name), probe, options.count // 8, name)
    probabilities, outcomes = cross_validated(examples, fit_both)
    report(examples, probabilities, best_threshold(probabilities, examples), outcomes)
    models = fitted(examples)
    write_part(options.out, models)
    for name in SETS:
        inside = [example for example in examples if name in example.group]
        without = fitted([example for example in examples if name not in example.group]) if inside else models
        if inside:
            report_held_out(options.held_out, name, inside, without)
        else:
            write_part(options.held_out / f"{name}.json", without)
    for part in ("evidence", "confidence"):
        model = Logistic.from_record(models[part])
        order = np.argsort(-np.abs(model.weights))
        print(", ".join(f"{model.features[i]} {model.weights[i]:+.2f}" for i in order))


if __name__ == "__main__":
    main()
