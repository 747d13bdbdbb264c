"""What a run shows on the terminal: how far it is, what it does now, and a table per scenario."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from benchmarks.results import Finding, Report
from benchmarks.tables import changes, header, rows, verdict


class Display:
    """Where the console is a terminal, a bar over the scenarios and one over the steps of this one; tables anywhere."""

    def __init__(self, console: Console, scenarios: int) -> None:
        """`scenarios` is how many will be found."""
        self._console = console
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, style="bold"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._whole = self._bars.add_task("all scenarios", total=scenarios, step="")
        self._current: TaskID | None = None

    def begin(self, scenario: str) -> None:
        """Its steps are those of this scenario from now on."""
        self._end_current()
        # One behind the steps that began: the last of them is under way.
        self._current = self._bars.add_task(scenario, total=None, completed=-1, step="")

    def expect(self, steps: int) -> None:
        """Show how many steps there will be."""
        if self._current is not None:
            self._bars.update(self._current, total=steps, completed=-1)

    def step(self, text: str) -> None:
        """Show what begins now."""
        if self._current is not None:
            self._bars.update(self._current, advance=1, step=text)

    def found(self, finding: Finding) -> None:
        """Show a finding, one scenario further on."""
        self._end_current()
        self._bars.advance(self._whole)
        print_finding(self._console, finding)

    def refresh(self) -> None:
        """Draw now, not at the next of ten times a second."""
        self._bars.refresh()

    def _end_current(self) -> None:
        if self._current is not None:
            self._bars.remove_task(self._current)
            self._current = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()


def print_finding(console: Console, finding: Finding) -> None:
    """The table of one scenario, and a line per goal and doubt."""
    table = Table(title=f"{finding.scenario}: {finding.what}", title_justify="left", title_style="bold")
    cells = rows(finding)
    titles = header(finding)
    for index in range(max(len(titles), *(len(row) for row in cells)) if cells else len(titles)):
        table.add_column(titles[index] if index < len(titles) else "", justify="right" if index else "left")
    for row in cells:
        table.add_row(*(Text(each) for each in row))
    console.print(table)
    for goal in finding.goals:
        console.print(Text(verdict(goal), style="green" if goal.met else "bold red"))
    for doubt in finding.doubts:
        console.print(Text(f"doubtful: {doubt}", style="yellow"))
    for peer, reason in finding.cannot.items():
        console.print(Text(f"not measured: {peer}, which {reason}"))
    console.print()


def print_changes(console: Console, report: Report) -> None:
    """What the newer of two commits takes of what the older took, one line per measure."""
    table = Table(
        title=f"weir ({report.commit}) over {report.base}: under 1 is less", title_justify="left", title_style="bold"
    )
    for title in ("", "", "ratio by round"):
        table.add_column(title)
    last = ""
    for place, measure, ratio in changes(report):
        table.add_row("" if place == last else place, measure, ratio)
        last = place
    console.print(table)
