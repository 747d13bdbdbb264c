"""One limit of a TrafficPolicy, compiled: whom it is about, what it counts by, and how much that may be."""

from __future__ import annotations

from zlib import crc32

from config.resources.rate_limit import RateLimit
from policies.access.network_set import NetworkSet
from policies.environment import Environment
from policies.rate_limit.fields import name_item, policy_item
from policies.rate_limit.key import KeyReader
from policies.rate_limit.meter import SPILLS, Kind, Meter
from policies.rate_limit.shared_meter import SharedMeter
from policies.subject import Subject

_KINDS = {
    "GCRA": Kind.BUCKET,
    "TokenBucket": Kind.BUCKET,
    "FixedWindow": Kind.FIXED_WINDOW,
    "SlidingWindow": Kind.SLIDING_WINDOW,
}


class Limit:
    """`meter` is None where `concurrency` bounds how many there are at once."""

    __slots__ = (
        "_condition",
        "_exempt",
        "_key",
        "body_bytes",
        "concurrency",
        "cost",
        "cost_header",
        "enforces",
        "item",
        "meter",
        "name",
        "policy_item",
        "shared",
        "spill",
    )

    def __init__(self, spec: RateLimit, environment: Environment) -> None:
        # Without its figures, so that these may change and what was counted stays.
        identity = f"{environment.policy}/{spec.name}"
        self.name = spec.name
        self.enforces = spec.enforce
        self.concurrency = spec.concurrency or 0
        self.cost = 1 if spec.cost.fixed is None else spec.cost.fixed
        self.cost_header = spec.cost.header.lower().encode("ascii") if spec.cost.header is not None else b""
        self.body_bytes = spec.cost.body_bytes
        self.spill = crc32(identity.encode()) % SPILLS
        self.meter = _meter(spec, self.spill)
        self.shared = _shared(spec, self.meter) if spec.scope == "Global" and self.meter is not None else None
        """Where all gateways share it."""
        self.item = name_item(spec.name)
        self.policy_item = policy_item(spec)
        self._key = KeyReader(identity, spec.key)
        self._condition = environment.condition(spec.when) if spec.when is not None else None
        self._exempt = NetworkSet(spec.exempt) if spec.exempt else None

    def concerns(self, subject: Subject) -> bool:
        """Whether `subject` is counted."""
        if self._exempt is not None and self._exempt.has(subject.address):
            return False
        return self._condition is None or self._condition.holds(subject)

    def parts(self, subject: Subject) -> bytes:
        """What `subject` is counted by."""
        return self._key.read(subject)


def _shared(spec: RateLimit, node: Meter) -> SharedMeter:
    assert spec.rate is not None
    return SharedMeter(
        _KINDS[spec.algorithm],
        spec.rate.requests,
        round(spec.rate.per.seconds * 1e9),
        spec.capacity,
        round(spec.max_delay.seconds * 1e9),
        node.deferred,
        spec.on_store_failure,
        node,
    )


def _meter(spec: RateLimit, spill: int) -> Meter | None:
    if spec.rate is None:
        return None
    return Meter(
        _KINDS[spec.algorithm],
        spec.rate.requests,
        round(spec.rate.per.seconds * 1e9),
        spec.capacity,
        patience_ns=round(spec.max_delay.seconds * 1e9),
        deferred=spec.cost.header is not None or spec.cost.body_bytes,
        spill=spill,
    )
