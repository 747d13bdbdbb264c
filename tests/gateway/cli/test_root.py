"""Tests of the command line as a whole: help, errors, completion, and what starting it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.commands import WEIR, help_text
from tests.support.weir_command import weir

COMMANDS = ("run", "check", "test", "lint", "explain", "routes", "backends", "echo", "schema", "version")
HEAVY = ("pydantic", "yaml", "aiohttp", "uvloop", "consul", "config.resources", "prometheus_client", "re2", "orjson")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_has_examples(command: str) -> None:
    assert f"weir {command}" in help_text(command).partition("Examples")[2]


@pytest.mark.parametrize("command", ["run", "check", "test", "lint", "explain", "routes", "backends", "echo"])
def test_help_names_the_exit_codes(command: str) -> None:
    assert "Exit codes: 0" in help_text(command)


def test_help_lists_every_command() -> None:
    text = help_text()
    assert all(f"│ {command} " in text for command in COMMANDS)


def test_wrong_command_line_is_one_line_and_exit_code_2() -> None:
    for arguments, said in (
        (("chek",), "Did you mean 'check'"),
        (("check",), "Missing option '-c'"),
        (("echo", "--port", "high"), "'--port'"),
        (("version", "--loud"), "No such option: --loud"),
    ):
        ended = weir(*arguments)
        assert ended.returncode == 2
        assert ended.stdout == ""
        assert ended.stderr.count("\n") == 1
        assert said in ended.stderr
        assert ended.stderr.startswith("weir: error: ")


def test_without_a_command_it_shows_the_help() -> None:
    ended = weir()
    assert ended.returncode == 2
    assert "Usage: weir" in ended.stdout + ended.stderr


def test_version_option_is_the_version_command() -> None:
    assert weir("--version").stdout == weir("version").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_names_the_commands(shell: str) -> None:
    words = {
        "COMP_WORDS": "weir ",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "weir ",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    ended = weir(_WEIR_COMPLETE=f"complete_{shell}", **words)
    assert all(command in ended.stdout for command in COMMANDS), ended.stderr


def test_help_loads_nothing_that_only_commands_need() -> None:
    program = f"""
import sys
from gateway.cli import main
main(["--help"])
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"


def test_output_into_a_pipe_that_closed_early_is_no_trace() -> None:
    ended = subprocess.run(["sh", "-c", f"{WEIR} schema | head -c 1"], capture_output=True, text=True, check=False)
    assert ended.stdout == "{"
    assert "Traceback" not in ended.stderr
