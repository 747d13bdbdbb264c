"""What a run found, as it is written to JSON and read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from benchmarks.figures import Spread, round_ratios

FOLDER = Path(__file__).resolve().parent / "results"


class Measure(Enum):
    """What is measured, with its unit; the value is the name in JSON."""

    CPU_US = "cpu_us_per_request"
    USER_US = "user_us_per_request"
    REQUESTS = "requests_per_second"
    BUSY = "proxy_core_busy_ratio"
    P50_MS = "p50_ms"
    P99_MS = "p99_ms"
    P999_MS = "p999_ms"
    MAX_MS = "max_ms"
    PEAK_MIB = "peak_memory_mib"
    KIB_PER_CONNECTION = "kib_per_connection"
    RELOAD_S = "reload_s"
    CPU_S_PER_GB = "cpu_s_per_gb"
    START_S = "start_s"
    TIMES_BASE = "times_base"
    ADDED_US = "added_us_per_request"


class Record(BaseModel):
    """Frozen, and strict about what a file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Series(Record):
    """One measure of one subject (a proxy, or a case of a scenario), a value per round."""

    subject: str
    measure: Measure
    values: tuple[float, ...]

    @property
    def spread(self) -> Spread:
        """Median, least, greatest."""
        return Spread.of(self.values)


class Goal(Record):
    """A goal of the project, and what was found. `limit` is the greatest value that meets it.

    `rounds` has the value of each round, where `found` is the median of such.
    """

    text: str
    found: float
    limit: float
    rounds: tuple[float, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the value is within the limit."""
        return self.found <= self.limit


class Finding(Record):
    """What one scenario found. `wrong` says of a subject what it answered wrongly: such a one has lost.

    `cannot` says of a peer why it does not take part, `doubts` why the figures may not be what they seem.
    """

    scenario: str
    what: str
    series: tuple[Series, ...]
    goals: tuple[Goal, ...]
    wrong: dict[str, tuple[str, ...]] = {}
    doubts: tuple[str, ...] = ()
    cannot: dict[str, str] = {}

    def values(self, subject: str, measure: Measure) -> tuple[float, ...]:
        """The values of one series. Raises LookupError where the subject was not measured so."""
        for each in self.series:
            if each.subject == subject and each.measure is measure:
                return each.values
        raise LookupError(f"{subject} has no {measure.value}")

    @property
    def subjects(self) -> tuple[str, ...]:
        """Who was measured, in order."""
        return tuple(dict.fromkeys(each.subject for each in self.series))


class Machine(Record):
    """Where it ran."""

    processor: str
    cores: int
    memory_mib: int
    kernel: str
    proxy_cores: tuple[int, ...]
    load_cores: tuple[int, ...]


class Report(Record):
    """One run. `commit` ends in `+` where the checkout had changes that are in no commit.

    `base` is the subject with which Weir was compared, where that was another commit of itself.
    """

    date: datetime
    commit: str
    machine: Machine
    programs: dict[str, str]
    quick: bool
    base: str = ""
    findings: tuple[Finding, ...]


def ratio_goal(
    text: str, finding_series: Sequence[Series], measure: Measure, peers: Sequence[str], limit: float
) -> Goal:
    """Weir against the better of the peers: the greatest of its median ratios, each taken round by round.

    Raises LookupError where Weir or all of the peers were not measured so.
    """
    found = {each.subject: each.values for each in finding_series if each.measure is measure}
    against = [round_ratios(found["weir"], found[peer]) for peer in peers if peer in found]
    if not against:
        raise LookupError("no peer to compare with")
    worst = max(against, key=lambda ratios: Spread.of(ratios).median)
    return Goal(text=text, found=Spread.of(worst).median, limit=limit, rounds=tuple(worst))


def write(report: Report, folder: Path, *, part: bool = False) -> Path:
    """Write it as one JSON file named by date, commit and kind; makes the folder where it is missing.

    `part` says that it has not all scenarios.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kind = "compare" if report.base else "quick" if report.quick else "part" if part else "whole"
    file = folder / f"{report.date:%Y%m%dT%H%M%S}-{report.commit}-{kind}.json"
    file.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return file


def read(file: Path) -> Report:
    """Raises OSError, pydantic.ValidationError."""
    return Report.model_validate_json(file.read_bytes())


def newest(folder: Path) -> Path:
    """The result file of the last whole run. Raises FileNotFoundError where there is none."""
    files = sorted(folder.glob("*-whole.json"))
    if not files:
        raise FileNotFoundError(f"no result of all scenarios in {folder.name}: run the benchmarks first")
    return files[-1]


def merged(reports: Sequence[Report]) -> Report:
    """Several runs as one: a scenario's finding is that of the last report that has it, in the first one's order.

    Raises ValueError where they are of different commits, machines or sorts of runs, whose figures do not go together.
    """
    first = reports[0]
    for each in reports[1:]:
        for name in ("commit", "machine", "quick", "base"):
            if getattr(each, name) != getattr(first, name):
                raise ValueError(f"results of different runs: {getattr(first, name)}, and {getattr(each, name)}")
    findings = {finding.scenario: finding for each in reports for finding in each.findings}
    programs = {name: version for each in reports for name, version in each.programs.items()}
    return first.model_copy(
        update={
            "date": max(each.date for each in reports),
            "findings": tuple(findings.values()),
            "programs": programs,
        }
    )
