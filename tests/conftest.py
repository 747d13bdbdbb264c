"""What every test run shares: fixtures with real programs, and what a run must say about itself."""

from __future__ import annotations

import importlib.machinery
from pathlib import Path

import pytest
from hypothesis import settings

from config.pure_mode import is_pure
from tests.support.consul_agent import consul_agent, persistent_consul_agent, shared_consul_agent
from tests.support.programs import summary_of_missing
from tests.support.redis_server import redis_server

__all__ = ["consul_agent", "persistent_consul_agent", "redis_server", "shared_consul_agent"]

# A deadline per example measures how busy the machine is; pytest-timeout bounds the whole test.
settings.register_profile("weir", deadline=None)
settings.load_profile("weir")

ROOT = Path(__file__).resolve().parent.parent


def stale_modules() -> list[str]:
    """Sources whose compiled module is missing or older than they or their types: the run would not test them."""
    suffix = importlib.machinery.EXTENSION_SUFFIXES[0]
    stale: list[str] = []
    for package in ("config", "discovery", "policies", "gateway"):
        for types in (ROOT / package).rglob("*.pxd"):
            source, built = types.with_suffix(".py"), types.with_suffix(suffix)
            if not source.exists():
                continue
            newest_s = max(source.stat().st_mtime, types.stat().st_mtime)
            if not built.exists() or built.stat().st_mtime < newest_s:
                stale.append(str(source.relative_to(ROOT)))
    return sorted(stale)


def pytest_report_header() -> list[str]:
    """Say whether the compiled modules are used."""
    if is_pure():
        return ["weir: uncompiled (WEIR_PURE=1)"]
    stale = stale_modules()
    return ["weir: compiled" + (f", but OUT OF DATE (make build): {', '.join(stale)}" if stale else "")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what the run could not test, where nobody can overlook it."""
    reasons = [
        report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        for report in terminalreporter.stats.get("skipped", [])
    ]
    if lines := summary_of_missing(reasons):
        terminalreporter.section("NOT TESTED: programs are missing", sep="!", red=True, bold=True)
        for line in lines:
            terminalreporter.write_line(line, red=True)
