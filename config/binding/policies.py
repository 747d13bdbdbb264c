"""Policies and their targets: which resolve, which policy wins, and what each is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from config.binding.catalog import Catalog, Note
from config.binding.certificates import Flaw, authority_flaw
from config.binding.conditions import condition, status_of
from config.binding.grants import Grants
from config.binding.policy_secrets import FoundSecret, found_secrets, secrets_of
from config.binding.traffic_policies import TargetKey, TrafficPolicies, layer_of
from config.problems import PathPart, nearest
from config.resources.backend_policy import BackendPolicy, BackendPolicySpec
from config.resources.backend_tls_policy import BackendTLSPolicy
from config.resources.gateway import Gateway
from config.resources.grpc_route import GRPCRoute
from config.resources.http_route import HTTPRoute
from config.resources.listener_set import ListenerSet
from config.resources.references import GATEWAY_GROUP, WEIR_GROUP, PolicyTargetReference
from config.resources.resource import Resource
from config.resources.service import Service
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import TrafficLayer
from config.status import Condition, ParentStatus, ResourceStatus

CheckedReference = tuple[tuple[PathPart, ...], Flaw | None]
"""Its place in the document, and what is wrong with it."""
Policy = BackendPolicy | TrafficPolicy | BackendTLSPolicy
_BACKENDS = frozenset(((WEIR_GROUP, "Backend"), ("", "Service")))
_TRAFFIC = frozenset(
    (GATEWAY_GROUP, kind)
    for kind in ("Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
)
_NAMESPACE = frozenset((("", "Namespace"),))
TARGETS: dict[type[Resource], frozenset[tuple[str, str]]] = {
    BackendPolicy: _BACKENDS | _NAMESPACE,
    TrafficPolicy: _TRAFFIC | _BACKENDS | _NAMESPACE,
    BackendTLSPolicy: _BACKENDS,
}
"""The kinds that each kind of policy attaches to."""


class BackendPolicies:
    """The BackendPolicy that holds for each backend; those who lost, and targets that there are not, are left out."""

    def __init__(self, winners: dict[TargetKey, BackendPolicySpec], with_tls: dict[TargetKey, str]) -> None:
        self._winners = winners
        self._with_tls = with_tls
        self._default = BackendPolicySpec()

    def for_target(self, group: str, kind: str, namespace: str, name: str, section: str = "") -> BackendPolicySpec:
        """The most specific: of the port, of the backend, the namespace's default, then the defaults of the kind."""
        for key in (
            (group, kind, namespace, name, section),
            (group, kind, namespace, name, ""),
            ("", "Namespace", namespace, namespace, ""),
        ):
            if key in self._winners:
                return self._winners[key]
        return self._default

    def asking_tls(self, group: str, kind: str, namespace: str, name: str, section: str = "") -> str:
        """The policy by which the target is spoken to with TLS, `BackendTLSPolicy shop/x`; "" where there is none."""
        if self.for_target(group, kind, namespace, name, section).tls is not None:
            return "the BackendPolicy"
        exact, whole = (group, kind, namespace, name, section), (group, kind, namespace, name, "")
        return self._with_tls.get(exact) or self._with_tls.get(whole, "")


@dataclass(frozen=True, slots=True)
class BoundPolicies:
    """The policies of a set on their targets, and what each is told."""

    backends: BackendPolicies
    traffic: TrafficPolicies
    statuses: list[ResourceStatus]


