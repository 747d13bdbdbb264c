"""GRPCRoutes as rules: a gRPC call is a request for `/service/method` (gRPC over HTTP/2, "Request-Headers")."""

from __future__ import annotations

import re
from dataclasses import replace

from config.binding.backends import References
from config.binding.rules import CompiledRoute, compile_rule
from config.resources.grpc_route import GRPCBackendRef, GRPCMethodMatch, GRPCRoute, GRPCRouteFilter, GRPCRouteMatch
from config.resources.http_filters import HTTPRouteFilter
from config.resources.http_route import HTTPBackendRef, HTTPRouteRule
from config.snapshot import Match, PathMatch, ValueMatch

_ANY_NAME = "[^/]+"
_LONGEST = 1024
"""Of a method (CRD), so that one character of a service counts for more than all of a method."""
_EVERY_CALL = PathMatch("RegularExpression", f"/{_ANY_NAME}/{_ANY_NAME}", 0)


def compile_grpc_route(route: GRPCRoute, backends: References) -> CompiledRoute:
    """Compile all rules of `route`. Its filters and backendRefs are, in all but their models, those of an HTTPRoute."""
    compiled = CompiledRoute()
    for index, rule in enumerate(route.spec.rules):
        alike = HTTPRouteRule.model_construct(
            name=rule.name,
            filters=tuple(map(_filter, rule.filters)),
            backend_refs=tuple(map(_backend_ref, rule.backend_refs)),
        )
        matches = tuple(map(_match, rule.matches)) or (Match(_EVERY_CALL),)
        compiled.rules.append(replace(compile_rule(route, index, alike, backends, compiled), matches=matches))
    return compiled


def _filter(filter_: GRPCRouteFilter) -> HTTPRouteFilter:
    return HTTPRouteFilter.model_construct(**{name: getattr(filter_, name) for name in type(filter_).model_fields})


def _backend_ref(ref: GRPCBackendRef) -> HTTPBackendRef:
    fields = {name: getattr(ref, name) for name in type(ref).model_fields}
    return HTTPBackendRef.model_construct(**{**fields, "filters": tuple(map(_filter, ref.filters))})


def _match(match: GRPCRouteMatch) -> Match:
    """One match. Of headers whose names differ in case only the first counts (CRD, `headers[].name`)."""
    headers: dict[str, ValueMatch] = {}
    for header in match.headers:
        name = header.name.lower()
        headers.setdefault(name, ValueMatch(name, header.type, header.value))
    return Match(_EVERY_CALL if match.method is None else _path(match.method), tuple(headers.values()))


def _path(wanted: GRPCMethodMatch) -> PathMatch:
    """What is left out, or empty, is any. A service counts by its characters, then a method (CRD, `rules`)."""
    service, method = wanted.service or "", wanted.method or ""
    if wanted.type == "Exact" and service and method:
        return PathMatch("Exact", f"/{service}/{method}")
    escape = re.escape if wanted.type == "Exact" else _as_group
    parts = (escape(part) if part else _ANY_NAME for part in (service, method))
    return PathMatch("RegularExpression", f"/{'/'.join(parts)}", len(service) * (_LONGEST + 1) + len(method))


def _as_group(pattern: str) -> str:
    return f"(?:{pattern})"
