"""Health from YAML to traffic, on real processes: checks, ejection, settings by hand."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.health import SickEndpoint
from tests.support.supervised import free_port
from tests.support.weir_command import weir as weir_command
from tests.support.weir_process import Spec, WeirProcess, resource, route_to, static_backend


def policy(**spec: object) -> dict[str, object]:
    refs = [{"group": "weir.dev", "kind": "Backend", "name": "orders"}]
    return resource("BackendPolicy", "orders", {"targetRefs": refs, **spec})


def checked(**check: object) -> dict[str, object]:
    """A policy with an active check that comes to its result fast."""
    times = {"interval": "50ms", "fastInterval": "50ms", "timeout": "500ms"}
    return policy(healthCheck={**times, **check})


def ask(weir: WeirProcess, path: str = "/") -> tuple[int, str]:
    """Status and body of one request over a connection of its own; 0 where no answer comes."""
    connection = http.client.HTTPConnection("127.0.0.1", weir.port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except TimeoutError:
        return 0, ""
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


def test_program_decides_where_the_process_permits_it(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    check = checked(exec={"command": ["/bin/sh", "-c", f"test ! -e {tmp_path}/sick-$WEIR_PORT"]}, timeout="5s")
    resources = (static_backend("orders", *ports), route_to("orders"), check)
    with SickEndpoint("one", ports[0]), SickEndpoint("two", ports[1]):
        weir = WeirProcess(tmp_path, *resources, workers=2)
        refused = weir_command("check", "-c", weir.config)
        assert refused.returncode != 0
        assert "allowExecHealthChecks: true" in refused.stdout + refused.stderr
        weir.apply("weir.yaml", resource("Weir", "process", {**weir.spec, "allowExecHealthChecks": True}))
        with weir:
            weir.wait_until(lambda: weir.metric("weir_health_checks_total", result="passed") >= 4)
            assert bodies(weir) == {"one", "two"}
            mark = tmp_path / f"sick-{ports[0]}"
            mark.touch()
            weir.wait_until(lambda: bodies(weir) == {"two"})
            assert states(weir) == ["failing", "serving"]
            mark.unlink()
            weir.wait_until(lambda: bodies(weir) == {"one", "two"})


def test_checks_are_made_once_however_many_workers_there_are(tmp_path: Path) -> None:
    port = free_port()
    resources = (static_backend("orders", port), route_to("orders"), checked(http={"path": "/healthz"}))
    with SickEndpoint("one", port) as one, WeirProcess(tmp_path, *resources, workers=3) as weir:
        weir.wait_until(lambda: one.checks >= 10)
        assert (one.connections, one.requests) == (1, 0), "one process asks, over one connection"
        # What was asked for may be on its way, no more.
        assert abs(one.checks - weir.metric("weir_health_checks_total", result="passed")) <= 2


def test_stopped_process_is_left_and_taken_back(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    resources = (static_backend("orders", *ports), route_to("orders"), checked(http={"path": "/"}))
    stopped = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(ports[0]), "--bind", "127.0.0.1", "--directory", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with SickEndpoint("two", ports[1]), WeirProcess(tmp_path, *resources, workers=1) as weir:
            weir.wait_until(lambda: states(weir) == ["serving", "serving"])
            stopped.send_signal(signal.SIGSTOP)
            weir.wait_until(lambda: states(weir) == ["failing", "serving"])
            # The workers' view follows within a moment of what the API says.
            weir.wait_until(lambda: bodies(weir) == {"two"})
            (backend,) = weir.api("backends")["backends"]
            (reason,) = backend["endpoints"][0]["reasons"]
            assert "no answer within 500ms" in reason
            stopped.send_signal(signal.SIGCONT)
            weir.wait_until(lambda: len(bodies(weir)) == 2)
    finally:
        stopped.kill()
        stopped.wait()


@pytest.mark.parametrize("sick", ["status", "refuse"])
def test_endpoint_that_fails_every_request_costs_clients_none_with_retries(tmp_path: Path, sick: str) -> None:
    ports = [free_port() for _ in range(4)]
    route = route_to("orders", retry={"codes": [500], "attempts": 2, "backoff": "1ms"})
    detection = {"consecutive5xx": 3, "consecutiveLocalFailures": 3, "baseEjectionTime": "60s"}
    resources = (static_backend("orders", *ports), route, policy(outlierDetection=detection))
    with ExitStack() as stack:
        endpoints = [stack.enter_context(SickEndpoint(str(number), port)) for number, port in enumerate(ports)]
        weir = stack.enter_context(WeirProcess(tmp_path, *resources, workers=2))
        assert bodies(weir, 40) == {"0", "1", "2", "3"}
        endpoints[0].fall_sick(sick)
        before = endpoints[0].requests
        answers = Counter(ask(weir)[0] for _ in range(1500))
        assert answers == {200: 1500}
        assert states(weir) == ["ejected", "serving", "serving", "serving"]
        # At most the row that ejects it, in each worker, less one in all but the one that told of it first.
        assert endpoints[0].requests - before <= 3 + 2
        cause = "consecutive5xx" if sick == "status" else "consecutiveLocalFailures"
        assert weir.metric("weir_health_ejections_total", cause=cause) == 1


def test_ejected_endpoint_returns_by_time_and_the_last_ones_stay(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    detection = {"consecutive5xx": 2, "baseEjectionTime": "1s", "maxEjectionPercent": 100}
    resources = (static_backend("orders", *ports), route_to("orders"), policy(outlierDetection=detection))
    with (
        SickEndpoint("one", ports[0]) as one,
        SickEndpoint("two", ports[1]) as two,
        WeirProcess(tmp_path, *resources, workers=2) as weir,
    ):
        one.fall_sick("status")
        weir.wait_until(lambda: [ask(weir)] != [] and states(weir) == ["ejected", "serving"])
        weir.wait_until(lambda: bodies(weir) == {"two"})
        two.fall_sick("status")
        assert {ask(weir)[0] for _ in range(12)} == {500}
        assert "serving" in states(weir)
        one.recover()
        two.recover()
        weir.wait_until(lambda: bodies(weir) == {"one", "two"})


def test_rates_over_all_workers_eject(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(3)]
    detection = {
        "consecutive5xx": 0,
        "consecutiveGatewayErrors": 0,
        "consecutiveLocalFailures": 0,
        "failurePercent": 60,
        "minimumRequests": 20,
        "interval": "500ms",
        "baseEjectionTime": "60s",
    }
    resources = (static_backend("orders", *ports), route_to("orders"), policy(outlierDetection=detection))
    with ExitStack() as stack:
        endpoints = [stack.enter_context(SickEndpoint(str(number), port)) for number, port in enumerate(ports)]
        weir = stack.enter_context(WeirProcess(tmp_path, *resources, workers=2))
        assert bodies(weir, 100) == {"0", "1", "2"}
        assert states(weir) == ["serving"] * 3
        endpoints[2].fall_sick("status")
        weir.wait_until(lambda: bodies(weir, 60) != set() and states(weir) == ["serving", "serving", "ejected"])
        weir.wait_until(lambda: bodies(weir) == {"0", "1"})
        assert weir.metric("weir_health_ejections_total", cause="failurePercent") == 1


def test_operators_drain_eject_and_weigh_endpoints_for_a_time(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(3)]
    token, one = tmp_path / "token", f"127.0.0.1:{ports[0]}"
    token.write_text("secret")
    resources = (static_backend("orders", *ports), route_to("orders"))
    weir = WeirProcess(tmp_path, *resources, workers=2, process={"stateDir": str(tmp_path / "state")})
    admin = {"port": weir.admin_port, "tokens": [{"name": "ops", "file": str(token), "role": "Write"}]}
    weir.apply("weir.yaml", resource("Weir", "process", {**weir.spec, "admin": admin}))

    def change(*words: str) -> str:
        url = f"http://127.0.0.1:{weir.admin_port}"
        ended = weir_command("backends", *words, "--admin", url, "--token-file", token)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    with ExitStack() as stack:
        for number, port in enumerate(ports):
            stack.enter_context(SickEndpoint(str(number), port))
        stack.callback(weir.close)
        weir.start().wait_ready()
        assert bodies(weir) == {"0", "1", "2"}
        assert "drain of" in change("drain", "orders", one, "--for", "1h", "--reason", "release")
        weir.wait_until(lambda: bodies(weir) == {"1", "2"})
        assert f"ops from 127.0.0.1: set drain on {one} of default/orders for 3600 s: release" in weir.log
        assert "drain by ops" in change()
        change("eject", "default/orders", f"127.0.0.1:{ports[1]}", "--for", "5s")
        weir.wait_until(lambda: bodies(weir) == {"2"})
        weir.wait_until(lambda: bodies(weir) == {"1", "2"})
        weir.apply("more.yaml", policy(panicThreshold=40))
        weir.wait_until(lambda: "generation 2 of the configuration" in weir.log)
        assert bodies(weir) == {"1", "2"}, "a reload leaves it as it is"
        assert weir.stop() == 0
        weir.start().wait_ready()
        assert bodies(weir) == {"1", "2"}, "a restart does so too"
        change("undrain", "orders", one)
        change("weight", "orders", one, "9", "--for", "1m")
        weir.wait_until(lambda: Counter(ask(weir)[1] for _ in range(44))["0"] >= 30)
