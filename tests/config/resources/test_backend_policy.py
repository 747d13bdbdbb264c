"""BackendPolicies as operators write them, and the defaults that hold without one."""

from __future__ import annotations

import pytest
import yaml

from config.resources.backend_policy import BackendPolicy, BackendPolicySpec
from tests.config.resources.own_kinds import read, refusal

WHOLE = """
targetRefs: [{group: weir.dev, kind: Backend, name: orders}]
loadBalancer:
  type: LeastRequest
  choices: 2
  hashOn: [{header: x-user-id}, {sourceIP: true}]
  hashBalanceFactor: 125
subset: {tags: [lane], fallback: Baseline}
locality: {mode: PreferLocal, spillAt: 70}
panicThreshold: 50
slowStart: {window: 30s, aggression: 1.0}
healthCheck:
  http: {path: /healthz, expectedStatuses: [{start: 200, end: 299}]}
  interval: 5s
  timeout: 1s
  unhealthyThreshold: 3
  healthyThreshold: 2
outlierDetection: {consecutive5xx: 5, interval: 10s, baseEjectionTime: 30s, maxEjectionPercent: 10}
circuitBreaker:
  maxConnections: 1024
  maxPendingRequests: 1024
  maxRequests: 1024
  failures: {threshold: 20, window: 10s, ratio: 0.5, openFor: 5s, halfOpenRequests: 3}
connectionPool: {maxIdle: 8, idleTimeout: 10s}
"""


def test_reads_every_part() -> None:
    """The example of the documentation, whole."""
    spec = read(BackendPolicy, yaml.safe_load(WHOLE)).spec
    assert spec.load_balancer.hash_on[1].source_ip
    assert spec.outlier_detection is not None
    assert spec.outlier_detection.consecutive_5xx == 5
    assert spec.connection_pool.idle_timeout.seconds == 10.0


def test_an_empty_policy_is_the_default() -> None:
    """A backend without a policy is used as one with an empty policy."""
    assert read(BackendPolicy, {}).spec == BackendPolicySpec()
    assert BackendPolicySpec().load_balancer.type == "RoundRobin"


def test_refuses_two_probes_and_two_hash_keys() -> None:
    """A health check has one probe, a hash key one source, a range its ends in order."""
    assert "exactly one of http, tcp, grpc, exec" in refusal(BackendPolicy, {"healthCheck": {}})
    assert "http and tcp" in refusal(BackendPolicy, {"healthCheck": {"http": {}, "tcp": {}}})
    keys = [{"header": "a", "sourceIP": True}]
    assert "header and sourceIP" in refusal(BackendPolicy, {"loadBalancer": {"hashOn": keys}})
    statuses = [{"start": 300, "end": 200}]
    assert "start" in refusal(BackendPolicy, {"healthCheck": {"http": {"expectedStatuses": statuses}}})


@pytest.mark.parametrize(
    ("balancing", "problem"),
    [
        ({"type": "Maglev", "maglev": {"tableSize": 65536}}, "65536 is no prime; 65537 is the next one"),
        ({"type": "RingHash", "ringHash": {"minSize": 9, "maxSize": 8}}, "minSize must not be greater than maxSize"),
        ({"type": "RingHash", "ringHash": {"function": "MD5"}}, "'XXHash64', 'XXH3' or 'Murmur2'"),
    ],
    ids=["a table that is no prime", "a ring that cannot be", "a function that is none"],
)
def test_refuses_tables_and_rings_that_cannot_be(balancing: dict[str, object], problem: str) -> None:
    assert problem in refusal(BackendPolicy, {"loadBalancer": balancing})


def test_takes_other_primes() -> None:
    for size in (3, 251, 655373, 5_000_011):
        BackendPolicySpec.model_validate({"loadBalancer": {"maglev": {"tableSize": size}}})


def test_a_subset_is_by_tags_or_by_number() -> None:
    assert "set tags, maxEndpoints or both" in refusal(BackendPolicy, {"subset": {}})
    assert BackendPolicySpec.model_validate({"subset": {"maxEndpoints": 5}}).subset is not None
