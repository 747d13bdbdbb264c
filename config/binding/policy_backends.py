"""The backendRefs of policies, looked up: rules with a policy also carry where it sends requests, or whom it asks."""

from __future__ import annotations

from dataclasses import replace

from config.binding.backends import Backends
from config.binding.catalog import Catalog, Note
from config.binding.certificates import Flaw
from config.binding.policies import BoundPolicies, with_resolved_refs
from config.identity_memo import IdentityMemo
from config.problems import PathPart
from config.resources.access import ExternalAccess
from config.resources.references import BackendObjectReference
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import TrafficLayer, WeightedBackend
from config.status import ResourceStatus

_RESOLVED: IdentityMemo[TrafficLayer] = IdentityMemo()
"""The layer of each policy with backendRefs, as it was resolved last: the same object where that is the same."""


def resolve_policy_backends(
    catalog: Catalog, backends: Backends, policies: BoundPolicies, notes: list[Note]
) -> BoundPolicies:
    """`policies` with their backends; a reference that does not resolve is told, and what needs it gets 500."""
    layers: dict[TrafficLayer, TrafficLayer] = {}
    found: dict[tuple[str, str], tuple[TrafficPolicy, list[Flaw]]] = {}
    for policy in catalog.all(TrafficPolicy):
        if _external(policy) is not None or any(rule.backend_ref is not None for rule in policy.spec.steering):
            flaws: list[Flaw] = []
            plain = policies.traffic.layer(policy)
            layers[plain] = _resolved(policy, plain, backends, notes, flaws)
            found[policy.metadata.namespace, policy.metadata.name] = policy, flaws
    if not layers:
        return policies
    statuses: list[ResourceStatus] = []
    for status in policies.statuses:
        known = found.get((status.namespace, status.name)) if status.kind == TrafficPolicy.KIND else None
        statuses.append(status if known is None else with_resolved_refs(known[0], status, known[1]))
    return replace(policies, traffic=policies.traffic.replaced(layers), statuses=statuses)


def _resolved(
    policy: TrafficPolicy, plain: TrafficLayer, backends: Backends, notes: list[Note], flaws: list[Flaw]
) -> TrafficLayer:
    def resolve(ref: BackendObjectReference, what: str, *path: PathPart) -> WeightedBackend:
        answer = backends.resolve(ref, policy)
        if answer.backend is not None:
            return WeightedBackend(answer.backend, 1)
        flaws.append(Flaw(answer.reason, answer.message))
        place = ("spec", *path, "backendRef")
        notes.append(Note(policy, place, f"{answer.reason}: {answer.message}", answer.suggestion))
        return WeightedBackend(None, 1, (), f"{what}: {answer.message}")

    steering = {
        rule.name: resolve(rule.backend_ref, f"steering {rule.name}", "steering", index)
        for index, rule in enumerate(policy.spec.steering)
        if rule.backend_ref is not None
    }
    external = _external(policy)
    authorizer = None if external is None else resolve(external.backend_ref, "access.external", "access", "external")
    before = _RESOLVED.get(policy)
    now = replace(plain, steering=steering, authorizer=authorizer)
    if before is not None and _parts(before) == _parts(now):
        return before
    return _RESOLVED.keep(policy, now)


def _parts(layer: TrafficLayer) -> tuple[object, ...]:
    return layer.secrets, layer.steering, layer.authorizer


def _external(policy: TrafficPolicy) -> ExternalAccess | None:
    return None if policy.spec.access is None else policy.spec.access.external
