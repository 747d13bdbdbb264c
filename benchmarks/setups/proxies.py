"""The proxies with a setup each, from the templates in peers/setup."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.origin import nginx_command
from benchmarks.proxies import Kind, Proxy, caddy_command, envoy_command, haproxy_command, weir_command
from benchmarks.setups.caddy import caddy_values
from benchmarks.setups.envoy import envoy_values
from benchmarks.setups.haproxy import haproxy_values
from benchmarks.setups.nginx import nginx_values
from benchmarks.setups.setup import Setup
from benchmarks.setups.weir import weir_values

# What the generated parts have where the proxy's port goes: it is taken when the proxy is made, after they are written.
PORT = "@port"


@dataclass(frozen=True, slots=True)
class SetupKind:
    """How a proxy is told a setup: its template, what goes there, and the command, which may take the workers."""

    template: str
    values: Callable[[Setup, Path], Mapping[str, str | int]]
    command: Callable[[int], Callable[[Path, Path], list[str]]]


def _any_workers(command: Callable[[Path, Path], list[str]]) -> Callable[[int], Callable[[Path, Path], list[str]]]:
    """For those whose configuration says how many there are."""
    return lambda workers: command


SETUP_KINDS: dict[str, SetupKind] = {
    "weir": SetupKind("peers/setup/weir.yaml", weir_values, _any_workers(weir_command)),
    "nginx": SetupKind("peers/setup/nginx.conf", nginx_values, _any_workers(nginx_command)),
    "haproxy": SetupKind("peers/setup/haproxy.cfg", haproxy_values, _any_workers(haproxy_command)),
    "envoy": SetupKind(
        "peers/setup/envoy.yaml",
        envoy_values,
        lambda workers: lambda file, folder: envoy_command(file, folder, workers),
    ),
    "caddy": SetupKind(
        "peers/setup/caddy.Caddyfile",
        caddy_values,
        lambda workers: lambda file, folder: caddy_command(file, folder, workers),
    ),
}


def places(folder: Path, name: str) -> tuple[Path, Path]:
    """Where a proxy of that name has its configuration and what it says, and where its log and further files."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return folder / plain, folder / f"{plain}-files"


def setup_proxy(
    bench: Bench,
    name: str,
    setup: Setup,
    ready: Callable[[int], bool],
    *,
    folder: str,
) -> Proxy:
    """The proxy of that name with that setup, not started; its files go into a folder of the bench's.

    `folder` names it, less what programs may read otherwise. `ready` says of its port whether it serves. Raises
    ProgramMissing.
    """
    kind = SETUP_KINDS[name]
    place, beside = places(bench.folder, folder)
    beside.mkdir()
    proxy = Proxy(
        Kind(name, kind.template, kind.command(setup.workers)),
        place,
        bench.cores.proxy,
        ready=ready,
        **kind.values(setup, beside),
    )
    text = proxy.file.read_text(encoding="utf-8")
    proxy.file.write_text(text.replace(PORT, str(proxy.port)), encoding="utf-8")
    return proxy
