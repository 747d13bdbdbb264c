"""The `weir` command; `main` is its entry point."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (`sys.argv` where no arguments are given) and return its exit code; see `weir COMMAND --help`."""
    from gateway.cli.root import run_command

    return run_command(arguments)
