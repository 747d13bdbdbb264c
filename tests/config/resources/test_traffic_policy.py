"""TrafficPolicies as operators write them."""

from __future__ import annotations

import math

import pytest
import yaml

from config.resources.traffic_policy import Steering, TrafficPolicy
from tests.config.resources.own_kinds import read, refusal

WHOLE = """
targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: orders, sectionName: read}]
tags:
- {name: lane, value: canary, when: 'request.headers["x-beta"] == "1" || source.ip.inCIDR("10.9.0.0/16")'}
- {name: tier, valueFrom: {header: x-tier}, allowed: [gold, silver], default: silver}
rateLimits:
- {name: per-user, key: [{header: x-user-id}], rate: {requests: 100, per: 1s}, burst: 50, scope: Global}
- {name: per-tier, key: [{tag: tier}], rate: {requests: 5000, per: 1m}, scope: Node, enforce: false}
access:
  sources: {allow: [10.0.0.0/8], deny: [10.6.6.0/24]}
  jwt: {issuer: https://id.example, audiences: [orders], jwks: {file: keys.json}, requireClaims: {scope: orders.read}}
retry:
  attempts: 2
  "on": [connect-failure, reset, gateway-error]
  backoff: {base: 25ms, max: 250ms}
  budget: {percent: 20, minPerSecond: 3}
trustTagsFrom: [10.0.0.0/8]
"""


def test_reads_every_part() -> None:
    """The example of the documentation, whole."""
    spec = read(TrafficPolicy, yaml.safe_load(WHOLE)).spec
    assert spec.tags[1].default == "silver"
    assert spec.retry is not None
    assert spec.retry.budget.min_per_second == 3.0
    assert not spec.rate_limits[1].enforce


def test_refuses_what_contradicts_itself() -> None:
    """A tag has one value, a limit one measure, names of limits are unique, networks are networks."""
    assert "value and valueFrom" in refusal(
        TrafficPolicy, {"tags": [{"name": "a", "value": "b", "valueFrom": {"header": "c"}}]}
    )
    assert "rate, concurrency" in refusal(TrafficPolicy, {"rateLimits": [{"name": "a"}]})
    limit = {"name": "a", "concurrency": 1}
    assert refusal(TrafficPolicy, {"rateLimits": [limit, limit]}) == "duplicate name: a"
    assert "is expected" in refusal(TrafficPolicy, {"access": {"sources": {"deny": ["10.0.0.0/40"]}}})


@pytest.mark.parametrize(
    ("until", "ends_s"),
    [
        (None, math.inf),
        ("2025-11-24T16:00:00Z", 1_764_000_000.0),
        ("2025-11-24T16:00:00", 1_764_000_000.0),
        ("2025-11-24T18:00:00+02:00", 1_764_000_000.0),
    ],
)
def test_steering_ends_at_the_moment_of_its_zone(until: str | None, ends_s: float) -> None:
    """A time without a zone is UTC, and a rule without an end never ends."""
    assert Steering(name="a", when="true", endpoint="127.0.0.1:1", until=until).ends_s == ends_s
