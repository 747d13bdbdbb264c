"""`weir run`: serve a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_PATH = Path("/etc/weir")


def run(
    config: Annotated[
        list[Path],
        typer.Option("-c", "--config", metavar="PATH", help="File or folder of YAML; may be given several times."),
    ] = [DEFAULT_PATH],  # noqa: B006 - typer copies it
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Worker processes, before `workers` of the Weir resource; 1 serves in one process."),
    ] = None,
    state_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where the last good configuration and the last endpoints are kept, before `stateDir` of the Weir "
            "resource; a start with broken files finds them only when it is given here.",
        ),
    ] = None,
) -> None:
    """Serve what the files say until a signal ends it.

    Changed files are taken over while it runs; a broken set changes nothing and is reported. SIGTERM and SIGINT drain
    within `shutdownTimeout`, a second one ends at once; SIGHUP reads the files again; SIGUSR1 opens the access log
    again.

    Exit codes: 0 stopped, and nothing was cut; 1 failed; 2 a wrong command line; 3 no valid configuration to begin
    with; 4 a port or the pid file is taken or not permitted; 5 stopped, but exchanges were cut.

    Examples:

        weir run -c routes.yaml

        weir run -c /etc/weir -c /etc/weir-local --workers 4 --state-dir /var/lib/weir
    """
    from gateway.app import run as serve

    raise typer.Exit(serve(config, state_folder=state_dir, workers=workers))
