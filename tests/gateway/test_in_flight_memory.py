"""Shared memory between workers, and what is left of one that died."""

from __future__ import annotations

from pathlib import Path

from gateway.in_flight_memory import SLOTS, InFlightMemory, attach


def test_rows_are_seen_over_separate_mappings_and_cleared_with_their_worker() -> None:
    memory = InFlightMemory(3)
    try:
        one, two, three = (attach(memory.descriptor, worker, 3) for worker in range(3))
        one.add(0, 2)
        one.add(SLOTS - 1, 1)
        two.add(0, 4)
        assert three.elsewhere(0) == 6
        assert two.elsewhere(SLOTS - 1) == 1
        memory.clear(0)
        assert three.elsewhere(0) == 4
        assert two.elsewhere(SLOTS - 1) == 0
    finally:
        memory.close()


def test_nobody_else_finds_the_memory() -> None:
    memory = InFlightMemory(1)
    assert "memfd:weir-in-flight" in str(Path(f"/proc/self/fd/{memory.descriptor}").readlink())
    memory.close()
