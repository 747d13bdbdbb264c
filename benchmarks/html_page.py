"""One run as a self-contained HTML page: goals, plots, tables and where the figures come from; it loads nothing."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from benchmarks.charts import LATENCIES, bars, latencies
from benchmarks.goals import Outcome, State, outcomes
from benchmarks.results import Finding, Measure, Report
from benchmarks.tables import TITLES, changes, header, measures, provenance, rows, verdict

STYLE = Path(__file__).with_name("page.css")
# The busy ratio says whether figures can be trusted, the user part is drawn into the CPU time, latencies are one plot.
WITHOUT_BARS = frozenset((Measure.BUSY, Measure.USER_US, *dict(LATENCIES)))


def html_page(report: Report) -> str:
    """The page as text."""
    title = f"Weir {report.commit} over {report.base}" if report.base else f"Weir {report.commit}: benchmarks"
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            f'<p class="dim">{escape(provenance(report))}</p>',
            *(_changes(report) if report.base else _goals(outcomes(report.findings))),
            *(part for finding in report.findings for part in _section(finding)),
            _method(),
        ]
    )
    style = STYLE.read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def write_page(report: Report, file: Path) -> Path:
    """Write the page; returns its file. Raises OSError."""
    file.write_text(html_page(report), encoding="utf-8")
    return file


def _goals(found: list[Outcome]) -> Iterator[str]:
    yield "<h2>Goals</h2>"
    yield '<div class="wide"><table><tr><th></th><th>what</th><th>goal</th><th>found</th></tr>'
    for outcome in found:
        state = outcome.state
        css_class = {State.WON: "won", State.LOST: "lost", State.NOT_MEASURED: "dim"}[state]
        details = "<br>".join(escape(text) for text in (*outcome.wrong, *(verdict(goal) for goal in outcome.goals)))
        yield (
            f'<tr><td class="{css_class}">{state.value}</td><td>{escape(outcome.row.what)}</td>'
            f"<td>{escape(outcome.row.goal)}</td><td>{details}</td></tr>"
        )
    yield "</table></div>"


def _changes(report: Report) -> Iterator[str]:
    yield "<h2>Changes</h2>"
    yield '<p class="dim">What the newer takes of what the older took, round by round; under 1 is less.</p>'
    yield from _table(["", "", "ratio"], changes(report))


def _section(finding: Finding) -> Iterator[str]:
    yield f'<h2 id="{escape(finding.scenario)}">{escape(finding.scenario)}</h2>'
    yield f'<p class="dim">{escape(finding.what)}</p>'
    yield from _remarks(finding)
    for measure in measures(finding):
        if measure not in WITHOUT_BARS:
            note = ": the darker part is user time" if measure is Measure.CPU_US else ""
            yield f"<h3>{escape(TITLES[measure])}{note}</h3>"
            yield bars(finding, measure)
    plot = latencies(finding)
    if plot:
        names = " / ".join(name for measure, name in LATENCIES if measure in measures(finding))
        yield f"<h3>latency: {names}, logarithmic</h3>"
        yield plot
    table = rows(finding)
    if table:
        yield from _table(header(finding), table)


def _remarks(finding: Finding) -> Iterator[str]:
    yield "<ul>"
    for goal in finding.goals:
        yield f'<li class="{"won" if goal.met else "lost"}">{escape(verdict(goal))}</li>'
    for subject, reasons in finding.wrong.items():
        yield f'<li class="lost">{escape(subject)} has lost: {escape("; ".join(reasons))}</li>'
    for doubt in finding.doubts:
        yield f"<li>doubtful: {escape(doubt)}</li>"
    for peer, reason in finding.cannot.items():
        yield f'<li class="dim">not measured: {escape(peer)}, which {escape(reason)}</li>'
    yield "</ul>"


def _table(titles: list[str], table: list[list[str]]) -> Iterator[str]:
    yield '<div class="wide"><table class="figures">'
    yield f"<tr>{''.join(f'<th>{escape(title)}</th>' for title in titles)}</tr>"
    for row in table:
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
    yield "</table></div>"


def _method() -> str:
    return (
        "<h2>Method</h2>\n"
        "<p>CPU time per request is user and system time of all the proxy's processes, over all requests of a round of "
        "load. Proxies take turns within each round, on a core of their own; a bar is the median of the "
        "rounds, its line goes from the least to the greatest, and a ratio is taken within each round. A proxy that "
        "answers wrongly has lost, whatever its speed. Ratios of one run are what to compare, never times of two.</p>"
    )
