"""All commands of `weir`, and how any of them ends.

The modules of the commands import what they need when they run: `weir --help` and shell completion load none of it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import TyperException

from gateway.cli.backends import backends
from gateway.cli.check import check
from gateway.cli.echo import echo
from gateway.cli.explain import explain
from gateway.cli.failure import Failed
from gateway.cli.lint import lint
from gateway.cli.routes import routes
from gateway.cli.run import run
from gateway.cli.schema import schema
from gateway.cli.test import test
from gateway.cli.version import show_version, version

PROGRAM = "weir"

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, check, lint, test, explain, routes, echo, schema, version):
    app.command()(command)
app.add_typer(backends, name="backends")


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="As `weir version`.")
    ] = False,
) -> None:
    """A traffic gateway and load balancer: Kubernetes-style YAML and Consul in, balanced HTTP out.

    Exit codes: 0 done, 1 failed, 2 a wrong command line; a command's own ones are in its help.
    """


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (by default those of the process) name, and return its exit code."""
    try:
        code = typer.main.get_command(app).main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except Failed as error:
        typer.echo(f"{PROGRAM}: error: {error}", err=True)
        return error.code
    except TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else PROGRAM
        message = " ".join(error.format_message().split())
        # `weir` alone shows its help and has nothing to add.
        if message:
            typer.echo(f"{PROGRAM}: error: {message} (see `{path} --help`)", err=True)
        return error.exit_code
    except typer.Abort:
        return 130
    sys.stdout.flush()
    return code if isinstance(code, int) else 0
