"""Whose traffic it is, on a running process: in conditions, tags and the access log; and limits of a route's heads."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port, get
from tests.support.weir_process import WeirProcess, resource, route_to, static_backend

TENANT = resource("Tenant", "acme", {"namespaces": ["default"]})
POLICY = resource(
    "TrafficPolicy",
    "all",
    {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}],
        "headLimits": {"count": 8},
        "tags": [
            {"name": "owner", "valueFrom": {"tenant": True}},
            {"name": "ours", "value": "yes", "when": 'source.tenant == "acme"'},
        ],
        "logHeaders": ["X-Api-Version", "X-Absent"],
    },
)


def test_a_tenant_shows_in_conditions_tags_and_the_log(tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "access.log"
    process = {"telemetry": {"accessLog": {"path": str(log)}}}
    resources = TENANT, POLICY, static_backend("orders", port), route_to("orders")
    with RecordingServer("orders", port) as server, WeirProcess(tmp_path, *resources, process=process) as weir:
        assert get(weir.port, "/a", {"X-Api-Version": "7"})[0] == 200
        assert get(weir.port, "/b", {f"X-{number}": "1" for number in range(9)})[0] == 431
        weir.wait_until(lambda: log.exists() and len(log.read_text().splitlines()) == 2)
    taken, refused = map(json.loads, log.read_text().splitlines())
    assert (taken["tenant"], taken["tags"], taken["headers"]) == ("acme", "owner=acme,ours=yes", {"x-api-version": "7"})
    assert (refused["tenant"], refused["headers"], refused["status"]) == ("acme", {}, 431)
    assert "8 are allowed" in refused["detail"]
    assert [request.target for request in server.received] == ["/a"]
