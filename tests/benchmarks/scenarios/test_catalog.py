"""Every scenario is run for about a second against the real Weir and one of the peers, so that none rots."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Scenario
from benchmarks.cli import QUICK_SCENARIOS
from benchmarks.proxies import PEERS
from benchmarks.scenarios.catalog import ALL, BY_NAME
from tests.benchmarks.support import bench_in
from tests.support.programs import require_program

# A peer each, in turn: what a scenario asks of every one of them is tested in test_proxies and in setups, and five
# proxies in each scenario take minutes.
TURNS = [(each, PEERS[index % len(PEERS)]) for index, each in enumerate(ALL)]


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(ALL)


def test_quick_scenarios_are_in_the_catalog() -> None:
    assert set(QUICK_SCENARIOS) <= set(BY_NAME)


@pytest.mark.slow
@pytest.mark.parametrize(("scenario", "peer"), TURNS, ids=[f"{each.name}, {peer}" for each, peer in TURNS])
def test_scenario_finds_something_of_weir_and_nothing_wrong(scenario: Scenario, peer: str, tmp_path: Path) -> None:
    for name in (peer, "nginx", "wrk", "consul"):
        require_program(name)
    finding = scenario.run(bench_in(tmp_path, peer))
    assert finding.wrong == {}
    assert finding.series
    assert all(each.values for each in finding.series)
    assert any(each.subject.startswith("weir") for each in finding.series)
