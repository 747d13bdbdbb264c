"""Octets per second of a connection, and of a route on all workers of the node, each way for itself."""

from __future__ import annotations

from config.resources.shaping import Bandwidth
from policies.bandwidth.gate import AHEAD_S, Gate, NodeGate
from policies.environment import Environment
from policies.rate_limit.counters import Counters
from policies.rate_limit.meter import Kind, Meter
from policies.step import Step
from policies.subject import Subject

_PATIENCE_NS = 3_600_000_000_000
"""What moves is counted afterwards, so it is never refused: whoever is an hour behind waits that long."""
_SECOND_NS = 1_000_000_000


class Bounds:
    """Those of one request: `per_connection` is octets per second, 0 without; the gates are those of its route."""

    __slots__ = ("answer_gates", "body_gates", "per_connection")

    def __init__(self, per_connection: int, answer_gates: tuple[Gate, ...], body_gates: tuple[Gate, ...]) -> None:
        self.per_connection = per_connection
        self.answer_gates = answer_gates
        self.body_gates = body_gates


class BandwidthStep(Step):
    """Notes the bounds; whoever moves octets counts them."""

    __slots__ = ("_counters", "_per_connection", "_per_route", "_policy", "_routes")
    name = "bandwidth"

    def __init__(self, per_connection: int, per_route: int, policy: str, counters: Counters) -> None:
        self._per_connection = per_connection
        self._per_route = per_route
        self._policy = policy
        self._counters = counters
        self._routes: dict[str, Bounds] = {}
        """By rule: those of one route share its gates, by the keys that they count by."""

    def decide(self, subject: Subject) -> None:
        bounds = self._routes.get(subject.route)
        if bounds is None:
            bounds = self._routes[subject.route] = Bounds(
                self._per_connection, self._gates(subject.route, "answers"), self._gates(subject.route, "bodies")
            )
        subject.bandwidth = bounds

    def _gates(self, rule: str, way: str) -> tuple[Gate, ...]:
        if not self._per_route:
            return ()
        route = rule.rpartition("/")[0]
        key = self._counters.key_of(f"bandwidth\0{self._policy}\0{route}\0{way}".encode())
        ahead = max(int(self._per_route * AHEAD_S), 1)
        meter = Meter(Kind.BUCKET, self._per_route, _SECOND_NS, ahead, patience_ns=_PATIENCE_NS)
        return (NodeGate(self._per_route, self._counters, meter, key),)


def compile_bandwidth(bandwidth: Bandwidth, environment: Environment) -> BandwidthStep | None:
    """Bounds the octets per second of a request's bodies."""
    per_connection = 0 if bandwidth.per_connection is None else bandwidth.per_connection.bytes
    per_route = 0 if bandwidth.per_route is None else bandwidth.per_route.bytes
    if not per_connection and not per_route:
        return None
    return BandwidthStep(per_connection, per_route, environment.policy, environment.counters)
