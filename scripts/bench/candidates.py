"""How many candidates a question must look at closely: nDCG@10 and processor time with each number of them.

    python -m scripts.bench.candidates DATA_SET INDEX [--questions 600] [--candidates 40 24 16]

DATA_SET is a folder as ``geungeo eval`` takes it; INDEX a data folder with its articles, such as one of those that
``geungeo eval --work FOLDER --mixed ...`` keeps in FOLDER/indexes. Prints a line for each number.
"""

import argparse
import time
from pathlib import Path

import rag.ranking.retrieval
from eval.datasets.datasets import GoldQuestion, load_folder, select
from eval.measures.ranking import fold_to_articles, retrieval_scores
from rag.answers import Query
from rag.loading import load_tools, open_pipeline
from rag.pipeline import Pipeline
from rag.settings import load_settings

_SEED = 5


def measure(pipeline: Pipeline, questions: list[GoldQuestion]) -> tuple[float, float]:
    """Return (mean nDCG@10, milliseconds of processor time a question)."""
    started, rankings = time.process_time(), {}
    for question in questions:
        rankings[question.id] = fold_to_articles(pipeline.search(Query(question.text, top_k=10)).hits)
    spent = time.process_time() - started
    scores = retrieval_scores({question.id: question.relevant for question in questions}, rankings)
    return sum(score["nDCG@10"] for score in scores.values()) / len(scores), 1000 * spent / len(questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--candidates", type=int, nargs="+", default=[40, 24, 16])
    arguments = parser.parse_args()
    settings = load_settings(data=arguments.index)
    pipeline = open_pipeline(settings, load_tools(settings))
    judged = [question for question in load_folder(arguments.dataset).questions if question.relevant]
    questions = select(judged, None, arguments.questions, _SEED)
    for candidates in arguments.candidates:
        rag.ranking.retrieval.RESCORED = candidates
        ndcg, spent = measure(pipeline, questions)
        print(
            f"{arguments.dataset.name}, {len(questions)} questions, {candidates} candidates: {ndcg:.4f}, {spent:.1f} ms"
        )


if __name__ == "__main__":
    main()
