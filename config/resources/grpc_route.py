"""Kind `GRPCRoute`: which gRPC calls go where."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.header_filters import (
    ExtensionReference,
    GRPCHeaderFilter,
    GRPCHeaderValue,
    RequestMirrorFilter,
    check_single,
    check_union,
)
from config.resources.http_route import MAX_MATCHES
from config.resources.model import Model, unique_by, violation
from config.resources.parents import ParentRefs
from config.resources.references import BackendRef
from config.resources.resource import Resource
from config.resources.scalars import HeaderName, Hostname, Items, SectionName

_SERVICE = re.compile(r"\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*", re.IGNORECASE)
_METHOD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


class GRPCMethodMatch(Model):
    """A test of service and method."""

    type: Literal["Exact", "RegularExpression"] = Field(
        "Exact", description="`Exact` or `RegularExpression` (RE2). Default: Exact."
    )
    service: str | None = Field(None, max_length=1024, description="Service with its package. Default: any.")
    method: str | None = Field(None, max_length=1024, description="Method. Default: any.")

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        if self.service is None and self.method is None:
            raise violation("One or both of 'service' or 'method' must be specified")
        if self.type == "Exact":
            if self.service is not None and not _SERVICE.fullmatch(self.service):
                raise violation(
                    r"service must only contain valid characters (matching "
                    r"^(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$)"
                )
            if self.method is not None and not _METHOD.fullmatch(self.method):
                raise violation("method must only contain valid characters (matching ^[A-Za-z_][A-Za-z_0-9]*$)")
        return self


class GRPCHeaderMatch(Model):
    """A test of a header."""

    type: Literal["Exact", "RegularExpression"] = Field(
        "Exact", description="`Exact` or `RegularExpression` (RE2). Default: Exact."
    )
    name: HeaderName = Field(description="Name, compared without case.")
    value: GRPCHeaderValue = Field(description="Value to compare with.")


class GRPCRouteMatch(Model):
    """A match: all of its parts must hold."""

    method: GRPCMethodMatch | None = Field(None, description="Service and method. Default: any.")
    headers: Annotated[Items[GRPCHeaderMatch], unique_by("name")] = Field(
        (), max_length=16, description="Tests of headers. Default: none."
    )


_MEMBERS = (
    ("request_header_modifier", "requestHeaderModifier", "RequestHeaderModifier"),
    ("response_header_modifier", "responseHeaderModifier", "ResponseHeaderModifier"),
    ("request_mirror", "requestMirror", "RequestMirror"),
    ("extension_ref", "extensionRef", "ExtensionRef"),
)
_SINGLE = frozenset(("RequestHeaderModifier", "ResponseHeaderModifier"))


class GRPCRouteFilter(Model):
    """One filter; just the field that `type` names is set."""

    type: Literal["ResponseHeaderModifier", "RequestHeaderModifier", "RequestMirror", "ExtensionRef"] = Field(
        description="Which filter it is."
    )
    request_header_modifier: GRPCHeaderFilter | None = Field(
        None, description="Changes of request headers. Default: none."
    )
    response_header_modifier: GRPCHeaderFilter | None = Field(
        None, description="Changes of response headers. Default: none."
    )
    request_mirror: RequestMirrorFilter | None = Field(None, description="Copies to another backend. Default: none.")
    extension_ref: ExtensionReference | None = Field(None, description="A filter of Weir's own. Default: none.")

    @model_validator(mode="after")
    def _union(self) -> Self:
        check_union(self, self.type, _MEMBERS)
        return self


def _check_filters(filters: tuple[GRPCRouteFilter, ...]) -> tuple[GRPCRouteFilter, ...]:
    check_single([filter_.type for filter_ in filters], _SINGLE)
    return filters


GRPCRouteFilters = Annotated[Items[GRPCRouteFilter], Field(max_length=16), AfterValidator(_check_filters)]
"""The filters of a rule or of a backendRef, with the rules between them."""


class GRPCBackendRef(BackendRef):
    """A backend with its share of the traffic, and filters for that share."""

    filters: GRPCRouteFilters = Field((), description="Filters for this share. Default: none.")


class GRPCRouteRule(Model):
    """Matches, of which one must hold, and what is done then."""

    name: SectionName | None = Field(None, description="Name of the rule. Default: its position.")
    matches: Items[GRPCRouteMatch] = Field((), max_length=64, description="Matches. Default: every call.")
    filters: GRPCRouteFilters = Field((), description="Filters, in order. Default: none.")
    backend_refs: Items[GRPCBackendRef] = Field(
        (), max_length=16, description="Backends by weight. Default: none, the answer is UNAVAILABLE."
    )


def _check_rules(rules: tuple[GRPCRouteRule, ...]) -> tuple[GRPCRouteRule, ...]:
    if sum(len(rule.matches) for rule in rules) > MAX_MATCHES:
        raise violation(
            "While 16 rules and 64 matches per rule are allowed, the total number of matches across "
            "all rules in a route "
            "must be less than 128"
        )
    return rules


class GRPCRouteSpec(Model):
    """Parents, hostnames and rules."""

    parent_refs: ParentRefs = Field((), description="Gateways or ListenerSets, or listeners of them. Default: none.")
    hostnames: Items[Hostname] = Field(
        (), max_length=16, description="Hosts, also `*.example.com`. Default: the listener's."
    )
    rules: Annotated[Items[GRPCRouteRule], AfterValidator(_check_rules)] = Field(
        (), max_length=16, description="Rules, at most 16. Default: none."
    )


class GRPCRoute(Resource):
    """Which gRPC calls go where."""

    API_VERSIONS: ClassVar[tuple[str, ...]] = ("gateway.networking.k8s.io/v1",)
    KIND: ClassVar[str] = "GRPCRoute"

    spec: GRPCRouteSpec = Field(description="Parents, hostnames and rules.")
