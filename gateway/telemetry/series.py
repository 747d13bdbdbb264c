"""Which (route, backend) pair counts in which block: given out by the supervisor, kept over reloads, bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.snapshot import Layers, Rule, Snapshot, TrafficLayer
from gateway.telemetry.segment import Layout
from gateway.telemetry.tag_series import TAG, tag_pairs

Pair = tuple[str, str]

UNROUTED: Pair = ("", "")
"""What no route took."""
OTHER: Pair = ("other", "other")
"""What found no block of its own."""


class SeriesTable:
    """The slots where blocks begin: 0 and 1 are those of `UNROUTED` and `OTHER`. A pair that leaves the configuration
    keeps its own.

    One thread at a time may assign, while others read.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._bases: dict[Pair, int] = {UNROUTED: layout.base(0), OTHER: layout.base(1)}
        self._refused: set[Pair] = set()
        self.refused_total = 0
        # By identity of the rule, which is held with them: the rules of before are mostly those of after.
        self._pairs: dict[int, tuple[Rule, tuple[Pair, ...]]] = {}

    @property
    def used(self) -> int:
        """Blocks given out."""
        return len(self._bases)

    def bases(self) -> Mapping[Pair, int]:
        """Slot of the block of every pair that has one."""
        return dict(self._bases)

    def assign(self, snapshot: Snapshot) -> Mapping[Pair, int]:
        """The slot for every pair that can occur under `snapshot`; pairs past the bound share that of `OTHER`.

        Tags past it have none: their requests are counted by route and backend already.
        """
        bases = self._bases
        assigned = {UNROUTED: bases[UNROUTED]}
        refused: set[Pair] = set()
        for pair in self._pairs_of(snapshot):
            base = bases.get(pair)
            if base is None:
                if len(bases) >= self._layout.blocks:
                    refused.add(pair)
                    if not pair[0].startswith(TAG):
                        assigned[pair] = bases[OTHER]
                    continue
                base = bases[pair] = self._layout.base(len(bases))
            assigned[pair] = base
        self.refused_total += len(refused - self._refused)
        self._refused = refused
        return assigned

    def _pairs_of(self, snapshot: Snapshot) -> list[Pair]:
        """Every rule of `snapshot` with each of its backends, and alone; then the tags that are shown, with values."""
        before, after = self._pairs, dict[int, tuple[Rule, tuple[Pair, ...]]]()
        found: list[Pair] = []
        layers: dict[Layers, None] = {}
        for port in snapshot.ports:
            for listener in port.listeners:
                for bound in listener.rules:
                    rule = bound.rule
                    known = after[id(rule)] = before.get(id(rule)) or (rule, pairs_of(rule))
                    found.extend(known[1])
                    for layer in bound.layers:
                        found.extend(_steered_pairs(rule, layer))
                    layers[bound.layers] = None
        self._pairs = after
        for each in layers:
            found.extend(tag_pairs(each))
        return found


def _steered_pairs(rule: Rule, layer: TrafficLayer) -> Iterator[Pair]:
    """The rule with each backend that steering may send its requests to."""
    for to in layer.steering.values():
        if to.backend is not None:
            yield str(rule.name), to.backend


def pairs_of(rule: Rule) -> tuple[Pair, ...]:
    """A rule alone, as for redirects, and with each of its backends."""
    route = str(rule.name)
    backends = [choice.backend for choice in rule.backends if choice.backend is not None]
    return (route, ""), *((route, backend) for backend in backends)
