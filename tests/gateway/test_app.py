"""Tests of what `run` puts together, as a process on real files and a real Consul."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.supervisor import Exit
from tests.support.consul_agent import ConsulAgent
from tests.support.supervised import ROOT, WAIT_S, free_port, get

PROGRAM = "import sys; from pathlib import Path; from gateway.app import run; sys.exit(run([Path(sys.argv[1])]))"

GATEWAY = """
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: edge}}
spec:
  gatewayClassName: weir
  addresses: [{{type: IPAddress, value: 127.0.0.1}}]
  listeners: [{{name: http, port: {port}, protocol: HTTP}}]
"""

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: away}}
spec:
  parentRefs: [{{name: edge}}]
  rules: [{{filters: [{{type: RequestRedirect, requestRedirect: {{hostname: {host}, statusCode: 302}}}}]}}]
"""

WEIR = """
apiVersion: weir.dev/v1
kind: Weir
metadata: {{name: edge}}
spec:
  workers: 1
  admin: {{port: {admin}}}
  telemetry: {{accessLog: {{path: "off"}}}}
  {more}
"""


def replace(file: Path, text: str) -> None:
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text)
    fresh.replace(file)


class Run:
    """`run` on a folder of its own with a Weir resource and a Gateway."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "conf"
        self.folder.mkdir()
        self.admin = free_port()
        self.weir()
        self.move()
        self._log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def weir(self, more: str = "") -> None:
        replace(self.folder / "weir.yaml", WEIR.format(admin=self.admin, more=more))

    def move(self) -> None:
        """To another port."""
        self.port = free_port()
        replace(self.folder / "gateway.yaml", GATEWAY.format(port=self.port))

    def route(self, host: str) -> None:
        replace(self.folder / "route.yaml", ROUTE.format(host=host))

    def start(self) -> Run:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(self.folder)],
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
                stderr=log,
            )
        return self

    @property
    def log(self) -> str:
        return self._log.read_text()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_S
        while not holds():
            assert self.process is not None and time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def wait_ready(self) -> Run:
        self.wait_until(lambda: get(self.admin, "/readyz")[0] == 200)
        return self

    def location(self) -> str:
        """Where it sends a request; "" where it does not serve or has no route."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            return connection.getresponse().getheader("location") or ""
        except OSError:
            return ""
        finally:
            connection.close()

    def wait_for(self, host: str) -> None:
        self.wait_until(lambda: host in self.location())

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def weir(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.close()


def consul(agent: ConsulAgent, more: str = "") -> str:
    return f"consul: {{addresses: ['{agent.address}'], kvPrefix: weir}}\n  {more}"


def put_route(agent: ConsulAgent, host: str) -> None:
    agent.put_key("weir/route.yaml", ROUTE.format(host=host).encode())


def test_broken_files_end_it_with_all_their_places(weir: Run) -> None:
    (weir.folder / "a.yaml").write_text("kind: [\n")
    (weir.folder / "b.yaml").write_text(
        "apiVersion: weir.dev/v1\nkind: Backend\nmetadata: {name: a}\nspec: {statik: {}}\n"
    )
    (weir.folder / "c.yaml").symlink_to("gone")
    process = weir.start().process
    assert process is not None and process.wait(WAIT_S) == Exit.CONFIG
    for place in ("a.yaml:", "b.yaml:4:", "c.yaml: error"):
        assert place in weir.log


def test_a_missing_folder_ends_it(weir: Run) -> None:
    weir.folder.rename(weir.folder.with_name("elsewhere"))
    process = weir.start().process
    assert process is not None and process.wait(WAIT_S) == Exit.CONFIG
    assert "there is no such file or folder" in weir.log


def test_every_good_edit_comes_in_force_by_itself_and_a_broken_one_changes_nothing(weir: Run) -> None:
    weir.route("one.example")
    weir.start().wait_ready().wait_for("one.example")
    weir.route("two.example")
    weir.wait_for("two.example")
    weir.route("[")
    weir.wait_until(lambda: "weir_config_last_reload_success 0" in get(weir.admin, "/metrics")[1])
    assert "route.yaml:" in weir.log and "two.example" in weir.location()
    weir.route("three.example")
    weir.wait_for("three.example")
    assert weir.stop() == Exit.DONE


def test_a_start_with_broken_files_serves_the_set_kept_in_the_state_dir(weir: Run, tmp_path: Path) -> None:
    weir.weir(f"stateDir: {tmp_path / 'state'}")
    weir.route("one.example")
    weir.start().wait_ready()
    assert weir.stop() == Exit.DONE
    weir.route("[")
    weir.start().wait_ready().wait_for("one.example")
    assert '"keptFromBefore": true' in get(weir.admin, "/api/v1/config")[1]
    weir.route("two.example")
    weir.wait_for("two.example")


def test_resources_in_consul_come_in_force_with_the_files(weir: Run, consul_agent: ConsulAgent) -> None:
    put_route(consul_agent, "one.example")
    weir.weir(consul(consul_agent))
    weir.start().wait_ready().wait_for("one.example")
    put_route(consul_agent, "two.example")
    weir.wait_for("two.example")
    put_route(consul_agent, "[")
    weir.wait_until(lambda: "weir_config_last_reload_success 0" in get(weir.admin, "/metrics")[1])
    assert "consul:weir/route.yaml:" in weir.log and "two.example" in weir.location()
    put_route(consul_agent, "three.example")
    weir.wait_for("three.example")
    consul_agent.kill()
    weir.move()
    weir.wait_for("three.example")
    assert weir.stop() == Exit.DONE


def test_a_prefix_that_is_named_later_is_followed(weir: Run, consul_agent: ConsulAgent) -> None:
    put_route(consul_agent, "one.example")
    weir.start().wait_ready()
    assert weir.location() == ""
    weir.weir(consul(consul_agent))
    weir.wait_for("one.example")
    weir.weir()
    weir.wait_until(lambda: weir.location() == "")


def test_a_start_without_consul_is_not_ready_until_it_answers(weir: Run, consul_agent: ConsulAgent) -> None:
    consul_agent.kill()
    weir.weir(consul(consul_agent))
    weir.start().wait_until(lambda: get(weir.admin, "/readyz")[0] == 503)
    assert "consul:weir/" in get(weir.admin, "/readyz")[1]
    assert get(weir.admin, "/livez")[0] == 200
    assert "weir_ready 0" in get(weir.admin, "/metrics")[1]
    consul_agent.restart()
    put_route(consul_agent, "one.example")
    weir.wait_ready().wait_for("one.example")


def test_sigterm_ends_a_start_that_waits_for_consul(weir: Run, consul_agent: ConsulAgent) -> None:
    consul_agent.kill()
    weir.weir(consul(consul_agent))
    weir.start().wait_until(lambda: get(weir.admin, "/readyz")[0] == 503)
    assert weir.stop() == Exit.DONE


def test_a_start_without_consul_serves_what_is_kept_of_it(weir: Run, consul_agent: ConsulAgent, tmp_path: Path) -> None:
    put_route(consul_agent, "one.example")
    weir.weir(consul(consul_agent, f"stateDir: {tmp_path / 'state'}"))
    weir.start().wait_ready().wait_for("one.example")
    assert weir.stop() == Exit.DONE
    consul_agent.kill()
    weir.start().wait_ready().wait_for("one.example")
    assert "are those kept from before" in weir.log
    consul_agent.restart()
    put_route(consul_agent, "two.example")
    weir.wait_for("two.example")


def test_a_start_imports_no_client_that_nobody_asked_for() -> None:
    """Each of them costs a tenth of a second, in which nothing is served."""
    program = "import sys, gateway.app; print(*sorted({'consul', 'dns', 'requests'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout.split() == []
    program = "import sys, gateway.worker; print(*sorted({'aiohttp', 'yaml', 'consul', 'dns'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout.split() == []
