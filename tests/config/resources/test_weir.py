"""The process: it runs with nothing set, and every bound holds."""

from __future__ import annotations

import pytest

from config.resources.weir import Weir, WeirSpec
from tests.config.resources.own_kinds import read, refusal


def test_process_without_a_word_has_safe_defaults() -> None:
    spec = Weir.read({"apiVersion": "weir.dev/v1", "kind": "Weir", "metadata": {"name": "x"}}).spec
    assert spec == WeirSpec()
    assert (spec.admin.address, spec.admin.port) == ("127.0.0.1", 9901)
    assert spec.forwarding.trusted_proxies == ()
    assert spec.limits.header_bytes.bytes == 64 << 10
    assert (spec.timeouts.head.seconds, spec.timeouts.keep_alive.seconds) == (10.0, 75.0)
    assert (spec.timeouts.request.seconds, spec.shutdown_timeout.seconds) == (0.0, 30.0)
    assert spec.allow_exec_health_checks is False


def test_default_buckets_ascend() -> None:
    buckets = WeirSpec().telemetry.metrics.buckets
    assert list(buckets) == sorted(buckets)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"workers": 0}, "greater than or equal to 1"),
        ({"admin": {"port": 65536}}, "less than or equal to 65535"),
        ({"consul": {"addresses": []}}, "at least 1 item"),
        ({"consul": {"wait": "500ms"}}, "must be 1s to 10m, not 500ms"),
        ({"consul": {"timeout": "0s"}}, "must be over 0s"),
        ({"redis": {"timeout": "0"}}, "must be over 0s"),
        ({"limits": {"headerBytes": "-1"}}, "a size such as 64Ki, 10Mi or 65536 is expected"),
        ({"limits": {"pipelinedRequests": 0}}, "greater than or equal to 1"),
        ({"timeouts": {"head": "-1s"}}, "a duration such as 250ms, 30s or 1h30m is expected"),
        ({"forwarding": {"trustedProxies": ["10.0.0.0/40"]}}, "an address or network"),
        ({"telemetry": {"accessLog": {"sample": 1.1}}}, "less than or equal to 1"),
        ({"telemetry": {"metrics": {"buckets": [1.0, 0.5]}}}, "buckets must ascend, and 0.5 comes after 1"),
        ({"telemetry": {"metrics": {"buckets": [0.5, 0.5]}}}, "buckets must ascend, and 0.5 comes after 0.5"),
        ({"fileDescriptors": 10}, "greater than or equal to 64"),
    ],
)
def test_bounds_hold(spec: dict[str, object], message: str) -> None:
    assert message in refusal(Weir, spec)


def test_zero_switches_a_timeout_off() -> None:
    assert read(Weir, {"timeouts": {"streamIdle": "0s"}}).spec.timeouts.stream_idle.seconds == 0.0
