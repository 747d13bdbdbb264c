"""Surroundings of scenarios under test."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import SMOKE, Bench
from benchmarks.placement import Cores


class Quiet:
    """Nobody looks."""

    def step(self, text: str) -> None:
        pass

    def expect(self, steps: int) -> None:
        pass


def bench_in(folder: Path, *peers: str) -> Bench:
    """A bench with the least effort; `folder` exists."""
    return Bench(folder, Cores.of_this_process(), SMOKE, peers, Quiet())
