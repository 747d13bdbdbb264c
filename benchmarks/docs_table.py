"""Writes the figures of docs/benchmarks.md from a result, between two markers; the prose around it is left alone."""

from __future__ import annotations

from pathlib import Path

from benchmarks.goals import outcomes
from benchmarks.results import Finding, Report
from benchmarks.tables import header, provenance, rows, verdict

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
BEGIN = "<!-- figures: written by `python -m benchmarks report` -->"
END = "<!-- end of figures -->"


def markdown(report: Report) -> str:
    """The figures as Markdown: where they come from, what became of each goal, a table and verdicts per scenario."""
    parts = [provenance(report), _goals(report)]
    parts += [_section(finding) for finding in report.findings]
    return "\n\n".join(parts)


def replaced(page: str, figures: str) -> str:
    """The page with `figures` between the markers. Raises ValueError where it has not each marker once, in order."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page must have `{BEGIN}` and after it `{END}`, each once")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


def write_into(page: Path, report: Report) -> None:
    """Raises OSError, ValueError."""
    page.write_text(replaced(page.read_text(encoding="utf-8"), markdown(report)), encoding="utf-8")


def _goals(report: Report) -> str:
    lines = ["### Goals", "", _row(["what", "goal", "", "found"]), _row(["---"] * 4)]
    for outcome in outcomes(report.findings):
        details = (*outcome.wrong, *(verdict(goal) for goal in outcome.goals))
        lines.append(_row([outcome.row.what, outcome.row.goal, outcome.state.value, "; ".join(details)]))
    return "\n".join(lines)


def _section(finding: Finding) -> str:
    lines = [f"### {finding.scenario}", "", f"{finding.what[0].upper()}{finding.what[1:]}.", ""]
    table = rows(finding)
    if table:
        titles = header(finding)
        width = max(len(titles), len(table[0]))
        titles += [""] * (width - len(titles))
        lines.append(_row(titles))
        lines.append(_row(["---", *["---:"] * (width - 1)]))
        lines += [_row([*row, *[""] * (width - len(row))]) for row in table]
        lines.append("")
    lines += [f"- {verdict(goal)}" for goal in finding.goals]
    lines += [f"- doubtful: {doubt}" for doubt in finding.doubts]
    lines += [f"- not measured: {peer}, which {reason}" for peer, reason in finding.cannot.items()]
    return "\n".join(lines).rstrip()


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
