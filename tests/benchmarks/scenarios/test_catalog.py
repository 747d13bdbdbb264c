"""Every scenario is run for about a second against the real Weir and its peers, so that none rots."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bench import Bench, Effort, Scenario
from benchmarks.placement import Cores
from benchmarks.proxies import PEERS
from benchmarks.scenarios.catalog import ALL, BY_NAME
from tests.support.programs import require_program

TINY = Effort(rounds=1, seconds=1, warm_up_seconds=1, changes=2, idle_connections=(50,), routes=64, reloads=2)


class Quiet:
    """Nobody looks."""

    def step(self, text: str) -> None:
        pass

    def expect(self, steps: int) -> None:
        pass


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(ALL)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", ALL, ids=[each.name for each in ALL])
def test_scenario_finds_something_of_weir_and_nothing_wrong(scenario: Scenario, tmp_path: Path) -> None:
    for name in ("nginx", "haproxy", "wrk", "consul"):
        require_program(name)
    finding = scenario.run(Bench(tmp_path, Cores.of_this_process(), TINY, PEERS, Quiet()))
    assert finding.wrong == {}
    assert finding.series
    assert all(each.values for each in finding.series)
    assert any(each.subject.startswith("weir") for each in finding.series)
