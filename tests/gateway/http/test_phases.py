"""The modules of the data path load, whichever of them is the first."""

from __future__ import annotations

import subprocess
import sys

import pytest

RING = (
    "gateway.http.attempt",
    "gateway.http.consultation",
    "gateway.http.downstream",
    "gateway.http.exchange",
    "gateway.http.service",
    "gateway.http.tries",
    "gateway.listeners.tcp",
    "gateway.upstream.http1_client",
    "gateway.upstream.pool",
)


@pytest.mark.parametrize("module", RING)
def test_any_module_of_the_ring_may_be_loaded_first(module: str) -> None:
    """Compiled, they load each other for their types before they run a line of their own."""
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
