"""`/metrics`: sums of the workers' counters and the supervisor's own numbers, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from config.snapshot import Snapshot
from discovery.health.ward import HealthReading
from discovery.registry import BackendReading
from gateway.telemetry import metrics
from gateway.telemetry.metrics import Family
from gateway.telemetry.segment import Segment
from gateway.telemetry.series import OTHER, SeriesTable
from gateway.telemetry.tag_series import TAG

_Values = dict[tuple[str, ...], float]
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(slots=True)
class SupervisorReading:
    """What the supervisor itself counts."""

    generation: int = 0
    last_reload_ok: bool = False
    reloads: Mapping[str, int] = field(default_factory=dict)
    reload_unix_s: float = 0.0
    reload_duration_s: float = 0.0
    ready: bool = False
    workers: int = 0
    worker_restarts: int = 0
    task_failures: int = 0
    unshared_endpoints: int = 0
    backends: tuple[BackendReading, ...] = ()
    health: tuple[HealthReading, ...] = ()
    checks_waited: Mapping[str, int] = field(default_factory=dict)
    by_hand: Mapping[str, int] = field(default_factory=dict)
    snapshot: Snapshot | None = None
    now_s: float = 0.0


def render(segment: Segment, series: SeriesTable, reading: SupervisorReading) -> bytes:
    """The whole page; `reading` is taken beforehand, so that this may run in a thread."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Page(segment, series, reading))
    return generate_latest(registry)


