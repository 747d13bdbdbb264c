"""What operators set on endpoints by hand: put in force, and kept in the state folder over restarts."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, Setting
from gateway.state_file import write_state

log = logging.getLogger("weir.health")

KEPT_FILE = "by-hand.json"
LIMIT_BYTES = 16 << 20
"""A larger file was not written by Weir; reading it whole would cost the start its memory."""


class KeptByHand:
    """The settings of `board`, in a file of `folder`; without a folder they end with the process.

    A file that cannot be read or written is logged, and costs nothing else.
    """

    def __init__(self, board: HealthBoard, folder: Path | None) -> None:
        self._board = board
        self._file = folder / KEPT_FILE if folder is not None else None
        self._writing = asyncio.Lock()

    def read(self, unix_s: float) -> None:
        """Put what was kept in force, less what is over at that time; for the start, before there is a view."""
        if self._file is None:
            return
        by_hand = self._board.by_hand
        try:
            if self._file.stat().st_size > LIMIT_BYTES:
                raise ValueError("it is too large")
            by_hand.load(self._file.read_bytes(), unix_s)
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            log.error("what was set by hand is lost, as %s cannot be read: %s", self._file, error)
            return
        for setting in by_hand.all:
            log.info("%s by hand on %s of %s holds on", setting.action, setting.endpoint, setting.backend)

    async def put(self, setting: Setting) -> bool:
        """Put a setting in force; whether a restart will find it. Raises `by_hand.TooMany`."""
        self._board.set_by_hand(setting)
        return await self._write()

    async def take_back(self, backend: str, endpoint: str, action: Action) -> bool:
        """End a setting, and with `eject` an ejection by traffic as well; whether there was either."""
        found = self._board.take_back_by_hand(backend, endpoint, action)
        if found:
            await self._write()
        return found

    async def _write(self) -> bool:
        if self._file is None:
            return False
        # One after the other, or an older state could be the last to be written.
        async with self._writing:
            try:
                await asyncio.to_thread(write_state, self._file, self._board.by_hand.dump())
            except OSError as error:
                log.error("what is set by hand ends with this process, as %s cannot be written: %s", self._file, error)
                return False
        return True
