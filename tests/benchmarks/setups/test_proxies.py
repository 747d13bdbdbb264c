"""Tests that every proxy, told the same rules, takes the same requests."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.http_client import Client
from benchmarks.origin import Origin
from benchmarks.proxies import HOST
from benchmarks.scenarios.route_sets import methods, mixed, prefixes, variants
from benchmarks.setups.entries import serves
from benchmarks.setups.proxies import SETUP_KINDS, setup_proxy
from benchmarks.setups.setup import Setup
from tests.benchmarks.support import bench_in
from tests.support.programs import require_program

MIXED = mixed(12)
LAST = MIXED.rules[-1]
V11, V12 = {"x-variant": "v11"}, {"x-variant": "v12"}


def status(port: int, host: str, path: str, headers: Mapping[str, str] | None = None) -> int:
    with closing(Client(port, host)) as client:
        return client.get(path, headers).status


@pytest.mark.slow
@pytest.mark.parametrize("name", SETUP_KINDS)
def test_rules_take_what_they_ask_for_and_nothing_else(name: str, tmp_path: Path) -> None:
    require_program("nginx")
    if name != "weir":
        require_program(name)
    bench = bench_in(tmp_path)
    with Origin(tmp_path, bench.cores.load) as origin:
        ports = (origin.ports[0],)
        traffic = MIXED.traffic
        with setup_proxy(bench, name, Setup(MIXED.rules, ports), lambda port: serves(port, traffic), folder="a") as it:
            assert status(it.port, LAST.host, f"{LAST.prefix}/1", {"x-variant": "canary"}) == 200
            assert status(it.port, LAST.host, f"{LAST.prefix}/1", {"x-variant": "other"}) == 404
            assert status(it.port, LAST.host, f"{LAST.prefix}/1") == 404
            assert status(it.port, LAST.host, MIXED.rules[0].prefix) == 200
            assert status(it.port, LAST.host, "/api/none", {"x-variant": "canary"}) == 404
            assert status(it.port, "other.example", f"{LAST.prefix}/1", {"x-variant": "canary"}) == 404
        rules = (*variants(12).rules, *methods(12).rules, *prefixes(12).rules[10:])
        traffic = variants(12).traffic
        with setup_proxy(bench, name, Setup(rules, ports), lambda port: serves(port, traffic), folder="b") as it:
            assert status(it.port, HOST, "/api/x", V11) == 200
            assert status(it.port, HOST, "/api/x", V12) == 404
            assert status(it.port, HOST, "/api/x") == 404
            assert status(it.port, HOST, methods(12).rules[-1].prefix) == 200
            assert status(it.port, HOST, prefixes(12).rules[-1].prefix) == 200
