"""Filters of an HTTPRoute: the member of the union that the type names, and no other."""

from __future__ import annotations

import pytest

from config.resources.http_filters import RequestRedirectFilter
from config.resources.http_route import HTTPRoute
from tests.config.resources.own_kinds import read, refusal


def rule(*filters: dict[str, object], **fields: object) -> dict[str, object]:
    return {"rules": [{"filters": list(filters), **fields}]}


def auth(protocol: str, **fields: object) -> dict[str, object]:
    own = {"protocol": protocol, "backendRef": {"name": "a", "port": 1}, **fields}
    return rule({"type": "ExternalAuth", "externalAuth": own})


def rewrite(**path: object) -> dict[str, object]:
    return {"type": "URLRewrite", "urlRewrite": {"path": path}}


REDIRECT = {"type": "RequestRedirect", "requestRedirect": {"hostname": "b.example"}}


def test_redirect_is_302_unless_told() -> None:
    assert RequestRedirectFilter().status_code == 302
    assert (RequestRedirectFilter().scheme, RequestRedirectFilter().port) == (None, None)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_takes_the_codes_of_the_crd(code: int) -> None:
    filter_ = {"type": "RequestRedirect", "requestRedirect": {"statusCode": code}}
    found = read(HTTPRoute, rule(filter_)).spec.rules[0].filters[0].request_redirect
    assert found is not None and found.status_code == code


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (rule({"type": "RequestRedirect"}), "filter.requestRedirect must be specified for RequestRedirect"),
        (
            rule({**REDIRECT, "cors": {}}),
            "filter.cors must be nil if the filter.type is not CORS",
        ),
        (rule(rewrite(type="ReplaceFullPath")), "replaceFullPath must be specified when type is set to"),
        (
            rule(rewrite(type="ReplaceFullPath", replaceFullPath="/", replacePrefixMatch="/")),
            "type must be 'ReplacePrefixMatch' when replacePrefixMatch is set",
        ),
        (rule(rewrite(type="ReplacePrefixMatch")), "replacePrefixMatch must be specified when type is set to"),
        (rule(REDIRECT, rewrite(type="ReplaceFullPath", replaceFullPath="/")), "but not both"),
        (rule(REDIRECT, REDIRECT), "RequestRedirect filter cannot be repeated"),
        (
            rule({"type": "CORS", "cors": {"allowOrigins": ["*", "https://a.example"]}}),
            "AllowOrigins cannot contain '*' alongside other origins",
        ),
        (rule({"type": "CORS", "cors": {"allowMethods": ["GET", "GET"]}}), "duplicate value: GET"),
        (
            rule(rewrite(type="ReplacePrefixMatch", replaceFullPath="/", replacePrefixMatch="/")),
            "type must be 'ReplaceFullPath' when replaceFullPath is set",
        ),
        (auth("GRPC", http={}), "grpc must be specified when protocol is set to 'GRPC'"),
        (auth("HTTP", http={}, grpc={}), "protocol must be 'GRPC' when grpc is set"),
        (auth("HTTP"), "http must be specified when protocol is set to 'HTTP'"),
        (auth("GRPC", grpc={}, http={}), "protocol must be 'HTTP' when http is set"),
    ],
)
def test_rules_between_fields_hold(wrong: dict[str, object], message: str) -> None:
    assert message in refusal(HTTPRoute, wrong)


def test_mirrors_may_be_many() -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "a", "port": 1}}}
    assert len(read(HTTPRoute, rule(mirror, mirror)).spec.rules[0].filters) == 2
