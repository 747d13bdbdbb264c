"""Who is slow, or fails fast, gets little; who is not known yet gets one request."""

from __future__ import annotations

import heapq
import random
from collections import Counter

import pytest

from discovery.balancing.balancer import Balancer
from discovery.balancing.peak_ewma import FEW, PeakEwma
from discovery.balancing.round_robin import RoundRobin
from discovery.latency import Latency
from discovery.lease import EndpointState, Lease
from tests.support.endpoints import states

MILLISECOND = 1_000_000


def measured(latencies: list[int], weights: list[int] | None = None) -> tuple[EndpointState, ...]:
    """Endpoints of which these latencies are known; 0 is none."""
    members = states(weights or [1] * len(latencies))
    for member, latency_ns in zip(members, latencies, strict=True):
        member.latency = Latency(10**10, lambda: 0)
        if latency_ns:
            member.latency.observe(latency_ns)
    return members


def picked(members: tuple[EndpointState, ...]) -> str:
    return PeakEwma(members, 2, lambda: 0).pick(lambda bits: 0, None).endpoint.id


def test_of_few_the_fastest_is_picked() -> None:
    assert picked(measured([5, 3, 9, 4][:FEW])) == "e1"


def test_what_runs_already_counts() -> None:
    members = measured([10, 25])
    members[0].active = 2
    assert picked(members) == "e1"


def test_a_heavier_one_may_take_longer() -> None:
    assert picked(measured([30, 20], [2, 1])) == "e0"


def test_an_unknown_one_is_asked_once_and_then_awaited() -> None:
    members = measured([10, 0])
    assert picked(members) == "e1"
    members[1].active = 1
    assert picked(members) == "e0"


def test_of_many_nobody_is_compared_with_itself() -> None:
    """Two draws of the slowest would send it one request in as many as there are endpoints, squared."""
    members = measured([900, 10, 900, 900, 900, 900])
    assert picked(members) == "e1"


def test_who_fails_at_once_is_no_fast_one() -> None:
    members = measured([MILLISECOND] * 10)
    balancer, source = PeakEwma(members, 2, lambda: 0), random.Random(2)
    counts: Counter[str] = Counter()
    for _ in range(1000):
        lease = balancer.pick(source.getrandbits, None).lease()
        counts[lease.endpoint.id] += 1
        if lease.endpoint.id == "e0":
            lease.fail()
        else:
            lease.finish()
    assert counts["e0"] <= 1


def simulated(factors: list[float], kind: type[Balancer], requests: int = 30_000) -> list[int]:
    """Latencies of requests that come at random, 1,000 a second, to endpoints that take 10 ms times their factor.

    What an endpoint takes grows with what runs on it, a tenth for each request.
    """
    source, now = random.Random(9), [0]
    members = states([1] * len(factors))
    for member in members:
        member.latency = Latency(10**10, lambda: now[0])
    balancer = RoundRobin(members) if kind is RoundRobin else PeakEwma(members, 2, lambda: now[0])
    running: list[tuple[int, int, Lease]] = []
    latencies: list[int] = []
    arrival = 0
    for number in range(requests):
        arrival += int(source.expovariate(1.0) * MILLISECOND)
        while running and running[0][0] <= arrival:
            now[0], _, lease = heapq.heappop(running)
            lease.answered(200)
            lease.finish()
        now[0] = arrival
        state = balancer.pick(source.getrandbits, None)
        factor = factors[members.index(state)] * source.uniform(0.8, 1.2)
        took = int(10 * MILLISECOND * factor * (1 + state.active / 10))
        heapq.heappush(running, (arrival + took, number, state.lease()))
        latencies.append(took)
    return sorted(latencies[requests // 5 :])


def p99(latencies: list[int]) -> int:
    return latencies[len(latencies) * 99 // 100]


@pytest.mark.slow
def test_one_of_ten_at_ten_times_the_latency_hardly_shows() -> None:
    """The slow one is asked again when its average has faded, and otherwise left alone."""
    healthy = p99(simulated([1.0] * 10, PeakEwma))
    degraded = p99(simulated([10.0] + [1.0] * 9, PeakEwma))
    blind = p99(simulated([10.0] + [1.0] * 9, RoundRobin))
    assert degraded <= 1.3 * healthy
    assert blind > 5 * healthy
