"""The composition root: what `weir run` puts together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import uvloop

from config.load import load
from config.resources.weir import WeirSpec
from config.sources.files import FilesSource
from config.sources.text import SourceText
from gateway.named_source import NamedSource
from gateway.runtime import Runtime
from gateway.supervisor import Supervisor
from gateway.telemetry.process_log import set_up_logging


def run(paths: Sequence[Path], *, state_folder: Path | None = None, workers: int | None = None) -> int:
    """Serve what the files and folders at `paths` say until a signal ends it; returns the exit code.

    `state_folder` goes before `stateDir` of the configuration. A start with broken files finds the last good set there,
    by `stateDir` only as long as the Weir resource itself can be read.
    """
    set_up_logging()

    async def serve() -> int:
        supervisor = Supervisor(
            [FilesSource(paths)], load, make_source=_named_source, state_folder=state_folder, workers=workers
        )
        return await supervisor.run()

    return uvloop.run(serve())


def _named_source(process: WeirSpec, known: Sequence[SourceText], runtime: Runtime) -> NamedSource | None:
    """`kv_source`, whose client of Consul is imported where the configuration names Consul."""
    if process.consul is None:
        return None
    from gateway.kv_source import kv_source

    return kv_source(process, known, runtime)
