"""Tests of what a scenario is given."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import QUICK, Bench
from benchmarks.placement import Cores


class Quiet:
    """Nobody looks."""

    def step(self, text: str) -> None:
        pass

    def expect(self, steps: int) -> None:
        pass


def test_peers_that_cannot_are_left_out_in_order() -> None:
    bench = Bench(Path(), Cores.of_this_process(), QUICK, ("nginx", "haproxy", "envoy", "caddy"), Quiet())
    assert bench.able({"haproxy": "no", "varnish": "never"}) == ("nginx", "envoy", "caddy")
