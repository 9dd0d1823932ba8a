"""``geungeo eval``: every data set through its pipeline, a report each, and one exit code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eval.ablation import RANKINGS
from eval.ablation.ablation import ablate
from eval.ablation.rankings import OVER_THE_INDEX, Rankings
from eval.datasets.datasets import DataSet, load_folder
from eval.datasets.gold import SEEDS, load_gold
from eval.datasets.protocols import Protocol, with_probe
from eval.report.announce import announce_comparison, summary
from eval.report.baseline import Baseline, compare, load_baseline, save_baseline
from eval.report.page import words
from eval.report.report import write_report
from eval.results import Report
from eval.robustness.robustness import robustness
from eval.runner import SAMPLE_SEED, Progress, evaluate
from eval.system import System
from index.articles import Article
from index.errors import UsageError
from rag.answers import Mode

Echo = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure. ``sample`` bounds each data set's questions, and a probe's; ``ranking`` replaces the shipped."""

    protocols: tuple[Protocol, ...] = (Protocol.ALONE,)
    mode: Mode = Mode.HYBRID
    half: str | None = None
    sample: int | None = None
    answers: bool = True
    probe: Path | None = None
    ranking: str | None = None
    ablation: bool = False
    robustness: bool = False


@dataclass(frozen=True, slots=True)
class _Task:
    """One report to make."""

    dataset: DataSet
    protocol: Protocol
    folder: Path
    earlier: Baseline | None


def run_eval(
    datasets: Sequence[str],
    out: Path,
    baseline: Path | None,
    open_system: Callable[[DataSet, Protocol], System],
    seeds_loader: Callable[[], Iterable[Article]],
    *,
    plan: Plan = Plan(),
    write_baseline: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    echo: Echo = lambda _line: None,
    lang: str = "ko",
    progress: Callable[[str], Progress | None] = lambda _name: None,
) -> int:
    """Evaluate each of ``datasets`` (a folder, or ``seeds``; none given means ``seeds``) and write the reports.

    One report is written straight into ``out``, several into a folder each. ``baseline`` is a ``report.json``, what
    ``write_baseline`` wrote, or an earlier ``--out`` folder. ``open_system`` opens what is measured over the data set's
    articles (for a probe alone, which has none, over whatever index is asked for); it is closed here. ``progress`` makes
    a callback for a data set. Returns 0, or 1 where a measure dropped significantly or a citation was not verbatim.
    Raises GeungeoError.
    """
    tasks = _tasks([_load(name, seeds_loader, plan) for name in datasets or (SEEDS,)], plan, out, baseline)
    if write_baseline is not None and len(tasks) != 1:
        raise UsageError("--write-baseline에는 데이터 세트 하나만 주세요.", "--write-baseline takes one data set.")
    for task in tasks:
        if task.earlier is not None:
            task.earlier.require_same_data(task.dataset.name, task.dataset.sha256, task.protocol)
    failed = False
    for task in tasks:
        report = _measure(task, plan, open_system, settings or {}, progress)
        failed |= _publish(report, task.folder, task.earlier, echo, lang)
        if write_baseline is not None:
            save_baseline(report, write_baseline)
    return int(failed)


def _tasks(loaded: Sequence[DataSet], plan: Plan, out: Path, baseline: Path | None) -> list[_Task]:
    pairs = [(dataset, protocol) for dataset in loaded for protocol in plan.protocols]
    names = [
        dataset.name if protocol is Protocol.ALONE else f"{dataset.name}-{protocol}" for dataset, protocol in pairs
    ]
    folders = _folders(names, out)
    return [
        _Task(dataset, protocol, folder, _baseline_of(baseline, folder, len(pairs)))
        for (dataset, protocol), folder in zip(pairs, folders, strict=True)
    ]


