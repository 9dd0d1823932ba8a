"""What the HTML report shows, made ready for its template: names, numbers, pictures, lists of questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from eval.datasets.datasets import TYPES
from eval.measures.abstention import CurvePoint, calibration, risk_coverage
from eval.measures.catalogue import BY_KEY, CATALOGUE, GROUPS, HALF_NAMES, TAG_NAMES, TYPE_NAMES, Measure
from eval.measures.ranking import first_relevant_rank
from eval.report import pictures
from eval.report.baseline import Change, Comparison
from eval.report.kinds import kind_name, kind_table
from eval.report.page import Say, words
from eval.results import Estimate, Report, Row, Slice

_TILES = (
    "first_right",
    "wrong_first",
    "refused_unanswerable",
    "sure_and_wrong",
    "evidence@1",
    "evidence@3",
    "answer_in_citation",
    "abstaining_precision",
    "abstaining_recall",
    "citation_exactness",
    "nDCG@10",
    "latency_p50_ms",
)
_COLUMNS = (
    "evidence@1",
    "evidence@3",
    "answer_in_citation",
    "answering_recall",
    "abstaining_recall",
    "nDCG@10",
    "Recall@1",
)
_SLICE_NAMES = {"half": HALF_NAMES, "type": TYPE_NAMES, "tag": TAG_NAMES}
_SLICE_TITLES = {"half": "조정용과 시험용", "type": "질문 유형", "tag": "질문 특징"}
_REASONS = {
    "answered": "답함",
    "index_empty": "색인이 비었음",
    "no_match": "가까운 글이 없음",
    "low_support": "근거가 모자람",
    "context_needed": "앞의 질문 없이는 알 수 없음",
    "qualifier_absent": "물은 것과 다른 해나 대상만 있음",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of the table."""

    measure: Measure
    estimate: Estimate
    bar: Markup | None  # none for milliseconds


@dataclass(frozen=True, slots=True)
class Section:
    """A list of questions that went wrong in one way."""

    anchor: str
    title: str
    note: str
    rows: tuple[Row, ...]


def view(report: Report, comparison: Comparison | None, lang: str = "ko") -> dict[str, Any]:
    """Return the template's variables; their words are Korean still, but for those in pictures and names."""
    say = words(lang)
    return {
        "report": report,
        "comparison": comparison,
        "tiles": [line for key in _TILES if (line := _line(report, key)) is not None],
        "groups": _groups(report),
        "pictures": _pictures(report, say, lang),
        "decisions": _decisions(report.rows),
        "columns": [BY_KEY[key] for key in _COLUMNS if key in report.measures],
        "slices": [
            (name, _SLICE_TITLES[name], part)
            for name, part in report.breakdown.items()
            if part and name in _SLICE_TITLES
        ],
        "kinds": kind_table(report, lang),
        "sections": sections(report.rows),
        "misses": [(row, first_relevant_rank(row.ranking, row.relevant)) for row in report.rows if _is_miss(row)],
        "unfaithful": [(row, cited) for row in report.rows for cited in row.citations if not cited.exact],
        "slice_name": lambda kind, name: slice_name(kind, name, lang),
        "kind_name": lambda kind: kind_name(kind, lang),
        "number": number,
        "signed": signed,
        "reason": lambda name: _REASONS.get(name or "", name or ""),
        "verdicts": {"worse": "나빠짐", "better": "좋아짐", "same": "차이 없음"},
    }


def sections(rows: Sequence[Row]) -> list[Section]:
    """Return the sections of wrong answers, then of the two errors of abstention."""
    asked = [row for row in rows if row.asked]
    wrong = tuple(row for row in asked if row.answerable and row.answered and _is_wrong(row))
    silent = tuple(row for row in asked if row.answerable and not row.answered)
    bold = tuple(row for row in asked if not row.answerable and row.answered)
    return [
        Section("wrong", "틀린 답", "답이 있고 답도 했지만 첫 인용이 정답·근거와 어긋난 질문", wrong),
        Section("silent", "잘못 기권함", "답이 있는데 근거를 찾지 못했다고 한 질문", silent),
        Section("bold", "기권했어야 함", "어느 글에도 답이 없는데 답한 질문", bold),
    ]


def _is_wrong(row: Row) -> bool:
    """Judge by the letters of the answer where the set has kinds, else by the place of the evidence."""
    return row.values["wrong_first"] == 1 if "wrong_first" in row.values else row.right is False


def slice_name(kind: str, name: str, lang: str) -> str:
    """Return ``얼마 (how_much)``, in English ``how much``; a name without a Korean one stands as it is."""
    if lang == "en":
        return name.replace("_", " ")
    korean = _SLICE_NAMES[kind].get(name)
    return f"{korean} ({name})" if korean else name


