"""Figures as rows of text: the same cells for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.figures import Spread, round_ratios
from benchmarks.results import Finding, Goal, Measure, Report, Series

TITLES = {
    Measure.CPU_US: "CPU us per request",
    Measure.USER_US: "of it user",
    Measure.REQUESTS: "requests/s",
    Measure.BUSY: "core busy",
    Measure.P50_MS: "p50 ms",
    Measure.P99_MS: "p99 ms",
    Measure.P999_MS: "p99.9 ms",
    Measure.MAX_MS: "max ms",
    Measure.PEAK_MIB: "peak MiB",
    Measure.KIB_PER_CONNECTION: "KiB per connection",
    Measure.RELOAD_S: "s until in force",
    Measure.CPU_S_PER_GB: "CPU s per GB",
    Measure.START_S: "s until it serves",
    Measure.TIMES_BASE: "CPU against its base",
    Measure.ADDED_US: "us added",
}
# Measures whose spread is shown too: those that goals are about.
WITH_SPREAD = frozenset(
    (
        Measure.CPU_US,
        Measure.RELOAD_S,
        Measure.CPU_S_PER_GB,
        Measure.START_S,
        Measure.TIMES_BASE,
        Measure.ADDED_US,
    )
)

# What the ratio of Weir to another is taken of: the first of these that a finding has.
RATIO_MEASURES = (Measure.CPU_US, Measure.CPU_S_PER_GB, Measure.KIB_PER_CONNECTION, Measure.START_S)
RATIO_TITLE = "weir against it"


def header(finding: Finding) -> list[str]:
    """The titles of the columns: whose figures, one per measure in the order of `Measure`, Weir's ratio to others."""
    titles = ["", *(TITLES[measure] for measure in measures(finding))]
    return [*titles, RATIO_TITLE] if ratios(finding) else titles


def ratios(finding: Finding) -> dict[str, Spread]:
    """Weir's figure over that of each other subject, round by round, of the first of `RATIO_MEASURES` that there is.

    Empty where Weir was measured alone, or answered wrongly.
    """
    measure = next((each for each in RATIO_MEASURES if each in measures(finding)), None)
    return {} if measure is None else ratios_of(finding, measure)


def ratios_of(finding: Finding, measure: Measure) -> dict[str, Spread]:
    """Weir's figure of that measure over that of each other subject, round by round.

    Subjects `weir, case` and `other, case` belong together; those with other rounds than Weir's have no ratio.
    """
    values = {each.subject: each.values for each in finding.series if each.measure is measure}
    found: dict[str, Spread] = {}
    for subject, base in values.items():
        who, comma, case = subject.partition(", ")
        ours = values.get(f"weir{comma}{case}", ())
        if who != "weir" and len(ours) == len(base) and all(base):
            found[subject] = Spread.of(round_ratios(ours, base))
    return found


def changes(report: Report) -> list[list[str]]:
    """A row per scenario and case of a report with a base: what Weir takes of what the base took, by measure."""
    found: list[list[str]] = []
    for finding in report.findings:
        columns = {measure: ratios_of(finding, measure) for measure in measures(finding)}
        subjects = [each for each in finding.subjects if each.partition(", ")[0] == report.base]
        for subject in subjects:
            case = subject.partition(", ")[2]
            for measure, column in columns.items():
                if subject in column and measure is not Measure.BUSY:
                    place = f"{finding.scenario}, {case}" if case else finding.scenario
                    found.append([place, TITLES[measure], spread_text(column[subject])])
    return found


def measures(finding: Finding) -> Sequence[Measure]:
    """The measures that any subject has."""
    present = {each.measure for each in finding.series}
    return [measure for measure in Measure if measure in present]


def rows(finding: Finding) -> list[list[str]]:
    """A row per subject, an empty cell where it was not measured so; those that answered wrongly say so in theirs."""
    by_key = {(each.subject, each.measure): each for each in finding.series}
    shown = measures(finding)
    against = ratios(finding)
    found: list[list[str]] = []
    for subject in finding.subjects:
        cells = [cell(by_key.get((subject, measure))) for measure in shown]
        if against:
            cells.append(spread_text(against[subject]) if subject in against else "")
        found.append([subject, *cells])
    width = len(shown) + bool(against)
    for subject, reasons in finding.wrong.items():
        found.append([subject, f"LOST: {reasons[0]}", *([""] * (width - 1))])
    return found


def cell(series: Series | None) -> str:
    """The median, with the least and the greatest value where the measure has its spread shown."""
    if series is None:
        return ""
    spread = series.spread
    if series.measure in WITH_SPREAD and len(series.values) > 1:
        return spread_text(spread)
    return number(spread.median)


def spread_text(spread: Spread) -> str:
    """Median, and the least and the greatest value in brackets where they read differently."""
    low, high = number(spread.low), number(spread.high)
    return number(spread.median) if low == high else f"{number(spread.median)} ({low}-{high})"


def number(value: float) -> str:
    """Three significant digits; whole and with separators from 1,000 on."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def verdict(goal: Goal) -> str:
    """One line: met or missed, what was found, what was allowed."""
    found = spread_text(Spread.of(goal.rounds)) if goal.rounds else number(goal.found)
    return f"{'met' if goal.met else 'MISSED'}: {goal.text}: {found} (goal: at most {number(goal.limit)})"


def provenance(report: Report) -> str:
    """Where the figures come from, in one sentence."""
    machine = report.machine
    versions = "; ".join(report.programs.values())
    kind = "quick run" if report.quick else "whole run"
    return (
        f"{report.date:%Y-%m-%d}, commit {report.commit}, {kind}; {machine.processor}, {machine.cores} cores, "
        f"{machine.memory_mib:,} MiB, kernel {machine.kernel}; {versions}."
    )
