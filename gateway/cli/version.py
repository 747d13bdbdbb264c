"""`weir version`: what exactly runs here."""

from __future__ import annotations

import sys

import typer

from gateway.cli.options import OutputOption
from gateway.cli.output import Output, write_json


def version(
    output: OutputOption = Output.TEXT,
) -> None:
    """Show the version of Weir, of what it runs on, and which of its modules run compiled.

    `pure` means that a module runs from its source, and slower: it was not built, or `WEIR_PURE=1` is set.

    Examples:

        weir version

        weir version --output json
    """
    from gateway.hot import compiled

    parts = versions()
    modules = {name: "compiled" if is_compiled else "pure" for name, is_compiled in compiled().items()}
    if output is Output.JSON:
        write_json({**parts, "modules": modules})
        return
    width = max(map(len, [*parts, *modules]))
    for name, value in [*parts.items(), *modules.items()]:
        sys.stdout.write(f"{name.ljust(width)}  {value}\n")


def versions() -> dict[str, str]:
    """The versions of Weir and of what it cannot run without, by name."""
    import platform
    import ssl
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        own = installed("weir")
    except PackageNotFoundError:
        own = "not installed"
    return {
        "weir": own,
        "python": platform.python_version(),
        "uvloop": installed("uvloop"),
        "openssl": ssl.OPENSSL_VERSION,
    }


def show_version(*, wanted: bool) -> None:
    """The option `--version` of `weir` itself."""
    if wanted:
        version()
        raise typer.Exit
