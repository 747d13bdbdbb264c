"""A configuration of files for a command that looks into it and serves nothing."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gateway.cli.failure import Failed

if TYPE_CHECKING:
    from config.load import Loaded
    from config.snapshot import Snapshot
    from policies.environment import Environment

T = TypeVar("T")


def loaded_from(paths: Sequence[Path]) -> tuple[Loaded, Snapshot]:
    """What files and folders hold. Raises Failed for a configuration with errors, after printing them."""
    from config.load import load
    from config.problems import errors_among, in_order, render_text
    from config.sources.files import FilesSource

    reading = FilesSource(paths).read()
    loaded = load(reading.texts, generation=1, previous=None)
    errors = errors_among(in_order([*reading.problems, *loaded.problems]))
    if errors or loaded.snapshot is None:
        sys.stderr.write(render_text(errors))
        raise Failed("the configuration cannot be served")
    return loaded, loaded.snapshot


def in_policy_world(follow: Callable[[Environment], Awaitable[T]]) -> T:
    """What `follow` gives, with what policies are compiled with; nobody serves and nobody counts."""
    import asyncio

    from gateway.policy_world import PolicyWorld, nobody_counts
    from gateway.runtime import Runtime
    from gateway.tasks import Tasks

    async def followed() -> T:
        world = PolicyWorld(Runtime(asyncio.get_running_loop(), Tasks().spawn), nobody_counts)
        try:
            return await follow(world.environment)
        finally:
            await world.close()

    return asyncio.run(followed())
