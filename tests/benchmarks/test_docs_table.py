"""Tests of the table that is written into a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.docs_table import BEGIN, END, PAGE, markdown, replaced, write_into
from benchmarks.goals import ROWS
from benchmarks.results import Finding, Goal
from tests.benchmarks.test_results import report


def test_only_what_is_between_the_markers_changes() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert replaced(page, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"


def test_writing_twice_is_writing_once(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{BEGIN}\n{END}\n")
    write_into(page, report())
    once = page.read_text()
    write_into(page, report())
    assert page.read_text() == once


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END} {BEGIN}", f"{BEGIN} {END} {BEGIN} {END}"])
def test_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="must have"):
        replaced(page, "new")


def test_table_says_commit_machine_and_date_and_who_lost() -> None:
    text = markdown(report())
    assert text.startswith("2026-01-01, commit abc1234, whole run; Quick 9, 2 cores, 4,096 MiB, kernel 6.1; weir 1.")
    assert "| weir | 20 (10-30) |" in text
    assert "| haproxy | LOST: 502 |" in text
    assert "- MISSED: CPU: 1.2 (goal: at most 1)" in text


def test_every_goal_of_the_project_has_a_line_and_a_lost_one_says_so() -> None:
    goal = Goal(text="CPU against nginx", found=1.2, limit=1.0)
    finding = report().findings[0].model_copy(update={"goals": (goal,)})
    lines = markdown(report().model_copy(update={"findings": (finding,)})).splitlines()
    for row in ROWS:
        assert sum(line.startswith(f"| {row.what} |") for line in lines) == 1
    (first,) = (line for line in lines if line.startswith(f"| {ROWS[0].what} |"))
    assert "| LOST | MISSED: CPU against nginx: 1.2 (goal: at most 1) |" in first


def test_doubts_stand_beside_the_figures() -> None:
    finding = report().findings[0].model_copy(update={"doubts": ("something else ran",)})
    assert "- doubtful: something else ran" in markdown(report().model_copy(update={"findings": (finding,)}))


def test_peer_that_cannot_do_it_is_said_to_be_missing_and_why() -> None:
    finding = report().findings[0].model_copy(update={"cannot": {"caddy": "has no such thing"}})
    text = markdown(report().model_copy(update={"findings": (finding,)}))
    assert "- not measured: caddy, which has no such thing" in text


def test_every_line_of_a_table_has_as_many_cells_as_its_head() -> None:
    lost = Finding(scenario="s", what="w", series=(), goals=(), wrong={"weir": ("a | b",)})
    text = markdown(report().model_copy(update={"findings": (*report().findings, lost)}))
    tables = [part.splitlines() for part in text.replace("\\|", "").split("\n\n") if part.startswith("|")]
    assert len(tables) == 3
    for lines in tables:
        assert len(lines) > 2
        assert len({line.count("|") for line in lines}) == 1


def test_page_of_the_docs_has_the_markers() -> None:
    replaced(PAGE.read_text(encoding="utf-8"), "new")
