"""Kind `HTTPRoute`: which HTTP requests go where, and what is done to them on the way."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.header_filters import HTTPHeaderValue
from config.resources.http_filters import HTTPRouteFilters, PathModifier
from config.resources.model import DISTINCT, Model, unique_by, violation
from config.resources.parents import ParentRefsWithPort
from config.resources.references import BackendRef
from config.resources.resource import Resource
from config.resources.scalars import GatewayDuration, HeaderName, Hostname, Items, SectionName

_PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+")
MAX_MATCHES = 128


class PathMatch(Model):
    """A test of the path."""

    type: Literal["Exact", "PathPrefix", "RegularExpression"] = Field(
        "PathPrefix",
        description="`Exact`, `PathPrefix` (by whole segments) or `RegularExpression` (RE2). Default: PathPrefix.",
    )
    value: str = Field("/", max_length=1024, description="Path to compare with. Default: /.")

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if self.type == "RegularExpression":
            return self
        value = self.value
        if not value.startswith("/"):
            raise violation(
                "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']"
            )
        for part in ("//", "/./", "/../", "%2f", "%2F", "#"):
            if part in value:
                raise violation(f"must not contain '{part}' when type one of ['Exact', 'PathPrefix']")
        for end in ("/..", "/."):
            if value.endswith(end):
                raise violation(f"must not end with '{end}' when type one of ['Exact', 'PathPrefix']")
        if not _PATH.fullmatch(value):
            raise violation(
                "must only contain valid characters (matching ^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$) "
                "for types ['Exact', 'PathPrefix']"
            )
        return self


class HeaderMatch(Model):
    """A test of a header."""

    type: Literal["Exact", "RegularExpression"] = Field(
        "Exact", description="`Exact` or `RegularExpression` (RE2). Default: Exact."
    )
    name: HeaderName = Field(description="Name, compared without case.")
    value: HTTPHeaderValue = Field(description="Value to compare with.")


class QueryParamMatch(Model):
    """A test of a query parameter."""

    type: Literal["Exact", "RegularExpression"] = Field(
        "Exact", description="`Exact` or `RegularExpression` (RE2). Default: Exact."
    )
    name: HeaderName = Field(description="Name, compared with case.")
    value: Annotated[str, Field(min_length=1, max_length=1024)] = Field(description="Value to compare with.")


class HTTPRouteMatch(Model):
    """A match: all of its parts must hold."""

    path: PathMatch = Field(PathMatch(), description="Test of the path. Default: prefix /.")
    headers: Annotated[Items[HeaderMatch], unique_by("name")] = Field(
        (), max_length=16, description="Tests of headers. Default: none."
    )
    query_params: Annotated[Items[QueryParamMatch], unique_by("name")] = Field(
        (), max_length=16, description="Tests of query parameters. Default: none."
    )
    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] | None = Field(
        None, description="Method. Default: any."
    )


class HTTPBackendRef(BackendRef):
    """A backend with its share of the traffic, and filters for that share."""

    filters: HTTPRouteFilters = Field((), description="Filters for this share. Default: none.")


class HTTPRouteTimeouts(Model):
    """Time bounds of a rule; `0s` switches one off."""

    request: GatewayDuration | None = Field(
        None, description="Whole exchange as the client sees it. Default: the process's."
    )
    backend_request: GatewayDuration | None = Field(
        None, description="One try at one endpoint. Default: the process's."
    )

    @model_validator(mode="after")
    def _nested(self) -> Self:
        if self.request is not None and self.backend_request is not None:
            whole = self.request.seconds
            if whole and self.backend_request.seconds > whole:
                raise violation("backendRequest timeout cannot be longer than request timeout")
        return self


class HTTPRouteRetry(Model):
    """When a request is sent again."""

    codes: Annotated[Items[Annotated[int, Field(ge=400, le=599)]], DISTINCT] = Field(
        (), description="Statuses, 400..599. Default: none."
    )
    attempts: int | None = Field(None, ge=1, description="Further tries, from 1. Default: 1.")
    backoff: GatewayDuration | None = Field(None, description="Least time before a further try. Default: 25ms.")


class SessionCookie(Model):
    """The cookie that keeps a session."""

    name: HeaderName | None = Field(None, description="Name of the cookie. Default: one of Weir's choice.")
    path: str = Field("/", max_length=1024, description="Path of the cookie. Default: /.")
    lifetime_type: Literal["Permanent", "Session"] = Field(
        "Session", description="Whether it outlives the browser. Default: Session."
    )


class SessionHeader(Model):
    """The header that keeps a session."""

    name: HeaderName = Field(description="Name of the header.")


class SessionPersistence(Model):
    """Requests of one session go to one endpoint."""

    type: Literal["Cookie", "Header"] = Field("Cookie", description="`Cookie` or `Header`. Default: Cookie.")
    absolute_timeout: GatewayDuration | None = Field(None, description="Longest life of a session. Default: no bound.")
    cookie: SessionCookie | None = Field(None, description="For `Cookie`. Default: none.")
    header: SessionHeader | None = Field(None, description="For `Header`. Default: none.")

    @model_validator(mode="after")
    def _fits_type(self) -> Self:
        if self.cookie is not None and self.cookie.lifetime_type == "Permanent" and self.absolute_timeout is None:
            raise violation("AbsoluteTimeout must be specified when cookie lifetimeType is Permanent")
        if self.cookie is not None and self.type != "Cookie":
            raise violation("cookie must be nil if type is not Cookie")
        if self.type == "Cookie" and self.cookie is None:
            raise violation("cookie must be specified for Cookie type")
        if self.header is not None and self.type != "Header":
            raise violation("header must be nil if type is not Header")
        if self.type == "Header" and self.header is None:
            raise violation("header must be specified for Header type")
        return self


def _replaces_prefix(path: PathModifier | None) -> bool:
    return path is not None and path.replace_prefix_match is not None


_PREFIX_MESSAGE = "filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified"


class HTTPRouteRule(Model):
    """Matches, of which one must hold, and what is done then."""

    name: SectionName | None = Field(
        None, description="Name of the rule, for policies, metrics and logs. Default: its position."
    )
    matches: Items[HTTPRouteMatch] = Field(
        (HTTPRouteMatch(),), max_length=64, description="Matches. Default: prefix /."
    )
    filters: HTTPRouteFilters = Field((), description="Filters, in order. Default: none.")
    backend_refs: Items[HTTPBackendRef] = Field(
        (), max_length=16, description="Backends by weight. Default: none, the answer is 500."
    )
    timeouts: HTTPRouteTimeouts | None = Field(None, description="Time bounds. Default: the process's.")
    retry: HTTPRouteRetry | None = Field(
        None, description="When a request is sent again. Default: as TrafficPolicy says."
    )
    session_persistence: SessionPersistence | None = Field(None, description="One endpoint per session. Default: none.")

    @model_validator(mode="after")
    def _filters_fit(self) -> Self:
        one_prefix = len(self.matches) == 1 and self.matches[0].path.type == "PathPrefix"
        for filter_ in self.filters:
            if self.backend_refs and filter_.request_redirect is not None:
                raise violation("RequestRedirect filter must not be used together with backendRefs")
            if (
                not one_prefix
                and filter_.request_redirect is not None
                and _replaces_prefix(filter_.request_redirect.path)
            ):
                raise violation(f"When using RequestRedirect {_PREFIX_MESSAGE}")
            if not one_prefix and filter_.url_rewrite is not None and _replaces_prefix(filter_.url_rewrite.path):
                raise violation(f"When using URLRewrite {_PREFIX_MESSAGE}")
        if not one_prefix:
            self._check_backend_filters()
        return self

    def _check_backend_filters(self) -> None:
        """The CRD's rules say `exists_one`: they speak only of the case that one backendRef has such a filter."""
        redirects = rewrites = 0
        for backend in self.backend_refs:
            for filter_ in backend.filters:
                redirects += filter_.request_redirect is not None and _replaces_prefix(filter_.request_redirect.path)
                rewrites += filter_.url_rewrite is not None and _replaces_prefix(filter_.url_rewrite.path)
        if redirects == 1:
            raise violation(f"Within backendRefs, when using RequestRedirect {_PREFIX_MESSAGE}")
        if rewrites == 1:
            raise violation(f"Within backendRefs, When using URLRewrite {_PREFIX_MESSAGE}")


