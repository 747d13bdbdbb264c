"""The backendRefs of steering rules, looked up: rules that carry a policy also carry where it may send them."""

from __future__ import annotations

from dataclasses import replace

from config.binding.backends import Backends
from config.binding.catalog import Catalog, Note
from config.binding.traffic_policies import TrafficPolicies
from config.identity_memo import IdentityMemo
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import TrafficLayer, WeightedBackend

_RESOLVED: IdentityMemo[TrafficLayer] = IdentityMemo()
"""The layer of each policy with backendRefs, as it was resolved last: the same object where that is the same."""


def resolve_steering(
    catalog: Catalog, backends: Backends, traffic: TrafficPolicies, notes: list[Note]
) -> TrafficPolicies:
    """`traffic` with the backends of its steering; a reference that does not resolve is noted, its traffic gets 500."""
    resolved = {
        traffic.layer(policy): _resolved(policy, traffic.layer(policy), backends, notes)
        for policy in catalog.all(TrafficPolicy)
        if any(rule.backend_ref is not None for rule in policy.spec.steering)
    }
    return traffic.replaced(resolved) if resolved else traffic


def _resolved(policy: TrafficPolicy, plain: TrafficLayer, backends: Backends, notes: list[Note]) -> TrafficLayer:
    found: dict[str, WeightedBackend] = {}
    for index, rule in enumerate(policy.spec.steering):
        if rule.backend_ref is None:
            continue
        answer = backends.resolve(rule.backend_ref, policy)
        problem = f"steering {rule.name}: {answer.message}" if answer.backend is None else ""
        found[rule.name] = WeightedBackend(answer.backend, 1, (), problem)
        if problem:
            path = ("spec", "steering", index, "backendRef")
            notes.append(Note(policy, path, f"{answer.reason}: {answer.message}", answer.suggestion))
    before = _RESOLVED.get(policy)
    if before is not None and before.steering == found and before.secrets == plain.secrets:
        return before
    return _RESOLVED.keep(policy, replace(plain, steering=found))
