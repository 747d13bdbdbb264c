"""`weir check`: every problem of a configuration, and the status that each resource would have."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.conditions import COLUMNS, condition_rows
from gateway.cli.options import OutputOption
from gateway.cli.output import Output, write_json, write_table

INVALID = 1


def check(
    config: Annotated[
        list[Path],
        typer.Option("-c", "--config", metavar="PATH", help="File or folder of YAML; may be given several times."),
    ],
    output: OutputOption = Output.TEXT,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
) -> None:
    """Load a configuration as `weir run` does, without serving it, and print what is wrong with it.

    Each problem is a line `file:line:column: severity: resource: path: message (suggestion)`, and all of them are
    shown. The status conditions of every resource follow, as the gateway would report them. JSON has `problems` and
    `statuses`.

    Exit codes: 0 it can be served (there may be warnings); 1 it has errors, or warnings with --strict; 2 a wrong
    command line.

    Examples:

        weir check -c routes.yaml

        weir check -c /etc/weir --strict --output json | jq '.problems[].message'
    """
    import dataclasses

    from config.load import load
    from config.problems import errors_among, in_order, render_text
    from config.sources.files import FilesSource

    reading = FilesSource(config).read()
    loaded = load(reading.texts, generation=1, previous=None)
    problems = in_order([*reading.problems, *loaded.problems])
    if output is Output.JSON:
        write_json(
            {
                "problems": [dataclasses.asdict(problem) for problem in problems],
                "statuses": [dataclasses.asdict(status) for status in loaded.statuses],
            }
        )
    else:
        sys.stdout.write(render_text(problems))
        if loaded.statuses:
            if problems:
                sys.stdout.write("\n")
            write_table(COLUMNS, condition_rows(loaded.statuses))
    if problems if strict else errors_among(problems):
        raise typer.Exit(INVALID)
