"""One run: the scenarios in order, each in a scratch folder of its own, gathered into a report."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from benchmarks.bench import Bench, Effort, Progress, Scenario
from benchmarks.descriptors import descriptor_limit
from benchmarks.machine import commit, this_machine
from benchmarks.placement import Cores
from benchmarks.programs import version_of
from benchmarks.results import Finding, Report


class Watcher(Progress, Protocol):
    """Whom the run tells where it is, and what it found."""

    def begin(self, scenario: str) -> None:
        """The scenario of that name begins now."""
        ...

    def found(self, finding: Finding) -> None:
        """It has ended, with this."""
        ...


def run(
    scenarios: Sequence[Scenario],
    peers: tuple[str, ...],
    effort: Effort,
    watcher: Watcher,
    *,
    quick: bool,
) -> Report:
    """Run them. Raises NotStarted, ProgramMissing, OSError."""
    descriptor_limit()
    cores = Cores.of_this_process()
    programs = {name: version_of(name) for name in ("weir", *peers)}
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        for scenario in scenarios:
            folder = Path(scratch) / scenario.name
            folder.mkdir()
            watcher.begin(scenario.name)
            findings.append(scenario.run(Bench(folder, cores, effort, peers, watcher)))
            watcher.found(findings[-1])
    return Report(
        date=datetime.now(UTC),
        commit=commit(),
        machine=this_machine(cores),
        programs=programs,
        quick=quick,
        findings=tuple(findings),
    )
