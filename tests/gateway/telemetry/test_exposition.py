"""Tests of the metrics page."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from config.resources.traffic_policy import TrafficPolicySpec
from config.resources.weir import WeirSpec
from config.snapshot import BoundRule, Listener, Port, Rule, RuleName, Snapshot, TrafficLayer
from discovery.health.ward import HealthReading
from discovery.registry import BackendReading
from gateway.telemetry import metrics
from gateway.telemetry.exposition import SupervisorReading, render
from gateway.telemetry.segment import Layout, Segment
from gateway.telemetry.series import SeriesTable

LAYOUT = Layout(2, 4, (0.1, 1.0))


def page(reading: SupervisorReading) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    segment, series = Segment(LAYOUT), SeriesTable(LAYOUT)
    for worker in range(2):
        ledger = LAYOUT.attach(segment.descriptor, worker)
        ledger.add(metrics.TIMEOUT_HEAD)
        ledger.record(LAYOUT.base(0), 404, 500_000_000, 3, 4)
    text = render(segment, series, reading).decode()
    segment.close()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_sums_workers_into_counters_and_cumulative_histograms() -> None:
    samples = page(SupervisorReading())
    pair = (("backend", ""), ("route", ""))
    assert samples["weir_timeouts_total", (("timeout", "head"),)] == 2
    assert samples["weir_requests_total", (("backend", ""), ("code", "4xx"), ("route", ""))] == 2
    buckets = [samples["weir_request_duration_seconds_bucket", tuple(sorted((*pair, ("le", le))))] for le in BOUNDS]
    assert buckets == [0, 2, 2]
    assert samples["weir_request_duration_seconds_sum", pair] == 1.0
    assert samples["weir_response_bytes_total", pair] == 8


def test_tags_have_families_of_their_own() -> None:
    layout = Layout(1, 6, (1.0,))
    segment, series = Segment(layout), SeriesTable(layout)
    layer = TrafficLayer("d/p", TrafficPolicySpec.model_validate({"metricTags": ["lane"]}))
    rule = BoundRule(("*",), Rule(RuleName("HTTPRoute", "d", "r", 0), (), (), ()), (layer,))
    port = Port("", 80, "HTTP", (Listener("l", "*", (rule,)),))
    assigned = series.assign(Snapshot(1, "", WeirSpec(), (port,), {}, ()))
    layout.attach(segment.descriptor, 0).record(assigned["tag lane", "other"], 200, 500_000_000, 0, 0)
    text = render(segment, series, SupervisorReading()).decode()
    segment.close()
    assert 'weir_tagged_requests_total{code="2xx",tag="lane",value="other"} 1.0\n' in text
    assert 'weir_tagged_request_seconds_total{tag="lane",value="other"} 0.5\n' in text
    assert 'route="tag lane"' not in text


def test_health_is_told_by_backend_and_by_words_that_are_bounded() -> None:
    health = HealthReading("d/b", {"serving": 2, "failing": 1}, {"passed": 7}, {"consecutive5xx": 3}, 4, panicking=True)
    reading = SupervisorReading(health=(health,), checks_waited={"probes": 5}, by_hand={"drain": 1})
    samples = page(reading)
    of = ("backend", "d/b")
    assert samples["weir_health_endpoints", (of, ("state", "serving"))] == 2
    assert samples["weir_health_endpoints", (of, ("state", "failing"))] == 1
    assert samples["weir_health_checks_total", (of, ("result", "passed"))] == 7
    assert samples["weir_health_checks_waited_total", (("limit", "probes"),)] == 5
    assert samples["weir_health_ejections_total", (of, ("cause", "consecutive5xx"))] == 3
    assert samples["weir_health_ejections_refused_total", (of,)] == 4
    assert samples["weir_health_panic_active", (of,)] == 1
    assert samples["weir_health_by_hand_active", (("action", "drain"),)] == 1


BOUNDS = ("0.1", "1.0", "+Inf")


def test_shows_what_the_supervisor_and_discovery_count() -> None:
    backend = BackendReading("d/b", "consul", True, 1.5, 3, 2, 42, 5, 5, 1, {"status": 2}, "", False)
    samples = page(SupervisorReading(generation=7, last_reload_ok=True, reloads={"applied": 7}, backends=(backend,)))
    assert samples["weir_config_generation", ()] == 7
    assert samples["weir_config_last_reload_success", ()] == 1
    assert samples["weir_config_reloads_total", (("result", "applied"),)] == 7
    assert samples["weir_discovery_view_age_seconds", (("backend", "d/b"),)] == 1.5
    assert samples["weir_discovery_endpoints", (("backend", "d/b"), ("state", "draining"))] == 1
    assert samples["weir_discovery_errors_total", (("backend", "d/b"), ("reason", "status"))] == 2
    assert samples["weir_discovery_index", (("backend", "d/b"),)] == 42
