"""The measures of a report: what each is called, which questions it is over, and its value with an interval.

Two slices are kept apart. Retrieval and evidence are over **answerable** questions: one without hits, or one it
abstained on, scores 0. An **unanswerable** question is never a retrieval zero; it counts only for abstention.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.measures.abstention import aurc_of, auroc_of, ece_of
from eval.measures.bootstrap import RESAMPLES, Array, Statistic, intervals, point, quantile_of, ratio_of
from eval.measures.catalogue import BY_KEY
from eval.measures.ranking import MEASURES as RETRIEVAL
from eval.measures.verdicts import MEASURES as VERDICTS
from eval.results import Estimate, Row, Slice

_EVIDENCE = ("evidence@1", "evidence@3", "answer_in_first_citation", "answer_in_citation")
_UNABSTAINED = tuple(f"{key}_unabstained" for key in _EVIDENCE)
_PER_QUESTION = (*RETRIEVAL, *_EVIDENCE, *_UNABSTAINED, "value_marked", "value_em", "value_f1", *VERDICTS)


@dataclass(frozen=True, slots=True)
class Measured:
    """A statistic over resampling weights of the rows, and how many questions (or citations) it is over."""

    statistic: Statistic
    n: int


def measured(rows: Sequence[Row]) -> dict[str, Measured]:
    """Return every measure that these rows define, by its key."""
    measures = {key: _ratio(rows, _value_of(key)) for key in _PER_QUESTION}
    measures |= {"citation_exactness": _exactness(rows), **_decisions(rows), **_confidence(rows), **_latency(rows)}
    return {key: measures[key] for key in BY_KEY if key in measures and measures[key].n}


def estimates(rows: Sequence[Row], *, resamples: int = RESAMPLES) -> dict[str, Estimate]:
    """Return every measure that these rows define, with its 95 % interval, by its key."""
    measures = measured(rows)
    statistics = {key: measured.statistic for key, measured in measures.items()}
    bounds = intervals(statistics, len(rows), resamples=resamples)
    values = {
        key: Estimate(point(measured.statistic, len(rows)), *bounds[key], measured.n)
        for key, measured in measures.items()
    }
    return {key: value for key, value in values.items() if not math.isnan(value.value + value.low + value.high)}


def breakdown(rows: Sequence[Row], *, resamples: int = RESAMPLES) -> dict[str, dict[str, Slice]]:
    """Return the same measures by half, type, tag and kind, where the data set has them."""
    keys: Mapping[str, Callable[[Row], tuple[str | None, ...]]] = {
        "half": lambda row: (row.half,),
        "type": lambda row: (row.type,),
        "tag": lambda row: row.tags,
        "kind": lambda row: (row.kind,),
    }
    return {name: _slices(rows, names_of, resamples) for name, names_of in keys.items()}


def _slices(rows: Sequence[Row], names_of: Callable[[Row], tuple[str | None, ...]], resamples: int) -> dict[str, Slice]:
    own: dict[str, list[Row]] = {}
    for row in rows:
        for name in names_of(row):
            if name is not None:
                own.setdefault(name, []).append(row)
    return {name: Slice(len(part), estimates(part, resamples=resamples)) for name, part in sorted(own.items())}


def _ratio(rows: Sequence[Row], value: Callable[[Row], float | None]) -> Measured:
    """Return the mean of ``value`` over the rows where it is not ``None``."""
    values = [value(row) for row in rows]
    defined = np.array([value is not None for value in values], np.float64)
    return Measured(ratio_of(np.array([value or 0.0 for value in values], np.float64), defined), int(defined.sum()))


def _value_of(key: str) -> Callable[[Row], float | None]:
    return lambda row: row.values.get(key)


def _exactness(rows: Sequence[Row]) -> Measured:
    """Divide the exact citations by all citations; a question may bring several."""
    exact = np.array([sum(cited.exact for cited in row.citations) for row in rows], np.float64)
    total = np.array([len(row.citations) for row in rows], np.float64)
    return Measured(ratio_of(exact, total), int(total.sum()))


def _decisions(rows: Sequence[Row]) -> dict[str, Measured]:
    """Return precision and recall of both decisions; each pair only where its positive class occurs."""

    def share(verdict: Callable[[Row], bool | None], among: Callable[[Row], bool]) -> Measured:
        return _ratio(rows, lambda row: _number(verdict(row)) if row.asked and among(row) else None)

    asked = [row for row in rows if row.asked]
    measures = {"right_when_answered": share(lambda row: row.right, lambda row: row.answered)}
    if any(not row.answerable for row in asked):
        measures["abstaining_precision"] = share(lambda row: not row.answerable, lambda row: not row.answered)
        measures["abstaining_recall"] = share(lambda row: not row.answered, lambda row: not row.answerable)
    if any(row.answerable for row in asked):
        measures["answering_precision"] = share(lambda row: row.answerable, lambda row: row.answered)
        measures["answering_recall"] = share(lambda row: row.answered, lambda row: row.answerable)
    return measures


def _number(verdict: bool | None) -> float | None:
    return None if verdict is None else float(verdict)


def _confidence(rows: Sequence[Row]) -> dict[str, Measured]:
    asked = [row for row in rows if row.asked]
    judged = [row for row in asked if row.right is not None]
    measures = {}
    if len({row.answerable for row in asked}) == 2:
        answerable = _array(asked, lambda row: row.answerable)
        measures["auroc"] = _over(rows, asked, auroc_of(_array(asked, lambda row: row.confidence), answerable))
    if judged:
        confidences, right = _array(judged, lambda row: row.confidence), _array(judged, lambda row: bool(row.right))
        measures["aurc"] = _over(rows, judged, aurc_of(confidences, 1 - right))
        measures["ece"] = _over(rows, judged, ece_of(confidences, right))
    return measures


def _latency(rows: Sequence[Row]) -> dict[str, Measured]:
    """Measure the time of an answer, only of questions whose vectors were made anew."""
    asked = [row for row in rows if row.asked and row.timed]
    if not asked:
        return {}
    times = _array(asked, lambda row: row.latency_ms)
    levels = {"latency_p50_ms": 0.5, "latency_p95_ms": 0.95}
    return {key: _over(rows, asked, quantile_of(times, level)) for key, level in levels.items()}


def _array(rows: Sequence[Row], value: Callable[[Row], float]) -> Array:
    return np.array([value(row) for row in rows], np.float64)


def _over(rows: Sequence[Row], part: Sequence[Row], statistic: Statistic) -> Measured:
    """Return a statistic of ``part`` as one of all ``rows``, so that every measure shares the same resamples."""
    own = {row.id for row in part}
    places = np.array([number for number, row in enumerate(rows) if row.id in own], np.int64)
    return Measured(lambda weights: statistic(weights[:, places]), len(part))
