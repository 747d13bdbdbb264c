"""Routes of kinds that this version does not carry: their references are looked up, so that their status is true."""

from __future__ import annotations

from collections.abc import Sequence

from config.binding.backends import Backends
from config.binding.rules import CompiledRoute, Failure
from config.problems import PathPart
from config.resources.grpc_route import GRPCBackendRef, GRPCRoute, GRPCRouteFilter, GRPCRouteRule
from config.resources.references import BackendObjectReference
from config.resources.resource import Resource
from config.resources.stream_rules import StreamRule
from config.resources.tcp_route import TCPRoute
from config.resources.tls_route import TLSRoute
from config.resources.udp_route import UDPRoute


def resolve_refs(route: GRPCRoute | TLSRoute | TCPRoute | UDPRoute, backends: Backends) -> CompiledRoute:
    """No rules, but a failure for each reference that does not resolve."""
    compiled = CompiledRoute()
    rules: Sequence[GRPCRouteRule | StreamRule] = route.spec.rules
    for index, rule in enumerate(rules):
        path: tuple[PathPart, ...] = ("spec", "rules", index)
        for position, ref in enumerate(rule.backend_refs):
            place = (*path, "backendRefs", position)
            _resolve(ref, route, backends, (*place, "name"), compiled)
            if isinstance(ref, GRPCBackendRef):
                _resolve_filters(route, ref.filters, backends, (*place, "filters"), compiled)
        if isinstance(rule, GRPCRouteRule):
            _resolve_filters(route, rule.filters, backends, (*path, "filters"), compiled)
    return compiled


def _resolve_filters(
    route: Resource,
    filters: Sequence[GRPCRouteFilter],
    backends: Backends,
    path: tuple[PathPart, ...],
    compiled: CompiledRoute,
) -> None:
    for position, filter_ in enumerate(filters):
        if filter_.request_mirror is not None:
            place = (*path, position, "requestMirror", "backendRef", "name")
            _resolve(filter_.request_mirror.backend_ref, route, backends, place, compiled)
        if filter_.extension_ref is not None:
            failure = backends.extension_failure(filter_.extension_ref, route)
            if failure is not None:
                place = (*path, position, "extensionRef", "name")
                compiled.unresolved.append(Failure.of(place, failure))


def _resolve(
    ref: BackendObjectReference,
    route: Resource,
    backends: Backends,
    path: tuple[PathPart, ...],
    compiled: CompiledRoute,
) -> None:
    resolved = backends.resolve(ref, route)
    if resolved.backend is None:
        compiled.unresolved.append(Failure.of(path, resolved))
