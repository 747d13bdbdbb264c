"""The bandwidth of a route, which the workers of a process share."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port, get
from tests.support.weir_process import WeirProcess, resource, route_to, static_backend

RATE = 128 * 1024
BODY = "x" * 2 * RATE
ROUTE = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "all"}
BOUND = resource("TrafficPolicy", "slow", {"targetRefs": [ROUTE], "bandwidth": {"perRoute": str(RATE)}})


def test_connections_on_all_workers_share_the_bandwidth_of_their_route(tmp_path: Path) -> None:
    port = free_port()
    resources = BOUND, static_backend("files", port), route_to("files")
    with RecordingServer(BODY, port), WeirProcess(tmp_path, *resources, workers=2) as weir:
        begun_s = time.monotonic()
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda _: get(weir.port), range(2)))
        # Four seconds' octets; of them the head room of a quarter, and of each connection the last read, wait for
        # nothing. Where each connection, or each worker, had a bound of its own, two seconds would do.
        assert time.monotonic() - begun_s > 3.0
    assert answers == [(200, BODY)] * 2
