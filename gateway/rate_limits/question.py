"""What the store of shared limits is asked."""

from __future__ import annotations

from dataclasses import dataclass

from policies.rate_limit.shared_meter import SharedMeter


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """As many units of `key` as there are of `wanted`, at least `cost`."""

    meter: SharedMeter
    key: bytes
    wanted: int
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class Charge:
    """Count `cost`, whether it fits or not."""

    meter: SharedMeter
    key: bytes
    cost: int


class StoreFailure(Exception):
    """The store did not answer, or not with what it should."""