def _measure(
    task: _Task,
    plan: Plan,
    open_system: Callable[[DataSet, Protocol], System],
    settings: Mapping[str, Any],
    progress: Callable[[str], Progress | None],
) -> Report:
    """Measure one data set in one protocol, the robustness and the ablation after the plain questions."""
    name, dataset = task.dataset.name, task.dataset
    system = open_system(dataset, task.protocol)
    try:
        asked = {"protocol": str(task.protocol), "ranking": plan.ranking or "shipped"}
        report = evaluate(
            system.pipeline,
            dataset,
            mode=plan.mode,
            half=None if plan.probe else plan.half,  # a probe was added to the questions already chosen
            sample=None if plan.probe else plan.sample,
            answers=plan.answers,
            with_withheld=True,
            reused=system.reused,
            ranker=_rankings(system).ranker(plan.ranking) if plan.ranking else None,
            progress=progress(name),
            settings={**asked, **settings, **(system.record or {})},
        )
        questions = [question for question in dataset.questions if question.id in {row.id for row in report.rows}]
        if plan.robustness:
            report = replace(report, robustness=robustness(system, questions, progress(f"{name} robustness")))
        if plan.ablation:
            names = OVER_THE_INDEX if task.protocol is Protocol.MIXED else RANKINGS
            ablation = ablate(questions, _rankings(system).ranker, progress(f"{name} ablation"), names)
            report = replace(report, ablation=ablation)
        return report
    finally:
        system.close()


def _rankings(system: System) -> Rankings:
    if system.rankings is None:
        raise UsageError("글이 있는 데이터 세트라야 합니다.", "only a data set with articles can be ranked so.")
    return system.rankings


def _publish(report: Report, folder: Path, earlier: Baseline | None, echo: Echo, lang: str) -> bool:
    """Write and announce one report, and return whether it is bad news."""
    comparison = None if earlier is None else compare(report, earlier)
    say = words(lang)
    page = write_report(report, folder, comparison, lang)
    for line in summary(report, lang):
        echo(line)
    if comparison is not None:
        announce_comparison(comparison, echo, lang)
    exactness = report.measures.get("citation_exactness")
    unfaithful = exactness is not None and exactness.value < 1
    if unfaithful:
        echo(f"  {say('인용 정확성이 1이 아닙니다: 원문과 다른 인용이 있습니다.')}")
    echo(f"{say('보고서')}: {page}")
    return unfaithful or bool(comparison and comparison.drops)


def _load(name: str, seeds_loader: Callable[[], Iterable[Article]], plan: Plan) -> DataSet:
    dataset = load_gold(seeds_loader()) if name == SEEDS else load_folder(Path(name))
    return dataset if plan.probe is None else with_probe(dataset, plan.probe, plan.half, plan.sample, SAMPLE_SEED)


def _folders(wanted: Sequence[str], out: Path) -> list[Path]:
    """Return ``out`` itself for one report, else a folder each, numbered where names repeat."""
    if len(wanted) == 1:
        return [out]
    names: list[str] = []
    for name in wanted:
        numbered = (f"{name}-{number}" for number in range(2, len(wanted) + 2))
        names.append(name if name not in names else next(other for other in numbered if other not in names))
    return [out / name for name in names]


def _baseline_of(baseline: Path | None, folder: Path, count: int) -> Baseline | None:
    """Return the earlier report to compare with, read before anything is measured or written over.

    Raises UsageError.
    """
    if baseline is None:
        return None
    if count == 1 and not baseline.is_dir():
        return load_baseline(baseline)
    candidates = [baseline / folder.name / "report.json"]
    if count == 1:
        candidates.insert(0, baseline / "report.json")
    report = next((path for path in candidates if path.is_file()), None)
    if report is None:
        raise UsageError(
            f"기준 보고서를 찾을 수 없습니다: {candidates[0]}. 데이터 세트가 여럿이면 앞서 쓴 --out 폴더를 주세요.",
            f"no baseline report: {candidates[0]}. For several data sets, give an earlier --out folder.",
        )
    return load_baseline(report)
