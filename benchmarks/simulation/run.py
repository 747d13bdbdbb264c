"""Runs scenarios of the simulation, each in a process of its own, as one is one thread of pure computing."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

from benchmarks.simulation.page import Table
from benchmarks.simulation.scenarios.scenario import Scenario


def tables(scenarios: Sequence[Scenario], seed: int | None = None) -> Iterator[tuple[Scenario, Table]]:
    """The tables of the full sizes, in the order asked for, as they come; with another `seed` where one is given."""
    sizes = [each.full if seed is None else replace(each.full, seed=seed) for each in scenarios]
    # Forking a process that may have threads is asking for locks that nobody lets go of.
    context, workers = get_context("spawn"), min(len(scenarios), os.cpu_count() or 1)
    # Of each ejection at each gateway there would be a line.
    with ProcessPoolExecutor(workers, context, logging.disable) as pool:
        found = [pool.submit(each.table, size) for each, size in zip(scenarios, sizes, strict=True)]
        for scenario, later in zip(scenarios, found, strict=True):
            yield scenario, later.result()
