"""Rules of routes as a worker takes them: matches, filters, weighted backends, seconds; and what does not resolve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from config.binding.backends import References, Resolved
from config.problems import PathPart
from config.resources.header_filters import HTTPHeader, HTTPHeaderFilter, RequestMirrorFilter
from config.resources.http_filters import ExternalAuthFilter, HTTPAuth, HTTPRouteFilter, PathModifier
from config.resources.http_route import (
    HTTPRoute,
    HTTPRouteMatch,
    HTTPRouteRetry,
    HTTPRouteRule,
    SessionCookie,
    SessionPersistence,
)
from config.resources.references import LocalObjectReference
from config.resources.resource import Resource
from config.snapshot import (
    CORS,
    ExternalAuth,
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
    RouteRetry,
    RouteSession,
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

    @classmethod
    def of(cls, path: tuple[PathPart, ...], resolved: Resolved) -> Failure:
        """That of a reference at `path` which leads to nothing."""
        return cls(path, resolved.reason, resolved.message, resolved.suggestion)


@dataclass(slots=True)
class CompiledRoute:
    """The rules of a route; `unresolved` makes ResolvedRefs False, `unsupported` PartiallyInvalid.

    `refused` are the positions of rules whose traffic is all answered with 500.
    """

    rules: list[Rule] = field(default_factory=list)
    unresolved: list[Failure] = field(default_factory=list)
    unsupported: list[Failure] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    @property
    def is_refused(self) -> bool:
        """Whether no rule is carried out, so that the route as a whole is not accepted."""
        return bool(self.rules) and len(self.refused) == len(self.rules)


DEFAULT_ATTEMPTS = 1
DEFAULT_BACKOFF_S = 0.025
_DEFAULT_MATCH = Match(PathMatch("PathPrefix", "/"))
NO_BACKENDS = WeightedBackend(None, 1, (), "the rule has no backendRefs")


def compile_route(route: HTTPRoute, backends: References) -> CompiledRoute:
    """Compile all rules of `route`."""
    compiled = CompiledRoute()
    for index, rule in enumerate(route.spec.rules):
        compiled.rules.append(compile_rule(route, index, rule, backends, compiled))
    return compiled


def compile_rule(
    route: Resource, index: int, rule: HTTPRouteRule, backends: References, compiled: CompiledRoute
) -> Rule:
    """The rule at `index` of `route`, which may be a GRPCRoute; what does not resolve is put into `compiled`."""
    path: tuple[PathPart, ...] = ("spec", "rules", index)
    compiler = _Filters(
        route, backends, compiled, only_prefixes=all(match.path.type == "PathPrefix" for match in rule.matches)
    )
    filters = compiler.compile(rule.filters, (*path, "filters"))
    weighted: list[WeightedBackend] = []
    for position, ref in enumerate(rule.backend_refs):
        ref_path = (*path, "backendRefs", position)
        resolved = backends.resolve(ref, route)
        if resolved.backend is None:
            failure = Failure.of((*ref_path, "name"), resolved)
            compiled.unresolved.append(failure)
        own_filters = compiler.compile(ref.filters, (*ref_path, "filters"))
        weighted.append(WeightedBackend(resolved.backend, ref.weight, own_filters, resolved.message))
    if compiler.refusal is not None:
        filters = (*filters, compiler.refusal)
    if not weighted and not any(isinstance(found, Redirect) for found in filters):
        weighted.append(NO_BACKENDS)
    matches = tuple(_match(match) for match in rule.matches) or (_DEFAULT_MATCH,)
    name = RuleName(route.kind, route.metadata.namespace, route.metadata.name, index, rule.name or "")
    timeouts = rule.timeouts
    return Rule(
        name,
        matches,
        filters,
        tuple(weighted),
        RouteTimeouts()
        if timeouts is None
        else RouteTimeouts(
            None if timeouts.request is None else timeouts.request.seconds,
            None if timeouts.backend_request is None else timeouts.backend_request.seconds,
        ),
        None if rule.retry is None else _retry(rule.retry),
        None if rule.session_persistence is None else _session(rule.session_persistence, name),
    )


def _session(spec: SessionPersistence, rule: RuleName) -> RouteSession:
    """A cookie without a name gets one that no other rule has."""
    timeout_s = 0.0 if spec.absolute_timeout is None else spec.absolute_timeout.seconds
    if spec.header is not None:
        return RouteSession(spec.header.name, True, "", False, timeout_s)  # noqa: FBT003
    cookie = spec.cookie or SessionCookie()
    own = f"weir-{blake2b(str(rule).encode(), digest_size=8).hexdigest()}"
    return RouteSession(cookie.name or own, False, cookie.path, cookie.lifetime_type == "Permanent", timeout_s)  # noqa: FBT003


def _retry(spec: HTTPRouteRetry) -> RouteRetry:
    backoff_s = DEFAULT_BACKOFF_S if spec.backoff is None else spec.backoff.seconds
    return RouteRetry(spec.codes, DEFAULT_ATTEMPTS if spec.attempts is None else spec.attempts, backoff_s)


def _match(match: HTTPRouteMatch) -> Match:
    """One match. Of headers whose names differ in case only the first counts (CRD, `headers[].name`)."""
    headers: dict[str, ValueMatch] = {}
    for header in match.headers:
        name = header.name.lower()
        headers.setdefault(name, ValueMatch(name, header.type, header.value))
    query = tuple(ValueMatch(param.name, param.type, param.value) for param in match.query_params)
    return Match(PathMatch(match.path.type, match.path.value), tuple(headers.values()), query, match.method)


class _Filters:
    """Compiles the filters of one rule; what does not resolve or is not carried out goes to `compiled`."""

    def __init__(self, route: Resource, backends: References, compiled: CompiledRoute, *, only_prefixes: bool) -> None:
        self.refusal: Unsupported | None = None
        """What is wrong with the rule as a whole, though it stands in one of its backendRefs."""
        self._only_prefixes = only_prefixes
        self._route = route
        self._backends = backends
        self._compiled = compiled

    def compile(self, filters: Sequence[HTTPRouteFilter], path: tuple[PathPart, ...]) -> tuple[Filter, ...]:
        """Those of a rule or of a backendRef, whose list is at `path`."""
        found = (self._one(filter_, (*path, position)) for position, filter_ in enumerate(filters))
        return tuple(filter_ for filter_ in found if filter_ is not None)

    def _one(self, filter_: HTTPRouteFilter, path: tuple[PathPart, ...]) -> Filter | None:
        if not self._only_prefixes and _replaces_prefix(filter_):
            return self._without_prefix(filter_, path)
        if filter_.request_header_modifier is not None:
            return RequestHeaders(_edit(filter_.request_header_modifier))
        if filter_.response_header_modifier is not None:
            return ResponseHeaders(_edit(filter_.response_header_modifier))
        if (redirect := filter_.request_redirect) is not None:
            replacement = _replacement(redirect.path)
            return Redirect(redirect.scheme, redirect.hostname, replacement, redirect.port, redirect.status_code)
        if filter_.url_rewrite is not None:
            return Rewrite(filter_.url_rewrite.hostname, _replacement(filter_.url_rewrite.path))
        if filter_.request_mirror is not None:
            place = (*path, "requestMirror", "backendRef", "name")
            return _mirror(self._route, filter_.request_mirror, self._backends, place, self._compiled.unresolved)
        if (cors := filter_.cors) is not None:
            return CORS(
                cors.allow_origins,
                cors.allow_methods,
                cors.allow_headers,
                cors.expose_headers,
                cors.allow_credentials or False,
                cors.max_age,
            )
        if filter_.external_auth is not None and filter_.external_auth.protocol == "HTTP":
            return self._external_auth(filter_.external_auth, (*path, "externalAuth", "backendRef", "name"))
        if filter_.extension_ref is not None:
            return self._extension(filter_.extension_ref, (*path, "extensionRef", "name"))
        return self._unsupported(filter_, path)

    def _without_prefix(self, filter_: HTTPRouteFilter, path: tuple[PathPart, ...]) -> Unsupported:
        """A prefix to replace where a match has none makes the rule invalid (CRD, `replacePrefixMatch`).

        The models refuse it by the CRD's own rules, which overlook it where several backendRefs have such a filter.
        """
        message = "replacePrefixMatch needs matches of type PathPrefix alone; the traffic is answered with 500"
        self._compiled.unsupported.append(Failure((*path, "type"), "UnsupportedValue", message))
        index = path[2]
        if isinstance(index, int):
            self._compiled.refused.add(index)
        self.refusal = Unsupported(filter_.type, "has no prefix to replace")
        return self.refusal

    def _extension(self, ref: LocalObjectReference, path: tuple[PathPart, ...]) -> Unsupported | None:
        """A TrafficPolicy is a layer, see `config.binding.traffic_policies`, and no filter."""
        failure = self._backends.extension_failure(ref, self._route)
        if failure is not None:
            self._compiled.unresolved.append(Failure.of(path, failure))
            return Unsupported("ExtensionRef", "leads to no TrafficPolicy")
        if "backendRefs" in path and (unfit := self._backends.share_failure(ref, self._route)) is not None:
            self._compiled.unsupported.append(Failure.of(path, unfit))
            return Unsupported("ExtensionRef", "leads to a TrafficPolicy that cannot act once a backendRef was chosen")
        return None

    def _external_auth(self, spec: ExternalAuthFilter, path: tuple[PathPart, ...]) -> ExternalAuth:
        """Fails closed where its backendRef, at `path`, leads to nothing."""
        resolved = self._backends.resolve(spec.backend_ref, self._route)
        if resolved.backend is None:
            self._compiled.unresolved.append(Failure.of(path, resolved))
        how = spec.http or HTTPAuth()
        return ExternalAuth(
            resolved.backend,
            _sanitized(how.path or ""),
            tuple(name.lower() for name in how.allowed_headers),
            tuple(name.lower() for name in how.allowed_response_headers),
            (spec.forward_body.max_size or 0) if spec.forward_body is not None else 0,
            resolved.message,
        )

    def _unsupported(self, filter_: HTTPRouteFilter, path: tuple[PathPart, ...]) -> Unsupported:
        """One that is not carried out is never skipped (CRD, filter `type`): its traffic gets 500."""
        if filter_.external_auth is not None:
            resolved = self._backends.resolve(filter_.external_auth.backend_ref, self._route)
            if resolved.backend is None:
                place = (*path, "externalAuth", "backendRef", "name")
                self._compiled.unresolved.append(Failure.of(place, resolved))
        message = f"filter {filter_.type} is not carried out by this version; the traffic is answered with 500"
        self._compiled.unsupported.append(Failure((*path, "type"), "UnsupportedValue", message))
        index = path[2]
        if "backendRefs" not in path and isinstance(index, int):
            self._compiled.refused.add(index)
        return Unsupported(filter_.type)


def _sanitized(path: str) -> str:
    """A prefix of paths without empty and dot segments, however they are written (RFC 3986 5.2.4, 6.2.2)."""
    kept: list[str] = []
    for segment in path.split("/"):
        plain = segment.lower().replace("%2e", ".")
        if plain == "..":
            del kept[-1:]
        elif plain not in ("", "."):
            kept.append(f"/{segment}")
    return "".join(kept)


def _mirror(
    route: Resource,
    mirror: RequestMirrorFilter,
    backends: References,
    path: tuple[PathPart, ...],
    unresolved: list[Failure],
) -> Mirror:
    resolved = backends.resolve(mirror.backend_ref, route)
    if resolved.backend is None:
        unresolved.append(Failure.of(path, resolved))
    if mirror.fraction is not None:
        return Mirror(resolved.backend, mirror.fraction.numerator, mirror.fraction.denominator)
    return Mirror(resolved.backend, 100 if mirror.percent is None else mirror.percent, 100)


def _edit(edit: HTTPHeaderFilter) -> HeaderEdit:
    return HeaderEdit(_first_of_each(edit.set), _first_of_each(edit.add), tuple(name.lower() for name in edit.remove))


def _first_of_each(headers: Sequence[HTTPHeader]) -> tuple[tuple[str, str], ...]:
    """Of names that differ in case only the first counts (CRD, `set[].name`)."""
    first: dict[str, tuple[str, str]] = {}
    for header in headers:
        first.setdefault(header.name.lower(), (header.name, header.value))
    return tuple(first.values())


def _replaces_prefix(filter_: HTTPRouteFilter) -> bool:
    member = filter_.request_redirect or filter_.url_rewrite
    return member is not None and member.path is not None and member.path.replace_prefix_match is not None


def _replacement(path: PathModifier | None) -> PathReplacement | None:
    if path is None:
        return None
    value = path.replace_full_path if path.type == "ReplaceFullPath" else path.replace_prefix_match
    return PathReplacement(path.type, value or "")
