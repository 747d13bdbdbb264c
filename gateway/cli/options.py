"""Options that several commands have, spelled once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import Output

OutputOption = Annotated[Output, typer.Option("-o", "--output", help="How to print it.")]

AdminOption = Annotated[str, typer.Option("--admin", metavar="URL", help="Admin API of the gateway to ask.")]

TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="File with a token for the admin API.")
]
