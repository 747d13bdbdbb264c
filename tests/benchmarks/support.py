"""Surroundings of scenarios under test."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import Bench, Effort
from benchmarks.placement import Cores

TINY = Effort(rounds=1, seconds=1, warm_up_seconds=1, changes=1, idle_connections=(20,), routes=20, reloads=1)


class Quiet:
    """Nobody looks."""

    def step(self, text: str) -> None:
        pass

    def expect(self, steps: int) -> None:
        pass


def bench_in(folder: Path, *peers: str) -> Bench:
    """A bench with the least effort; `folder` exists."""
    return Bench(folder, Cores.of_this_process(), TINY, peers, Quiet())
