"""Tests of the page of a run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from benchmarks.html_page import html_page, write_page
from benchmarks.results import Finding, Goal, Measure, Report
from tests.benchmarks.test_results import report, series

GOAL = Goal(text="CPU against nginx", found=1.2, limit=1.0)
VOID = {"meta", "br"}


class Balance(HTMLParser):
    """Fails where a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def full() -> Report:
    """Every measure, two subjects, and all that can be remarked."""
    both = [series(name, 2.0, 3.0, measure=each) for each in Measure for name in ("weir", "nginx")]
    finding = (
        report()
        .findings[0]
        .model_copy(
            update={
                "series": tuple(both),
                "goals": (GOAL,),
                "doubts": ("ran <beside>",),
                "cannot": {"caddy": "has no such thing"},
            }
        )
    )
    return report().model_copy(update={"findings": (finding,)})


def test_page_is_well_formed_and_says_all() -> None:
    parser = Balance()
    parser.feed(html_page(full()))
    parser.close()
    assert parser.open == []
    for text in (
        "MISSED: CPU against nginx: 1.2 (goal: at most 1)",
        "haproxy has lost: 502",
        "doubtful: ran <beside>",
        "not measured: caddy, which has no such thing",
        "LOST",
        "keepalive-small",
        "p99.9 ms",
    ):
        assert text in parser.texts


def test_page_loads_nothing_and_runs_nothing() -> None:
    page = html_page(full())
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\b(src|href)=", page)


def test_page_of_two_commits_shows_what_changed_in_place_of_goals() -> None:
    finding = Finding(scenario="s", what="w", series=(series("weir", 10.0), series("weir@abc1234", 20.0)), goals=())
    page = html_page(report().model_copy(update={"findings": (finding,), "base": "weir@abc1234"}))
    assert "<h2>Changes</h2>" in page
    assert "<td>0.5</td>" in page
    assert "<h2>Goals</h2>" not in page


def test_page_without_findings_is_a_page(tmp_path: Path) -> None:
    lost = Finding(scenario="s", what="w", series=(), goals=(), wrong={"weir": ("no answer",)})
    file = write_page(report().model_copy(update={"findings": (lost,)}), tmp_path / "page.html")
    assert "weir has lost: no answer" in file.read_text()
