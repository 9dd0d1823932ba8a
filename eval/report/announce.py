"""What the command line says of a report, in lines."""

from collections.abc import Callable, Iterator

from eval.measures.catalogue import BY_KEY, Measure
from eval.report.baseline import Comparison
from eval.report.page import Say, words
from eval.report.view import number, signed
from eval.results import Estimate, Report

_HEADLINES = (
    "evidence@1",
    "evidence@3",
    "answer_in_first_citation",
    "answer_in_citation",
    "answer_in_first_citation_unabstained",
    "answer_in_citation_unabstained",
    "value_em",
    "value_f1",
    "citation_exactness",
    "abstaining_precision",
    "abstaining_recall",
    "answering_precision",
    "answering_recall",
    "auroc",
    "aurc",
    "first_right",
    "wrong_first",
    "refused_answerable",
    "refused_unanswerable",
    "refusal_precision",
    "sure_and_wrong",
    "sure_right",
    "must_not_cited",
    "nDCG@10",
    "Recall@10",
    "latency_p50_ms",
)


def summary(report: Report, lang: str = "ko") -> list[str]:
    """Return the headline measures, the robustness and the ablation, one a line."""
    where = f", {report.settings['protocol']}" if "protocol" in report.settings else ""
    articles = report.index.get("articles", report.dataset["articles"])
    say = words(lang)
    counts = say("질문 {questions}개, 글 {articles}건", questions=len(report.rows), articles=articles)
    lines = [f"{report.dataset['name']}{where}: {counts}"]
    if left_out := report.dataset.get("unjudged"):
        lines.append(f"  {say('판정이 없어 뺀 질문 {count}개', count=left_out)}")
    for key in _HEADLINES:
        if key in report.measures:
            measure, each = BY_KEY[key], report.measures[key]
            interval = f"[{number(measure, each.low)}, {number(measure, each.high)}]"
            lines.append(f"  {_name(measure, lang)} {number(measure, each.value)} {interval} n={each.n}")
    return [*lines, *_robustness(report, say), *_ablation(report)]


def announce_comparison(comparison: Comparison, echo: Callable[[str], None], lang: str = "ko") -> None:
    """Say which measures dropped against an earlier report, with their intervals, or that none did."""
    say = words(lang)
    for change in comparison.drops:
        measure = BY_KEY[change.key]
        interval = f"[{signed(measure, change.low)}, {signed(measure, change.high)}]"
        echo(f"  {say('나빠짐')}: {_name(measure, lang)} {signed(measure, change.difference)} {interval}")
    if not comparison.drops:
        echo(f"  {say('기준 보고서보다 뚜렷하게 나빠진 지표가 없습니다.')}")


def _name(measure: Measure, lang: str) -> str:
    return measure.english if lang == "en" else f"{measure.korean}({measure.english})"


def _robustness(report: Report, say: Say) -> Iterator[str]:
    for form in report.robustness:
        if form.skipped:
            yield f"  {say('강건성')} {form.name}: {say('건너뜀')} ({say(form.skipped)})"
        else:
            shares = f"{form.plain:.3f} → {form.changed:.3f}"
            yield f"  {say('강건성')} {form.name}: {shares}, {form.ratio:.3f} [{form.low:.3f}, {form.high:.3f}] n={form.n}"


def _ablation(report: Report) -> Iterator[str]:
    if report.ablation is None:
        return
    for step in report.ablation.steps:
        change = "" if step.change is None else f"  {_interval(step.change, '+.4f')}"
        yield f"  {report.ablation.measure} {step.name:10} {_interval(step.value, '.4f')}{change}"
    yield f"  learned − {report.ablation.better_half}: {_interval(report.ablation.gain, '+.4f')}"


def _interval(estimate: Estimate, form: str) -> str:
    return f"{estimate.value:{form}} [{estimate.low:{form}}, {estimate.high:{form}}]"
