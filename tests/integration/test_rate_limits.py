"""Rate limits from YAML to the wire, on running gateways with two workers and real stores."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.recording_server import RecordingServer
from tests.support.redis_server import RedisServer, redis_server
from tests.support.supervised import free_port
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend

__all__ = ["redis_server"]

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


def test_figures_change_under_load_and_counts_stay(weir: WeirProcess) -> None:
    limit = {"name": "per-user", "key": [{"header": "x-user"}], "rate": SLOW}
    put(weir, limited(limit))
    assert statuses(weir, 30, **{"x-user": "alice"}) == {200: 20, 429: 10}
    seen: Counter[int] = Counter()
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            seen[ask(weir, **{"x-user": "alice"})[0]] += 1

    loading = threading.Thread(target=load)
    loading.start()
    try:
        for requests in (10, 40, 20):
            put(weir, limited({**limit, "rate": {"requests": requests, "per": "100h"}}))
    finally:
        stop.set()
        loading.join()
    # What was used up is used up still, and no request failed.
    assert set(seen) == {429}
    assert statuses(weir, 25, **{"x-user": "bob"}) == {200: 20, 429: 5}


def test_who_may_wait_waits_and_who_is_on_trial_goes_on(weir: WeirProcess) -> None:
    waiting = {"name": "queue", "rate": {"requests": 10, "per": "1s"}, "burst": 0, "maxDelay": "30s"}
    put(weir, limited(waiting, {"name": "trial", "rate": {"requests": 0, "per": "1s"}, "enforce": False}))
    began_s = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        assert Counter(status for status, _ in pool.map(lambda _: ask(weir), range(6))) == {200: 6}
    # The sixth has its turn half a second after the first, never before.
    assert time.monotonic() - began_s >= 0.5
    assert weir.metric("weir_rate_limit_decisions_total", result="delayed") >= 4
    assert weir.metric("weir_policy_dry_run_denials_total", policy="rateLimits") == 6
    assert "trial" not in ask(weir)[1]["ratelimit"]


def test_answers_cost_their_bytes(weir: WeirProcess) -> None:
    rate = {"requests": 1_000_000, "per": "1000h"}
    put(weir, limited({"name": "bytes", "key": [{"header": "x-user"}], "rate": rate, "cost": {"bodyBytes": True}}))
    status, headers = ask(weir, **{"x-user": "alice"})
    assert (status, headers["ratelimit-policy"]) == (200, '"bytes";q=1000000;qu="content-bytes";w=3600000')
    weir.wait_until(lambda: '"bytes";r=1000000;' not in ask(weir, **{"x-user": "alice"})[1]["ratelimit"])


class Slow:
    """Requests under way at an endpoint that does not answer."""

    def __init__(self, weir: WeirProcess, count: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", weir.port)) for _ in range(count)]
        for each in self.sockets:
            each.sendall(b"GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n")

    def close(self) -> None:
        for each in self.sockets:
            # With a reset: one that only ends its side may still wait for the answer.
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.close()


def test_so_many_at_once_and_a_worker_that_is_killed_gives_back_what_it_had(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        resources = (static_backend("orders", silent.getsockname()[1]), route_to("orders"))
        with WeirProcess(tmp_path, *resources, workers=2) as weir:
            put(weir, limited({"name": "at-once", "concurrency": 10}))
            slow = Slow(weir, 12)
            try:
                weir.wait_until(lambda: weir.metric("weir_rate_limit_decisions_total", result="refused") == 2)
                assert ask(weir)[0] == 429
                for worker in weir.workers():
                    worker.kill()
                weir.wait_until(lambda: weir.metric("weir_worker_restarts_total") == 2 and len(weir.workers()) == 2)
                weir.wait_ready()
                before = weir.metric("weir_rate_limit_decisions_total", result="admitted")
                again = Slow(weir, 12)
                weir.wait_until(
                    lambda: weir.metric("weir_rate_limit_decisions_total", result="admitted") == before + 10
                )
                again.close()
                # Clients that left give their places back as well.
                weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 0)
                third = Slow(weir, 10)
                weir.wait_until(
                    lambda: weir.metric("weir_rate_limit_decisions_total", result="admitted") == before + 20
                )
                third.close()
            finally:
                slow.close()


def test_gateways_share_a_limit_and_each_has_an_answer_when_the_store_is_gone(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    port = free_port()
    resources = (static_backend("orders", port), route_to("orders"))
    redis = {"redis": {"address": redis_server.address, "timeout": "5s"}}
    limit = {"name": "all", "key": [{"header": "x-user"}], "rate": {"requests": 60, "per": "100h"}, "scope": "Global"}
    with RecordingServer("one", port), ExitStack() as stack:
        gateways = []
        for number in range(3):
            folder = tmp_path / str(number)
            folder.mkdir()
            gateways.append(stack.enter_context(WeirProcess(folder, *resources, process=redis)))
        for each in gateways:
            put(each, limited(limit))
        counted = [statuses(each, 40, **{"x-user": "alice"}) for each in gateways]
        # Never more than the limit, and fewer by what one of them has leased and does not use: a tenth, each.
        let_in = sum(each[200] for each in counted)
        assert 60 - 2 * 6 <= let_in <= 60
        assert sum(each[429] for each in counted) == 120 - let_in
        asked = sum(each.metric("weir_rate_limit_store_questions_total") for each in gateways)
        assert asked < 40
        first = gateways[0]
        redis_server.kill()
        for on_failure, expected in (
            ("Allow", {200: 70}),
            ("Deny", {503: 70}),
            ("Node", {200: 60, 429: 10}),
        ):
            put(first, limited({**limit, "onStoreFailure": on_failure}))
            assert statuses(first, 70, **{"x-user": on_failure}) == expected
        assert first.metric("weir_rate_limit_store_failures_total") > 0
        redis_server.restart()
        first.wait_until(lambda: "ratelimit" in ask(first, **{"x-user": "carol"})[1])


EDGE = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}


def connected(weir: WeirProcess) -> tuple[http.client.HTTPConnection, int]:
    """A connection with one answer on it, and the status of that."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    return connection, answer.status


def test_connections_of_an_address_are_bounded_over_all_workers(weir: WeirProcess) -> None:
    put(weir, resource("TrafficPolicy", "c", {"targetRefs": [EDGE], "connections": {"perSource": 5}}))
    kept = [connected(weir) for _ in range(8)]
    assert [status for _, status in kept] == [200] * 5 + [429] * 3
    assert weir.metric("weir_downstream_connections_refused_total", limit="connections.perSource") == 3
    for connection, _ in kept:
        connection.close()
    weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 0)
    assert ask(weir)[0] == 200

    rate = {"requests": 4, "per": "100h"}
    put(weir, resource("TrafficPolicy", "c", {"targetRefs": [EDGE], "connections": {"rate": rate}}))
    assert statuses(weir, 6) == {200: 4, 429: 2}
    assert weir.metric("weir_downstream_connections_refused_total", limit="connections.rate") == 2
    put(
        weir,
        resource(
            "TrafficPolicy",
            "c",
            {"targetRefs": [EDGE], "connections": {"rate": rate, "exempt": ["::1", "127.0.0.0/8"]}},
        ),
    )
    assert ask(weir)[0] == 200
