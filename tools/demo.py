"""The demo: Consul, echo services registered in it, Weir in front of them, requests through it, and where they went."""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from tools.consul_agent import ConsulAgent
from tools.installed import find_program, remedy
from tools.running import NotStarted, RunningProgram, free_ports

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "demo"
WEIR = Path(sys.executable).with_name("weir")
SERVICES = (("orders", "orders-1"), ("orders", "orders-2"), ("orders-next", "orders-next-1"), ("users", "users-1"))
REQUESTS = (("/orders", 100), ("/users", 20), ("/nowhere", 5))
REQUEST_TIMEOUT_S = 5.0
ATTEMPTS = 5
TAKEN = "another program has the port"


class Demo:
    """What the demo runs, each part stopped in reverse order when `parts` is closed."""

    def __init__(self, folder: Path, parts: ExitStack) -> None:
        """Keep the scratch folder; nothing runs yet."""
        self._folder = folder
        self._parts = parts
        self.gateway_port = 0
        self.admin_port = 0

    def start_consul(self, consul: Path) -> ConsulAgent:
        """Start the agent in dev mode."""
        return self._parts.enter_context(ConsulAgent(consul, self._folder))

    def start_services(self, agent: ConsulAgent) -> None:
        """Start the echo services and wait until Consul shows each of them as passing."""
        for (service, name), port in zip(SERVICES, free_ports(len(SERVICES)), strict=True):
            # No drain: Weir, which they would wait for, is stopped before they are.
            options = ["--port", str(port), "--name", name, "--consul", agent.url, "--service", service, "--drain", "0"]
            program = RunningProgram([str(WEIR), "echo", *options], self._folder / f"{name}.log")
            program.start(lambda port=port: accepts(port))  # type: ignore[misc]
            self._parts.callback(program.stop)
        deadline_s = time.monotonic() + 20
        wanted = Counter(service for service, _ in SERVICES)
        while any(passing(agent, service) < count for service, count in wanted.items()):
            if time.monotonic() > deadline_s:
                raise NotStarted("Consul does not show the echo services as passing")
            time.sleep(0.05)

    def start_weir(self, agent: ConsulAgent) -> None:
        """Start Weir on a copy of the example with free ports, and wait until it is ready. Raises NotStarted."""
        for attempt in range(ATTEMPTS):
            self.gateway_port, self.admin_port = first_free(8080), first_free(9901)
            try:
                self._start_on_ports(agent)
            except NotStarted as error:
                # Between the look and the start another program, or another demo, may take a port.
                if TAKEN not in str(error) or attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def _start_on_ports(self, agent: ConsulAgent) -> None:
        config = self._folder / f"config-{self.gateway_port}-{self.admin_port}"
        shutil.rmtree(config, ignore_errors=True)
        shutil.copytree(EXAMPLE, config)
        replace(config / "routes.yaml", "port: 8080", f"port: {self.gateway_port}")
        replace(config / "weir.yaml", "port: 9901", f"port: {self.admin_port}")
        replace(config / "weir.yaml", "127.0.0.1:8500", agent.address)
        replace(config / "weir.yaml", "path: access.log", f"path: {self._folder / 'access.log'}")
        program = RunningProgram([str(WEIR), "run", "-c", str(config)], self._folder / "weir.log")
        program.start(lambda: status(self.admin_port, "/readyz") == 200)
        self._parts.callback(program.stop)

    def send(self) -> Counter[tuple[str, str]]:
        """Send all requests; how often each (path, who answered) came about."""
        seen: Counter[tuple[str, str]] = Counter()
        for path, count in REQUESTS:
            for _ in range(count):
                seen[path, ask(self.gateway_port, path)] += 1
        return seen


def first_free(port: int) -> int:
    """The first port from `port` on that 127.0.0.1 has free."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                port += 1
            else:
                return port


def accepts(port: int) -> bool:
    """Whether something listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False


def passing(agent: ConsulAgent, service: str) -> int:
    """How many instances Consul would give to Weir."""
    found = agent.get(f"/v1/health/service/{service}?passing")
    return len(found) if isinstance(found, list) else 0


def status(port: int, path: str) -> int:
    """The status of a GET, 0 where nothing answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def ask(port: int, path: str) -> str:
    """Who answered a GET through the gateway: the name of the echo service, or Weir itself with the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": "shop.example"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        return f"(weir: {answer.status})"
    return str(json.loads(body)["name"])


def replace(file: Path, old: str, new: str) -> None:
    """Replace the one occurrence of `old` in the file's settings. Raises ValueError where the example lost it."""
    text = file.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{file.name} of the demo must have `{old}` once")
    file.write_text(text.replace(old, new), encoding="utf-8")


def show(console: Console, demo: Demo, agent: ConsulAgent, seen: Counter[tuple[str, str]]) -> None:
    """Print where the requests went and what is up."""
    table = Table(title="Where the requests went", title_justify="left")
    table.add_column("request")
    table.add_column("answered by")
    table.add_column("times", justify="right")
    for (path, name), count in sorted(seen.items()):
        table.add_row(f"GET {path}", name, str(count))
    console.print(table)
    console.print(f"gateway  http://127.0.0.1:{demo.gateway_port}/orders   /users", highlight=False)
    console.print(f"admin    http://127.0.0.1:{demo.admin_port}/metrics   /api/v1/config", highlight=False)
    console.print(f"consul   {agent.url}/ui", highlight=False)


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Run the demo until ^C or SIGTERM; exit code 0 then, 1 where a part did not start or a service got no request."""
    parser = argparse.ArgumentParser(prog="tools.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the table instead of staying up")
    once: bool = parser.parse_args(arguments).once
    signal.signal(signal.SIGTERM, _end)
    console = Console()
    consul = find_program("consul")
    if consul is None:
        console.print(f"error: the demo needs Consul: {remedy('consul')}", style="red")
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="weir-demo-") as scratch, ExitStack() as parts:
            demo = Demo(Path(scratch), parts)
            console.print("starting Consul, four echo services of three names, and Weir ...")
            agent = demo.start_consul(consul)
            demo.start_services(agent)
            demo.start_weir(agent)
            seen = demo.send()
            show(console, demo, agent, seen)
            if once:
                return 0 if {name for _, name in SERVICES} <= {name for _, name in seen} else 1
            console.print("up until ^C", style="bold")
            while True:
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except (NotStarted, OSError) as error:
        console.print(f"error: {error}", style="red", markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
