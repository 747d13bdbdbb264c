"""Tests of the tables and of the page that they are written into."""

from __future__ import annotations

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.simulation.fleet import Size
from benchmarks.simulation.page import PAGE, Table, markers, replaced
from benchmarks.simulation.run import tables
from benchmarks.simulation.scenarios.catalog import SCENARIO_BY_NAME, SCENARIOS

TABLE = Table("Seed 1", ("what", "figure"), (("one", "1.0"),))


def test_table_is_markdown() -> None:
    assert TABLE.markdown() == "Seed 1.\n\n| what | figure |\n| --- | ---: |\n| one | 1.0 |"


def test_only_the_figures_of_the_scenario_change() -> None:
    begin, end = markers("herd")
    page = f"before\n{begin}\nold\n{end}\nafter {markers('balance')[0]}\n"
    once = replaced(page, "herd", TABLE)
    assert once == f"before\n{begin}\n\n{TABLE.markdown()}\n\n{end}\nafter {markers('balance')[0]}\n"
    assert replaced(once, "herd", TABLE) == once
    with pytest.raises(ValueError, match="must have"):
        replaced(page, "balance", TABLE)


def test_page_of_the_docs_has_each_scenario_with_its_sizes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for scenario in SCENARIOS:
        replaced(page, scenario.name, TABLE)
        begin, end = markers(scenario.name)
        figures = page.partition(begin)[2].partition(end)[0]
        assert f"{scenario.full.gateways} gateways" in figures, scenario.name
        assert f"{scenario.full.endpoints:,} endpoints" in figures, scenario.name


def test_unknown_scenario_is_refused_with_the_names_that_there_are() -> None:
    done = CliRunner().invoke(app, ["simulate", "storm"])
    assert done.exit_code == 2
    assert "retry-storm" in done.output


def test_scenarios_run_in_their_own_process() -> None:
    small = replace(SCENARIO_BY_NAME["subsets"], full=Size(gateways=8, endpoints=30))
    ((scenario, table),) = tables([small], seed=3)
    assert scenario is small
    assert table == small.table(Size(gateways=8, endpoints=30, seed=3))
