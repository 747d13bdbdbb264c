"""`weir lint`: what is valid in a configuration and yet hardly meant."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from config.lint.check import Check
from gateway.cli.loading import loaded_from
from gateway.cli.options import OutputOption
from gateway.cli.output import Output, write_json

FOUND = 1


def lint(
    config: Annotated[
        list[Path],
        typer.Option("-c", "--config", metavar="PATH", help="File or folder of YAML; may be given several times."),
    ],
    output: OutputOption = Output.TEXT,
    skip: Annotated[
        list[Check] | None, typer.Option("--skip", help="Do not look for this; may be given several times.")
    ] = None,
) -> None:
    """Find what has no effect: rules, weights, backends and policies that no request ever meets.

    That is: rules shadowed by an equal match that goes before; a catch-all that takes what is meant for others; regular
    expressions that equal a prefix; weights of 0; backends that nothing refers to; policies without a target; steering
    that has ended. Each is a line `file:line:column: check: resource: path: message (how to mend it)`.

    Exit codes: 0 nothing was found; 1 something was, or the configuration has errors; 2 a wrong command line.

    Examples:

        weir lint -c /etc/weir

        weir lint -c routes.yaml --skip unreachable-weight --output json
    """
    import dataclasses

    from config.lint.run import lint as look

    loaded, snapshot = loaded_from(config)
    found = look(loaded, snapshot, time.time(), skip or ())
    if output is Output.JSON:
        write_json({"findings": [{"check": each.check.value, **dataclasses.asdict(each.problem)} for each in found]})
    else:
        sys.stdout.write("".join(f"{each}\n" for each in found))
    if found:
        raise typer.Exit(FOUND)
