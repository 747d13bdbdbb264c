"""All scenarios of the simulation, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.simulation.scenarios.balance import BALANCE
from benchmarks.simulation.scenarios.herd import HERD
from benchmarks.simulation.scenarios.retry_storm import RETRY_STORM
from benchmarks.simulation.scenarios.scenario import Scenario
from benchmarks.simulation.scenarios.slow_endpoint import SLOW_ENDPOINT
from benchmarks.simulation.scenarios.subsets import SUBSETS
from benchmarks.simulation.scenarios.zone_loss import ZONE_LOSS

SCENARIOS: tuple[Scenario, ...] = (BALANCE, HERD, SLOW_ENDPOINT, RETRY_STORM, ZONE_LOSS, SUBSETS)
SCENARIO_BY_NAME: Mapping[str, Scenario] = {each.name: each for each in SCENARIOS}
