"""The checks are words that an operator types."""

from __future__ import annotations

import re

from config.lint.check import Check


def test_checks_are_lower_case_words_with_dashes() -> None:
    assert all(re.fullmatch("[a-z]+(-[a-z]+)+", check.value) for check in Check)
