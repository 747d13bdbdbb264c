"""Limits that could not reach what they are for: shared ones without a store, and those on connections by route."""

from __future__ import annotations

from config.binding.catalog import Catalog, Note
from config.resources.traffic_policy import TrafficPolicy
from config.resources.weir import WeirSpec


def check_limit_reach(catalog: Catalog, process: WeirSpec, notes: list[Note]) -> None:
    """An error for limits of scope Global where `process` has no `redis`; a warning for `connections` in vain."""
    for policy in catalog.all(TrafficPolicy):
        if process.redis is None:
            _note_unshared(policy, notes)
        if policy.spec.connections is not None:
            _note_unreached(policy, notes)


def _note_unshared(policy: TrafficPolicy, notes: list[Note]) -> None:
    for index, limit in enumerate(policy.spec.rate_limits):
        if limit.scope == "Global":
            message = f"the limit {limit.name} is shared by all gateways, and there is no Redis to count it in"
            mend = "set redis of the Weir resource, or scope: Node"
            notes.append(Note(policy, ("spec", "rateLimits", index, "scope"), message, mend, "error"))


def _note_unreached(policy: TrafficPolicy, notes: list[Note]) -> None:
    spec, place = policy.spec, ("spec", "connections")
    if spec.when is not None:
        message = "connections come before any request that when could be about, so they are not counted"
        notes.append(Note(policy, place, message, "move them into a policy without when"))
    elif any(ref.kind.endswith("Route") for ref in spec.target_refs):
        message = "connections come before their requests, so they are not counted for a route"
        notes.append(Note(policy, place, message, "attach the policy to a Gateway, a listener or a Namespace"))
