"""Tests of the search for programs and of what a run says of missing ones."""

from __future__ import annotations

import pytest

from tests.support.programs import require_program, summary_of_missing


def test_missing_program_skips_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEIR_REQUIRE_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="needs the program no-such-program: put no-such-program on PATH"):
        require_program("no-such-program")


def test_missing_program_fails_where_all_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_REQUIRE_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        require_program("no-such-program")


def test_summary_counts_the_tests_that_each_program_cost() -> None:
    reasons = ["Skipped: needs the program consul: make test-tools"] * 3 + [
        "other",
        "needs the program x: put x on PATH",
    ]
    assert summary_of_missing(reasons) == [
        "consul: 3 test(s) did NOT run; get it with: make test-tools",
        "x: 1 test(s) did NOT run; get it with: put x on PATH",
    ]
