"""The filters of an HTTPRoute."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.resources.header_filters import (
    ExtensionReference,
    HTTPHeaderFilter,
    RequestMirrorFilter,
    check_single,
    check_union,
)
from config.resources.model import DISTINCT, Model, violation
from config.resources.references import BackendObjectReference
from config.resources.scalars import HeaderName, Items, PortNumber, PreciseHostname

Origin = Annotated[
    str,
    Field(
        min_length=1,
        max_length=253,
        pattern=r"(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)",
    ),
]
AuthPath = Annotated[str, Field(max_length=1024, pattern=r"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$")]
MethodOrAny = Literal["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "*"]


class PathModifier(Model):
    """A new path."""

    type: Literal["ReplaceFullPath", "ReplacePrefixMatch"] = Field(description="What is replaced.")
    replace_full_path: str | None = Field(None, max_length=1024, description="The whole new path. Default: none.")
    replace_prefix_match: str | None = Field(
        None, max_length=1024, description="What takes the place of the matched prefix. Default: none."
    )

    @model_validator(mode="after")
    def _fits_type(self) -> Self:
        if self.type == "ReplaceFullPath" and self.replace_full_path is None:
            raise violation("replaceFullPath must be specified when type is set to 'ReplaceFullPath'")
        if self.type != "ReplaceFullPath" and self.replace_full_path is not None:
            raise violation("type must be 'ReplaceFullPath' when replaceFullPath is set")
        if self.type == "ReplacePrefixMatch" and self.replace_prefix_match is None:
            raise violation("replacePrefixMatch must be specified when type is set to 'ReplacePrefixMatch'")
        if self.type != "ReplacePrefixMatch" and self.replace_prefix_match is not None:
            raise violation("type must be 'ReplacePrefixMatch' when replacePrefixMatch is set")
        return self


class RequestRedirectFilter(Model):
    """An answer that sends the client elsewhere."""

    scheme: Literal["http", "https"] | None = Field(
        None, description="Scheme of the new location. Default: the request's."
    )
    hostname: PreciseHostname | None = Field(None, description="Host of the new location. Default: the request's.")
    path: PathModifier | None = Field(None, description="Path of the new location. Default: the request's.")
    port: PortNumber | None = Field(
        None,
        description="Port of the new location, 1..65535. Default: the well-known one of a given "
        "scheme, else the listener's.",
    )
    status_code: Literal[301, 302, 303, 307, 308] = Field(
        302, description="Status: 301, 302, 303, 307 or 308. Default: 302."
    )


class URLRewriteFilter(Model):
    """A new host or path on the way to the backend."""

    hostname: PreciseHostname | None = Field(None, description="New host. Default: the request's.")
    path: PathModifier | None = Field(None, description="New path. Default: the request's.")


def _wildcard_alone(what: str, others: str) -> AfterValidator:
    def check(items: tuple[str, ...]) -> tuple[str, ...]:
        if len(items) > 1 and "*" in items:
            raise violation(f"{what} cannot contain '*' alongside other {others}")
        return items

    return AfterValidator(check)


class CORSFilter(Model):
    """Cross-origin requests, by the Fetch standard."""

    allow_origins: Annotated[Items[Origin], DISTINCT, _wildcard_alone("AllowOrigins", "origins")] = Field(
        (), max_length=64, description="Origins that may ask. Default: none."
    )
    allow_credentials: bool | None = Field(None, description="Whether credentials may be sent. Default: false.")
    allow_methods: Annotated[Items[MethodOrAny], DISTINCT, _wildcard_alone("AllowMethods", "methods")] = Field(
        (), max_length=9, description="Methods that may be used. Default: none beyond the simple ones."
    )
    allow_headers: Annotated[Items[HeaderName], DISTINCT, _wildcard_alone("AllowHeaders", "methods")] = Field(
        (), max_length=64, description="Request headers that may be sent. Default: none beyond the simple ones."
    )
    expose_headers: Annotated[Items[HeaderName], DISTINCT] = Field(
        (), max_length=64, description="Response headers that scripts may read. Default: none beyond the simple ones."
    )
    max_age: int = Field(
        5, ge=1, le=2147483647, description="Seconds that a preflight may be kept, from 1. Default: 5."
    )


class GRPCAuth(Model):
    """How an authorizer that speaks gRPC is asked."""

    allowed_headers: Annotated[Items[str], DISTINCT] = Field(
        (), max_length=64, description="Request headers sent to it. Default: all."
    )


class HTTPAuth(Model):
    """How an authorizer that speaks HTTP is asked."""

    path: AuthPath | None = Field(None, description="Prefix of the path. Default: none.")
    allowed_headers: Annotated[Items[str], DISTINCT] = Field(
        (), max_length=64, description="Request headers sent to it. Default: none beyond the usual."
    )
    allowed_response_headers: Annotated[Items[str], DISTINCT] = Field(
        (), max_length=64, description="Headers of its answer that go on to the backend. Default: all."
    )


class ForwardBody(Model):
    """How much of the body an authorizer is sent."""

    max_size: int | None = Field(None, ge=0, le=2147483647, description="Bytes, 0 for none. Default: none.")


class ExternalAuthFilter(Model):
    """A server that is asked whether a request may go on."""

    protocol: Literal["HTTP", "GRPC"] = Field(description="What it speaks.")
    backend_ref: BackendObjectReference = Field(description="Where it is.")
    grpc: GRPCAuth | None = Field(None, description="For `GRPC`. Default: none.")
    http: HTTPAuth | None = Field(None, description="For `HTTP`. Default: none.")
    forward_body: ForwardBody | None = Field(None, description="How much of the body it is sent. Default: none.")

    @model_validator(mode="after")
    def _fits_protocol(self) -> Self:
        if self.protocol == "GRPC" and self.grpc is None:
            raise violation("grpc must be specified when protocol is set to 'GRPC'")
        if self.protocol != "GRPC" and self.grpc is not None:
            raise violation("protocol must be 'GRPC' when grpc is set")
        if self.protocol == "HTTP" and self.http is None:
            raise violation("http must be specified when protocol is set to 'HTTP'")
        if self.protocol != "HTTP" and self.http is not None:
            raise violation("protocol must be 'HTTP' when http is set")
        return self


_MEMBERS = (
    ("cors", "cors", "CORS"),
    ("request_header_modifier", "requestHeaderModifier", "RequestHeaderModifier"),
    ("response_header_modifier", "responseHeaderModifier", "ResponseHeaderModifier"),
    ("request_mirror", "requestMirror", "RequestMirror"),
    ("request_redirect", "requestRedirect", "RequestRedirect"),
    ("url_rewrite", "urlRewrite", "URLRewrite"),
    ("extension_ref", "extensionRef", "ExtensionRef"),
    ("external_auth", "externalAuth", "ExternalAuth"),
)
_SINGLE = frozenset(("CORS", "RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"))


class HTTPRouteFilter(Model):
    """One filter; just the field that `type` names is set."""

    type: Literal[
        "RequestHeaderModifier",
        "ResponseHeaderModifier",
        "RequestMirror",
        "RequestRedirect",
        "URLRewrite",
        "ExtensionRef",
        "CORS",
        "ExternalAuth",
    ] = Field(description="Which filter it is.")
    request_header_modifier: HTTPHeaderFilter | None = Field(
        None, description="Changes of request headers. Default: none."
    )
    response_header_modifier: HTTPHeaderFilter | None = Field(
        None, description="Changes of response headers. Default: none."
    )
    request_mirror: RequestMirrorFilter | None = Field(None, description="Copies to another backend. Default: none.")
    request_redirect: RequestRedirectFilter | None = Field(
        None, description="An answer that sends the client elsewhere. Default: none."
    )
    url_rewrite: URLRewriteFilter | None = Field(
        None, description="A new host or path on the way to the backend. Default: none."
    )
    extension_ref: ExtensionReference | None = Field(None, description="A filter of Weir's own. Default: none.")
    cors: CORSFilter | None = Field(None, description="Cross-origin requests. Default: none.")
    external_auth: ExternalAuthFilter | None = Field(
        None, description="A server that is asked for permission. Default: none."
    )

    @model_validator(mode="after")
    def _union(self) -> Self:
        check_union(self, self.type, _MEMBERS)
        return self


def _check_filters(filters: tuple[HTTPRouteFilter, ...]) -> tuple[HTTPRouteFilter, ...]:
    if len(filters) > 1:
        types: list[str] = [filter_.type for filter_ in filters]
        if "RequestRedirect" in types and "URLRewrite" in types:
            raise violation(
                "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both"
            )
        check_single(types, _SINGLE)
    return filters


HTTPRouteFilters = Annotated[Items[HTTPRouteFilter], Field(max_length=16), AfterValidator(_check_filters)]
"""The filters of a rule or of a backendRef, with the rules between them."""
