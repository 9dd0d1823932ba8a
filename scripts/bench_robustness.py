"""How often the gold passage stays among the first three when a question is written another way.

    python scripts/bench_robustness.py ../shared/data/korquad1 seeds --work FOLDER --sample 150

Indexes are made once under --work. Per form: the share of questions that keep their gold passage, of those that have it
when asked plainly; and the share that has it at all over the plain share, over the questions the form changes.
"""

import argparse
import time
from importlib.resources import as_file, files
from pathlib import Path

from eval.datasets import DataSet, GoldQuestion, load_folder, select
from eval.evidence import answer_strings, contains_answer, overlaps
from eval.gold import SEEDS, load_gold
from eval.question_forms import forms
from index.analysis import analysis_fingerprint
from index.articles import Article
from index.bundled_encoder import BundledEncoder
from index.engine import Engine
from index.ingest import Ingestor
from index.readers import read_articles
from index.sentences import SentenceSplitter
from rag.aliases import Aliases, load_groups, load_translations
from rag.answers import Hit
from rag.pipeline import Pipeline

FIRST = 3
SEED = 0


def load(name: str) -> DataSet:
    if name != SEEDS:
        return load_folder(Path(name))
    with as_file(files("seeds")) as folder:
        return load_gold(read for read in read_articles([folder]) if isinstance(read, Article))


class Judge:
    def __init__(self, pipeline: Pipeline, dataset: DataSet) -> None:
        self._pipeline = pipeline
        self._articles = {article.id: article for article in dataset.articles}

    def finds(self, question: GoldQuestion, text: str) -> bool:
        """Whether one of the first three passages holds gold evidence."""
        hits = self._pipeline.search(text, top_k=FIRST).hits
        known = answer_strings(question, self._articles.get)
        return any(self._is_gold(hit, question, known) for hit in hits)

    def _is_gold(self, hit: Hit, question: GoldQuestion, known: tuple[str, ...]) -> bool:
        passage = hit.passage
        if question.spans:
            return overlaps(passage, question.spans)
        right = question.relevant.get(passage.article_id, 0) > 0
        return right and (not known or contains_answer(passage.text, known))


def measure(
    dataset: DataSet, judge: Judge, splitter: SentenceSplitter, sample: int, only: list[str], show: bool
) -> None:
    questions = [one for one in select(dataset.questions, None, sample, SEED) if one.answerable and one.relevant]
    plain = {one.id: judge.finds(one, one.text) for one in questions}
    print(f"\n{dataset.name}: {len(questions)} questions, plain {sum(plain.values()) / len(questions):.3f}\n")
    print("| form | changed | plain | kept | found / plain | ms |\n|---|---|---|---|---|---|")
    for name, form in forms(splitter).items():
        if only and name not in only:
            continue
        changed = [(one, text) for one in questions if (text := form(one.text)) != one.text]
        if not changed:
            continue
        started = time.perf_counter()
        found = {one.id: judge.finds(one, text) for one, text in changed}
        ms = 1000 * (time.perf_counter() - started) / len(changed)
        had = [one for one in found if plain[one]]
        kept = sum(found[one] for one in had) / max(1, len(had))
        ratio = sum(found.values()) / max(1, len(had))
        print(
            f"| {name} | {len(found)} | {len(had) / len(found):.3f} | {kept:.3f} | {ratio:.3f} | {ms:.0f} |", flush=True
        )
        if show:
            for one, text in changed:
                if plain[one.id] and not found[one.id]:
                    print(f"    lost: {text}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("datasets", nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--form", action="append", default=[])
    parser.add_argument("--lost", action="store_true", help="show the questions that lost their passage")
    options = parser.parse_args()
    encoder, splitter = BundledEncoder(options.work / "model"), SentenceSplitter()
    aliases = Aliases(load_groups(), splitter, load_translations())
    for name in options.datasets:
        dataset = load(name)
        folder = options.work / dataset.name
        if not folder.is_dir():
            Ingestor(folder, encoder, splitter).ingest(dataset.articles)
        analysis = analysis_fingerprint(splitter)
        engine = Engine.open(folder, encoder=encoder.fingerprint, analysis=analysis)
        pipeline = Pipeline(lambda engine=engine: engine, encoder, splitter, aliases)  # type: ignore[misc]
        measure(dataset, Judge(pipeline, dataset), splitter, options.sample, options.form, options.lost)


if __name__ == "__main__":
    main()
