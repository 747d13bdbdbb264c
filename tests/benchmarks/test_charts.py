"""Tests of plots: well-formed, to scale, and nothing of a subject's name is taken for markup."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from benchmarks.charts import LABELS, PLOT, bars, kind, latencies
from benchmarks.results import Finding, Measure, Series


def finding(*series: Series) -> Finding:
    return Finding(scenario="s", what="w", series=series, goals=())


def of(subject: str, measure: Measure, *values: float) -> Series:
    return Series(subject=subject, measure=measure, values=values)


CPU = finding(
    of("weir", Measure.CPU_US, 10.0, 20.0, 40.0),
    of("weir", Measure.USER_US, 5.0, 10.0, 20.0),
    of("nginx", Measure.CPU_US, 10.0, 10.0, 10.0),
)


def elements(svg: str, css_class: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(svg).iter() if each.get("class", "").split()[:1] == [css_class]]


def test_bars_are_to_scale_with_a_line_over_their_spread_and_a_dot_per_round() -> None:
    svg = bars(CPU, Measure.CPU_US)
    assert [float(each.get("width", "")) for each in elements(svg, "bar")] == pytest.approx([PLOT / 2, PLOT / 4])
    assert [float(each.get("width", "")) for each in elements(svg, "user")] == pytest.approx([PLOT / 4])
    first, _ = (re.findall(r"[\d.]+", each.get("d", "")) for each in elements(svg, "spread"))
    assert [float(first[0]), float(first[2])] == pytest.approx([LABELS + PLOT / 4, LABELS + PLOT])
    assert len(elements(svg, "round")) == 6
    assert [each.text for each in elements(svg, "value")] == ["20 (10-40)", "10  weir: 2x"]


def test_latencies_stand_on_a_logarithmic_axis() -> None:
    svg = latencies(
        finding(
            of("weir", Measure.P50_MS, 0.1),
            of("weir", Measure.P99_MS, 1.0),
            of("weir", Measure.P999_MS, 10.0),
        )
    )
    xs = [float(each.get("cx", "")) for each in elements(svg, "mark")]
    assert xs == pytest.approx([LABELS, LABELS + PLOT / 2, LABELS + PLOT])
    assert [each.text for each in elements(svg, "tick")] == ["0.1 ms", "1 ms", "10 ms"]
    assert [each.text for each in elements(svg, "value")] == ["0.1 / 1 / 10"]


def test_latency_of_nothing_stands_at_the_left_end() -> None:
    svg = latencies(finding(of("a", Measure.P50_MS, 0.0), of("a", Measure.MAX_MS, 5.0)))
    assert float(elements(svg, "mark")[0].get("cx", "")) == LABELS


def test_no_latencies_no_plot() -> None:
    assert latencies(CPU) == ""
    assert latencies(finding(of("a", Measure.P50_MS, 0.0))) == ""


def test_names_are_text_and_never_markup() -> None:
    svg = bars(finding(of('<b>"x" & y', Measure.PEAK_MIB, 1.0)), Measure.PEAK_MIB)
    assert [each.text for each in elements(svg, "label")] == ['<b>"x" & y']


def test_cases_and_commits_of_a_proxy_have_its_colour_or_that_of_the_base() -> None:
    assert [kind(each) for each in ("weir", "nginx, one route", "weir@abc1234, quiet", "a b")] == [
        "weir",
        "nginx",
        "base",
        "other",
    ]
