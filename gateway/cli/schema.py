"""`weir schema`: JSON Schema of the resources, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.failure import Failed
from gateway.cli.output import write_json


def schema(
    kind: Annotated[
        list[str] | None,
        typer.Option("-k", "--kind", metavar="KIND", help="Only this kind; may be given several times."),
    ] = None,
) -> None:
    """Print one JSON Schema (draft 2020-12) that knows every kind, for editors and linters.

    Examples:

        weir schema > weir.schema.json

        weir schema --kind HTTPRoute --kind Backend
    """
    from config.problems import nearest
    from config.resources import CLASSES, json_schema

    names = {resource.KIND: resource for resource in CLASSES}
    for name in kind or ():
        if name not in names:
            hint = nearest(name, names)
            raise Failed(f"there is no kind {name}" + (f": {hint}" if hint else ""), code=2)
    write_json(json_schema([names[name] for name in dict.fromkeys(kind)] if kind else None))
