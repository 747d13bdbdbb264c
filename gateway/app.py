"""The composition root: what `weir run` puts together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import uvloop
from config.load import load
from config.sources.files import FilesSource

from gateway.supervisor import Supervisor
from gateway.telemetry.process_log import set_up_logging


def run(paths: Sequence[Path], *, state_folder: Path | None = None, workers: int | None = None) -> int:
    """Serve what the files and folders at `paths` say until a signal ends it; returns the exit code.

    `state_folder` (default: `stateDir` of the configuration) is also where a start with broken files finds the last
    good set, so it must be given here for that.
    """
    set_up_logging()

    async def serve() -> int:
        return await Supervisor([FilesSource(paths)], load, state_folder=state_folder, workers=workers).run()

    return uvloop.run(serve())
