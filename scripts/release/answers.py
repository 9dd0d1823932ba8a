"""Write the answers to questions as JSON, a line each, so that two commits can be compared byte for byte.

    python -m scripts.release.answers OUT [--set seeds] [--count 200] [--data FOLDER]

Run it in a worktree of each commit (``PYTHONPATH=. python NEWER/scripts/release/answers.py`` in one that lacks it) and ``cmp``
what came out. FOLDER is indexed where it is new: one for both compares answers, one each compares what is stored as well.
Times and the number of the generation are left out. Prints the median time of an answer.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import median

from eval.datasets.datasets import load_folder, select
from eval.datasets.gold import load_gold
from eval.entry import load_seeds
from index.engine import is_new
from index.ingest import Ingestor
from rag.answers import Query
from rag.loading import load_tools, open_pipeline
from rag.schemas import AnswerResponse
from rag.settings import load_settings

_SEED = 23
_LEFT_OUT = {"timings_ms", "index"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", default="seeds", help="a data set as geungeo eval takes it")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--data", type=Path, help="a data folder; without, one for this run alone")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as alone:
        took = write(arguments.set, arguments.count, arguments.data or Path(alone), arguments.out)
    print(f"{len(took)} answers, median {1000 * median(took):.1f} ms")


def write(name: str, count: int, folder: Path, out: Path) -> list[float]:
    """Write the answers; return the seconds of each."""
    dataset = load_gold(load_seeds()) if name == "seeds" else load_folder(Path(name))
    settings = load_settings(data=folder)
    tools = load_tools(settings)
    if is_new(folder):
        Ingestor(folder, tools.encoder, tools.splitter).ingest(dataset.articles)
    pipeline, took, lines = open_pipeline(settings, tools), list[float](), list[str]()
    for question in select(dataset.questions, None, count, _SEED):
        start = time.perf_counter()
        answer = pipeline.ask(Query(question.text))
        took.append(time.perf_counter() - start)
        said = AnswerResponse.from_answer(answer).model_dump(mode="json", exclude=_LEFT_OUT)
        lines.append(json.dumps(said, ensure_ascii=False) + "\n")
    pipeline.close()
    out.write_text("".join(lines), "utf-8")
    return took


if __name__ == "__main__":
    main()
