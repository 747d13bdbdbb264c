"""Slow start: a new endpoint's weight grows over a window, so that cold caches meet little traffic.

Envoy's curve: after the part t of the window, the weight is max(least, t ** (1 / aggression)) of the full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from discovery.lease import EndpointState

SCALE = 100
"""Weights are whole numbers: while one endpoint starts, all are times this, so that a weight of 1 has parts."""
LARGEST_TOTAL = (1 << 31) - 1
"""Of all weights, see `AliasTable`; the scale is less where it would be passed."""
STEPS = 20
"""Weights are worked out anew so often in a window: tables are made of them."""
SHORTEST_STEP_NS = 100_000_000


class Growth(NamedTuple):
    """`window_ns` until the full weight, `aggression` over 0 (1.0 is linear), `least` 0..1 the part at the start."""

    window_ns: int
    aggression: float
    least: float

    @property
    def step_ns(self) -> int:
        """How long weights are left as they are."""
        return max(self.window_ns // STEPS, SHORTEST_STEP_NS)

    def part(self, age_ns: int) -> float:
        """Of the full weight, 0..1."""
        if age_ns >= self.window_ns:
            return 1.0
        grown: float = (max(age_ns, 0) / self.window_ns) ** (1.0 / self.aggression)
        return max(self.least, grown)


def weigh(states: Sequence[EndpointState], growth: Growth | None, now_ns: int) -> bool:
    """Set the weights that balancers go by; whether one of them is not at its full weight yet."""
    starting = False
    if growth is not None:
        for state in states:
            if state.joined_ns >= 0 and growth.part(now_ns - state.joined_ns) >= 1.0:
                state.joined_ns = -1
            starting = starting or state.joined_ns >= 0
    if growth is None or not starting:
        for state in states:
            state.weight = state.endpoint.weight
        return False
    total = sum(state.endpoint.weight for state in states)
    scale = max(1, min(SCALE, LARGEST_TOTAL // max(total, 1)))
    for state in states:
        full = state.endpoint.weight * scale
        if state.joined_ns >= 0 and full:
            full = max(1, int(full * growth.part(now_ns - state.joined_ns)))
        state.weight = full
    return True
