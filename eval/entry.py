"""What ``geungeo eval`` runs on: an index for each corpus, made once and kept by content."""

import argparse
import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from eval.datasets.commands import check, init, keep_proposals, require_empty, warn
from eval.datasets.corpora import IndexCache
from eval.datasets.datasets import DataSet
from eval.datasets.gold import SEEDS
from eval.datasets.proposals import judged, propose
from eval.datasets.protocols import Distractors, Protocol, load_distractors, mix, protocols_of
from eval.datasets.question_vectors import FILE, RememberingEncoder
from eval.plan import Plan, run_eval
from eval.report.baseline import load_baseline
from eval.report.side_by_side import put_side_by_side, word, write_side_by_side
from eval.runner import Progress
from eval.system import System, open_system
from index.articles import Article
from index.engine import is_new
from index.errors import NotFoundError, UsageError
from index.reading.readers import read_articles
from index.store.store import Store
from index.text.characters import visible
from index.text.messages import say
from rag.answers import Mode, Query
from rag.loading import Tools, load_tools, open_pipeline
from rag.progress import note, progress_bar
from rag.ranking.models import load_models, packaged_models
from rag.settings import Settings

_ON_A_FOLDER = ("init", "propose", "check")
_PROPOSED = 40  # questions, unless --sample says how many


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Return the exit code: 0, or 1 where a measure dropped, a citation was not verbatim or a data set has faults.

    ``init``, ``propose`` and ``check FOLDER`` in place of data sets begin one and check one; ``compare`` takes two reports.
    """
    action, *rest = arguments.datasets or [SEEDS]
    if action == "compare":
        return _compare(rest, arguments)
    if action in _ON_A_FOLDER:
        return _on_folder(action, rest, arguments, settings)
    for name in arguments.datasets:
        if name != SEEDS:
            warn(Path(name), note, arguments.lang)
    plan = Plan(
        protocols=protocols_of(arguments.protocol, arguments.distractors),
        mode=Mode(arguments.mode),
        half=arguments.half,
        sample=arguments.sample,
        answers=not arguments.no_answers,
        probe=arguments.probe,
        ranking=arguments.ranking,
        ablation=arguments.ablation,
        robustness=arguments.robustness,
    )
    bench = Bench(arguments, settings, load_tools(settings))
    return run_eval(
        arguments.datasets,
        arguments.out,
        arguments.baseline,
        bench.open,
        load_seeds,
        plan=plan,
        write_baseline=arguments.write_baseline,
        settings=bench.record(),
        echo=_tell,
        lang=arguments.lang,
        progress=_counter,
    )


def _tell(text: str) -> None:
    """Print what is said, texts of a data set among it, with marks in place of what a terminal would obey."""
    print(visible(text))


def _on_folder(action: str, folders: Sequence[str], arguments: argparse.Namespace, settings: Settings) -> int:
    if len(folders) != 1:
        raise UsageError(
            f"폴더 하나를 주세요: geungeo eval {action} FOLDER.", f"give one folder: geungeo eval {action} FOLDER."
        )
    folder, lang = Path(folders[0]), arguments.lang
    if action == "init":
        return init(folder, _tell, lang)
    if action == "propose":
        return _propose(folder, arguments.sample or _PROPOSED, settings, lang)
    return check(folder, _tell, lang)


def _propose(folder: Path, count: int, settings: Settings, lang: str) -> int:
    """Propose questions on the articles of the data folder, each asked there. Raises NotFoundError without an index."""
    require_empty(folder)
    if is_new(settings.data):
        data = settings.data
        raise NotFoundError(say("no_index", "ko", folder=data), say("no_index", "en", folder=data))
    store = Store(settings.data)
    listed = [article.id for article in store.list_articles()]
    found = propose(((store.article(name), store.spans(name)) for name in listed), count)
    store.close()
    pipeline = open_pipeline(settings, load_tools(settings))
    counter = _counter(say("asking", lang)) or (lambda done, total: None)
    asked = []
    for done, proposal in enumerate(found, 1):
        asked.append(judged(proposal, pipeline.ask(Query(proposal.question))))
        counter(done, len(found))
    pipeline.close()
    return keep_proposals(folder, asked, _tell, lang)


def _compare(reports: Sequence[str], arguments: argparse.Namespace) -> int:
    if len(reports) != 2:
        raise UsageError(
            "보고서 둘을 주세요: geungeo eval compare 앞 뒤 (report.json이나 그 폴더).",
            "give two reports: geungeo eval compare BEFORE AFTER (report.json or its folder).",
        )
    before, after = (load_baseline(path / "report.json" if path.is_dir() else path) for path in map(Path, reports))
    both = put_side_by_side(before, after)
    path, lang = write_side_by_side(both, arguments.out, arguments.lang), arguments.lang
    counts = ", ".join(f"{word(change, lang)} {both.count(change)}" for change in ("worse", "better", "other", "same"))
    _tell(f"{counts}\n{path}")
    return 0


def load_seeds() -> Sequence[Article]:
    """Return the five packaged articles."""
    with as_file(files("seeds")) as folder:
        return [item for item in read_articles([folder]) if isinstance(item, Article)]


class Bench:
    """Opens a system for each data set and protocol, over indexes that are made once."""

    def __init__(self, arguments: argparse.Namespace, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._lang = arguments.lang
        self._distractors_folder = arguments.distractors
        self._work = arguments.work or settings.cache / "eval"
        self._models: Path | None = arguments.models
        self._remember = not arguments.no_vector_cache
        self._cache = IndexCache(self._work / "indexes", tools, arguments.adopt or ())

    def open(self, dataset: DataSet, protocol: Protocol) -> System:
        """Open it over the data set's own articles, or among the distractors; for a probe, over the user's index."""
        tools = self._remembering() if self._remember else self._tools
        if not dataset.articles and protocol is Protocol.ALONE:
            return System(open_pipeline(self._settings, tools), encoder=tools.encoder)
        name, articles = dataset.name, list(dataset.articles)
        if protocol is Protocol.MIXED:
            # First the distractors alone, so that every data set starts from them and they are embedded once.
            with progress_bar(len(self._distractors.articles), self._lang) as progress:
                self._cache.corpus(self._distractors.name, self._distractors.articles, progress)
            name, articles = f"{name}-in-{self._distractors.name}", mix(articles, self._distractors)
        with progress_bar(len(articles), self._lang) as progress:
            corpus = self._cache.corpus(name, articles, progress)
        models = load_models(self._models) if self._models else packaged_models()
        return open_system(self._settings, tools, corpus, self._work / "lexical", models)

    def record(self) -> Mapping[str, Any]:
        """Return what the reports say of the settings."""
        record = {
            "encoder": self._tools.encoder.fingerprint,
            "model": self._settings.model,
            "models": _sha256_of(self._models or files("rag").joinpath("data/models.json")),
            "vector_cache": self._remember,
        }
        return record

    @cached_property
    def _distractors(self) -> Distractors:
        return load_distractors(self._distractors_folder)

    def _remembering(self) -> Tools:
        return replace(self._tools, encoder=RememberingEncoder(self._tools.encoder, self._work / FILE))


def _sha256_of(models: "Path | Traversable") -> str:
    """Return a short SHA-256 of the fitted weights, which decide ranking, evidence and confidence."""
    return hashlib.sha256(models.read_bytes()).hexdigest()[:16]


def _counter(name: str) -> Progress | None:
    """Return what counts the questions asked in a line of the terminal; None where there is no terminal."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{name}: {done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show
