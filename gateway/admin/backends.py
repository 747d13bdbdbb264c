"""What the admin API shows of backends: what their sources tell, with how each endpoint stands and why."""

from __future__ import annotations

from discovery.health.board import HealthBoard
from discovery.registry import Discovery


def described(discovery: Discovery, health: HealthBoard) -> list[dict[str, object]]:
    """One JSON object per backend."""
    backends = discovery.describe()
    for backend in backends:
        standings = health.describe(str(backend["name"]))
        endpoints = backend["endpoints"]
        assert isinstance(endpoints, list)
        backend["endpoints"] = [{**endpoint, **standings.get(endpoint["id"], {})} for endpoint in endpoints]
    return backends
