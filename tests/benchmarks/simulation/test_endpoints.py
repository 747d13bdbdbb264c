"""Tests of the simulated endpoint."""

from __future__ import annotations

from random import Random

from benchmarks.simulation.endpoints import Service, SimulatedEndpoint
from benchmarks.simulation.events import MS_NS, SECOND_NS, Events


class Caller:
    """Keeps what it hears, with the time."""

    def __init__(self, events: Events) -> None:
        self.heard: list[tuple[int, int]] = []
        self._events = events

    def answered(self, status: int, *, tried: bool) -> None:
        self.heard.append((self._events.now_ns, status))

    def refused(self) -> None:
        self.heard.append((self._events.now_ns, 0))


def asked(service: Service, count: int, factor: float = 1.0, *, down: bool = False, failing: float = 0.0) -> Caller:
    events = Events()
    endpoint = SimulatedEndpoint(events, Random(1), service, factor)
    endpoint.down, endpoint.failing = down, failing
    caller = Caller(events)
    for _ in range(count):
        endpoint.take(caller, None, again=False)
    events.run_until(1_000 * SECOND_NS)
    return caller


def test_as_many_at_once_as_it_works_on_and_the_rest_in_turn() -> None:
    caller = asked(Service(10 * MS_NS, sigma=0.0, at_once=2, queued=3), 6)
    at_ms = [(when_ns / MS_NS, status) for when_ns, status in caller.heard]
    assert at_ms == [(1, 503), (10, 200), (10, 200), (20, 200), (20, 200), (30, 200)]


def test_mean_service_time_is_as_said_whatever_the_deviation() -> None:
    caller = asked(Service(10 * MS_NS, sigma=0.5, at_once=1, queued=20_000), 20_000, factor=2.0)
    assert 0.98 < caller.heard[-1][0] / (20_000 * 20 * MS_NS) < 1.02


def test_one_that_is_down_refuses_and_one_that_fails_answers() -> None:
    service = Service(10 * MS_NS)
    assert asked(service, 1, down=True).heard == [(MS_NS, 0)]
    assert asked(service, 1, failing=1.0).heard == [(MS_NS, 503)]
    statuses = [status for _, status in asked(service, 1_000, failing=0.3).heard]
    assert 250 < statuses.count(503) < 350
