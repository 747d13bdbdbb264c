"""What a run shows on the terminal: what it does now, and a table per scenario."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from benchmarks.results import Finding
from benchmarks.tables import header, rows, verdict


class Display:
    """A bar over the scenarios with the current step beside it, where the console is a terminal; tables anywhere."""

    def __init__(self, console: Console, scenarios: int) -> None:
        """`scenarios` is how many will be found."""
        self._console = console
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[step]}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=scenarios, step="starting")

    def step(self, text: str) -> None:
        """Show what begins now."""
        self._bar.update(self._task, step=text)

    def found(self, finding: Finding) -> None:
        """Show a finding, one scenario further on."""
        self._bar.advance(self._task)
        print_finding(self._console, finding)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()


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
