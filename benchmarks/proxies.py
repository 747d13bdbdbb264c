"""The proxies under test, each started on its own core with a configuration from `peers/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.descriptors import descriptor_limit
from benchmarks.http_client import answers
from benchmarks.origin import nginx_command
from benchmarks.placement import pinned
from benchmarks.procfs import process_tree
from benchmarks.programs import program
from benchmarks.templates import rendered
from tools.running import RunningProgram, free_ports

HOST = "bench.example"
PROBE_PATH = "/api/probe"
# Long, as a start with 10,000 routes is measured, not refused.
START_TIMEOUT_S = 180.0


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of proxy is configured and started. `command` takes the file and the folder for what it writes."""

    name: str
    template: str
    command: Callable[[Path, Path], list[str]]


def weir_command(file: Path, folder: Path) -> list[str]:
    """This checkout's Weir with that file."""
    return [str(program("weir")), "run", "-c", str(file)]


def haproxy_command(file: Path, folder: Path) -> list[str]:
    """HAProxy in the foreground, one process."""
    return [str(program("haproxy")), "-db", "-f", str(file)]


def envoy_command(file: Path, folder: Path, workers: int = 1) -> list[str]:
    """Envoy with so many worker threads; its main thread beside them serves admin and counters."""
    options = [
        "--concurrency",
        str(workers),
        "--disable-hot-restart",
        "--log-level",
        "error",
        "--log-path",
        "/dev/stderr",
    ]
    return [str(program("envoy")), "-c", str(file), *options]


def caddy_command(file: Path, folder: Path, workers: int = 1) -> list[str]:
    """Caddy with its goroutines on so many cores at a time; `env` becomes Caddy, so that there is one process."""
    environment = [f"GOMAXPROCS={workers}", f"HOME={folder}", f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}"]
    return ["env", *environment, str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(file)]


# By name; `compare` adds another Weir for as long as it runs.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("weir", "peers/weir.yaml", weir_command),
        Kind("nginx", "peers/nginx.conf", nginx_command),
        Kind("haproxy", "peers/haproxy.cfg", haproxy_command),
        Kind("envoy", "peers/envoy.yaml", envoy_command),
        Kind("caddy", "peers/caddy.Caddyfile", caddy_command),
    )
}
PEERS = tuple(name for name in KINDS if name != "weir")


class Proxy:
    """One proxy in front of an origin; runs while its `with` block does."""

    def __init__(
        self,
        kind: Kind,
        folder: Path,
        cores: frozenset[int],
        *,
        ready: Callable[[int], bool] | None = None,
        **values: str | int,
    ) -> None:
        """`folder` is made and takes configuration and log; `values` are what the template wants beyond its usual.

        `ready` says of its port whether it serves. Default: whether a probe is answered with 200.
        """
        self.name = kind.name
        self._ready = ready or (lambda port: answers(port, PROBE_PATH, host=HOST))
        self.port, self.admin_port = free_ports(2)
        self._cores = cores
        self.file = folder / Path(kind.template).name
        folder.mkdir()
        limit = descriptor_limit()
        text = rendered(
            kind.template,
            folder=str(folder),
            host=HOST,
            port=self.port,
            admin_port=self.admin_port,
            descriptors=limit,
            # Nearly all descriptors for clients: upstream connections are shared, a few hundred are enough.
            connections=max(limit - 500, limit // 2),
            **values,
        )
        self.file.write_text(text, encoding="utf-8")
        self._program = RunningProgram(kind.command(self.file, folder), folder / "log")

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes. Raises ProcessEnded, NotStarted."""
        return process_tree(self._program.pid)

    def __enter__(self) -> Self:
        with pinned(self._cores):
            self._program.start(lambda: self._ready(self.port), START_TIMEOUT_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.stop()
