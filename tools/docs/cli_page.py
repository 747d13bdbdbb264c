"""The reference page of the commands, from their own help."""

from __future__ import annotations

import inspect
import re

import typer

from gateway.cli.root import PROGRAM, app

_EXTRA = re.compile(r"\s*\[([^\]]*)\]$")


def render() -> str:
    """The page."""
    group = typer.main.get_command(app)
    lines = [f"# The `{PROGRAM}` command", "", *_help(group.help or "")]
    for name, command in sorted(group.commands.items()):  # type: ignore[attr-defined]
        lines += _command(name, command, "##")
        for below, subcommand in sorted(getattr(command, "commands", {}).items()):
            lines += _command(f"{name} {below}", subcommand, "###")
    return "\n".join(lines).rstrip("\n") + "\n"


def _command(name: str, command: typer.core.TyperCommand, level: str) -> list[str]:
    lines = [f"{level} `{PROGRAM} {name}`", "", *_help(command.help or "")]
    context = command.context_class(command, info_name=name)
    records = [(parameter, parameter.get_help_record(context)) for parameter in command.params]
    rows = [_row(*record) for _, record in records if record is not None]
    if rows:
        lines += ["| argument or option | meaning | |", "| --- | --- | --- |", *rows, ""]
    return lines


def _row(names: str, text: str) -> str:
    extra = _EXTRA.search(text)
    meaning = text[: extra.start()] if extra else text
    return f"| `{_cell(names)}` | {_cell(meaning)} | {_cell(extra.group(1) if extra else '')} |"


def _help(text: str) -> list[str]:
    """The help with its examples as one block; `weir --help` shows the same text."""
    before, found, after = inspect.cleandoc(text).partition("Examples:")
    lines = [*before.strip().splitlines(), ""]
    if found:
        examples = [line.strip() for line in after.splitlines() if line.strip()]
        lines += ["```sh", *examples, "```", ""]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
