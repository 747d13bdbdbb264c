"""Health from YAML to traffic, on real processes: checks, ejection, settings by hand."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest

from tests.support.health import SickEndpoint
from tests.support.supervised import free_port
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend


def policy(**spec: object) -> dict[str, object]:
    refs = [{"group": "weir.dev", "kind": "Backend", "name": "orders"}]
    return resource("BackendPolicy", "orders", {"targetRefs": refs, **spec})


def checked(**check: object) -> dict[str, object]:
    """A policy with an active check that comes to its result fast."""
    times = {"interval": "50ms", "fastInterval": "50ms", "timeout": "500ms"}
    return policy(healthCheck={**times, **check})


def ask(weir: WeirProcess, path: str = "/") -> tuple[int, str]:
    """Status and body of one request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def bodies(weir: WeirProcess, count: int = 12) -> set[str]:
    return {ask(weir)[1] for _ in range(count)}


def states(weir: WeirProcess) -> list[str]:
    (backend,) = weir.api("backends")["backends"]
    return [endpoint["state"] for endpoint in backend["endpoints"]]


@pytest.mark.parametrize(
    ("check", "sick"),
    [
        ({"http": {"path": "/healthz", "bodyContains": "fine"}}, "status"),
        ({"http": {"path": "/healthz", "bodyContains": "fine"}}, "words"),
        ({"http": {"path": "/healthz"}}, "silence"),
        ({"http": {"path": "/healthz"}}, "endless"),
        ({"http": {"path": "/healthz"}}, "refuse"),
        ({"tcp": {"send": "GET /healthz HTTP/1.0\r\n\r\n", "expect": "HTTP/1.1 200"}}, "status"),
        ({"tcp": {}}, "refuse"),
    ],
    ids=lambda value: value if isinstance(value, str) else "".join(value),
)
def test_traffic_leaves_an_endpoint_that_fails_its_check_and_comes_back(tmp_path: Path, check: Spec, sick: str) -> None:
    ports = free_port(), free_port()
    resources = (static_backend("orders", *ports), route_to("orders"), checked(**check))
    with (
        SickEndpoint("one", ports[0]) as one,
        SickEndpoint("two", ports[1]),
        WeirProcess(tmp_path, *resources, workers=2) as weir,
    ):
        weir.wait_until(lambda: states(weir) == ["serving", "serving"])
        assert bodies(weir) == {"one", "two"}
        one.fall_sick(sick)
        weir.wait_until(lambda: states(weir) == ["failing", "serving"])
        weir.wait_until(lambda: {ask(weir) for _ in range(12)} == {(200, "two")})
        one.recover()
        weir.wait_until(lambda: bodies(weir) == {"one", "two"})
        assert weir.metric("weir_health_checks_total", result="passed") > 0
