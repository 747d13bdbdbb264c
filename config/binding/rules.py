"""Rules of an HTTPRoute as a worker takes them: matches, filters, weighted backends, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from config.binding.backends import Backends
from config.problems import PathPart
from config.resources.header_filters import HTTPHeaderFilter, RequestMirrorFilter
from config.resources.http_filters import HTTPRouteFilter, PathModifier
from config.resources.http_route import HTTPRoute, HTTPRouteMatch, HTTPRouteRule
from config.snapshot import (
    Filter,
    HeaderEdit,
    Match,
    Mirror,
    PathMatch,
    PathReplacement,
    Redirect,
    RequestHeaders,
    ResponseHeaders,
    Rewrite,
    RouteTimeouts,
    Rule,
    RuleName,
    Unsupported,
    ValueMatch,
    WeightedBackend,
)


@dataclass(slots=True)
class Failure:
    """Something in a rule that does not resolve or is not supported, with Gateway API's reason."""

    path: tuple[PathPart, ...]
    reason: str
    message: str
    suggestion: str = ""


@dataclass(slots=True)
class CompiledRoute:
    """The rules of a route; `unresolved` makes ResolvedRefs False, `unsupported` (by rule) PartiallyInvalid."""

    rules: list[Rule] = field(default_factory=list)
    unresolved: list[Failure] = field(default_factory=list)
    unsupported: dict[int, Failure] = field(default_factory=dict)


_DEFAULT_MATCH = Match(PathMatch("PathPrefix", "/"))
NO_BACKENDS = WeightedBackend(None, 1, (), "the rule has no backendRefs")


def compile_route(route: HTTPRoute, backends: Backends, first_order: int) -> CompiledRoute:
    """Compile all rules of `route`; `first_order` is `Rule.order` of the first."""
    compiled = CompiledRoute()
    for index, rule in enumerate(route.spec.rules):
        compiled.rules.append(_compile_rule(route, index, rule, backends, first_order + index, compiled))
    return compiled


def _compile_rule(
    route: HTTPRoute, index: int, rule: HTTPRouteRule, backends: Backends, order: int, compiled: CompiledRoute
) -> Rule:
    path: tuple[PathPart, ...] = ("spec", "rules", index)
    filters = _filters(route, rule.filters, backends, (*path, "filters"), compiled)
    weighted: list[WeightedBackend] = []
    for position, ref in enumerate(rule.backend_refs):
        ref_path = (*path, "backendRefs", position)
        resolved = backends.resolve(ref, route)
        if resolved.backend is None:
            failure = Failure((*ref_path, "name"), resolved.reason, resolved.message, resolved.suggestion)
            compiled.unresolved.append(failure)
        own_filters = _filters(route, ref.filters, backends, (*ref_path, "filters"), compiled)
        weighted.append(WeightedBackend(resolved.backend, ref.weight, own_filters, resolved.message))
    if not weighted and not any(isinstance(found, Redirect) for found in filters):
        weighted.append(NO_BACKENDS)
    matches = tuple(_match(match) for match in rule.matches) or (_DEFAULT_MATCH,)
    name = RuleName(route.kind, route.metadata.namespace, route.metadata.name, index, rule.name or "")
    timeouts = rule.timeouts
    return Rule(
        name,
        order,
        matches,
        filters,
        tuple(weighted),
        RouteTimeouts()
        if timeouts is None
        else RouteTimeouts(
            None if timeouts.request is None else timeouts.request.seconds,
            None if timeouts.backend_request is None else timeouts.backend_request.seconds,
        ),
    )


def _match(match: HTTPRouteMatch) -> Match:
    """One match. Of headers whose names differ in case only the first counts (CRD, `headers[].name`)."""
    headers: dict[str, ValueMatch] = {}
    for header in match.headers:
        name = header.name.lower()
        headers.setdefault(name, ValueMatch(name, header.type, header.value))
    query = tuple(ValueMatch(param.name, param.type, param.value) for param in match.query_params)
    return Match(PathMatch(match.path.type, match.path.value), tuple(headers.values()), query, match.method)


def _filters(
    route: HTTPRoute,
    filters: Sequence[HTTPRouteFilter],
    backends: Backends,
    path: tuple[PathPart, ...],
    compiled: CompiledRoute,
) -> tuple[Filter, ...]:
    found: list[Filter] = []
    for position, filter_ in enumerate(filters):
        if filter_.request_header_modifier is not None:
            found.append(RequestHeaders(_edit(filter_.request_header_modifier)))
        elif filter_.response_header_modifier is not None:
            found.append(ResponseHeaders(_edit(filter_.response_header_modifier)))
        elif (redirect := filter_.request_redirect) is not None:
            replacement = _replacement(redirect.path)
            found.append(Redirect(redirect.scheme, redirect.hostname, replacement, redirect.port, redirect.status_code))
        elif filter_.url_rewrite is not None:
            found.append(Rewrite(filter_.url_rewrite.hostname, _replacement(filter_.url_rewrite.path)))
        elif filter_.request_mirror is not None:
            place = (*path, position, "requestMirror", "backendRef", "name")
            found.append(_mirror(route, filter_.request_mirror, backends, place, compiled))
        else:
            found.append(Unsupported(filter_.type))
            message = f"filter {filter_.type} is not carried out by this version; the traffic is answered with 500"
            failure = Failure((*path, position, "type"), "UnsupportedValue", message)
            compiled.unsupported.setdefault(_rule_index(path), failure)
    return tuple(found)


def _rule_index(path: tuple[PathPart, ...]) -> int:
    index = path[2]
    assert isinstance(index, int)
    return index


def _mirror(
    route: HTTPRoute,
    mirror: RequestMirrorFilter,
    backends: Backends,
    path: tuple[PathPart, ...],
    compiled: CompiledRoute,
) -> Mirror:
    resolved = backends.resolve(mirror.backend_ref, route)
    if resolved.backend is None:
        compiled.unresolved.append(Failure(path, resolved.reason, resolved.message, resolved.suggestion))
    if mirror.fraction is not None:
        return Mirror(resolved.backend, mirror.fraction.numerator, mirror.fraction.denominator)
    return Mirror(resolved.backend, 100 if mirror.percent is None else mirror.percent, 100)


def _edit(edit: HTTPHeaderFilter) -> HeaderEdit:
    return HeaderEdit(
        tuple((header.name, header.value) for header in edit.set),
        tuple((header.name, header.value) for header in edit.add),
        tuple(name.lower() for name in edit.remove),
    )


def _replacement(path: PathModifier | None) -> PathReplacement | None:
    if path is None:
        return None
    value = path.replace_full_path if path.type == "ReplaceFullPath" else path.replace_prefix_match
    return PathReplacement(path.type, value or "")
