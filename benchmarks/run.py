"""One run: the scenarios in order, each in a scratch folder of its own, gathered into a report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.bench import Bench, Effort, Progress, Scenario
from benchmarks.descriptors import descriptor_limit
from benchmarks.machine import commit, this_machine
from benchmarks.placement import Cores
from benchmarks.programs import version_of
from benchmarks.results import Finding, Report


def run(
    scenarios: Sequence[Scenario],
    peers: tuple[str, ...],
    effort: Effort,
    progress: Progress,
    found: Callable[[Finding], None],
    *,
    quick: bool,
) -> Report:
    """Run them; `found` is called with each finding as it comes. Raises NotStarted, ProgramMissing, OSError."""
    descriptor_limit()
    cores = Cores.of_this_process()
    programs = {name: version_of(name) for name in ("weir", *peers)}
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        for scenario in scenarios:
            folder = Path(scratch) / scenario.name
            folder.mkdir()
            findings.append(scenario.run(Bench(folder, cores, effort, peers, progress)))
            found(findings[-1])
    return Report(
        date=datetime.now(UTC),
        commit=commit(),
        machine=this_machine(cores),
        programs=programs,
        quick=quick,
        findings=tuple(findings),
    )
