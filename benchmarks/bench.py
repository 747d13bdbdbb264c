"""What a scenario is given, and what it must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.placement import Cores
from benchmarks.results import Finding


class Progress(Protocol):
    """Whom the run tells what it does."""

    def step(self, text: str) -> None:
        """`text` begins now."""
        ...

    def expect(self, steps: int) -> None:
        """So many steps are to come in this scenario; one that says nothing has an unknown number of them."""
        ...


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rounds, seconds of load per proxy and round, changes of an endpoint, idle connections.

    No seconds of warm-up are none at all; those of load are a whole one at least, as wrk takes no less.
    """

    rounds: int
    seconds: float
    warm_up_seconds: float
    changes: int
    idle_connections: tuple[int, ...]
    routes: int
    reloads: int


WHOLE = Effort(
    rounds=5, seconds=5, warm_up_seconds=2, changes=300, idle_connections=(1_000, 10_000), routes=10_000, reloads=3
)
QUICK = Effort(
    rounds=3, seconds=2, warm_up_seconds=1, changes=60, idle_connections=(1_000, 10_000), routes=10_000, reloads=1
)
# Says whether a scenario works, and nothing of speed.
SMOKE = Effort(rounds=1, seconds=1, warm_up_seconds=0, changes=2, idle_connections=(50,), routes=64, reloads=2)


@dataclass(frozen=True, slots=True)
class Bench:
    """The surroundings of one scenario. `folder` is its own scratch folder; `peers` are names of other proxies."""

    folder: Path
    cores: Cores
    effort: Effort
    peers: tuple[str, ...]
    progress: Progress

    def able(self, cannot: Mapping[str, str]) -> tuple[str, ...]:
        """The peers less those that cannot do what a scenario asks; why not goes into `Finding.cannot`."""
        return tuple(peer for peer in self.peers if peer not in cannot)


class Scenario(Protocol):
    """One thing that is measured."""

    @property
    def name(self) -> str:
        """As the command line has it."""
        ...

    @property
    def what(self) -> str:
        """One line for lists and tables."""
        ...

    def run(self, bench: Bench) -> Finding:
        """Measure. Raises NotStarted, ProgramMissing, LoadFailed, OSError."""
        ...
