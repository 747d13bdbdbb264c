"""A split by key over the workers of a process, over a restart, and while the canary's weight grows."""

from __future__ import annotations

import http.client
from pathlib import Path

from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port
from tests.support.weir_process import WeirProcess, resource, static_backend

CHI_SQUARE_1_999 = 10.83
"""Of 1 degree of freedom, passed by one even draw in a thousand; the users are fixed, so it is never chance."""
USERS = 400
ROUTES = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
STICKY = resource("TrafficPolicy", "sticky", {"targetRefs": [ROUTES], "splitOn": [{"header": "x-user"}]})


def split(stable: int, canary: int) -> dict[str, object]:
    refs = [
        {"group": "weir.dev", "kind": "Backend", "name": name, "weight": weight}
        for name, weight in (("stable", stable), ("canary", canary))
    ]
    spec = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": refs}]}
    return resource("HTTPRoute", "all", spec, "gateway.networking.k8s.io/v1")


def homes(weir: WeirProcess) -> list[str]:
    """Who answers each user, each over a connection of its own: the kernel spreads them over the workers."""
    found = []
    for user in range(USERS):
        connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=10)
        try:
            connection.request("GET", "/", headers={"X-User": f"user-{user}"})
            found.append(connection.getresponse().read().decode())
        finally:
            connection.close()
    return found


def test_users_stay_where_they_are_but_for_those_that_a_growing_canary_takes(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    backends = static_backend("stable", ports[0]), static_backend("canary", ports[1])
    with RecordingServer("stable", ports[0]), RecordingServer("canary", ports[1]):
        weir = WeirProcess(tmp_path, *backends, STICKY, split(80, 20), workers=2)
        with weir:
            before = homes(weir)
            off = before.count("canary") - USERS * 0.2
            assert off**2 / (USERS * 0.2) + off**2 / (USERS * 0.8) < CHI_SQUARE_1_999
            assert homes(weir) == before
        with weir:
            assert homes(weir) == before
            weir.apply("routes.yaml", *backends, STICKY, split(50, 50))
            weir.wait_until(lambda: homes(weir).count("canary") > USERS * 0.35)
            after = homes(weir)
    assert {after[user] for user in range(USERS) if before[user] == "canary"} == {"canary"}
