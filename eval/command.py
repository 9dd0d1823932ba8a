"""``geungeo eval``: every data set through its pipeline, a report each, and one exit code."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.baseline import Baseline, Comparison, compare, load_baseline
from eval.catalogue import BY_KEY
from eval.datasets import DataSet, load_folder
from eval.gold import SEEDS, load_gold
from eval.report import write_report
from eval.results import Report
from eval.runner import Progress, evaluate
from eval.view import number, signed
from index.articles import Article
from index.errors import UsageError
from rag.answers import Mode
from rag.pipeline import Pipeline

Echo = Callable[[str], None]
_HEADLINES = (
    "evidence@1",
    "evidence@3",
    "answer_in_citation",
    "citation_exactness",
    "abstaining_precision",
    "abstaining_recall",
    "auroc",
    "nDCG@10",
    "Recall@10",
    "latency_p50_ms",
)


def run_eval(
    datasets: Sequence[str],
    out: Path,
    baseline: Path | None,
    open_pipeline: Callable[[DataSet], Pipeline],
    seeds_loader: Callable[[], Iterable[Article]],
    *,
    mode: Mode = Mode.HYBRID,
    half: str | None = None,
    sample: int | None = None,
    answers: bool = True,
    settings: Mapping[str, Any] | None = None,
    echo: Echo = lambda _line: None,
    progress: Callable[[str], Progress | None] = lambda _name: None,
) -> int:
    """Evaluate each of ``datasets`` (a folder, or ``seeds``; none given means ``seeds``) and write the reports.

    One data set is written straight into ``out``, several into a folder each. ``baseline`` is a ``report.json``, or
    an earlier ``--out`` folder. ``open_pipeline`` gives a pipeline over the data set's articles (for a probe, which
    has none, over whatever index is asked for); it is closed here. ``progress`` makes a callback for a data set.
    Returns 0, or 1 where a measure dropped significantly or a citation was not verbatim. Raises GeungeoError.
    """
    loaded = [_load(name, seeds_loader) for name in datasets or (SEEDS,)]
    folders = _folders(loaded, out)
    baselines = [_baseline_of(baseline, folder, len(loaded)) for folder in folders]
    for dataset, earlier in zip(loaded, baselines, strict=True):
        if earlier is not None:
            earlier.require_same_data(dataset.name, dataset.sha256)
    failed = False
    for dataset, folder, earlier in zip(loaded, folders, baselines, strict=True):
        pipeline = open_pipeline(dataset)
        try:
            report = evaluate(
                pipeline,
                dataset,
                mode=mode,
                half=half,
                sample=sample,
                answers=answers,
                progress=progress(dataset.name),
                settings=settings,
            )
        finally:
            pipeline.close()
        failed |= _publish(report, folder, earlier, echo)
    return int(failed)


def _publish(report: Report, folder: Path, earlier: Baseline | None, echo: Echo) -> bool:
    """Write and announce one report; whether it is bad news."""
    comparison = None if earlier is None else compare(report, earlier)
    page = write_report(report, folder, comparison)
    for line in summary(report):
        echo(line)
    if comparison is not None:
        _announce(comparison, echo)
    exactness = report.measures.get("citation_exactness")
    unfaithful = exactness is not None and exactness.value < 1
    if unfaithful:
        echo("  인용 정확성이 1이 아닙니다: 원문과 다른 인용이 있습니다.")
    echo(f"보고서: {page}")
    return unfaithful or bool(comparison and comparison.drops)


def summary(report: Report) -> list[str]:
    """The headline measures, one a line."""
    lines = [f"{report.dataset['name']}: 질문 {len(report.rows)}개, 문서 {report.dataset['articles']}개"]
    for key in _HEADLINES:
        if key in report.measures:
            measure, each = BY_KEY[key], report.measures[key]
            interval = f"[{number(measure, each.low)}, {number(measure, each.high)}]"
            lines.append(f"  {measure.korean}({measure.english}) {number(measure, each.value)} {interval} n={each.n}")
    return lines


def _announce(comparison: Comparison, echo: Echo) -> None:
    for change in comparison.drops:
        measure = BY_KEY[change.key]
        interval = f"[{signed(measure, change.low)}, {signed(measure, change.high)}]"
        echo(f"  나빠짐: {measure.korean}({measure.english}) {signed(measure, change.difference)} {interval}")
    if not comparison.drops:
        echo("  기준 보고서보다 뚜렷하게 나빠진 지표가 없습니다.")


def _load(name: str, seeds_loader: Callable[[], Iterable[Article]]) -> DataSet:
    return load_gold(seeds_loader()) if name == SEEDS else load_folder(Path(name))


def _folders(datasets: Sequence[DataSet], out: Path) -> list[Path]:
    """``out`` itself for one data set, else a folder each, numbered where names repeat."""
    if len(datasets) == 1:
        return [out]
    names: list[str] = []
    for dataset in datasets:
        numbered = (f"{dataset.name}-{number}" for number in range(2, len(datasets) + 2))
        names.append(
            dataset.name if dataset.name not in names else next(each for each in numbered if each not in names)
        )
    return [out / name for name in names]


def _baseline_of(baseline: Path | None, folder: Path, count: int) -> Baseline | None:
    """The earlier report to compare with, read before anything is measured or written over. Raises UsageError."""
    if baseline is None:
        return None
    if count == 1 and not baseline.is_dir():
        return load_baseline(baseline)
    candidates = [baseline / folder.name / "report.json"]
    if count == 1:
        candidates.insert(0, baseline / "report.json")
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise UsageError(
            f"기준 보고서를 찾을 수 없습니다: {candidates[0]}. 데이터 세트가 여럿이면 앞서 쓴 --out 폴더를 주세요.",
            f"no baseline report: {candidates[0]}. For several data sets, give an earlier --out folder.",
        )
    return load_baseline(found)
