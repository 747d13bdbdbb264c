"""Routes and their parents: which listeners a route attaches to, and what each parent says of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from config.binding.backends import Backends
from config.binding.bound import BoundGateway, BoundListener, BoundListenerSet
from config.binding.catalog import Catalog, Note, age_key
from config.binding.conditions import condition, status_of
from config.binding.hostnames import intersection
from config.binding.kept_routes import KeptRoute, kept_route
from config.binding.rules import CompiledRoute
from config.binding.tenants import Tenants
from config.binding.traffic_policies import TrafficPolicies
from config.binding.unserved_routes import resolve_refs
from config.problems import join_path, nearest
from config.resources.grpc_route import GRPCRoute
from config.resources.http_route import HTTPRoute
from config.resources.references import GATEWAY_GROUP, ParentReference
from config.resources.resource import Resource
from config.resources.tcp_route import TCPRoute
from config.resources.tls_route import TLSRoute
from config.resources.udp_route import UDPRoute
from config.status import Condition, ParentStatus, ResourceStatus

Parent = BoundGateway | BoundListenerSet
Parents = Mapping[tuple[str, str, str], Parent]
"""By kind, namespace and name."""
PARENT_KINDS = ("Gateway", "ListenerSet")
Route = HTTPRoute | GRPCRoute | TLSRoute | TCPRoute | UDPRoute


@dataclass(frozen=True, slots=True)
class Attachment:
    """What came of one parentRef: the listeners, each with the hostnames in common, or the reason for none."""

    listeners: tuple[tuple[BoundListener, tuple[str, ...]], ...]
    reason: str = "Accepted"
    message: str = ""
    suggestion: str = ""


def bind_routes(
    catalog: Catalog,
    parents: Sequence[Parent],
    backends: Backends,
    policies: TrafficPolicies,
    tenants: Tenants,
    notes: list[Note],
) -> list[ResourceStatus]:
    """Attach all routes, the oldest first; the rules go to the listeners, what an operator should know to `notes`."""
    by_name = {parent.resource.key: parent for parent in parents}
    statuses: list[ResourceStatus] = []
    served: Iterable[HTTPRoute | GRPCRoute] = catalog.all(HTTPRoute)
    if calls := catalog.all(GRPCRoute):
        served = heapq.merge(served, calls, key=age_key)
    for route in served:
        kept = kept_route(route, backends)
        statuses.append(_bind(route, route.spec.hostnames, kept, by_name, policies, tenants, catalog, notes))
    others: list[TLSRoute | TCPRoute | UDPRoute]
    others = [*catalog.all(TLSRoute), *catalog.all(TCPRoute), *catalog.all(UDPRoute)]
    for other in sorted(others, key=age_key):
        hostnames = other.spec.hostnames if isinstance(other, TLSRoute) else ()
        resolved = KeptRoute(resolve_refs(other, backends), {}, ())
        statuses.append(_bind(other, hostnames, resolved, by_name, policies, tenants, catalog, notes))
    return statuses


def _bind(
    route: Route,
    hostnames: Sequence[str],
    kept: KeptRoute,
    by_name: Parents,
    policies: TrafficPolicies,
    tenants: Tenants,
    catalog: Catalog,
    notes: list[Note],
) -> ResourceStatus:
    compiled = kept.compiled
    parents: list[ParentStatus] = []
    taken: set[int] = set()
    shares = policies.of_shares(route) if isinstance(route, HTTPRoute | GRPCRoute) else ()
    for position, ref in enumerate(route.spec.parent_refs):
        attachment = _attach(route, hostnames, ref, by_name, catalog)
        for listener, common in attachment.listeners:
            if id(listener) not in taken:
                taken.add(id(listener))
                listener.claim(route.kind, common)
                listener.attached_routes += not compiled.is_refused
                layers = policies.of_rules(route, listener) if isinstance(route, HTTPRoute | GRPCRoute) else ()
                listener.rules.extend(kept.bound(common, layers, tenants.of(route.metadata.namespace), shares))
        if attachment.reason != "Accepted":
            path = ("spec", "parentRefs", position)
            notes.append(Note(route, path, f"{attachment.reason}: {attachment.message}", attachment.suggestion))
        if attachment.reason != "NotOurs":
            parents.append(_parent_status(route, ref, attachment, compiled))
    if not route.spec.parent_refs:
        notes.append(Note(route, ("spec",), "it has no parentRefs, so no traffic reaches it"))
    notes.extend(
        Note(route, failure.path, f"{failure.reason}: {failure.message}", failure.suggestion)
        for failure in (*compiled.unresolved, *compiled.unsupported)
    )
    return status_of(route, [], parents=parents)


def _attach(
    route: Route,
    hostnames: Sequence[str],
    ref: ParentReference,
    by_name: Parents,
    catalog: Catalog,
) -> Attachment:
    if ref.group != GATEWAY_GROUP or ref.kind not in PARENT_KINDS:
        what = f"{ref.group or 'core'}/{ref.kind}"
        message = f"{what} is no parent in this version, only {' and '.join(PARENT_KINDS)} are"
        return Attachment((), "NoMatchingParent", message)
    namespace = ref.namespace or route.metadata.namespace
    parent = f"{ref.kind} {namespace}/{ref.name}"
    bound = by_name.get((ref.kind, namespace, ref.name))
    if bound is None:
        suggestion = catalog.nearest(ref.kind, namespace, ref.name)
        return Attachment((), "NoMatchingParent", f"there is no {parent}", suggestion)
    if bound.reason == "Pending":
        return Attachment((), "NotOurs", f"{parent} is of another class")
    if isinstance(bound, BoundListenerSet) and bound.reason:
        return Attachment((), "NoMatchingParent", f"{parent} is not attached: {bound.message}")
    named = [
        listener
        for listener in bound.listeners
        if ref.section_name in (None, listener.spec.name) and ref.port in (None, listener.spec.port)
    ]
    if not named:
        suggestion = nearest(ref.section_name or "", [listener.spec.name for listener in bound.listeners])
        what = " and ".join(
            part
            for part in (f"name {ref.section_name}" if ref.section_name else "", f"port {ref.port}" if ref.port else "")
            if part
        )
        message = f"{parent} has no listener with {what}"
        return Attachment((), "NoMatchingParent", message, suggestion)
    allowing = [
        listener for listener in named if listener.takes_kind(route) and listener.takes_namespace(route, catalog)
    ]
    if not allowing:
        where = f"no listener of {parent}"
        if any(listener.takes_kind(route) for listener in named):
            message = f"{where} allows routes of namespace {route.metadata.namespace}"
        else:
            message = f"{where} takes {route.kind}s"
        return Attachment((), "NotAllowedByListeners", message)
    fitting = [(listener, common) for listener in allowing if (common := intersection(listener.hostname, hostnames))]
    if not fitting:
        message = f"no hostname of the route is taken by a listener: {', '.join(found.hostname for found in allowing)}"
        return Attachment((), "NoMatchingListenerHostname", message)
    free = [(listener, common) for listener, common in fitting if not listener.rival_of(route.kind, common)]
    if not free:
        listener, common = fitting[0]
        rivals = listener.rival_of(route.kind, common)
        message = f"{rivals}s that are older have {', '.join(common)} of {parent}: a host is of one kind of routes"
        return Attachment((), "HostnameConflict", message)
    return Attachment(tuple(free))


def _parent_status(
    route: Resource, ref: ParentReference, attachment: Attachment, compiled: CompiledRoute
) -> ParentStatus:
    """Accepted and ResolvedRefs; PartiallyInvalid where some rules but not all use what is not supported."""
    reason, message = attachment.reason, attachment.message
    unsupported, unresolved = compiled.unsupported, compiled.unresolved
    if reason == "Accepted" and compiled.is_refused:
        reason, message = "UnsupportedValue", unsupported[0].message
    conditions: list[Condition] = [
        condition(route, "Accepted", holds=reason == "Accepted", reason=reason, message=message)
    ]
    conditions.append(
        condition(
            route,
            "ResolvedRefs",
            holds=not unresolved,
            reason=unresolved[0].reason if unresolved else "ResolvedRefs",
            message="; ".join(dict.fromkeys(failure.message for failure in unresolved)),
        )
    )
    if reason == "Accepted" and unsupported:
        text = "; ".join(f"Fall Back: {join_path(found.path)}: {found.message}" for found in unsupported)
        conditions.append(condition(route, "PartiallyInvalid", holds=True, reason="UnsupportedValue", message=text))
    namespace = ref.namespace or route.metadata.namespace
    section, port = ref.section_name or "", ref.port or 0
    return ParentStatus(ref.kind, namespace, ref.name, section, port, tuple(conditions), ref.group)