class _Page(Collector):
    def __init__(self, segment: Segment, series: SeriesTable, reading: SupervisorReading) -> None:
        self._segment = segment
        self._series = series
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield from self._process()
        yield from self._pairs()
        yield from self._tags()
        yield from self._supervisor()
        yield from self._discovery()
        yield from self._health()
        yield _gauge(metrics.STEERING_RULES, dict(self._steering()))
        yield _gauge(metrics.UNSHARED_ENDPOINTS, {(): float(self._reading.unshared_endpoints)})

    def _process(self) -> Iterator[Metric]:
        totals = self._segment.totals(range(metrics.PROCESS_SLOTS))
        totals[metrics.TASK_FAILURES] += self._reading.task_failures
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for slot, metric in enumerate(metrics.PROCESS_METRICS):
            family = families.get(metric.name)
            if family is None:
                made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                family = families[metric.name] = made(
                    metric.name, metric.help, labels=[name for name, _ in metric.labels]
                )
            family.add_metric([value for _, value in metric.labels], totals[slot])
        yield from families.values()

    def _pairs(self) -> Iterator[Metric]:
        requests, received, sent = (
            _counter(family) for family in (metrics.REQUESTS, metrics.REQUEST_BYTES, metrics.RESPONSE_BYTES)
        )
        durations = HistogramMetricFamily(
            metrics.REQUEST_DURATION.name, metrics.REQUEST_DURATION.help, labels=metrics.REQUEST_DURATION.labels
        )
        bounds_s = self._segment.layout.bounds_s
        length = metrics.block_slots(len(bounds_s))
        for pair, base in self._series.bases().items():
            block = self._segment.totals(range(base, base + length))
            if pair[0].startswith(TAG) or (not any(block) and pair != OTHER):
                continue
            for code, count in zip(metrics.CODE_CLASSES, block, strict=False):
                if count:
                    requests.add_metric([*pair, code], count)
            received.add_metric(pair, block[metrics.BLOCK_BYTES_IN])
            sent.add_metric(pair, block[metrics.BLOCK_BYTES_OUT])
            buckets: list[tuple[str, float]] = []
            cumulated = 0
            for bound, count in zip([*map(str, bounds_s), "+Inf"], block[metrics.BLOCK_BUCKETS :], strict=True):
                cumulated += count
                buckets.append((bound, cumulated))
            durations.add_metric(pair, buckets, block[metrics.BLOCK_DURATION_US] / 1e6)
        yield from (requests, received, sent, durations)

    def _tags(self) -> Iterator[Metric]:
        requests = _counter(metrics.TAGGED_REQUESTS)
        seconds = _counter(metrics.TAGGED_SECONDS)
        for (place, value), base in self._series.bases().items():
            if place.startswith(TAG):
                block = self._segment.totals(range(base, base + metrics.BLOCK_BUCKETS))
                labels = (place.removeprefix(TAG), value)
                for code, count in zip(metrics.CODE_CLASSES, block, strict=False):
                    if count:
                        requests.add_metric([*labels, code], count)
                if any(block):
                    seconds.add_metric(labels, block[metrics.BLOCK_DURATION_US] / 1e6)
        yield from (requests, seconds)

    def _supervisor(self) -> Iterator[Metric]:
        reading = self._reading
        yield _gauge(metrics.RELOAD_SUCCESS, {(): float(reading.last_reload_ok)})
        yield _counter(metrics.RELOADS, {(result,): count for result, count in reading.reloads.items()})
        yield _gauge(metrics.RELOAD_TIME, {(): reading.reload_unix_s})
        yield _gauge(metrics.RELOAD_DURATION, {(): reading.reload_duration_s})
        yield _gauge(metrics.GENERATION, {(): reading.generation})
        yield _gauge(metrics.READY, {(): float(reading.ready)})
        yield _gauge(metrics.WORKERS, {(): reading.workers})
        yield _counter(metrics.WORKER_RESTARTS, {(): reading.worker_restarts})
        yield _gauge(metrics.SERIES, {(): self._series.used})
        yield _counter(metrics.SERIES_REFUSED, {(): self._series.refused_total})

    def _steering(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Every steering rule, by policy and name, so that none is forgotten."""
        snapshot = self._reading.snapshot
        for layer in snapshot.layers if snapshot is not None else ():
            for rule in layer.spec.steering:
                yield (layer.policy, rule.name), float(self._reading.now_s < rule.ends_s)

    def _discovery(self) -> Iterator[Metric]:
        backends = self._reading.backends
        yield _gauge(metrics.VIEW_AGE, {(each.backend,): each.age_s for each in backends if each.age_s is not None})
        endpoints: dict[tuple[str, ...], float] = {(each.backend, "serving"): float(each.serving) for each in backends}
        endpoints |= {(each.backend, "draining"): float(each.endpoints - each.serving) for each in backends}
        yield _gauge(metrics.ENDPOINTS, endpoints)
        yield _gauge(metrics.DISCOVERY_INDEX, {(each.backend,): each.index for each in backends})
        yield _counter(metrics.DISCOVERY_UPDATES, {(each.backend,): each.updates for each in backends})
        errors: dict[tuple[str, ...], float] = {
            (each.backend, reason): count for each in backends for reason, count in each.errors.items()
        }
        yield _counter(metrics.DISCOVERY_ERRORS, errors)

    def _health(self) -> Iterator[Metric]:
        reading = self._reading
        states: _Values = {}
        checks: _Values = {}
        ejections: _Values = {}
        for each in reading.health:
            states |= {(each.backend, state): float(count) for state, count in each.endpoints.items()}
            checks |= {(each.backend, result): float(count) for result, count in each.checks.items()}
            ejections |= {(each.backend, cause): float(count) for cause, count in each.ejections.items()}
        yield _gauge(metrics.HEALTH_ENDPOINTS, states)
        yield _counter(metrics.HEALTH_CHECKS, checks)
        yield _counter(
            metrics.HEALTH_CHECKS_WAITED, {(limit,): waits for limit, waits in reading.checks_waited.items()}
        )
        yield _counter(metrics.HEALTH_EJECTIONS, ejections)
        yield _counter(metrics.HEALTH_EJECTIONS_REFUSED, {(each.backend,): each.refused for each in reading.health})
        yield _gauge(metrics.HEALTH_PANIC, {(each.backend,): float(each.panicking) for each in reading.health})
        yield _gauge(metrics.HEALTH_BY_HAND, {(action,): count for action, count in reading.by_hand.items()})


def _counter(family: Family, values: Mapping[tuple[str, ...], float] | None = None) -> CounterMetricFamily:
    made = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in (values or {}).items():
        made.add_metric(labels, value)
    return made


def _gauge(family: Family, values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    made = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in values.items():
        made.add_metric(labels, value)
    return made
