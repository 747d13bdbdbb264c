"""The `weir` command as its own help describes it, for tests that hold documents and container files against it."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

WEIR = Path(sys.executable).with_name("weir")


@cache
def help_text(*command: str) -> str:
    """What `weir COMMAND --help` prints. Raises CalledProcessError where there is no such command."""
    done = subprocess.run(
        [WEIR, *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1", "PATH": str(WEIR.parent)},
    )
    return done.stdout


@cache
def options(*command: str) -> frozenset[str]:
    """All option names of a command, long and short."""
    return frozenset(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*|-[a-zA-Z])(?![\w-])", help_text(*command)))


def problems(arguments: list[str]) -> list[str]:
    """What is wrong with a command line after `weir`: an unknown command, or options that it does not have."""
    # `weir backends drain`: the one command that has commands of its own.
    grouped = arguments[0] == "backends" and len(arguments) > 1 and arguments[1].isalpha()
    command = arguments[: 1 + grouped]
    try:
        known = options(*command)
    except subprocess.CalledProcessError:
        return [f"there is no command `weir {' '.join(command)}`"]
    given = [word.partition("=")[0] for word in arguments[1:] if re.match(r"--?[a-zA-Z]", word)]
    return [f"`weir {' '.join(command)}` has no option {option}" for option in given if option not in known]
