"""Rate limits from YAML to the wire, on running gateways with two workers and real stores."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend

ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
SLOW = {"requests": 20, "per": "100h"}
"""Nothing comes back within a test, however slow the machine."""


def limited(*limits: Spec, **fields: object) -> dict[str, object]:
    return resource("TrafficPolicy", "limits", {"targetRefs": [ROUTE], "rateLimits": list(limits), **fields})


@pytest.fixture
def weir(tmp_path: Path) -> Iterator[WeirProcess]:
    port = free_port()
    resources = (static_backend("orders", port), route_to("orders"))
    with RecordingServer("one", port), WeirProcess(tmp_path, *resources, workers=2) as running:
        yield running


def put(weir: WeirProcess, *policies: Spec) -> None:
    """Have `policies` in force on both workers."""
    before = max(each["generation"] for each in weir.api("workers")["workers"].values())
    weir.apply("policies.yaml", *policies)
    weir.wait_until(lambda: all(each["generation"] > before for each in weir.api("workers")["workers"].values()))


def ask(weir: WeirProcess, **headers: str) -> tuple[int, Mapping[str, str]]:
    """One request over a connection of its own, which the kernel gives to one of the workers."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=30)
    try:
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    finally:
        connection.close()


def statuses(weir: WeirProcess, count: int, **headers: str) -> Counter[int]:
    return Counter(ask(weir, **headers)[0] for _ in range(count))


def test_a_limit_of_the_node_is_exact_over_its_workers(weir: WeirProcess) -> None:
    put(weir, limited({"name": "per-user", "key": [{"header": "x-user"}], "rate": SLOW}))
    assert statuses(weir, 50, **{"x-user": "alice"}) == {200: 20, 429: 30}
    # Others have their own; all that say no name share one.
    assert statuses(weir, 25, **{"x-user": "bob"}) == {200: 20, 429: 5}
    assert statuses(weir, 25) == {200: 20, 429: 5}
    assert weir.metric("weir_rate_limit_decisions_total", result="refused") == 40
    assert weir.metric("weir_policy_denials_total", policy="rateLimits") == 40
    status, headers = ask(weir, **{"x-user": "alice"})
    assert (status, headers["ratelimit-policy"]) == (429, '"per-user";q=20;w=360000')
    assert headers["ratelimit"].startswith('"per-user";r=0;t=')
    assert 0 < int(headers["retry-after"]) <= 18_000
