"""Tests of the commands, as far as they need no proxy."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.docs_table import BEGIN, END
from benchmarks.results import write
from benchmarks.scenarios.catalog import ALL
from tests.benchmarks.test_results import report


def test_list_has_every_scenario_on_a_line() -> None:
    done = CliRunner().invoke(app, ["list"])
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.output.splitlines()] == [each.name for each in ALL]


def test_unknown_scenario_is_refused_with_the_names_that_there_are() -> None:
    done = CliRunner().invoke(app, ["run", "fast"])
    assert done.exit_code == 2
    assert "keepalive-small" in done.output


def test_unknown_peer_is_refused() -> None:
    done = CliRunner().invoke(app, ["run", "--peers", "nginx,apache"])
    assert done.exit_code == 2
    assert "apache is not one of nginx, haproxy" in done.output


def test_comparison_with_an_unknown_commit_is_an_error() -> None:
    done = CliRunner().invoke(app, ["compare", "no-such-commit", "HEAD"])
    assert done.exit_code == 1
    assert "error:" in done.output


def test_report_writes_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{BEGIN}\n{END}\n")
    file = write(report(), tmp_path)
    done = CliRunner().invoke(app, ["report", str(file), "--page", str(page)])
    assert done.exit_code == 0
    assert "### keepalive-small" in page.read_text()
    assert "keepalive-small" in file.with_suffix(".html").read_text()


def test_report_of_a_broken_file_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_text("{}")
    done = CliRunner().invoke(app, ["report", str(file), "--page", str(tmp_path / "page.md")])
    assert done.exit_code == 1
    assert "error:" in done.output
