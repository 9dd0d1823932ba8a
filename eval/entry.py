"""What ``geungeo eval`` does with its flags: an index for each data set, made once and kept by content."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from importlib.resources import as_file, files

from eval.command import run_eval
from eval.datasets import DataSet
from eval.runner import Progress
from index.articles import Article
from index.ingest import Ingestor, content_hash
from index.readers import read_articles
from rag.answers import Mode
from rag.loading import Tools, load_tools, open_pipeline
from rag.pipeline import Pipeline
from rag.progress import progress_bar
from rag.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """The exit code: 0, or 1 where a measure dropped or a citation was not verbatim."""
    tools = load_tools(settings)
    return run_eval(
        arguments.datasets,
        arguments.out,
        arguments.baseline,
        lambda dataset: _open(dataset, settings, tools, arguments.lang),
        load_seeds,
        mode=Mode(arguments.mode),
        half=arguments.half,
        sample=arguments.sample,
        answers=not arguments.no_answers,
        settings={"encoder": tools.encoder.fingerprint, "model": settings.model},
        echo=print,
        progress=_counter,
    )


def load_seeds() -> Sequence[Article]:
    """The five packaged articles."""
    with as_file(files("seeds")) as folder:
        return [item for item in read_articles([folder]) if isinstance(item, Article)]


def _open(dataset: DataSet, settings: Settings, tools: Tools, lang: str) -> Pipeline:
    """A pipeline over the data set's own articles; for a probe, which has none, over the user's index."""
    if not dataset.articles:
        return open_pipeline(settings, tools)
    folder = settings.cache / "eval" / f"{dataset.name}-{_corpus_name(dataset)}"
    with progress_bar(len(dataset.articles), lang) as progress:
        Ingestor(folder, tools.encoder, tools.splitter).ingest(dataset.articles, progress=progress, wait=60.0)
    return open_pipeline(settings.model_copy(update={"data": folder}), tools)


def _corpus_name(dataset: DataSet) -> str:
    """By the articles alone: new questions need no new index."""
    joined = "\n".join(sorted(content_hash(article) for article in dataset.articles))
    return hashlib.sha256(joined.encode()).hexdigest()[:12]


def _counter(name: str) -> Progress | None:
    """A line on a terminal that counts the questions asked."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{name}: {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show
