"""Tests of what a run shows."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from benchmarks.results import Finding
from benchmarks.terminal import Display
from tests.benchmarks.test_results import report


def test_finding_is_shown_with_its_verdict_and_who_lost() -> None:
    text = StringIO()
    with Display(Console(file=text, width=120), 1) as display:
        display.begin("keepalive-small")
        display.step("weir starts")
        display.found(report().findings[0])
    assert "20 (10-30)" in text.getvalue()
    assert "LOST: 502" in text.getvalue()
    assert "MISSED: CPU: 1.2 (goal: at most 1)" in text.getvalue()
    # No bar, and so no step, where nobody looks at a terminal.
    assert "weir starts" not in text.getvalue()


def test_finding_without_figures_is_shown() -> None:
    text = StringIO()
    with Display(Console(file=text, width=120), 1) as display:
        display.found(Finding(scenario="s", what="w", series=(), goals=(), wrong={"weir": ("no answer",)}))
        display.found(Finding(scenario="t", what="w", series=(), goals=()))
    assert "LOST: no answer" in text.getvalue()


def test_terminal_shows_how_far_the_scenario_is_and_what_it_does() -> None:
    text = StringIO()
    console = Console(file=text, width=120, force_terminal=True, _environ={})
    with Display(console, 3) as display:
        display.begin("keepalive-small")
        display.expect(10)
        for number in range(4):
            display.step(f"weir round {number}")
        display.refresh()
    shown = text.getvalue()
    assert "keepalive-small" in shown
    assert "weir round 3" in shown
    # Three steps are done, the fourth is under way.
    assert "3/10" in shown
    assert "0/3" in shown
