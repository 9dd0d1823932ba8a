"""Grow the trees that choose the answering sentence and say how sure we are. Needs lightgbm and scikit-learn; run by hand.

    python -m scripts.fit.answers collect --data ../shared/data --work FOLDER [--only NAME ...]
    python -m scripts.fit.answers grow --work FOLDER
    python -m scripts.fit.answers report --work FOLDER

``collect`` asks every question once and keeps what the models see; it may be interrupted and begun again. ``grow`` trains
on train splits, chooses the threshold and the bounds of certainty on tune splits and writes ``rag/data/answers.npz``.
``report`` tells what the trees get on each set; test splits belong to nobody's fitting.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from index.articles import Article
from index.encoders.bundled import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.korean.parsing import analysis_fingerprint
from index.korean.sentences import SentenceSplitter
from index.korean.terms import search_key
from index.reading.readers import read_articles
from index.text.characters import normalize
from rag.answers import Filters, Hit, Mode
from rag.evidence.confidence import FEATURES as CONFIDENCE_FEATURES
from rag.evidence.confidence import confidence_features
from rag.evidence.evidence import EVIDENCE_PASSAGES, Evidence, Usual, gather_evidence, within_question
from rag.evidence.features import FEATURES as EVIDENCE_FEATURES
from rag.question.aliases import load_aliases
from rag.question.asked import read_asked
from rag.question.question import read_question
from rag.ranking.matching import prepare
from rag.ranking.models import packaged_models
from rag.ranking.retrieval import rank_passages, to_where
from rag.ranking.trees import Trees, from_lightgbm
from scripts.fit.examples import Example, load_examples, save_examples

ROOT = Path(__file__).parents[2]
SEED = 20261129
FOLDS = 5
Values = npt.NDArray[np.float64]
COMMON: dict[str, Any] = {
    "objective": "binary",
    "bagging_freq": 1,
    "bagging_fraction": 0.7,
    "max_bin": 63,
    "max_depth": 7,
    "verbose": -1,
    "num_threads": 2,
    "seed": SEED,
    "deterministic": True,
}
EVIDENCE = COMMON | {
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.35,
    "lambda_l2": 5,
}
CONFIDENCE = COMMON | {
    "learning_rate": 0.03,
    "num_leaves": 8,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.3,
    "lambda_l2": 10,
}
EVIDENCE_TREES, CONFIDENCE_TREES = 200, 250


class Asker:
    """Asks one index."""

    def __init__(
        self, folder: Path, articles: Sequence[Article] | Path, encoder: BundledEncoder, splitter: SentenceSplitter
    ) -> None:
        if not (folder / "generations").exists():
            items = read_articles([articles]) if isinstance(articles, Path) else iter(articles)
            Ingestor(folder, encoder, splitter).ingest(items)
        self.engine = Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter))
        self.encoder, self.splitter = encoder, splitter
        self.aliases = load_aliases(None, splitter, folder)

    def ask(self, text: str, filters: Filters, as_of: date | None = None) -> tuple[list[Hit], list[Evidence]]:
        """Return what the pipeline would see."""
        question = read_question(
            text, self.splitter, self.aliases, self.engine.document_frequency, self.engine.pair_frequency
        )
        asked = prepare(self.engine, self.encoder, question)
        fusion, where = packaged_models().fusion, to_where(filters)
        ranked = rank_passages(self.engine, asked, fusion, where=where, mode=Mode.HYBRID, k=EVIDENCE_PASSAGES)
        return [passage.hit for passage in ranked], gather_evidence(
            self.engine, asked, read_asked(question.text, as_of=as_of), ranked
        )


def squeezed(text: str) -> str:
    """Letters alone, as answers are compared."""
    return "".join(search_key(text).split())


def make_example(
    part: str, query: dict[str, Any], found: tuple[list[Hit], list[Evidence]], right: list[bool]
) -> Example:
    hits, evidence = found
    matrix = (
        np.stack([sentence.features for sentence in evidence]) if evidence else np.zeros((0, len(EVIDENCE_FEATURES)))
    )
    return Example(
        part, str(query["id"]), str(query.get("kind", "")), bool(query["answerable"]), float(query.get("weight", 1.0)),
        hits, matrix.astype(np.float32), np.array(right, dtype=bool),
        [sentence.row.sentence.article_id for sentence in evidence], [sentence.row.sentence.start for sentence in evidence],
        [sentence.text for sentence in evidence],
    )  # fmt: skip


def office_queries(split: str, rounds: Sequence[str] = ()) -> tuple[list[Article], list[dict[str, Any]]]:
    """Documents and questions of one split of our own gold, or of its folders ``rounds`` alone, such as ``fourth/wi2``."""
    from eval.datasets.datasets import load_folder

    dataset, files = load_folder(ROOT / "eval/data/office" / split), files_of(split, rounds)
    newest: dict[str, str] = {}  # the day on which the questions of a file are asked: that of its newest document
    for article in dataset.articles:
        newest[article.id[:5]] = max(newest.get(article.id[:5], ""), article.published_at or "")
    queries = [
        {"id": question.id, "text": question.text, "kind": question.kind, "answerable": question.answerable, "spans": question.evidence,
         "as_of": day_of(newest.get(question.id[:5], "")), "answers": [getattr(answer, "text", answer) for answer in question.answers]}
        for question in dataset.questions
        if not rounds or question.id[:5] in files
    ]  # fmt: skip
    return [article for article in dataset.articles if not rounds or article.id[:5] in files], queries


def files_of(split: str, rounds: Sequence[str]) -> frozenset[str]:
    """Return the names of the files below some folders of a split, as the ids of documents and questions begin with."""
    return frozenset(path.stem for name in rounds for path in (ROOT / "eval/data/office" / split / name).rglob("*.txt"))


def day_of(text: str) -> date | None:
    return date.fromisoformat(text) if len(text) == 10 else None


def office_examples(asker: Asker, part: str, queries: Sequence[dict[str, Any]]) -> Iterator[Example]:
    for query in queries:
        hits, evidence = asker.ask(query["text"], Filters(), query["as_of"])
        answers = [squeezed(answer) for answer in query["answers"]]
        right = [
            any(
                sentence.row.sentence.article_id == span.article_id
                and sentence.row.sentence.start < span.end
                and span.start < sentence.row.sentence.end
                for span in query["spans"]
            )
            and any(answer in squeezed(sentence.text) for answer in answers)
            for sentence in evidence
        ]
        yield make_example(part, query, (hits, evidence), right)


def swapped_queries(queries: Sequence[dict[str, Any]], splitter: SentenceSplitter) -> Iterator[dict[str, Any]]:
    """Answerable questions with one word that narrows them changed for another question's: what they ask is not there.

    The word is a noun of the answering line that title and other lines do not share; so a clerk would say "not this one".
    """
    generator = random.Random(SEED)
    nouns = {query["id"]: _narrowing(query, splitter) for query in queries if query["answerable"] and query["spans"]}
    pool = sorted({noun for some in nouns.values() for noun in some})
    for query in queries:
        if some := nouns.get(query["id"]):
            word, other = generator.choice(some), generator.choice(pool)
            if other not in query["text"] and word not in other and query["text"].count(word) == 1:
                text = query["text"].replace(word, other)
                yield query | {
                    "id": f"{query['id']}-swapped",
                    "text": text,
                    "spans": (),
                    "answerable": False,
                    "weight": 0.5,
                }


def _narrowing(query: dict[str, Any], splitter: SentenceSplitter) -> list[str]:
    lines = " ".join(span.text for span in query["spans"])
    tokens = [
        token for token in splitter.tokenize(query["text"]) if token.tag in ("NNG", "NNP") and len(token.form) > 1
    ]
    return [token.form for token in tokens[:-1] if token.form in lines]


def seeds_examples(asker: Asker, half: str) -> Iterator[Example]:
    for gold in map(json.loads, (ROOT / "eval/data/seeds.jsonl").open(encoding="utf-8")):
        if gold["half"] != half:
            continue
        hits, evidence = asker.ask(gold["question"], Filters())
        spans = [(span["article_id"], span["start"], span["end"]) for span in gold["evidence"]]
        right = [
            any(
                sentence.row.sentence.article_id == article
                and sentence.row.sentence.start < end
                and start < sentence.row.sentence.end
                for article, start, end in spans
            )
            for sentence in evidence
        ]
        query = {"id": gold["id"], "answerable": gold["answerable"], "weight": 2.0}
        yield make_example(f"seeds-{half}", query, (hits, evidence), right)


def public_examples(asker: Asker, folder: Path, part: str, queries: Sequence[dict[str, Any]]) -> Iterator[Example]:
    """Yield each question with the answering article there, and once more with it filtered out: same subject, answer absent."""
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        query_id, document, grade = line.split("\t")
        if grade.isdigit() and int(grade):
            relevant.setdefault(query_id, set()).add(normalize(document))
    answers = {row["qid"]: row["answers"] for row in map(json.loads, (folder / "answers.jsonl").open(encoding="utf-8"))}
    everything = {article.id for article in read_articles([folder / "corpus.jsonl"]) if isinstance(article, Article)}
    for query in queries:
        gold, wanted = relevant.get(query["id"], set()), [squeezed(answer) for answer in answers.get(query["id"], [])]
        found = asker.ask(query["text"], Filters())
        right = [
            sentence.row.sentence.article_id in gold and any(answer in squeezed(sentence.text) for answer in wanted)
            for sentence in found[1]
        ]
        yield make_example(part, query | {"answerable": True, "weight": 0.5}, found, right)
        found = asker.ask(query["text"], Filters(article_ids=tuple(everything - gold)))
        without = query | {"id": f"{query['id']}-less", "answerable": False, "weight": 0.3}
        yield make_example(f"{part}-less", without, found, [False] * len(found[1]))


def probe_examples(asker: Asker, folder: Path, part: str, count: int) -> Iterator[Example]:
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    for query in random.Random(SEED).sample(queries, count):
        found = asker.ask(query["text"], Filters())
        yield make_example(part, query | {"answerable": False, "weight": 0.3}, found, [False] * len(found[1]))


def shuffled(folder: Path) -> list[dict[str, Any]]:
    queries = [json.loads(line) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
    random.Random(SEED).shuffle(queries)
    return queries


@dataclass(frozen=True)
class Collector:
    """Asks the questions of each part; what has no index below ``work`` yet gets one."""

    data: Path
    work: Path
    rounds: Sequence[str]  # of the train split, these folders alone; all where none is named
    encoder: BundledEncoder
    splitter: SentenceSplitter

    def parts(self) -> dict[str, Callable[[], Iterator[Example]]]:
        """Return what asks the questions of each part, in the order in which they are collected."""
        return {
            "office-tune": lambda: self.office("tune"),
            "office-test": lambda: self.office("test"),
            "office-train": lambda: self.office("train"),
            "office-worlds": lambda: self.worlds("train", "office-worlds", 1),
            "office-singles": lambda: self.singles("train", "office-singles"),
            "office-tune-worlds": lambda: self.worlds("tune", "office-tune", 3),
            "office-tune-singles": lambda: self.singles("tune", "office-tune"),
            "office-swapped": self.swapped,
            "seeds-tune": lambda: seeds_examples(self.asker("seeds", ROOT / "seeds"), "tune"),
            "seeds-test": lambda: seeds_examples(self.asker("seeds", ROOT / "seeds"), "test"),
            "tydi": lambda: self.public("tydiqa_goldp_ko", "tydi", 0, 1500),
            "korquad": lambda: self.public("korquad1", "korquad", 0, 1000),
            "korquad-test": lambda: self.public("korquad1", "korquad-test", 2000, 2400),
            "probe": lambda: self.probe("probe", 150),
        }

    def asker(self, name: str, articles: Sequence[Article] | Path) -> Asker:
        return Asker(self.work / "indexes" / name, articles, self.encoder, self.splitter)

    def office(self, split: str) -> Iterator[Example]:
        articles, queries = office_queries(split, self.rounds if split == "train" else ())
        yield from office_examples(self.asker(f"office-{split}", articles), f"office-{split}", queries)

    def worlds(self, split: str, part: str, step: int) -> Iterator[Example]:
        """Ask each file's questions over its own few documents: most people begin with an index as small as that."""
        articles, queries = office_queries(split)
        for world in sorted({article.id[:5] for article in articles})[step // 2 :: step]:
            own = [article for article in articles if article.id[:5] == world]
            asked = [query for query in queries if query["id"][:5] == world]
            yield from office_examples(self.asker(f"world-{world}", own), part, asked)

    def singles(self, split: str, part: str) -> Iterator[Example]:
        """Ask every third document alone its own questions, and some that nothing in it answers."""
        articles, queries = office_queries(split)
        for article in articles[::3]:
            near = [query for query in queries if query["id"][:5] == article.id[:5]]
            own = [query for query in near if query["spans"] and query["spans"][0].article_id == article.id]
            others = [query for query in near if all(span.article_id != article.id for span in query["spans"])]
            foreign = [query | {"spans": (), "answerable": False} for query in others if query["spans"]][:2]
            absent = [query for query in others if not query["answerable"]][:2]
            yield from office_examples(self.asker(f"single-{article.id}", [article]), part, own + foreign + absent)

    def swapped(self) -> Iterator[Example]:
        articles, queries = office_queries("train", self.rounds)
        yield from office_examples(
            self.asker("office-train", articles), "office-swapped", list(swapped_queries(queries, self.splitter))
        )

    def public(self, name: str, part: str, first: int, last: int) -> Iterator[Example]:
        folder = self.data / name
        asker = self.asker(name, folder / "corpus.jsonl")
        yield from public_examples(asker, folder, part, shuffled(folder)[first:last])

    def probe(self, part: str, count: int) -> Iterator[Example]:
        yield from probe_examples(self.asker("office-train", []), self.data / "noanswer_probe_mkqa", part, count)


def collect(data: Path, work: Path, only: Sequence[str], rounds: Sequence[str]) -> None:
    """Keep what the models see of every part that is not there yet; of the train split ``rounds`` alone where some are given."""
    collector = Collector(data, work, rounds, BundledEncoder(work / "model"), SentenceSplitter())
    for name, examples in collector.parts().items():
        path = work / f"{name}.npz"
        if path.exists() or (only and name not in only):
            continue
        kept = list(examples())
        save_examples(path, kept)
        reached = [float(example.right.any()) for example in kept if example.answerable]
        print(
            f"{name}: {len(kept)} questions, the answer among the sentences of {np.mean(reached or [0.0]):.3f}",
            flush=True,
        )


def load(work: Path, names: Sequence[str]) -> list[Example]:
    """Parts kept by ``collect``; in a question that cannot be answered no sentence is right, whatever it holds."""
    kept = [example for name in names for example in load_examples(work / f"{name}.npz") if len(example.right)]
    return [replace(example, right=example.right & example.answerable) for example in kept]


UNSURE = ("office-swapped",)  # teaches when to refuse, not which sentence to choose
JUDGED = ("office-train", "office-worlds", "seeds-tune")  # on whose chances the threshold is chosen
TRAIN = ("office-train", "office-worlds", "office-singles", "office-swapped", "seeds-tune", "tydi", "korquad", "probe")


def usual_of(examples: Sequence[Example]) -> Usual:
    """Return mean and deviation of all sentences that were looked at."""
    rows = np.concatenate([example.matrix for example in examples]).astype(np.float64)
    return Usual(rows.mean(axis=0), rows.std(axis=0))


def evidence_table(examples: Sequence[Example], usual: Usual) -> lightgbm.Dataset:
    rows = np.concatenate([within_question(example.matrix.astype(np.float64), usual) for example in examples]).astype(
        np.float32
    )
    labels = np.concatenate([example.right for example in examples])
    weights = np.concatenate([np.full(len(example.right), example.weight) for example in examples])
    return lightgbm.Dataset(rows, labels, weight=weights)


@dataclass(frozen=True)
class Look:
    """What the confidence trees see of a question, whether the first citation is right, and in which fold it was held out."""

    features: Values
    right: bool
    weight: float
    fold: int


def second_look(example: Example, logits: Values, usual: Usual, fold: int = 0) -> Look:
    """Rank the sentences by ``logits`` and look at the first."""
    order = np.argsort(-logits, kind="stable")
    within = within_question(example.matrix.astype(np.float64), usual)[order]
    features = confidence_features(example.hits, within, logits[order], [example.articles[at] for at in order])[0]
    return Look(features, bool(example.right[order[0]]), example.weight, fold)


def confidence_table(looks: Sequence[Look]) -> lightgbm.Dataset:
    rows = np.stack([look.features for look in looks]).astype(np.float32)
    labels = np.array([look.right for look in looks])
    return lightgbm.Dataset(rows, labels, weight=np.array([look.weight for look in looks]))


def unseen_chances(looks: Sequence[Look], asked: Sequence[Look]) -> tuple[Values, npt.NDArray[np.bool_]]:
    """Return (chance, right) of each of ``asked`` by trees that saw nothing of its fold: what the threshold is chosen on."""
    chances = np.zeros(len(asked))
    for fold in range(FOLDS):
        inside = [look for look in looks if look.fold != fold]
        booster = lightgbm.train(CONFIDENCE, confidence_table(inside), CONFIDENCE_TREES)
        places = [at for at, look in enumerate(asked) if look.fold == fold]
        rows = np.stack([asked[at].features for at in places]).astype(np.float32)
        chances[places] = np.asarray(booster.predict(rows))
    return chances, np.array([look.right for look in asked])


def grow(work: Path) -> None:
    """Grow and keep two ensembles: one chooses among a question's sentences, one says how likely its choice is right."""
    examples = load(work, TRAIN)
    usual = usual_of(examples)
    looks, unanswered = held_out_looks(examples, usual)
    boosters = {
        "evidence": evidence_booster(examples, usual),
        "confidence": lightgbm.train(CONFIDENCE, confidence_table([*looks, *unanswered]), CONFIDENCE_TREES),
    }
    doubled = (*EVIDENCE_FEATURES, *(f"{name}_apart" for name in EVIDENCE_FEATURES))
    features = {"evidence": doubled, "confidence": CONFIDENCE_FEATURES}
    trees = {name: from_lightgbm(booster.dump_model(), features[name]) for name, booster in boosters.items()}
    print_gains(boosters, trees)
    asked = [look for look, example in zip(looks, examples, strict=True) if example.part in JUDGED]
    chances, right = unseen_chances([*looks, *unanswered], asked)
    tune_chances, tune_right, _ = outcomes(load(work, ("office-tune",)), trees, usual)
    threshold, bounds = chosen(np.concatenate([chances, tune_chances]), np.concatenate([right, tune_right]))
    save_trees(trees, usual, threshold, bounds)
    print(f"threshold {threshold:.3f}, certainty from {bounds}")


def held_out_looks(examples: Sequence[Example], usual: Usual) -> tuple[list[Look], list[Look]]:
    """Return a look at each question, and at those without their answer, by trees that saw nothing of its fold."""
    folds = np.array([hash_of(example.part, example.id) % FOLDS for example in examples])
    looks: list[Look] = [Look(np.empty(0), False, 0.0, 0)] * len(examples)
    unanswered: list[Look] = []
    for fold in range(FOLDS):
        inside = [example for example, held_out in zip(examples, folds, strict=True) if held_out != fold]
        booster = evidence_booster(inside, usual)
        for at in np.flatnonzero(folds == fold).tolist():
            looks[at] = second_look(examples[at], score(booster, examples[at], usual), usual, fold)
            if (bare := without_answer(examples[at])) is not None:
                unanswered.append(second_look(bare, score(booster, bare, usual), usual, fold))
        print(f"fold {fold}", flush=True)
    return looks, unanswered


def evidence_booster(examples: Sequence[Example], usual: Usual) -> lightgbm.Booster:
    """Grow the trees that choose a sentence, on the parts that teach it."""
    teaching = [example for example in examples if example.part not in UNSURE]
    return lightgbm.train(EVIDENCE, evidence_table(teaching, usual), EVIDENCE_TREES)


def print_gains(boosters: dict[str, lightgbm.Booster], trees: dict[str, Trees]) -> None:
    """Print which features each ensemble uses most."""
    for name, booster in boosters.items():
        gains = sorted(zip(booster.feature_importance("gain"), trees[name].features, strict=True), reverse=True)
        print(name, ", ".join(f"{feature} {gain:.0f}" for gain, feature in gains[:40]))


def save_trees(trees: dict[str, Trees], usual: Usual, threshold: float, bounds: tuple[float, float]) -> None:
    """Write what :func:`rag.ranking.models.packaged_models` reads."""
    arrays = {f"{name}.{key}": value for name, ensemble in trees.items() for key, value in ensemble.arrays().items()}
    np.savez_compressed(
        ROOT / "rag/data/answers.npz",
        threshold=threshold,
        bounds=np.array(bounds),
        usual=np.stack([usual.mean, usual.deviation]),
        **arrays,
    )


UNANSWERED_WEIGHT = 0.3


def without_answer(example: Example) -> Example | None:
    """Return the same question as if nobody had written down the answer; None where it never had one."""
    if not example.right.any() or example.right.all():
        return None
    kept = ~example.right
    return replace(
        example,
        answerable=False,
        weight=UNANSWERED_WEIGHT * example.weight,
        matrix=example.matrix[kept],
        right=example.right[kept],
        articles=[article for article, keep in zip(example.articles, kept, strict=True) if keep],
        starts=[start for start, keep in zip(example.starts, kept, strict=True) if keep],
        quotes=[quote for quote, keep in zip(example.quotes, kept, strict=True) if keep],
    )


def score(booster: lightgbm.Booster, example: Example, usual: Usual) -> Values:
    return np.asarray(
        booster.predict(within_question(example.matrix.astype(np.float64), usual), raw_score=True), dtype=np.float64
    )


def hash_of(part: str, identity: str) -> int:
    """Return the same for questions of one file of documents, so that none of them trains what judges another."""
    import zlib

    group = identity[:5] if part.startswith("office") else identity.removesuffix("-less")
    return zlib.crc32(group.encode())


def outcomes(
    examples: Sequence[Example], trees: dict[str, Trees], usual: Usual
) -> tuple[Values, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return (chance, right, answerable) of each question's first citation."""
    chances, right = [], []
    for example in examples:
        look = second_look(
            example, trees["evidence"].logit(within_question(example.matrix.astype(np.float64), usual)), usual
        )
        chances.append(float(trees["confidence"].probability(look.features[None])[0]))
        right.append(look.right)
    return np.array(chances), np.array(right), np.array([example.answerable for example in examples])


WRONG_COSTS = 0.75  # of what a right citation gains: a refusal where there was an answer costs something too


def chosen(
    chances: Values, right: npt.NDArray[np.bool_], wrong_costs: float = WRONG_COSTS
) -> tuple[float, tuple[float, float]]:
    """Return the chance from which on an answer gains on average, and that from which on .95 and .80 of all are right.

    The first follows from the cost alone, for the chances of held-out questions come true as often as they say: where answers
    gain most in one sample lies anywhere between .31 and .43 for costs of .5 to .65, and gains little.
    """
    grid = np.linspace(0.05, 0.9, 171)
    threshold = wrong_costs / (1 + wrong_costs)

    def bound(precision: float) -> float:
        for at in grid:
            held = chances >= at
            if held.sum() >= 20 and right[held].mean() >= precision:
                return float(at)
        return float(grid[-1])

    return threshold, (bound(0.95), bound(0.8))


def report(work: Path) -> None:
    """Print a line for each part: chosen right, AUROC, and what the threshold makes of it."""
    with np.load(ROOT / "rag/data/answers.npz") as arrays:
        kept = dict(arrays)
    trees = {
        name: Trees.from_arrays(
            {key.partition(".")[2]: value for key, value in kept.items() if key.startswith(f"{name}.")}
        )
        for name in ("evidence", "confidence")
    }
    threshold = float(kept["threshold"])
    high, usual = float(kept["bounds"][0]), Usual(*kept["usual"])
    print(
        "| part | questions | first right | AUROC right | answered right | answered wrong | refused (no answer) | high | right of high |"
    )
    for path in sorted(work.glob("*.npz")):
        examples = load(work, [path.stem])
        chances, right, answerable = outcomes(examples, trees, usual)
        said, sure = chances >= threshold, chances >= high
        auroc = roc_auc_score(right, chances) if 0 < right.sum() < len(right) else float("nan")
        n, no = max(1, answerable.sum()), max(1, (~answerable).sum())
        print(
            f"| {path.stem} | {len(examples)} | {right[answerable].mean() if answerable.any() else 0:.3f} | {auroc:.3f} "
            f"| {(right & said & answerable).sum() / n:.3f} | {(~right & said & answerable).sum() / n:.3f} "
            f"| {(~said & ~answerable).sum() / no:.3f} | {sure.mean():.2f} | {right[sure].mean() if sure.any() else 0:.3f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("collect", "grow", "report"))
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=(), help="parts to collect")
    parser.add_argument(
        "--rounds", nargs="*", default=(), help="folders of the train split to collect, such as fourth/wi2"
    )
    options = parser.parse_args()
    if options.what == "collect":
        collect(options.data, options.work, options.only, options.rounds)
    elif options.what == "grow":
        grow(options.work)
    else:
        report(options.work)


if __name__ == "__main__":
    main()
