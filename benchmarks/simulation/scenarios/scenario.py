"""What a scenario of the simulation is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.simulation.fleet import Size
from benchmarks.simulation.page import Table


@dataclass(frozen=True, slots=True)
class Scenario:
    """`table` runs it with a size; `full` is the one whose figures are in the docs."""

    name: str
    what: str
    full: Size
    table: Callable[[Size], Table]
