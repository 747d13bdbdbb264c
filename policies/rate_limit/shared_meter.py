"""A limit that all gateways share: its figures, and what the store of its counts is asked and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from policies.rate_limit.meter import Kind, Meter, Reading

if TYPE_CHECKING:
    from policies.rate_limit.passage import Passage

LEASED_SHARE = 10
"""A worker leases a tenth of what may come at once, at most: what it leaves unused, no other gateway has."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedMeter:
    """`requests` in `per_ns`, at most `capacity` at once, counted as `kind`; the rest as with `Meter`.

    `node` counts for the node alone where the store does not answer and `on_failure` is `Node`.
    """

    kind: Kind
    requests: int
    per_ns: int
    capacity: int
    patience_ns: int
    deferred: bool
    on_failure: Literal["Allow", "Deny", "Node"]
    node: Meter

    @property
    def largest_lease(self) -> int:
        """How many a worker may lease at once; 1 where each may have to wait for its turn."""
        return 1 if self.patience_ns else max(self.capacity // LEASED_SHARE, 1)

    @property
    def unit_ns(self) -> float:
        """The time in which one more comes back."""
        return self.per_ns / max(self.requests, 1)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the store said: `granted` units, 0 where there are too few; then `wait_ns` until there are enough.

    `wait_ns` is how long a granted one must wait for its turn otherwise.
    """

    granted: int
    wait_ns: int
    remaining: int
    reset_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class StoreQuestion:
    """A request of `cost` may go on where the store grants it; `passage` is where it goes on after limit `position`."""

    meter: SharedMeter
    parts: bytes
    cost: int
    position: int
    passage: Passage


@dataclass(frozen=True, slots=True, eq=False)
class StoreAnswer:
    """What follows from it; `reading` is None where the store does not answer."""

    question: StoreQuestion
    reading: Reading | None
