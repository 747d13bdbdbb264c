"""Which (route, backend) pair counts in which block: given out by the supervisor, kept over reloads, bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.snapshot import Snapshot
from gateway.telemetry.segment import Layout

Pair = tuple[str, str]

UNROUTED: Pair = ("", "")
"""What no route took."""
OTHER: Pair = ("other", "other")
"""What found no block of its own."""


class SeriesTable:
    """Blocks 0 and 1 are those of `UNROUTED` and `OTHER`; a pair that leaves the configuration keeps its block."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._blocks: dict[Pair, int] = {UNROUTED: 0, OTHER: 1}
        self._refused: set[Pair] = set()
        self.refused_total = 0

    @property
    def used(self) -> int:
        """Blocks given out."""
        return len(self._blocks)

    def bases(self) -> Mapping[Pair, int]:
        """Slot of the block of every pair that has one."""
        return {pair: self._layout.base(block) for pair, block in self._blocks.items()}

    def assign(self, snapshot: Snapshot) -> Mapping[Pair, int]:
        """The slot for every pair that can occur under `snapshot`; pairs past the bound share that of `OTHER`."""
        assigned = {UNROUTED: self._layout.base(0)}
        refused: set[Pair] = set()
        for pair in pairs_of(snapshot):
            if pair not in self._blocks:
                if len(self._blocks) >= self._layout.blocks:
                    refused.add(pair)
                    assigned[pair] = self._layout.base(1)
                    continue
                self._blocks[pair] = len(self._blocks)
            assigned[pair] = self._layout.base(self._blocks[pair])
        self.refused_total += len(refused - self._refused)
        self._refused = refused
        return assigned


def pairs_of(snapshot: Snapshot) -> Iterator[Pair]:
    """Every rule with each of its backends, and alone, as for redirects."""
    for port in snapshot.ports:
        for listener in port.listeners:
            for bound in listener.rules:
                route = str(bound.rule.name)
                yield route, ""
                for choice in bound.rule.backends:
                    if choice.backend is not None:
                        yield route, choice.backend
