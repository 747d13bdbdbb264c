"""How `weir run` starts: with all that it needs, without Consul, with broken files, with a port that is taken."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.supervisor import Exit
from tests.support.consul_agent import ConsulAgent
from tests.support.recording_server import RecordingServer
from tests.support.supervised import free_port, get
from tests.support.weir_process import WeirProcess, consul_backend, gateway_on, resource, route_to, static_backend

Make = Callable[..., WeirProcess]


@pytest.fixture
def endpoint() -> Iterator[int]:
    """The port of an endpoint that answers `one`."""
    port = free_port()
    with RecordingServer("one", port):
        yield port


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes processes, each in a folder of its own, that are ended with the test."""
    with ExitStack() as made:

        def make(*resources: object, **options: object) -> WeirProcess:
            folder = tmp_path / f"weir-{free_port()}"
            folder.mkdir()
            weir = WeirProcess(folder, *resources, **options)  # type: ignore[arg-type]
            made.callback(weir.close)
            return weir

        yield make


def before_consul(make: Make, agent: ConsulAgent, **process: object) -> WeirProcess:
    """Not started yet; its one backend is in Consul."""
    spec = {"consul": {"addresses": [agent.address]}, **process}
    return make(consul_backend("orders", "orders"), route_to("orders"), process=spec)


# Consul.


def test_without_consul_it_is_alive_and_not_ready_until_consul_answers(
    make: Make, consul_agent: ConsulAgent, endpoint: int
) -> None:
    consul_agent.kill()
    weir = before_consul(make, consul_agent).start()
    weir.wait_until(lambda: get(weir.admin_port, "/livez")[0] == 200)
    weir.wait_until(lambda: "endpoints of backend default/orders" in get(weir.admin_port, "/readyz")[1])
    assert get(weir.admin_port, "/readyz")[0] == 503
    assert weir.metric("weir_ready") == 0
    consul_agent.restart()
    consul_agent.register("orders", endpoint)
    weir.wait_ready()
    weir.wait_until(lambda: get(weir.port) == (200, "one"))
    assert weir.metric("weir_ready") == 1


def test_without_consul_it_serves_at_once_by_the_view_that_it_kept(
    make: Make, consul_agent: ConsulAgent, endpoint: int, tmp_path: Path
) -> None:
    consul_agent.register("orders", endpoint)
    weir = before_consul(make, consul_agent, stateDir=str(tmp_path / "state")).start().wait_ready()
    weir.wait_until(lambda: get(weir.port) == (200, "one"))
    assert weir.stop() == Exit.DONE
    consul_agent.kill()
    weir.start().wait_ready()
    assert get(weir.port) == (200, "one")
    (backend,) = weir.api("backends")["backends"]
    assert backend["source"] == "kept"


# Configuration.


def test_with_nothing_valid_it_ends_with_code_3_and_every_problem_in_its_place(make: Make) -> None:
    weir = make(route_to("nowhere", unknown=1))
    weir.write("syntax.yaml", "kind: Backend\nspec: {a: [\n")
    weir.write("kind.yaml", "apiVersion: weir.dev/v1\nkind: Backnd\nmetadata: {name: a}\n")
    assert weir.start().ended() == Exit.CONFIG
    for place in ("syntax.yaml:3:1: error", "kind.yaml:2:7: error", "routes.yaml:1:"):
        assert f"{weir.config}/{place}" in weir.log
    assert 'did you mean \\"Backend\\"' in weir.log


def test_with_broken_files_it_serves_the_set_that_it_kept_and_takes_the_mended_one(
    make: Make, endpoint: int, tmp_path: Path
) -> None:
    resources = static_backend("one", endpoint), route_to("one")
    weir = make(*resources, arguments=["--state-dir", str(tmp_path / "state")]).start().wait_ready()
    assert weir.stop() == Exit.DONE
    weir.write("weir.yaml", "kind: [")
    weir.write("routes.yaml", "kind: [")
    weir.start().wait_ready()
    assert get(weir.port) == (200, "one")
    config = weir.api("config")["lastReload"]
    assert config["keptFromBefore"] and not config["success"]
    assert {problem["file"] for problem in config["problems"]} == {
        str(weir.config / "weir.yaml"),
        str(weir.config / "routes.yaml"),
    }
    weir.apply("weir.yaml", resource("Weir", "process", weir.spec))
    weir.apply("routes.yaml", *resources)
    weir.wait_until(lambda: bool(weir.api("config")["lastReload"]["success"]))
    assert get(weir.port) == (200, "one")


# Ports and files.


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("whose", ["the listener's", "the admin API's"])
def test_with_a_port_that_is_taken_it_ends_with_code_4_and_says_which(make: Make, whose: str, workers: int) -> None:
    weir = make(workers=workers)
    number = weir.port if whose == "the listener's" else weir.admin_port
    with socket.create_server(("127.0.0.1", number)):
        assert weir.start().ended() == Exit.PORT
    assert f"127.0.0.1:{number}: another program has the port" in weir.log
    assert "Traceback" not in weir.log


def test_a_second_gateway_does_not_share_the_ports_of_the_first(make: Make, endpoint: int) -> None:
    first = make(static_backend("one", endpoint), route_to("one"), workers=2).start().wait_ready()
    second = make(workers=2)
    second.apply("gateway.yaml", gateway_on(first.port))
    assert second.start().ended() == Exit.PORT
    assert get(first.port) == (200, "one")


def test_the_pid_file_names_the_supervisor_and_a_second_gateway_respects_it(make: Make, tmp_path: Path) -> None:
    file = tmp_path / "weir.pid"
    first = make(workers=2, process={"pidFile": str(file)}).start().wait_ready()
    assert first.process is not None
    assert file.read_text() == f"{first.process.pid}\n"
    second = make(process={"pidFile": str(file)})
    assert second.start().ended() == Exit.PORT
    assert f"{file} names process {first.process.pid}, which runs" in second.log
    assert first.stop() == Exit.DONE
    assert not file.exists()


# Processes.


@pytest.mark.parametrize(("workers", "children"), [(1, 0), (2, 2), (3, 3)])
def test_one_worker_is_the_process_itself_and_more_are_its_children(
    make: Make, endpoint: int, workers: int, children: int
) -> None:
    """The command line goes before the Weir resource, which says 1."""
    weir = make(static_backend("one", endpoint), route_to("one"), arguments=["--workers", str(workers)])
    weir.start().wait_ready()
    assert weir.process is not None
    assert len([each for each in weir.workers() if each.pid != weir.process.pid]) == children
    assert weir.metric("weir_workers_running") == workers
    assert get(weir.port) == (200, "one")


def test_systemd_is_told_when_it_is_ready_and_not_before(make: Make, consul_agent: ConsulAgent, tmp_path: Path) -> None:
    consul_agent.kill()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        weir = make(
            consul_backend("orders", "orders"),
            route_to("orders"),
            process={"consul": {"addresses": [consul_agent.address]}},
            environment={"NOTIFY_SOCKET": str(tmp_path / "notify")},
        ).start()
        weir.wait_until(lambda: get(weir.admin_port, "/readyz")[0] == 503 and get(weir.port)[0] == 503)
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(4096)
        manager.settimeout(20)
        consul_agent.restart()
        assert manager.recv(4096) == b"READY=1\nSTATUS=generation 1 is served"
        assert get(weir.admin_port, "/readyz")[0] == 200
        weir.signal(signal.SIGTERM)
        assert manager.recv(4096) == b"STOPPING=1"
        assert weir.ended() == Exit.DONE