def number(measure: Measure, value: float) -> str:
    """Return the value with three decimals, or in milliseconds."""
    return f"{value:,.1f} ms" if measure.unit else f"{value:.3f}"


def signed(measure: Measure, value: float) -> str:
    """Return the same with its sign, for a difference; one that rounds to nothing has none."""
    text = f"{value:+,.1f}" if measure.unit else f"{value:+.3f}"
    text = text.replace("-", "−") if text.strip("+-0.,") else text[1:]
    return f"{text} {measure.unit}".rstrip()


def change_kind(change: Change) -> str:
    """Return the style of a comparison's line."""
    return change.verdict if BY_KEY[change.key].gate else "same"


def _line(report: Report, key: str) -> Line | None:
    if key not in report.measures:
        return None
    estimate = report.measures[key]
    return Line(BY_KEY[key], estimate, None if BY_KEY[key].unit else pictures.interval_bar(estimate))


def _groups(report: Report) -> list[tuple[str, list[Line]]]:
    lines = {group: [_line(report, measure.key) for measure in CATALOGUE if measure.group == group] for group in GROUPS}
    kept = {group: [line for line in own if line is not None] for group, own in lines.items()}
    return [(GROUPS[group], own) for group, own in kept.items() if own]


def _decisions(rows: Sequence[Row]) -> Mapping[str, int] | None:
    """Return the two-by-two table of what it decided against what would have been right."""
    asked = [row for row in rows if row.asked]
    if not asked:
        return None
    cells = {(answerable, answered): 0 for answerable in (True, False) for answered in (True, False)}
    for row in asked:
        cells[row.answerable, row.answered] += 1
    return {
        "answered": cells[True, True],
        "silent": cells[True, False],
        "bold": cells[False, True],
        "abstained": cells[False, False],
    }


def _is_miss(row: Row) -> bool:
    return row.values.get("MRR@10", 1.0) < 1.0


def _pictures(report: Report, say: Say, lang: str) -> list[tuple[str, str, Markup]]:
    """Return title, explanation and SVG of each picture these rows can draw."""
    drawn = _slice_bars(report.breakdown.get("type", {}), say, lang)
    judged = [row for row in report.rows if row.asked and row.right is not None]
    confidences = [row.confidence for row in judged]
    if judged:
        curve = risk_coverage(confidences, [not row.right for row in judged])
        note = (
            "확신도가 높은 질문부터 답할 때 틀린 답의 비율. 낮을수록 좋다. 기권한 질문은 가장 가까운 대목으로 판정했다."
        )
        drawn.append(("위험–답한 비율 곡선", note, pictures.risk_coverage_plot(curve, _operating(judged), say)))
        bins = calibration(confidences, [bool(row.right) for row in judged])
        note = "점선 위의 점은 확신도가 말한 만큼 맞았다는 뜻이다. 원의 크기는 질문 수."
        drawn.append(("확신도 보정", note, pictures.calibration_plot(bins, say)))
    times = [row.latency_ms for row in report.rows if row.asked and row.timed]
    if times:
        p50, p95 = report.measures["latency_p50_ms"].value, report.measures["latency_p95_ms"].value
        note = "질문 하나에 답하기까지 걸린 시간. 가장 느린 1%는 마지막 막대에 모았다."
        drawn.append(("답하는 시간", note, pictures.latency_plot(times, p50, p95, say)))
    return [(say(title), say(note), picture) for title, note, picture in drawn]


def _slice_bars(slices: Mapping[str, Slice], say: Say, lang: str) -> list[tuple[str, str, Markup]]:
    key = next(
        (key for key in ("evidence@1", "nDCG@10") if any(key in part.measures for part in slices.values())), None
    )
    if key is None:
        return []
    known = sorted(slices, key=lambda name: TYPES.index(name) if name in TYPES else len(TYPES))
    bars = [
        (slice_name("type", name, lang), slices[name].measures[key]) for name in known if key in slices[name].measures
    ]
    measure = BY_KEY[key]
    title = say("질문 유형별 {measure}", measure=measure.english if lang == "en" else measure.korean)
    note = say("{measure}와 95% 신뢰구간.", measure=measure.english)
    return [(title, note, pictures.bars_plot(title, bars, say))]


def _operating(judged: Sequence[Row]) -> CurvePoint | None:
    """Return what it answers today, and how much of that is wrong."""
    answered = [row for row in judged if row.answered]
    if not answered:
        return None
    wrong = sum(not row.right for row in answered)
    least = min(row.confidence for row in answered)
    return CurvePoint(least, len(answered) / len(judged), wrong / len(answered))
