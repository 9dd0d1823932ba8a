"""Inline SVG for the report: no script, no fonts of its own, colours from the page's CSS variables."""

from collections.abc import Sequence

from markupsafe import Markup

from eval.measures.abstention import CalibrationBin, CurvePoint
from eval.report.page import Say
from eval.results import Estimate

_WIDTH, _HEIGHT = 420, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 20, 14, 40
_LATENCY_BINS = 24

Point = tuple[float, float]


def interval_bar(estimate: Estimate) -> Markup:
    """Return a measure between 0 and 1 as a bar, its interval as a whisker."""
    value, low, high = (160 * min(max(share, 0.0), 1.0) for share in (estimate.value, estimate.low, estimate.high))
    return Markup(
        '<svg class="bar" viewBox="0 0 160 14" preserveAspectRatio="xMinYMid" width="160" height="14" '
        'role="img" aria-label="{:.3f}">'
        '<rect class="track" x="0" y="3" width="160" height="8" rx="4"/>'
        '<rect class="fill" x="0" y="3" width="{:.1f}" height="8" rx="4"/>'
        '<path class="whisker" d="M{:.1f} 7H{:.1f}M{:.1f} 3V11M{:.1f} 3V11"/></svg>'
    ).format(estimate.value, value, low, high, low, high)


def shares_bar(shares: Sequence[tuple[str, str, float]]) -> Markup:
    """Draw shares of one whole (name, style, share) side by side, each of its own height: no colour is needed."""
    parts, left = [], 0.0
    heights = {"right": 12, "silent": 4, "wrong": 8}
    for _, style, share in shares:
        height = heights[style]
        part = '<rect class="share {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>'
        parts.append(Markup(part).format(style, 160 * left, 7 - height / 2, max(160 * share, 0.0), height))
        left += share
    label = ", ".join(f"{name} {share:.0%}" for name, _, share in shares)
    head = '<svg class="bar" viewBox="0 0 160 14" width="160" height="14" role="img" aria-label="{}"><title>{}</title>'
    return Markup(head).format(label, label) + Markup("").join(parts) + Markup("</svg>")


def risk_coverage_plot(points: Sequence[CurvePoint], operating: CurvePoint | None, say: Say) -> Markup:
    """Draw the share of wrong answers over the share of questions answered; a dot where the pipeline stands today."""
    top = _nice(max([0.05, *(point.risk for point in points)]))
    places = [_place(point.coverage, point.risk / top) for point in points]
    parts = [_axes(say("답한 비율(coverage)"), say("위험: 오답률(risk)"), _percents(1.0), _percents(top))]
    if len(places) > 1:
        parts.append(Markup('<path class="area" d="{}"/>').format(_area(places)))
    parts.append(Markup('<path class="line" d="{}"/>').format(_path(places)))
    if operating is not None:
        x, y = _place(operating.coverage, min(operating.risk / top, 1.0))
        label = say("현재 {coverage:.0%} 답함, 오답 {risk:.1%}", coverage=operating.coverage, risk=operating.risk)
        parts.append(Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="5"/>').format(x, y))
        parts.append(_text(x + 10 if x < _WIDTH / 2 else x - 10, y + 20, label, "start" if x < _WIDTH / 2 else "end"))
    return _svg(say("위험–답한 비율 곡선"), parts)


def calibration_plot(bins: Sequence[CalibrationBin], say: Say) -> Markup:
    """Draw how often it was right against how sure it was; on the diagonal the confidence is what it says."""
    largest = max((bin_.count for bin_ in bins), default=1)
    diagonal = _path([_place(0, 0), _place(1, 1)])
    parts = [_axes(say("확신도(confidence)"), say("실제 정확도(accuracy)"), _percents(1.0), _percents(1.0))]
    parts.append(Markup('<path class="guide" d="{}"/>').format(diagonal))
    parts.append(Markup('<path class="line thin" d="{}"/>').format(_path([_spot(bin_) for bin_ in bins])))
    for bin_ in bins:
        x, y = _spot(bin_)
        circle = '<circle class="dot soft" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>'
        values = {"confidence": bin_.confidence, "accuracy": bin_.accuracy, "count": bin_.count}
        title = say("확신도 {confidence:.2f}, 정확도 {accuracy:.2f}, 질문 {count}개", **values)
        parts.append(Markup(circle).format(x, y, 4 + 9 * (bin_.count / largest) ** 0.5, title))
    return _svg(say("확신도 보정"), parts)


def latency_plot(times_ms: Sequence[float], p50: float, p95: float, say: Say) -> Markup:
    """Draw how long answers took; the slowest hundredth is gathered in the last bar."""
    ordered = sorted(times_ms)
    end = _nice(max(ordered[int(0.99 * (len(ordered) - 1))], p95, 1e-3))
    counts = [0] * _LATENCY_BINS
    for time in ordered:
        counts[min(int(time / end * _LATENCY_BINS), _LATENCY_BINS - 1)] += 1
    top = max(counts)
    ticks = [(share, f"{end * share:.3g}") for share in (0, 0.25, 0.5, 0.75, 1)]
    parts = [
        _axes(say("답하는 시간(ms)"), say("질문 수"), ticks, [(share, f"{top * share:.0f}") for share in (0, 0.5, 1)])
    ]
    parts += [_column(position, count / top) for position, count in enumerate(counts) if count]
    parts += [_mark(p50 / end, f"p50 {p50:.3g} ms", 0), _mark(p95 / end, f"p95 {p95:.3g} ms", 1)]
    return _svg(say("답하는 시간 분포"), parts)


def bars_plot(title: str, bars: Sequence[tuple[str, Estimate]], say: Say) -> Markup:
    """Draw named measures between 0 and 1, one under the other, with whiskers and the number of questions."""
    step, left, width = 29, 116, 214
    height = step * len(bars) + 22
    parts = [_guide(left + width * share, height, f"{share:.0%}") for share in (0, 0.5, 1)]
    for position, (name, estimate) in enumerate(bars):
        y = step * position + 6
        low, high = left + width * max(estimate.low, 0), left + width * min(estimate.high, 1)
        middle = y + 8
        parts.append(_text(left - 8, y + 12, name, "end"))
        bar = '<rect class="fill" x="{}" y="{}" width="{:.1f}" height="16" rx="3"/>'
        parts.append(Markup(bar).format(left, y, width * estimate.value))
        whisker = '<path class="whisker" d="M{:.1f} {m}H{:.1f}M{:.1f} {t}V{b}M{:.1f} {t}V{b}"/>'
        parts.append(Markup(whisker).format(low, high, low, high, m=middle, t=y + 3, b=y + 13))
        parts.append(
            _text(left + width + 10, y + 12, say("{value:.2f} ({n}개)", value=estimate.value, n=estimate.n), "start")
        )
    return _svg(title, parts, height)


def _svg(title: str, parts: Sequence[Markup], height: int = _HEIGHT) -> Markup:
    frame = '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}"><title>{}</title>{}</svg>'
    return Markup(frame).format(_WIDTH, height, title, title, Markup("").join(parts))


def _place(x: float, y: float) -> Point:
    """Turn shares of the plotting area, from the lower left, into SVG coordinates."""
    return _LEFT + x * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - y * (_HEIGHT - _TOP - _BOTTOM)


def _spot(each: CalibrationBin) -> Point:
    return _place(each.confidence, each.accuracy)


def _path(places: Sequence[Point]) -> str:
    return " ".join(f"{'L' if position else 'M'}{x:.1f} {y:.1f}" for position, (x, y) in enumerate(places))


def _area(places: Sequence[Point]) -> str:
    floor = _place(0, 0)[1]
    return f"{_path(places)} L{places[-1][0]:.1f} {floor:.1f} L{places[0][0]:.1f} {floor:.1f} Z"


def _text(x: float, y: float, label: str, anchor: str, kind: str = "label") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, label)


