"""Units of shared limits that a worker holds, so that it asks the store for many requests at once.

A lease grows while it is used up quickly and shrinks when it is not. Where the store had less than was asked for, it is
not asked again until more than as much should have come back: until then requests are refused without asking.
"""

from __future__ import annotations

from policies.rate_limit.meter import Reading
from policies.rate_limit.shared_meter import Grant, SharedMeter

QUICK_NS = 1_000_000_000
"""A lease that lasts shorter than this is doubled, one that lasts four times as long is halved."""
LEASE_NS = 4_000_000_000
"""After so long what is left of a lease is given up."""
PAUSE_UNITS = 1.5
"""How many times a lease should have come back before the store is asked again. Less would let in up to a hundredth
more of a limit that is always met, and asks oftener: with 1, six workers ask for two in a hundred of three times the
limit."""
LEASES_KEPT = 65_536
"""Keys with leases in one worker; past it the oldest gives up what it has, which lets in less and never more."""


class Lease:
    """That of one key."""

    __slots__ = ("ends_ns", "left", "not_before_ns", "remaining", "reset_at_ns", "size", "taken_ns")

    def __init__(self) -> None:
        self.left = 0
        self.size = 1
        self.taken_ns = 0
        self.ends_ns = 0
        self.not_before_ns = 0
        self.remaining = 0
        self.reset_at_ns = 0


class Leases:
    """Those of one worker; keys are any octets, times monotonic nanoseconds."""

    __slots__ = ("_leases", "_most")

    def __init__(self, most: int = LEASES_KEPT) -> None:
        self._leases: dict[bytes, Lease] = {}
        self._most = most

    def take(self, key: bytes, cost: int, now_ns: int) -> Reading | None:
        """Decide from what is held; None where the store must be asked."""
        lease = self._leases.get(key)
        if lease is None:
            return None
        if lease.left >= cost and lease.left and now_ns < lease.ends_ns:
            lease.left -= cost
            return _reading(lease, 0, now_ns, admitted=True)
        if now_ns < lease.not_before_ns:
            return _reading(lease, lease.not_before_ns - now_ns, now_ns, admitted=False)
        return None

    def wanted(self, meter: SharedMeter, key: bytes, cost: int, now_ns: int) -> int:
        """How many units to ask for, so that a request of `cost` goes on and as many as are likely to follow."""
        lease = self._leases.get(key)
        if lease is None:
            return max(cost, 1)
        if now_ns - lease.taken_ns < QUICK_NS:
            lease.size *= 2
        elif now_ns - lease.taken_ns > 4 * QUICK_NS:
            lease.size = max(lease.size // 2, 1)
        lease.size = min(lease.size, meter.largest_lease)
        return max(cost, lease.size)

    def granted(self, meter: SharedMeter, key: bytes, wanted: int, grant: Grant, now_ns: int) -> None:
        """The store answered to a question for `wanted`: what it granted is held, beside what is held still."""
        lease = self._leases.pop(key, None) or Lease()
        while len(self._leases) >= self._most:
            del self._leases[next(iter(self._leases))]
        self._leases[key] = lease
        lease.left = grant.granted + (lease.left if now_ns < lease.ends_ns else 0)
        lease.taken_ns = now_ns
        lease.ends_ns = now_ns + (LEASE_NS if meter.kind == 0 else min(grant.reset_ns, LEASE_NS))
        lease.remaining = grant.remaining
        lease.reset_at_ns = now_ns + grant.reset_ns
        lease.not_before_ns = 0
        if grant.granted < wanted:
            # As one more is there soon under a high rate, each refused request would ask.
            pause_ns = min(round(PAUSE_UNITS * (min(wanted, meter.largest_lease) - 1) * meter.unit_ns), QUICK_NS)
            lease.not_before_ns = now_ns + pause_ns + (0 if grant.granted else grant.wait_ns)

    def give_back(self, key: bytes, cost: int) -> None:
        """A unit that was taken is not used after all."""
        lease = self._leases.get(key)
        if lease is not None:
            lease.left += cost

    def __len__(self) -> int:
        return len(self._leases)


def _reading(lease: Lease, wait_ns: int, now_ns: int, *, admitted: bool) -> Reading:
    remaining = lease.remaining + lease.left if admitted else 0
    return Reading(admitted, wait_ns, remaining, max(lease.reset_at_ns - now_ns, 0), now_ns)
