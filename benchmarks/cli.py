"""The commands: `run`, `compare`, `list`, `report`, `simulate`."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from benchmarks.bench import QUICK, WHOLE, Effort
from benchmarks.commits import CHECKOUT, NotBuilt, build
from benchmarks.docs_table import PAGE, write_into
from benchmarks.html_page import write_page
from benchmarks.programs import ProgramMissing
from benchmarks.proxies import PEERS
from benchmarks.results import FOLDER, merged, newest, read, write
from benchmarks.run import run as run_scenarios
from benchmarks.scenarios.catalog import ALL, BY_NAME
from benchmarks.simulation.page import PAGE as SIMULATION_PAGE
from benchmarks.simulation.page import replaced as with_table
from benchmarks.simulation.run import tables
from benchmarks.simulation.scenarios.catalog import SCENARIO_BY_NAME, SCENARIOS
from benchmarks.terminal import Display, print_changes
from benchmarks.versus import Pair, run_versus
from tools.running import NotStarted

# What a change to the hot path runs before and after.
QUICK_SCENARIOS = ("keepalive-small", "browser", "routes-10000")
QUICK_PEERS = ("nginx", "haproxy")

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
# A table in a log file has the room that it needs; on a terminal it has what there is.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


@app.command()
def run(
    scenarios: Annotated[list[str] | None, typer.Argument(help="Names of scenarios. Default: all.")] = None,
    peers: Annotated[
        str | None, typer.Option(help=f"Whom to compare with, by commas; empty for nobody. Default: {','.join(PEERS)}.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of each comparison. Default: 5, quick 3.")] = None,
    *,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Fewer and shorter rounds; by default only the scenarios that a change to the hot path needs, against "
            f"{' and '.join(QUICK_PEERS)}: under two minutes.",
        ),
    ] = False,
    results: Annotated[Path, typer.Option(help="Folder for the JSON file and the HTML page.")] = FOLDER,
) -> None:
    """Run scenarios, print tables, write JSON and an HTML page. Exit code 1 where a program is missing or fails."""
    chosen = _chosen(scenarios or [], BY_NAME)
    if quick and not chosen:
        chosen = [name for name in QUICK_SCENARIOS if name in BY_NAME]
    if peers is None:
        against = QUICK_PEERS if quick else PEERS
    else:
        against = tuple(_chosen([name for name in peers.split(",") if name], PEERS))
    effort = _effort(rounds, quick=quick)
    todo = [each for each in ALL if not chosen or each.name in chosen]
    try:
        with Display(console, len(todo)) as display:
            report = run_scenarios(todo, against, effort, display, quick=quick)
        file = write(report, results, part=len(todo) < len(ALL))
        page = write_page(report, file.with_suffix(".html"))
    except (ProgramMissing, NotStarted, OSError) as error:
        _fail(str(error), code=1)
    if report.machine.proxy_cores == report.machine.load_cores:
        console.print("proxy and load share one core: latencies and requests/s say little here", style="yellow")
    console.print(f"written to {_shown(file)} and {page.name}", markup=False)


@app.command()
def compare(
    base: Annotated[str, typer.Argument(help="The commit to compare with; `.` is this checkout as it is.")],
    head: Annotated[str, typer.Argument(help="The commit that is compared with it.")] = CHECKOUT,
    scenarios: Annotated[str, typer.Option(help="Names of scenarios, by commas.")] = ",".join(QUICK_SCENARIOS),
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of each comparison. Default: 5, quick 3.")] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer and shorter rounds.")] = False,
    results: Annotated[Path, typer.Option(help="Folder for the JSON file and the HTML page.")] = FOLDER / "compare",
) -> None:
    """Build two commits of Weir and run them against each other. Exit code 1 where one does not build or run."""
    chosen = _chosen([name for name in scenarios.split(",") if name], BY_NAME)
    todo = [each for each in ALL if each.name in chosen]
    try:
        with console.status("") as status:
            builds = []
            for revision in (base, head):
                status.update(Text(f"Weir at {revision} is built"))
                builds.append(build(revision))
        with Display(console, len(todo)) as display:
            report = run_versus(todo, Pair(*builds), _effort(rounds, quick=quick), display, quick=quick)
        file = write(report, results)
        page = write_page(report, file.with_suffix(".html"))
    except (NotBuilt, ProgramMissing, NotStarted, OSError) as error:
        _fail(str(error), code=1)
    print_changes(console, report)
    console.print(f"written to {_shown(file)} and {page.name}", markup=False)


def _effort(rounds: int | None, *, quick: bool) -> Effort:
    effort = QUICK if quick else WHOLE
    return effort if rounds is None else replace(effort, rounds=rounds)


@app.command("list")
def list_scenarios() -> None:
    """List the scenarios."""
    width = max(len(each.name) for each in ALL)
    for each in ALL:
        console.print(f"{each.name:{width}}  {each.what}", markup=False, soft_wrap=True)


@app.command()
def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="JSON files of runs of one commit, put together. Default: the newest of all scenarios."),
    ] = None,
    page: Annotated[Path, typer.Option(help="The page with the markers.", show_default=f"docs/{PAGE.name}")] = PAGE,
    html: Annotated[Path | None, typer.Option(help="The HTML page. Default: beside the first file.")] = None,
) -> None:
    """Write the figures of docs/benchmarks.md, and the HTML page, from the figures of a run."""
    try:
        chosen = files or [newest(FOLDER)]
        whole = merged([read(file) for file in chosen])
        write_into(page, whole)
        shown = write_page(whole, html or chosen[0].with_suffix(".html"))
    except (OSError, ValueError, ValidationError) as error:
        _fail(str(error), code=1)
    console.print(f"{_shown(page)} and {_shown(shown)} show {', '.join(file.name for file in chosen)}", markup=False)


@app.command()
def simulate(
    scenarios: Annotated[
        list[str] | None, typer.Argument(help=f"Of {', '.join(SCENARIO_BY_NAME)}. Default: all.", show_default=False)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="What all draws follow from. Default: that of the docs.")] = None,
    *,
    write: Annotated[bool, typer.Option("--write", help="Write the tables into the page.")] = False,
    page: Annotated[
        Path, typer.Option(help="The page with the markers.", show_default=f"docs/{SIMULATION_PAGE.name}")
    ] = SIMULATION_PAGE,
) -> None:
    """Run a simulated fleet of 100 gateways and 1,000 endpoints, print tables: minutes, the same in every run."""
    chosen = _chosen(scenarios or list(SCENARIO_BY_NAME), SCENARIO_BY_NAME)
    todo = [each for each in SCENARIOS if each.name in chosen]
    try:
        for scenario, table in tables(todo, seed):
            console.print(f"## {scenario.name}: {scenario.what}\n\n{table.markdown()}\n", markup=False, soft_wrap=True)
            if write:
                text = with_table(page.read_text(encoding="utf-8"), scenario.name, table)
                page.write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        _fail(str(error), code=1)


def _chosen(names: list[str], known: Collection[str]) -> list[str]:
    for name in names:
        if name not in known:
            _fail(f"{name} is not one of {', '.join(known)}", code=2)
    return names


def _fail(message: str, *, code: int) -> NoReturn:
    Console(stderr=True).print(Text.assemble(("error: ", "bold red"), message))
    raise typer.Exit(code)


def _shown(file: Path) -> Path:
    try:
        return file.resolve().relative_to(Path.cwd())
    except ValueError:
        return file
