"""Weights that take nothing, backends that nobody names, policies that hold nowhere, and steering that has ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel

from config.lint.advice import Advice
from config.lint.check import Check
from config.problems import PathPart
from config.resources.backend import Backend
from config.resources.backend_policy import BackendPolicy
from config.resources.backend_tls_policy import BackendTLSPolicy
from config.resources.dns_zone import DNSZone
from config.resources.http_route import HTTPRoute
from config.resources.references import WEIR_GROUP, BackendObjectReference, LocalObjectReference, PolicyTargetReference
from config.resources.resource import Resource
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import Snapshot
from config.status import ResourceStatus

Reference = tuple[str, str, str]
"""Kind, namespace and name."""


def weights(resources: Sequence[Resource]) -> Iterator[Advice]:
    """backendRefs and endpoints of weight 0."""
    for resource in resources:
        if isinstance(resource, HTTPRoute):
            for index, rule in enumerate(resource.spec.rules):
                refs = [ref.weight for ref in rule.backend_refs]
                yield from _zeros(resource, ("spec", "rules", index, "backendRefs"), refs, "every request gets 500")
        elif isinstance(resource, Backend) and resource.spec.static is not None:
            endpoints = [endpoint.weight for endpoint in resource.spec.static.endpoints]
            yield from _zeros(resource, ("spec", "static", "endpoints"), endpoints, "no endpoint takes a request")


def backends(resources: Sequence[Resource]) -> Iterator[Advice]:
    """Backends that no resource refers to, and no DNSZone makes names of. A policy on a backend does not use it."""
    used = references(resources)
    named = [zone.spec.backends for zone in resources if isinstance(zone, DNSZone) and zone.spec.backends is not None]
    for resource in resources:
        if isinstance(resource, Backend) and resource.key not in used:
            namespace = resource.metadata.namespace
            if not any(not names.namespaces or namespace in names.namespaces for names in named):
                message = "nothing refers to this Backend, and its endpoints are looked for in vain"
                mend = "name it in a route's backendRefs, or remove it"
                yield Advice(Check.UNUSED_BACKEND, resource, ("metadata", "name"), message, mend)


def policies(resources: Sequence[Resource], snapshot: Snapshot) -> Iterator[Advice]:
    """Policies whose target is not there or taken, that have none, or whose targets no served rule lies under."""
    used = references(resources)
    statuses = {(status.kind, status.namespace, status.name): status for status in snapshot.statuses}
    carried = {layer.policy for layer in snapshot.layers}
    for resource in resources:
        if not isinstance(resource, BackendPolicy | TrafficPolicy | BackendTLSPolicy):
            continue
        lost = list(_lost_targets(resource, statuses[resource.key]))
        yield from lost
        if not resource.spec.target_refs and resource.key not in used:
            message, mend = "it has no targetRefs, so nothing uses it", "add targetRefs, or remove the policy"
            yield Advice(Check.POLICY_WITHOUT_TARGET, resource, ("spec",), message, mend)
        elif isinstance(resource, TrafficPolicy) and len(lost) < len(resource.spec.target_refs):
            name = f"{resource.metadata.namespace}/{resource.metadata.name}"
            if name not in carried:
                message = "no rule that is served lies under its targets"
                mend = "attach routes to the target, or remove the policy"
                yield Advice(Check.POLICY_WITHOUT_TARGET, resource, ("spec", "targetRefs"), message, mend)


def steering(resources: Sequence[Resource], now_s: float) -> Iterator[Advice]:
    """Rules of steering whose time was over at unix time `now_s`."""
    for resource in resources:
        if isinstance(resource, TrafficPolicy):
            for index, rule in enumerate(resource.spec.steering):
                if rule.ends_s <= now_s:
                    message, mend = f"it ended at {rule.until}", "give it another end, or remove it"
                    yield Advice(Check.ENDED_STEERING, resource, ("spec", "steering", index), message, mend)


def references(resources: Sequence[Resource]) -> set[Reference]:
    """All that resources refer to in Weir's own group, apart from the targets of policies."""
    found: set[Reference] = set()
    for resource in resources:
        _collect(resource, resource.metadata.namespace, found)
    return found


def _zeros(resource: Resource, path: tuple[PathPart, ...], found: Sequence[int], nothing_left: str) -> Iterator[Advice]:
    if found and not any(found):
        message = f"all weights are 0, so {nothing_left}"
        yield Advice(Check.UNREACHABLE_WEIGHT, resource, path, message, "give one of them a weight")
        return
    for position, weight in enumerate(found):
        if weight == 0:
            message, mend = "weight 0 takes no request", "give it a weight, or remove it"
            yield Advice(Check.UNREACHABLE_WEIGHT, resource, (*path, position), message, mend)


def _lost_targets(policy: Resource, status: ResourceStatus) -> Iterator[Advice]:
    """Binding gives a parent for each targetRef, in their order, with Accepted as its first condition."""
    for position, parent in enumerate(status.parents):
        accepted = parent.conditions[0]
        if accepted.status != "True":
            mend = "mend the reference, or remove it"
            path = ("spec", "targetRefs", position)
            yield Advice(Check.POLICY_WITHOUT_TARGET, policy, path, accepted.message, mend)


def _collect(value: object, namespace: str, found: set[Reference]) -> None:
    if isinstance(value, BaseModel):
        if (
            isinstance(value, LocalObjectReference | BackendObjectReference)
            and not isinstance(value, PolicyTargetReference)
            and value.group == WEIR_GROUP
        ):
            found.add((value.kind, getattr(value, "namespace", None) or namespace, value.name))
        # A backendRef refers to more in its filters.
        for name in value.model_fields_set:
            _collect(getattr(value, name), namespace, found)
    elif isinstance(value, tuple | list):
        for item in value:
            _collect(item, namespace, found)
    elif isinstance(value, dict):
        for item in value.values():
            _collect(item, namespace, found)
