"""Measure whether questions that stand alone are left as they are where earlier questions are sent along.

``python -m scripts.measure.stand_alone_questions FOLDER…``: each question of the sets in FOLDER (as ``geungeo eval`` takes them, also in
folders below) after an arbitrary other one of the same set and the article that answers it. ``--show`` prints what is
completed. Nothing is searched: that a question is left alone is told by it and the turns before it.
"""

import argparse
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from eval.datasets.datasets import DataSet, GoldQuestion, load_folder
from eval.datasets.written import is_written
from index.korean.sentences import SentenceSplitter
from rag.question.completion import Completed, Completion, complete
from rag.question.turns import Turn


def sets_under(folder: Path) -> Iterator[DataSet]:
    """Yield the set of a folder, or those of the folders below it that hold text files."""
    if (folder / "queries.jsonl").is_file() or is_written(folder):
        yield load_folder(folder)
        return
    yield from map(load_folder, sorted({path.parent for path in folder.rglob("*.txt")}))


def asked_after_others(dataset: DataSet, rng: random.Random) -> Iterator[tuple[GoldQuestion, Turn]]:
    """Yield every question with a turn before it that it has nothing to do with."""
    texts = {article.id: article for article in dataset.articles}
    answered = [question for question in dataset.questions if question.relevant]
    for question in dataset.questions:
        other = rng.choice([drawn for drawn in rng.sample(answered, min(2, len(answered))) if drawn is not question])
        article = texts[next(iter(other.relevant))]
        quote = other.spans[0].text if other.spans else ""
        yield question, Turn(other.text, quote, article.title, article.text)


def main() -> None:
    """Print the share a folder, and what was completed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--show", action="store_true", help="print what is completed")
    arguments = parser.parse_args()
    complete_ = partial(complete, tokenize=SentenceSplitter().tokenize)
    print("| set | questions | left alone |")
    print("|---|---:|---:|")
    for folder in arguments.folders:
        rng, made = random.Random(19), list[tuple[Turn, str, Completed]]()
        for dataset in sets_under(folder):
            asked = asked_after_others(dataset, rng)
            made += [(turn, question.text, complete_(question.text, [turn])) for question, turn in asked]
        touched = [(turn, question, found) for turn, question, found in made if found.outcome is not Completion.ALONE]
        print(f"| {folder} | {len(made)} | {1 - len(touched) / len(made):.4f} |")
        for turn, question, found in touched if arguments.show else ():
            print(f"{question} → {found.question}\n  after {turn.question}")


if __name__ == "__main__":
    main()
