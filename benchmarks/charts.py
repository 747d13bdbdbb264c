"""Plots as inline SVG: bars with their spread, and latencies on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.results import Finding, Measure
from benchmarks.tables import number, ratios_of, spread_text

WIDTH, LABELS, VALUES = 960, 200, 250
ROW, TOP, BAR = 26, 8, 14
PLOT = WIDTH - LABELS - VALUES
# The marks of one subject, from the middle to the worst, with the class of each.
LATENCIES = ((Measure.P50_MS, "p50"), (Measure.P99_MS, "p99"), (Measure.P999_MS, "p999"), (Measure.MAX_MS, "max"))


def kind(subject: str) -> str:
    """The proxy of a subject, as a CSS class: its name up to a commit or a case."""
    name = subject.partition(",")[0]
    return "base" if "@" in name else name if name.isalnum() else "other"


def bars(finding: Finding, measure: Measure) -> str:
    """A bar per subject to its median, a line from its least to its greatest value, a dot per round.

    Of CPU time the user part is drawn darker. Behind it stand the figures, and Weir's ratio to that subject.
    """
    spreads = {each.subject: each for each in finding.series if each.measure is measure}
    user = {each.subject: each.spread.median for each in finding.series if each.measure is Measure.USER_US}
    against = ratios_of(finding, measure)
    most = max((each.spread.high for each in spreads.values()), default=0.0) or 1.0
    parts: list[str] = []
    for index, (subject, series) in enumerate(spreads.items()):
        y = TOP + index * ROW
        spread = series.spread
        parts.append(_label(subject, y))
        parts.append(_rect(f"bar {kind(subject)}", LABELS, y, PLOT * spread.median / most))
        if measure is Measure.CPU_US and subject in user:
            parts.append(_rect("user", LABELS, y, PLOT * user[subject] / most))
        middle = y + BAR / 2
        low, high = (LABELS + PLOT * value / most for value in (spread.low, spread.high))
        parts.append(f'<path class="spread" d="M{low:.1f} {middle}H{high:.1f}"/>')
        parts += [
            f'<circle class="round" cx="{LABELS + PLOT * value / most:.1f}" cy="{middle}" r="2"/>'
            for value in series.values
        ]
        text = spread_text(spread)
        if subject in against:
            text += f"  weir: {number(against[subject].median)}x"
        parts.append(_text("value", WIDTH - VALUES + 10, y, text))
    return _svg(len(spreads), parts)


def latencies(finding: Finding) -> str:
    """A line per subject from its median to its worst latency, a mark at each percentile, on a logarithmic axis."""
    found: dict[str, dict[Measure, float]] = {}
    for each in finding.series:
        if each.measure in dict(LATENCIES):
            found.setdefault(each.subject, {})[each.measure] = each.spread.median
    positive = [value for points in found.values() for value in points.values() if value > 0]
    if not positive:
        return ""
    least, most = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    most = max(most, least + 1)

    def place(value: float) -> float:
        # 0 has no place on the axis; it stands at its left end.
        exponent = math.log10(value) if value > 0 else least
        return LABELS + PLOT * (exponent - least) / (most - least)

    bottom = TOP + len(found) * ROW
    parts: list[str] = []
    for exponent in range(least, most + 1):
        x = place(10.0**exponent)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP - 4}V{bottom}"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{bottom + 14}">{10.0**exponent:g} ms</text>')
    for index, (subject, points) in enumerate(found.items()):
        parts += _latency_row(
            subject, points, TOP + index * ROW, {each: place(value) for each, value in points.items()}
        )
    return _svg(len(found), parts, below=20)


def _latency_row(subject: str, points: Mapping[Measure, float], y: int, xs: Mapping[Measure, float]) -> list[str]:
    middle = y + BAR / 2
    parts = [_label(subject, y), f'<path class="spread" d="M{min(xs.values()):.1f} {middle}H{max(xs.values()):.1f}"/>']
    texts: list[str] = []
    for measure, name in LATENCIES:
        if measure in points:
            title = f"{name} {number(points[measure])} ms"
            parts.append(
                f'<circle class="mark {name} {kind(subject)}" cx="{xs[measure]:.1f}" cy="{middle}" r="5">'
                f"<title>{escape(subject)}: {title}</title></circle>"
            )
            texts.append(number(points[measure]))
    parts.append(_text("value", WIDTH - VALUES + 10, y, " / ".join(texts)))
    return parts


def _svg(rows: int, parts: Sequence[str], below: int = 0) -> str:
    height = TOP + rows * ROW + below
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def _label(subject: str, y: int) -> str:
    return _text("label strong" if kind(subject) == "weir" else "label", LABELS - 10, y, subject)


def _text(css_class: str, x: int, y: int, text: str) -> str:
    return f'<text class="{css_class}" x="{x}" y="{y + BAR - 3}">{escape(text)}</text>'


def _rect(css_class: str, x: int, y: int, width: float) -> str:
    return f'<rect class="{css_class}" x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" rx="2"/>'