def _axes(
    x_name: str, y_name: str, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]
) -> Markup:
    left, floor = _place(0, 0)
    right, _ = _place(1, 0)
    parts = [_text(_place(share, 0)[0], floor + 15, label, "middle", "tick") for share, label in x_ticks]
    for share, label in y_ticks:
        y = _place(0, share)[1]
        parts.append(Markup('<path class="grid" d="M{:.1f} {:.1f}H{:.1f}"/>').format(left, y, right))
        parts.append(_text(left - 6, y + 4, label, "end", "tick"))
    parts.append(_text((left + right) / 2, _HEIGHT - 6, x_name, "middle", "axis"))
    turned = '<text class="axis" transform="translate(11 {:.1f}) rotate(-90)" text-anchor="middle">{}</text>'
    parts.append(Markup(turned).format((_TOP + floor) / 2, y_name))
    return Markup("").join(parts)


def _percents(top: float) -> list[tuple[float, str]]:
    return [(share, f"{100 * top * share:.3g}%") for share in (0, 0.25, 0.5, 0.75, 1)]


def _nice(value: float) -> float:
    """Return the next of 1, 2, 2.5, 4, 5, 6, 8 times a power of ten that is not less."""
    scale = 1e-6
    while True:
        for step in (1, 2, 2.5, 4, 5, 6, 8):
            if step * scale >= value:
                return step * scale
        scale *= 10


def _column(place: int, share: float) -> Markup:
    x, y = _place(place / _LATENCY_BINS, share)
    width = (_WIDTH - _LEFT - _RIGHT) / _LATENCY_BINS - 1.5
    column = '<rect class="fill" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/>'
    return Markup(column).format(x, y, width, _place(0, 0)[1] - y)


def _mark(share: float, label: str, row: int) -> Markup:
    x, floor = _place(min(share, 1.0), 0)
    line = Markup('<path class="mark" d="M{:.1f} {}V{:.1f}"/>').format(x, _TOP, floor)
    anchor, offset = ("end", -5) if share > 0.75 else ("start", 5)
    return line + _text(x + offset, _TOP + 10 + 15 * row, label, anchor)


def _guide(x: float, height: int, label: str) -> Markup:
    line = Markup('<path class="grid" d="M{:.1f} 0V{}"/>').format(x, height - 18)
    return line + _text(x, height - 5, label, "middle", "tick")
