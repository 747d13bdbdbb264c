"""Fixtures with a real Redis server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tools.redis_server import RedisServer

__all__ = ["RedisServer", "redis_server"]


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own, started and empty; the test may kill, freeze and restart it."""
    with RedisServer(require_program("redis-server"), tmp_path) as server:
        yield server
