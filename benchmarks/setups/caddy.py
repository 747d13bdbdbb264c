"""A setup as Caddy has it: hosts are sites, rules named matchers, all of which invoke one route to the endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.setups.policies import ADDED, HIDDEN, REFUSED_NETWORKS, REMOVED, REWRITTEN_TO, SET
from benchmarks.setups.setup import VARIANT, Rule, Setup, by_host

# Upstream connections that are kept per endpoint, at least: more than there are clients.
KEPT_CONNECTIONS = 128


def caddy_values(setup: Setup, folder: Path) -> dict[str, str | int]:
    """What peers/setup/caddy.Caddyfile wants. `folder` takes the access log."""
    return {
        "endpoints": " ".join(f"127.0.0.1:{port}" for port in setup.endpoint_ports),
        "policies": "\n".join(_policies()) if setup.policies else "",
        "sites": "\n".join(_site(setup, host, rules, folder) for host, rules in by_host(setup.rules)),
    }


def _site(setup: Setup, host: str, rules: list[Rule], folder: Path) -> str:
    lines = [f"http://{host}:@port {{", "\tbind 127.0.0.1"]
    if setup.policies:
        lines += [f"\t@refused remote_ip {' '.join(REFUSED_NETWORKS)}", "\trespond @refused 403"]
        lines += ["\tlog {", f"\t\toutput file {folder}/access.log", "\t\tformat json", "\t}"]
    for number, rule in enumerate(rules):
        lines += _route(setup, number, rule)
    return "\n".join([*lines, "\thandle {", "\t\trespond 404", "\t}", "}"])


def _route(setup: Setup, number: int, rule: Rule) -> Iterator[str]:
    yield f"\t@r{number} {{"
    yield f"\t\tpath {rule.prefix} {rule.prefix}/*"
    if rule.method is not None:
        yield f"\t\tmethod {rule.method}"
    if rule.variant is not None:
        yield f"\t\theader {VARIANT} {rule.variant}"
    yield "\t}"
    yield f"\thandle @r{number} {{"
    if setup.policies:
        yield f"\t\turi replace {rule.prefix}/ {REWRITTEN_TO}/ 1"
    yield "\t\tinvoke origin"
    yield "\t}"


def _policies() -> Iterator[str]:
    yield f"\t\theader_up {' '.join(SET)}"
    yield f"\t\theader_up -{REMOVED}"
    yield f"\t\theader_down +{' '.join(ADDED)}"
    yield f"\t\theader_down -{HIDDEN}"
    yield "\t\tlb_retries 1                     # retries armed, of GET, for failures to connect"
    yield "\t\tlb_try_duration 10s              # Weir's time of the whole request"
