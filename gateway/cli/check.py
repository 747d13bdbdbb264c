"""`weir check`: every problem of a configuration, and the status that each resource would have."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.output import Output, write_json, write_table

if TYPE_CHECKING:
    from config.status import Condition, ResourceStatus

INVALID = 1


def check(
    config: Annotated[
        list[Path],
        typer.Option("-c", "--config", metavar="PATH", help="File or folder of YAML; may be given several times."),
    ],
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print it.")] = Output.TEXT,
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
            write_table(("resource", "of", "condition", "status", "reason", "message"), status_rows(loaded.statuses))
    if problems if strict else errors_among(problems):
        raise typer.Exit(INVALID)


def status_rows(statuses: Sequence[ResourceStatus]) -> list[tuple[str, ...]]:
    """One row per condition: of the resource itself, then of each listener and of each parent or target."""
    rows: list[tuple[str, ...]] = []
    for status in statuses:
        name = f"{status.namespace}/{status.name}" if status.namespace else status.name
        resource = f"{status.kind} {name}"
        rows += [_row(resource, "", condition) for condition in status.conditions]
        for listener in status.listeners:
            attached = f"listener {listener.name} ({listener.attached_routes} routes)"
            rows += [_row(resource, attached, condition) for condition in listener.conditions]
        for parent in status.parents:
            section = f"/{parent.section_name}" if parent.section_name else ""
            port = f":{parent.port}" if parent.port else ""
            target = f"{parent.kind} {parent.namespace}/{parent.name}{section}{port}"
            rows += [_row(resource, target, condition) for condition in parent.conditions]
    return rows


def _row(resource: str, of: str, condition: Condition) -> tuple[str, ...]:
    return resource, of, condition.type, condition.status, condition.reason, condition.message