def _check_rules(rules: tuple[HTTPRouteRule, ...]) -> tuple[HTTPRouteRule, ...]:
    if sum(len(rule.matches) for rule in rules) > MAX_MATCHES:
        raise violation(
            "While 16 rules and 64 matches per rule are allowed, the total number of matches across "
            "all rules in a route "
            "must be less than 128"
        )
    if len(rules) > 1:
        names = [rule.name for rule in rules if rule.name is not None]
        if len(set(names)) < len(names):
            raise violation("Rule name must be unique within the route")
    return rules


class HTTPRouteSpec(Model):
    """Parents, hostnames and rules."""

    parent_refs: ParentRefsWithPort = Field(
        (), description="Gateways or ListenerSets, or listeners of them. Default: none."
    )
    hostnames: Items[Hostname] = Field(
        (), max_length=16, description="Hosts, also `*.example.com`. Default: the listener's."
    )
    use_default_gateways: Literal["All", "None"] | None = Field(
        None, description="Whether it attaches to default Gateways. Default: to none."
    )
    rules: Annotated[Items[HTTPRouteRule], AfterValidator(_check_rules)] = Field(
        (HTTPRouteRule(),), min_length=1, max_length=16, description="Rules, 1..16. Default: one that matches all."
    )


class HTTPRoute(Resource):
    """Which HTTP requests go where, and what is done to them on the way."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1")
    KIND: ClassVar[str] = "HTTPRoute"

    spec: HTTPRouteSpec = Field(description="Parents, hostnames and rules.")
