"""Limits: what is counted apart, and how much."""

from __future__ import annotations

import pytest

from config.resources.traffic_policy import TrafficPolicy
from tests.config.resources.own_kinds import read, refusal


def limit(**fields: object) -> dict[str, object]:
    return {"rateLimits": [{"name": "a", **fields}]}


RATE = {"requests": 100, "per": "1s"}


def test_limit_enforces_on_the_node_unless_told_otherwise() -> None:
    (found,) = read(TrafficPolicy, limit(rate=RATE)).spec.rate_limits
    assert (found.scope, found.enforce, found.algorithm, found.on_store_failure) == ("Node", True, "GCRA", "Allow")
    assert found.rate is not None
    assert (found.rate.requests, found.rate.per.seconds) == (100, 1.0)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (limit(), "exactly one of rate, concurrency must be set, not none"),
        (limit(rate=RATE, concurrency=1), "not rate and concurrency"),
        (limit(rate={**RATE, "per": "0s"}), "must be over 0s"),
        (limit(rate=RATE, key=[{}]), "exactly one of header, cookie, query, tag, claim, sourceIP"),
        (limit(rate=RATE, key=[{"header": "a", "route": True}]), "not header and route"),
        (limit(rate=RATE, key=[{"sourcePrefix": 129}]), "less than or equal to 128"),
        (limit(rate=RATE, cost={"fixed": 0, "bodyBytes": True}), "at most one of header, bodyBytes, fixed must be set"),
        (limit(rate=RATE, algorithm="FixedWindow", burst=5), "burst is for GCRA and TokenBucket"),
        (limit(rate=RATE, algorithm="SlidingWindow", maxDelay="1s"), "maxDelay is for GCRA and TokenBucket"),
        (limit(rate=RATE, cost={"fixed": 101}), "a cost of 101 never fits, as at most 100 may come at once"),
        (limit(concurrency=5, burst=5), "burst goes with rate, not with concurrency"),
        (limit(concurrency=5, maxDelay="1s"), "maxDelay goes with rate, not with concurrency"),
        (limit(concurrency=5, scope="Global"), "concurrency is counted by the node alone: scope must be Node"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(TrafficPolicy, spec)


def test_source_address_is_written_as_in_kubernetes() -> None:
    (found,) = read(TrafficPolicy, limit(rate=RATE, key=[{"sourceIP": True}])).spec.rate_limits
    assert found.key[0].source_ip


@pytest.mark.parametrize(
    ("fields", "capacity"),
    [
        ({}, 100),
        ({"burst": 0}, 1),
        ({"burst": 4}, 5),
        ({"algorithm": "TokenBucket"}, 100),
        ({"algorithm": "TokenBucket", "burst": 4}, 4),
        ({"algorithm": "TokenBucket", "burst": 0}, 1),
        ({"algorithm": "FixedWindow"}, 100),
        ({"rate": {"requests": 0, "per": "1s"}, "burst": 5}, 0),
    ],
)
def test_how_many_may_come_at_once(fields: dict[str, object], capacity: int) -> None:
    (found,) = read(TrafficPolicy, limit(**{"rate": RATE, **fields})).spec.rate_limits
    assert found.capacity == capacity
