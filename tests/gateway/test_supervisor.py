"""Tests of the supervisor as a process with real workers."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.load import load
from config.resources.weir import WeirSpec
from gateway.in_flight_memory import attach
from gateway.supervisor import Exit, Supervisor
from tests.support.supervised import Supervised, free_port, get


class Starter:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.started: list[Supervised] = []

    def __call__(self, *, workers: int, port: int = 0) -> Supervised:
        folder = self._folder / str(len(self.started))
        folder.mkdir()
        self.started.append(Supervised(folder, workers=workers, port=port))
        return self.started[-1]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    starter = Starter(tmp_path)
    yield starter
    for each in starter.started:
        each.close()


@pytest.mark.parametrize("workers", [1, 2])
def test_serves_and_ends_with_code_0_on_sigterm(start: Starter, workers: int) -> None:
    weir = start(workers=workers).wait_ready()
    assert get(weir.port)[0] == 404
    assert len(weir.workers()) == (workers if workers > 1 else 0)
    assert weir.pid_file.read_text() == f"{weir.process.pid}\n"
    weir.signal(signal.SIGTERM)
    assert weir.ended() == Exit.DONE
    assert not weir.pid_file.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_sigterm_ends_it_at_once(start: Starter, workers: int) -> None:
    weir = start(workers=workers).wait_ready()
    with socket.create_connection(("127.0.0.1", weir.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 1)
        weir.signal(signal.SIGTERM)
        weir.wait_until(lambda: "stopping" in weir.log)
        weir.signal(signal.SIGTERM)
        assert weir.ended() == Exit.CUT


def test_a_change_while_it_stops_opens_no_port(start: Starter) -> None:
    weir = start(workers=1).wait_ready()
    other = free_port()
    with socket.create_connection(("127.0.0.1", weir.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        weir.wait_until(lambda: weir.metric("weir_downstream_connections_active") == 1)
        weir.signal(signal.SIGTERM)
        weir.wait_until(lambda: "stopping" in weir.log)
        weir.config.write_text(f"{weir.port} {other}")
        weir.signal(signal.SIGHUP)
        weir.wait_until(lambda: "the gateway is stopping" in weir.log)
        assert get(other)[0] == get(weir.port)[0] == 0
        weir.signal(signal.SIGTERM)
        assert weir.ended() == Exit.CUT


def test_counters_go_on_over_the_death_of_a_worker(start: Starter) -> None:
    weir = start(workers=2).wait_ready()
    for _ in range(10):
        assert get(weir.port)[0] == 404
    weir.wait_until(lambda: weir.metric("weir_requests_total") == 10)
    victim = weir.workers()[0]
    os.kill(victim, signal.SIGKILL)
    weir.wait_until(lambda: len(weir.workers()) == 2 and victim not in weir.workers())
    weir.wait_until(lambda: weir.metric("weir_workers_running") == 2 and weir.metric("weir_worker_restarts_total") == 1)
    assert weir.metric("weir_requests_total") == 10
    for _ in range(10):
        assert get(weir.port)[0] == 404
    weir.wait_until(lambda: weir.metric("weir_requests_total") == 20)


def test_workers_serve_on_when_the_supervisor_is_killed(start: Starter) -> None:
    weir = start(workers=2).wait_ready()
    workers = [psutil.Process(pid) for pid in weir.workers()]
    weir.process.kill()
    weir.process.wait()
    try:
        assert {get(weir.port)[0] for _ in range(10)} == {404}
        for worker in workers:
            worker.terminate()
        _, alive = psutil.wait_procs(workers, timeout=10)
        assert not alive
        assert get(weir.port)[0] == 0
    finally:
        for worker in workers:
            if worker.is_running():
                worker.kill()


def test_a_reload_opens_new_ports_and_closes_gone_ones(start: Starter) -> None:
    weir = start(workers=2).wait_ready()
    other = free_port()
    weir.config.write_text(str(other))
    weir.signal(signal.SIGHUP)
    weir.wait_until(lambda: get(other)[0] == 404)
    weir.wait_until(lambda: get(weir.port)[0] == 0)


def test_a_broken_configuration_changes_nothing_and_is_reported_with_its_place(start: Starter) -> None:
    weir = start(workers=1).wait_ready()
    weir.config.write_text("broken")
    weir.signal(signal.SIGHUP)
    weir.wait_until(lambda: weir.metric("weir_config_last_reload_success") == 0)
    assert get(weir.port)[0] == 404
    assert "ports:1:1: error: it is broken" in weir.log
    assert "it is broken" in get(weir.admin, "/api/v1/config")[1]


class ServiceManager:
    """What systemd is told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(20)

    def told(self) -> list[str]:
        """The lines of the next message, without times."""
        lines = self._socket.recv(4096).decode().splitlines()
        return [line for line in lines if not line.startswith("MONOTONIC_USEC=")]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def service_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceManager]:
    manager = ServiceManager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    yield manager
    manager.close()


def test_the_service_manager_is_told_of_start_reloads_and_stop(start: Starter, service_manager: ServiceManager) -> None:
    weir = start(workers=1)
    assert service_manager.told() == ["READY=1", "STATUS=generation 1 is served"]
    weir.config.write_text(f"{weir.port} {free_port()}")
    weir.signal(signal.SIGHUP)
    assert service_manager.told() == ["RELOADING=1"]
    assert service_manager.told() == ["READY=1", "STATUS=generation 2 is served"]
    weir.config.write_text("broken")
    weir.signal(signal.SIGHUP)
    assert service_manager.told() == ["RELOADING=1"]
    assert service_manager.told() == ["READY=1", "STATUS=generation 2 is served; what is at hand was rejected"]
    weir.signal(signal.SIGTERM)
    assert service_manager.told() == ["STOPPING=1"]
    assert weir.ended() == Exit.DONE


def test_a_first_configuration_that_is_broken_ends_it_with_a_code_of_its_own(start: Starter, tmp_path: Path) -> None:
    weir = start(workers=1)
    weir.config.write_text("broken")
    assert weir.ended() == Exit.CONFIG


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_in_use_ends_it_with_a_message_that_names_the_port(start: Starter, workers: int) -> None:
    first = start(workers=workers).wait_ready()
    second = start(workers=workers, port=first.port)
    assert second.ended() == Exit.PORT
    assert f"127.0.0.1:{first.port}: another program has the port" in second.log
    assert get(first.port)[0] == 404


def test_admin_shows_ports_workers_and_answers_unknown_paths_as_problems(start: Starter) -> None:
    weir = start(workers=2).wait_ready()
    assert get(weir.admin, "/livez") == (200, "ok\n")
    assert f"127.0.0.1:{weir.port}/tcp" in get(weir.admin, "/api/v1/config")[1]
    assert get(weir.admin, "/api/v1/routes") == (200, '{\n  "routes": []\n}')
    assert get(weir.admin, "/api/v1/backends")[0] == 200
    assert '"generation": 1' in get(weir.admin, "/api/v1/workers")[1]
    assert get(weir.admin, "/nope")[0] == 404


async def test_what_a_dead_worker_had_in_flight_is_over() -> None:
    supervisor = Supervisor([], load, workers=2)
    try:
        supervisor._found(WeirSpec())
        assert supervisor._in_flight is not None
        dead, other = (attach(supervisor._in_flight.descriptor, worker, 2) for worker in (1, 0))
        dead.add(3, 5)
        assert other.elsewhere(3) == 5
        supervisor.died(1)
        assert other.elsewhere(3) == 0
    finally:
        await supervisor._close()
