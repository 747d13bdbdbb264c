"""Waiting for what another part of the process brings about, where it tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Look every 10 ms until `holds`. Raises TimeoutError."""
    async with asyncio.timeout(limit_s):
        while not holds():  # noqa: ASYNC110 -- nothing to be told by
            await asyncio.sleep(0.01)