def bind_policies(catalog: Catalog, grants: Grants, notes: list[Note]) -> BoundPolicies:
    """Attach all policies, the oldest first."""
    statuses: list[ResourceStatus] = []
    winners: dict[TargetKey, BackendPolicySpec] = {}
    with_tls: dict[TargetKey, str] = {}
    traffic: dict[TargetKey, TrafficLayer] = {}
    secrets = {policy.key: found_secrets(policy, catalog, grants) for policy in catalog.all(TrafficPolicy)}
    layers = {
        (policy.metadata.namespace, policy.metadata.name): layer_of(policy, secrets_of(secrets[policy.key]))
        for policy in catalog.all(TrafficPolicy)
    }
    kinds: tuple[type[BackendPolicy], type[TrafficPolicy], type[BackendTLSPolicy]]
    kinds = (BackendPolicy, TrafficPolicy, BackendTLSPolicy)
    for kind in kinds:
        taken: dict[TargetKey, Resource] = {}
        for policy in catalog.all(kind):
            parents: list[ParentStatus] = []
            for position, ref in enumerate(policy.spec.target_refs):
                reason, message, suggestion = _attach(policy, ref, catalog, taken)
                if reason:
                    note = Note(policy, ("spec", "targetRefs", position), f"{reason}: {message}", suggestion)
                    notes.append(note)
                elif isinstance(policy, BackendPolicy):
                    winners[_key(policy, ref)] = policy.spec
                elif isinstance(policy, TrafficPolicy):
                    traffic[_key(policy, ref)] = layers[policy.metadata.namespace, policy.metadata.name]
                else:
                    with_tls[_key(policy, ref)] = f"BackendTLSPolicy {policy.metadata.namespace}/{policy.metadata.name}"
                parents.append(_target_status(policy, ref, reason, message))
            status = _policy_status(policy, parents)
            checked = _references(policy, secrets.get(policy.key, ()), catalog, grants)
            statuses.append(_with_references(policy, status, checked, notes))
    return BoundPolicies(BackendPolicies(winners, with_tls), TrafficPolicies(traffic, layers), statuses)


def _key(policy: Resource, ref: PolicyTargetReference) -> TargetKey:
    return ref.group, ref.kind, policy.metadata.namespace, ref.name, ref.section_name or ""


def _attach(
    policy: Resource, ref: PolicyTargetReference, catalog: Catalog, taken: dict[TargetKey, Resource]
) -> tuple[str, str, str]:
    """Reason, message and suggestion of why it does not attach; three times "" where it does."""
    namespace = policy.metadata.namespace
    allowed = TARGETS[type(policy)]
    if (ref.group, ref.kind) not in allowed:
        kinds = sorted(kind for _, kind in allowed)
        message = f"{policy.kind} does not attach to {ref.group or 'core'}/{ref.kind}, only to {', '.join(kinds)}"
        return "Invalid", message, nearest(ref.kind, kinds)
    if ref.kind == "Namespace":
        if ref.name != namespace:
            return "Invalid", f"a policy of namespace {namespace} cannot be the default of namespace {ref.name}", ""
    else:
        target = catalog.find(ref.kind, namespace, ref.name)
        if target is None:
            suggestion = catalog.nearest(ref.kind, namespace, ref.name)
            return "TargetNotFound", f"there is no {ref.kind} {namespace}/{ref.name}", suggestion
        sections = _sections(target)
        if ref.section_name is not None and ref.section_name not in sections:
            message = f"{ref.kind} {namespace}/{ref.name} has no section {ref.section_name}"
            return "TargetNotFound", message, nearest(ref.section_name, sections)
    winner = taken.setdefault(_key(policy, ref), policy)
    if winner is not policy:
        message = f"{policy.kind} {namespace}/{winner.metadata.name}, which is older, has the same target"
        return "Conflicted", message, ""
    return "", "", ""


def _sections(target: Resource) -> Sequence[str]:
    """Names of the parts of a resource that a policy may attach to."""
    if isinstance(target, Gateway | ListenerSet):
        return [listener.name for listener in target.spec.listeners]
    if isinstance(target, HTTPRoute | GRPCRoute):
        return [rule.name for rule in target.spec.rules if rule.name is not None]
    if isinstance(target, Service):
        return [port.name for port in target.spec.ports if port.name is not None]
    return []


