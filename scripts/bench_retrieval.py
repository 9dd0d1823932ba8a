"""nDCG@10 of each way to rank, on data-set folders: BM25 of words, of bigrams, of both, dense, RRF, and our mix.

    python scripts/bench_retrieval.py ../shared/data/korquad1 ../shared/data/autorag_ko_embed --work FOLDER

Indexes are made once under --work. The mix is also shown at other weights of the dense half, so that the one in
rag/retrieval.py can be seen to lie on a plateau and not on a peak.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import ir_measures
from ir_measures import ScoredDoc, nDCG

from eval.datasets import DataSet, load_folder, select
from index.analysis import analysis_fingerprint
from index.bundled_encoder import BundledEncoder
from index.engine import Engine
from index.filters import EVERYTHING
from index.ingest import Ingestor
from index.lexical import LexicalQuery
from index.sentences import SentenceSplitter
from rag.aliases import Aliases, load_groups, load_translations
from rag.answers import Mode
from rag.question import read_question
from rag.retrieval import DENSE_WEIGHT, rank_passages

DEPTH = 100
SEED = 7
Scores = Mapping[int, float]
WEIGHTS = (4.0, 8.0, DENSE_WEIGHT, 24.0)


def reciprocal_rank(*halves: Scores) -> dict[int, float]:
    """Cormack, Clarke and Büttcher 2009, k = 60."""
    fused: dict[int, float] = {}
    for half in halves:
        for rank, seq in enumerate(sorted(half, key=lambda seq: -half[seq])[:DEPTH], 1):
            fused[seq] = fused.get(seq, 0.0) + 1 / (60 + rank)
    return fused


def mixed(dense: Scores, lexical: Scores, weight: float) -> dict[int, float]:
    best = max(lexical.values(), default=0.0) or 1.0
    return {seq: lexical.get(seq, 0.0) / best + weight * cosine for seq, cosine in dense.items()}


def rankings(
    engine: Engine, text: str, encoder: BundledEncoder, splitter: SentenceSplitter, aliases: Aliases
) -> dict[str, Scores]:
    question = read_question(text, splitter, aliases)
    vector = encoder.encode_query(question.text)
    words = LexicalQuery(dict.fromkeys(question.words, 1.0), ())
    pairs = LexicalQuery({}, question.bigrams)
    plain = LexicalQuery(dict.fromkeys(question.words, 1.0), question.bigrams)
    lexical = dict(engine.search_lexical(question.lexical(), DEPTH))
    dense = dict(engine.search_dense(vector, DEPTH))
    ranked: dict[str, Scores] = {
        "BM25 words": dict(engine.search_lexical(words, DEPTH)),
        "BM25 bigrams": dict(engine.search_lexical(pairs, DEPTH)),
        "BM25 words + bigrams": dict(engine.search_lexical(plain, DEPTH)),
        "lexical (with aliases)": lexical,
        "dense": dense,
        "reciprocal rank": reciprocal_rank(dense, lexical),
    }
    both = {**engine.score_dense(vector, [*lexical]), **dense}
    scores = {**engine.score_lexical(question.lexical(), [*dense]), **lexical}
    for weight in WEIGHTS:
        ranked[f"mix of passages, dense × {weight:g}"] = mixed(both, scores, weight)
    ours = rank_passages(engine, question, vector, where=EVERYTHING, mode=Mode.HYBRID, k=DEPTH)
    ranked["ours: best sentences too"] = {one.seq: 1 / rank for rank, one in enumerate(ours, 1)}
    return ranked


def measure(
    dataset: DataSet, folder: Path, encoder: BundledEncoder, splitter: SentenceSplitter, sample: int
) -> dict[str, float]:
    Ingestor(folder, encoder, splitter).ingest(dataset.articles)
    engine = Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis_fingerprint(splitter))
    aliases = Aliases(load_groups(), splitter, load_translations())
    questions = [one for one in select(dataset.questions, None, sample, SEED) if one.relevant]
    runs: dict[str, list[ScoredDoc]] = {}
    for question in questions:
        for name, scores in rankings(engine, question.text, encoder, splitter, aliases).items():
            passages = engine.passages([*scores])
            best: dict[str, float] = {}
            for seq, score in scores.items():
                article = passages[seq].article_id
                best[article] = max(best.get(article, score), score)
            runs.setdefault(name, []).extend(ScoredDoc(question.id, article, score) for article, score in best.items())
    judged = {question.id: dict(question.relevant) for question in questions}
    return {
        name: float(ir_measures.calc_aggregate([nDCG @ 10], judged, run)[nDCG @ 10]) for name, run in runs.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=1000)
    options = parser.parse_args()
    encoder, splitter = BundledEncoder(options.work / "model"), SentenceSplitter()
    results = {}
    for folder in options.folders:
        results[folder.name] = measure(
            load_folder(folder), options.work / folder.name, encoder, splitter, options.sample
        )
    names = [*results]
    print("| nDCG@10 | " + " | ".join(names) + " |\n|---" * 1 + "|---" * len(names) + "|")
    for row in next(iter(results.values())):
        print(f"| {row} | " + " | ".join(f"{results[name][row]:.4f}" for name in names) + " |")


if __name__ == "__main__":
    main()
