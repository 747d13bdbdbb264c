"""Rules for the names of metrics."""

from __future__ import annotations

import re

from gateway.telemetry import metrics

UNITS = ("_seconds", "_bytes", "_total")
# Gauges that count things of their own name, or answer yes or no.
WITHOUT_UNIT = re.compile(r"_(active|running|used|ready|success|generation|endpoints|index)$")
NEVER = {"path", "client", "user", "id", "url"}


def test_names_end_in_a_unit_and_counters_in_total() -> None:
    for metric in (*metrics.PROCESS_METRICS, *metrics.FAMILIES):
        assert re.fullmatch(r"weir_[a-z_]+", metric.name)
        if metric.kind == "counter":
            assert metric.name.endswith("_total"), metric.name
        else:
            assert metric.name.endswith(UNITS[:2]) or WITHOUT_UNIT.search(metric.name), metric.name


def test_labels_are_bounded_and_every_metric_says_what_it_is() -> None:
    for family in metrics.FAMILIES:
        assert not NEVER & set(family.labels)
        assert family.help.endswith(".")
    for metric in metrics.PROCESS_METRICS:
        assert not NEVER & {name for name, _ in metric.labels}
        assert metric.help.endswith(".")


def test_no_two_series_are_the_same() -> None:
    series = [(metric.name, metric.labels) for metric in metrics.PROCESS_METRICS]
    assert len(series) == len(set(series))
    names = [family.name for family in metrics.FAMILIES]
    assert len(names) == len(set(names))
    assert not set(names) & {name for name, _ in series}
