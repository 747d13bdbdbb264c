"""`weir run` as operators start it, on resources that a test writes: started, asked, led by signals, its log read."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from tests.support.commands import WEIR
from tests.support.supervised import get
from tools.running import free_ports

WAIT_S = 30.0
POLL_S = 0.02
STOP_S = 15.0

Spec = Mapping[str, object]


def resource(kind: str, name: str, spec: Spec, version: str = "weir.dev/v1") -> dict[str, object]:
    """One resource in the default namespace."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def gateway_on(*ports: int) -> dict[str, object]:
    """Gateway `edge` with an HTTP listener on each of `ports` of loopback."""
    listeners = [{"name": f"http-{port}", "port": port, "protocol": "HTTP"} for port in ports]
    addresses = [{"type": "IPAddress", "value": "127.0.0.1"}]
    spec = {"gatewayClassName": "weir", "addresses": addresses, "listeners": listeners}
    return resource("Gateway", "edge", spec, "gateway.networking.k8s.io/v1")


def route_to(backend: str, name: str = "all", **rule: object) -> dict[str, object]:
    """An HTTPRoute that sends every request to `backend`; `rule` has more fields of its one rule."""
    refs = [{"group": "weir.dev", "kind": "Backend", "name": backend}]
    spec = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": refs, **rule}]}
    return resource("HTTPRoute", name, spec, "gateway.networking.k8s.io/v1")


def static_backend(name: str, *ports: int) -> dict[str, object]:
    """A Backend of endpoints on loopback."""
    endpoints = [{"address": "127.0.0.1", "port": port} for port in ports]
    return resource("Backend", name, {"static": {"endpoints": endpoints}})


def consul_backend(name: str, service: str) -> dict[str, object]:
    """A Backend of the instances of a service in Consul."""
    return resource("Backend", name, {"consul": {"service": service}})


class WeirProcess:
    """The process on `folder`/config, which holds a Weir resource, Gateway `edge` on `port`, and `resources`.

    `process` goes over the spec of the Weir resource; `environment` over this process's own. `under` is a command that
    runs it, and becomes it.
    """

    def __init__(
        self,
        folder: Path,
        *resources: Spec,
        workers: int = 1,
        process: Spec | None = None,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        under: Sequence[str | Path] = (),
    ) -> None:
        self.port, self.admin_port = free_ports(2)
        self.folder = folder
        self.config = folder / "config"
        self.config.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.spec: dict[str, object] = {
            "workers": workers,
            "admin": {"port": self.admin_port},
            "telemetry": {"accessLog": {"path": "off"}},
            **(process or {}),
        }
        self._arguments = arguments
        self._under = under
        self._environment = dict(environment or {})
        self._log_file = folder / "weir.log"
        self.apply("weir.yaml", resource("Weir", "process", self.spec))
        self.apply("gateway.yaml", gateway_on(self.port))
        self.apply("routes.yaml", *resources)

    def apply(self, file: str, *resources: Spec) -> None:
        """Write `resources` to a file of the configuration, at once."""
        self.write(file, "\n---\n".join(json.dumps(each) for each in resources))

    def write(self, file: str, text: str) -> None:
        """Write any text, by rename."""
        fresh = self.config / f".{file}.new"
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self.config / file)

    # --- life ----------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start it; it may not be ready yet, or end again."""
        with self._log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._under, str(WEIR), "run", "-c", str(self.config), *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment},
                process_group=0,
            )
        return self

    def wait_ready(self) -> Self:
        """Until `/readyz` says so."""
        self.wait_until(lambda: get(self.admin_port, "/readyz")[0] == 200)
        return self

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Ask until it holds. Raises AssertionError with the log, at once where the process has ended."""
        deadline_s = time.monotonic() + WAIT_S
        while not holds():
            assert self.process is not None and self.process.poll() is None, f"weir ended:\n{self.log}"
            assert time.monotonic() < deadline_s, self.log
            time.sleep(POLL_S)

    async def until(self, holds: Callable[[], bool]) -> None:
        """`wait_until` beside a running loop; `holds` is called in a thread."""
        await asyncio.to_thread(self.wait_until, holds)

    def signal(self, number: signal.Signals) -> None:
        """Send it to the supervisor."""
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self) -> int:
        """Wait for its end; the exit code."""
        assert self.process is not None
        return self.process.wait(WAIT_S)

    def stop(self) -> int:
        """SIGTERM and the exit code."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def close(self) -> None:
        """End what is left of it, workers as well."""
        process = self.process
        if process is None or process.poll() is not None:
            return
        workers = self.workers()
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for worker in workers:
            if worker.is_running():
                worker.kill()

    def __enter__(self) -> Self:
        return self.start().wait_ready()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what it says of itself ----------------------------------------------------------------------------------

    @property
    def log(self) -> str:
        """All that it wrote."""
        return self._log_file.read_text(encoding="utf-8") if self._log_file.exists() else ""

    def api(self, path: str) -> dict[str, Any]:
        """The JSON of one path of `/api/v1`."""
        status, body = get(self.admin_port, f"/api/v1/{path}")
        assert status == 200, f"{path}: {status} {body}\n{self.log}"
        decoded: dict[str, Any] = json.loads(body)
        return decoded

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the series of `name` that have all of `labels`."""
        return metric_in(get(self.admin_port, "/metrics")[1], name, **labels)

    def workers(self) -> list[psutil.Process]:
        """The processes that serve: the workers, or the one process there is."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        return sorted(supervisor.children(), key=lambda each: each.pid) or [supervisor]

    def endpoints(self, backend: str) -> set[tuple[str, int]]:
        """Addresses and ports in the view of `backend`."""
        found = next(each for each in self.api("backends")["backends"] if each["name"] == backend)
        return {(each["address"], each["port"]) for each in found["endpoints"]}


def metric_in(page: str, name: str, **labels: str) -> float:
    """The sum of the series of `name` on a metrics page that have all of `labels`."""
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in page.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(each in line for each in wanted))