def _target_status(policy: Resource, ref: PolicyTargetReference, reason: str, message: str) -> ParentStatus:
    accepted = condition(policy, "Accepted", holds=not reason, reason=reason or "Accepted", message=message)
    return ParentStatus(
        ref.kind, policy.metadata.namespace, ref.name, ref.section_name or "", 0, (accepted,), ref.group
    )


def _policy_status(policy: Resource, parents: list[ParentStatus]) -> ResourceStatus:
    refused = [parent.conditions[0] for parent in parents if parent.conditions[0].status != "True"]
    if not parents:
        reason, message = "TargetNotFound", "it has no targetRefs, so nothing uses it"
    elif refused:
        reason, message = refused[0].reason, "; ".join(found.message for found in refused)
    else:
        reason, message = "Accepted", ""
    accepted = condition(policy, "Accepted", holds=reason == "Accepted", reason=reason, message=message)
    return status_of(policy, [accepted], parents=parents)


def _references(
    policy: Policy, secrets: Sequence[FoundSecret], catalog: Catalog, grants: Grants
) -> list[CheckedReference]:
    """What `policy` refers to beside its targets; `secrets` were found for it."""
    if isinstance(policy, BackendTLSPolicy):
        return [
            (
                ("spec", "validation", "caCertificateRefs", position),
                authority_flaw(policy, ref, "InvalidKind", catalog, grants),
            )
            for position, ref in enumerate(policy.spec.validation.ca_certificate_refs)
        ]
    return [(found.path, found.flaw) for found in secrets]


def _with_references(
    policy: Policy, status: ResourceStatus, checked: Sequence[CheckedReference], notes: list[Note]
) -> ResourceStatus:
    """The status of a policy that refers to more than targets, with ResolvedRefs.

    A BackendTLSPolicy without a single good authority is not accepted.
    """
    if not checked and not isinstance(policy, BackendTLSPolicy):
        return status
    flaws = [flaw for _, flaw in checked if flaw is not None]
    notes += [Note(policy, path, f"{flaw.reason}: {flaw.message}") for path, flaw in checked if flaw is not None]
    if isinstance(policy, BackendTLSPolicy) and flaws and len(flaws) == len(checked):
        message = "; ".join(flaw.message for flaw in flaws)
        refused = condition(policy, "Accepted", holds=False, reason="NoValidCACertificate", message=message)
        status = _accepted_no_more(status, refused)
    return with_resolved_refs(policy, status, flaws)


def _accepted_no_more(status: ResourceStatus, refused: Condition) -> ResourceStatus:
    """`status` with `refused` where it was accepted."""
    parents = tuple(
        replace(parent, conditions=tuple(refused if each.status == "True" else each for each in parent.conditions))
        for parent in status.parents
    )
    accepted, *rest = status.conditions
    return replace(status, conditions=(refused if accepted.status == "True" else accepted, *rest), parents=parents)


def with_resolved_refs(policy: Resource, status: ResourceStatus, flaws: Sequence[Flaw]) -> ResourceStatus:
    """`status`, behind whose Accepted stands ResolvedRefs by `flaws`, and by what it said of that before."""
    before = status.condition("ResolvedRefs")
    told = [before.message] if before is not None and before.status != "True" else []
    resolved = condition(
        policy,
        "ResolvedRefs",
        holds=not flaws and not told,
        reason=before.reason if before is not None and told else flaws[0].reason if flaws else "ResolvedRefs",
        message="; ".join((*told, *(flaw.message for flaw in flaws))),
    )

    def joined(conditions: Sequence[Condition]) -> tuple[Condition, ...]:
        accepted, *rest = conditions
        return (accepted, resolved, *(each for each in rest if each.type != "ResolvedRefs"))

    parents = tuple(replace(parent, conditions=joined(parent.conditions)) for parent in status.parents)
    return replace(status, conditions=joined(status.conditions), parents=parents)
