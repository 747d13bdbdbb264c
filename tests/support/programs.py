"""Programs that tests run: found in `.tools` or on PATH, or the test is skipped and the run ends by saying so."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.installed import find_program, remedy

MARK = "needs the program"


def require_program(name: str) -> Path:
    """The path of a program, the pinned one first.

    Where it is missing the calling test is skipped, or fails under `WEIR_REQUIRE_ALL=1`.
    """
    found = find_program(name)
    if found is not None:
        return found
    message = f"{MARK} {name}: {remedy(name)}"
    if os.environ.get("WEIR_REQUIRE_ALL") == "1":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def summary_of_missing(skip_reasons: Iterable[str]) -> list[str]:
    """Lines for the end of a run, one per missing program: how many tests it cost and the command that brings it."""
    found = [match.groups() for reason in skip_reasons if (match := re.search(rf"{MARK} (\S+): (.+)", reason))]
    return [
        f"{name}: {count} test(s) did NOT run; get it with: {command}"
        for (name, command), count in sorted(Counter(found).items())
    ]
