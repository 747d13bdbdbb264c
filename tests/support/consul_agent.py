"""Fixtures with a real Consul agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs import require_program
from tools.consul_agent import ConsulAgent

__all__ = ["ConsulAgent", "consul_agent", "persistent_consul_agent", "shared_consul_agent"]


@pytest.fixture
def consul_agent(tmp_path: Path) -> Iterator[ConsulAgent]:
    """An agent of the test's own in dev mode, started; the test may kill, freeze and restart it."""
    with ConsulAgent(require_program("consul"), tmp_path) as agent:
        yield agent


@pytest.fixture
def persistent_consul_agent(tmp_path: Path) -> Iterator[ConsulAgent]:
    """As `consul_agent`, but its catalog and KV store outlive a restart; takes a few seconds to start."""
    with ConsulAgent(require_program("consul"), tmp_path, persistent=True) as agent:
        yield agent


@pytest.fixture(scope="session")
def shared_consul_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulAgent]:
    """One agent for all tests of the session that only register under names of their own and never stop it."""
    with ConsulAgent(require_program("consul"), tmp_path_factory.mktemp("consul")) as agent:
        yield agent
