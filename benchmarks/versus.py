"""Two commits of Weir against each other: the scenarios with the older one in the place of a peer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.bench import Bench, Effort, Scenario
from benchmarks.commits import Build
from benchmarks.programs import named, program
from benchmarks.proxies import KINDS, Kind
from benchmarks.results import Finding, Report
from benchmarks.run import Watcher, run
from benchmarks.setups.proxies import SETUP_KINDS

ALONE = "Weir is measured alone here: the two ran one after the other, not in turns"


@dataclass(frozen=True, slots=True)
class Pair:
    """The two, by the names of their subjects: the newer one is `weir`, as in any run."""

    base: Build
    head: Build

    @property
    def base_name(self) -> str:
        """How the older one is named in tables; the name of a proxy, as long as `registered` holds."""
        return f"weir@{self.base.short_id}"


@contextmanager
def registered(pair: Pair) -> Iterator[None]:
    """Within it `weir` is the newer of the two, and the older one is a proxy by its name."""
    name = pair.base_name

    def command(file: Path, folder: Path) -> list[str]:
        return [str(program(name)), "run", "-c", str(file)]

    with named({"weir": pair.head.launcher, name: pair.base.launcher}):
        KINDS[name] = Kind(name, KINDS["weir"].template, command)
        SETUP_KINDS[name] = replace(SETUP_KINDS["weir"], command=lambda workers: command)
        try:
            yield
        finally:
            del KINDS[name], SETUP_KINDS[name]


@dataclass(frozen=True, slots=True)
class Versus:
    """A scenario for a pair. One that takes no peers is run for each of the two."""

    scenario: Scenario
    pair: Pair

    @property
    def name(self) -> str:
        """That of the scenario."""
        return self.scenario.name

    @property
    def what(self) -> str:
        """That of the scenario."""
        return self.scenario.what

    def run(self, bench: Bench) -> Finding:
        """Goals are left out: they are about peers, or about a machine where nothing else runs."""
        first = bench.folder / "first"
        first.mkdir()
        finding = self.scenario.run(replace(bench, folder=first))
        if not any(subject.startswith(self.pair.base_name) for subject in (*finding.subjects, *finding.wrong)):
            second = bench.folder / "second"
            second.mkdir()
            bench.progress.step(f"{self.pair.base_name} alone")
            with named({"weir": self.pair.base.launcher}):
                alone = self.scenario.run(replace(bench, folder=second))
            finding = joined(finding, alone, self.pair.base_name)
        return finding.model_copy(update={"goals": ()})


def joined(head: Finding, base: Finding, base_name: str) -> Finding:
    """Two findings of `weir` as one, the subjects of the second by another name."""

    def renamed(subject: str) -> str:
        return base_name + subject.removeprefix("weir") if subject.startswith("weir") else subject

    series = tuple(each.model_copy(update={"subject": renamed(each.subject)}) for each in base.series)
    wrong = {renamed(subject): reasons for subject, reasons in base.wrong.items()}
    return head.model_copy(
        update={
            "series": (*head.series, *series),
            "wrong": {**head.wrong, **wrong},
            "doubts": (*head.doubts, *base.doubts, ALONE),
        }
    )


def run_versus(scenarios: Sequence[Scenario], pair: Pair, effort: Effort, watcher: Watcher, *, quick: bool) -> Report:
    """Run the scenarios for the pair. Raises NotStarted, ProgramMissing, OSError."""
    with registered(pair):
        report = run([Versus(each, pair) for each in scenarios], (pair.base_name,), effort, watcher, quick=quick)
    return report.model_copy(update={"commit": pair.head.short_id, "base": pair.base_name})
