"""Rules of an HTTPRoute as a worker takes them."""

from __future__ import annotations

from config.binding.backends import Backends
from config.binding.grants import Grants
from config.binding.policies import bind_policies
from config.binding.rules import NO_BACKENDS, CompiledRoute, compile_route
from config.problems import join_path
from config.resources.http_route import HTTPRoute
from config.snapshot import (
    CORS,
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
    Unsupported,
    ValueMatch,
    WeightedBackend,
)
from tests.config.manifests import BACKEND_REF, Document, backend, catalog, resources, route

EXTERNAL_AUTH: Document = {
    "type": "ExternalAuth",
    "externalAuth": {"protocol": "GRPC", "grpc": {}, "backendRef": BACKEND_REF},
}


def compiled(*rules: Document) -> CompiledRoute:
    found = catalog(backend())
    grants = Grants(found)
    policies = bind_policies(found, grants, []).backends
    (own,) = resources(route("orders", *rules))
    assert isinstance(own, HTTPRoute)
    return compile_route(own, Backends(found, grants, policies))


def test_rules_are_named_or_numbered() -> None:
    first, second = compiled({"name": "read"}, {}).rules
    assert (str(first.name), str(second.name)) == ("shop/orders/read", "shop/orders/1")


def test_rule_without_matches_matches_all() -> None:
    (rule,) = compiled({"matches": []}).rules
    assert rule.matches == (Match(PathMatch("PathPrefix", "/")),)


def test_all_parts_of_a_match_are_kept() -> None:
    match = {
        "path": {"type": "Exact", "value": "/a"},
        "method": "GET",
        "headers": [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}],
        "queryParams": [{"type": "RegularExpression", "name": "Q", "value": "b+"}],
    }
    (rule,) = compiled({"matches": [match]}).rules
    assert rule.matches == (
        Match(
            PathMatch("Exact", "/a"),
            (ValueMatch("x-a", "Exact", "1"),),
            (ValueMatch("Q", "RegularExpression", "b+"),),
            "GET",
        ),
    )


def test_weights_and_problems_of_backends_are_kept() -> None:
    missing = {**BACKEND_REF, "name": "none", "weight": 10}
    (rule,) = (found := compiled({"backendRefs": [{**BACKEND_REF, "weight": 90}, missing]})).rules
    assert rule.backends == (
        WeightedBackend("shop/orders", 90),
        WeightedBackend(None, 10, (), "there is no Backend shop/none"),
    )
    (failure,) = found.unresolved
    assert (join_path(failure.path), failure.reason) == ("spec.rules[0].backendRefs[1].name", "BackendNotFound")


def test_rule_that_leads_nowhere_is_answered_with_500() -> None:
    (rule,) = compiled({}).rules
    assert rule.backends == (NO_BACKENDS,)


def test_redirect_needs_no_backend() -> None:
    redirect = {"scheme": "https", "hostname": "b.example", "port": 8443, "statusCode": 308}
    (rule,) = compiled({"filters": [{"type": "RequestRedirect", "requestRedirect": redirect}]}).rules
    assert rule.backends == ()
    assert rule.filters == (Redirect("https", "b.example", None, 8443, 308),)


def test_filters_keep_their_order() -> None:
    edit = {"set": [{"name": "X-A", "value": "1"}], "add": [{"name": "X-B", "value": "2"}], "remove": ["X-C"]}
    path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/b"}
    filters = [
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": edit},
        {"type": "URLRewrite", "urlRewrite": {"hostname": "b.example", "path": path}},
        {"type": "RequestHeaderModifier", "requestHeaderModifier": edit},
    ]
    (rule,) = compiled({"filters": filters, "backendRefs": [BACKEND_REF]}).rules
    compiled_edit = HeaderEdit((("X-A", "1"),), (("X-B", "2"),), ("x-c",))
    assert rule.filters == (
        ResponseHeaders(compiled_edit),
        Rewrite("b.example", PathReplacement("ReplacePrefixMatch", "/b")),
        RequestHeaders(compiled_edit),
    )


def test_mirror_takes_all_unless_it_says_a_share() -> None:
    def mirror(**share: object) -> Document:
        return {"type": "RequestMirror", "requestMirror": {"backendRef": BACKEND_REF, **share}}

    filters = [mirror(), mirror(percent=42), mirror(percent=0), mirror(fraction={"numerator": 1, "denominator": 3})]
    (rule,) = compiled({"filters": filters}).rules
    assert rule.filters == (
        Mirror("shop/orders", 100, 100),
        Mirror("shop/orders", 42, 100),
        Mirror("shop/orders", 0, 100),
        Mirror("shop/orders", 1, 3),
    )


def test_mirror_that_does_not_resolve_copies_nothing() -> None:
    filter_ = {"type": "RequestMirror", "requestMirror": {"backendRef": {**BACKEND_REF, "name": "none"}}}
    (rule,) = (found := compiled({"filters": [filter_]})).rules
    assert rule.filters == (Mirror(None, 100, 100),)
    assert [join_path(failure.path) for failure in found.unresolved] == [
        "spec.rules[0].filters[0].requestMirror.backendRef.name"
    ]


def test_timeouts_are_seconds_and_zero_is_not_none() -> None:
    off, default = compiled({"timeouts": {"request": "0s", "backendRequest": "1500ms"}}, {}).rules
    assert off.timeouts == RouteTimeouts(0.0, 1.5)
    assert default.timeouts == RouteTimeouts(None, None)


def test_cors_is_taken_with_its_defaults_on_rules_and_on_backend_refs() -> None:
    plain = {"type": "CORS", "cors": {"allowOrigins": ["https://a.example"]}}
    whole = {
        "allowOrigins": ["*"],
        "allowMethods": ["PUT"],
        "allowHeaders": ["x-a"],
        "exposeHeaders": ["ETag"],
        "allowCredentials": True,
        "maxAge": 600,
    }
    ref = {**BACKEND_REF, "filters": [{"type": "CORS", "cors": whole}]}
    (rule,) = compiled({"filters": [plain], "backendRefs": [ref]}).rules
    assert rule.filters == (CORS(("https://a.example",), (), (), (), False, 5),)
    assert rule.backends[0].filters == (CORS(("*",), ("PUT",), ("x-a",), ("ETag",), True, 600),)


def test_filter_that_is_not_carried_out_refuses_its_rule_alone() -> None:
    found = compiled({"filters": [EXTERNAL_AUTH]}, {"backendRefs": [BACKEND_REF]})
    assert found.rules[0].filters == (Unsupported("ExternalAuth"),)
    assert (found.refused, found.is_refused) == ({0}, False)
    assert [join_path(failure.path) for failure in found.unsupported] == ["spec.rules[0].filters[0].type"]
    assert compiled({"filters": [EXTERNAL_AUTH]}).is_refused


def test_filter_of_one_backend_that_is_not_carried_out_refuses_no_rule() -> None:
    ref = {**BACKEND_REF, "filters": [EXTERNAL_AUTH]}
    found = compiled({"backendRefs": [ref, BACKEND_REF]})
    assert found.rules[0].backends[0].filters == (Unsupported("ExternalAuth"),)
    assert not found.is_refused
    assert len(found.unsupported) == 1


def test_of_headers_that_differ_in_case_alone_the_first_counts() -> None:
    entries = [{"name": "X-A", "value": "1"}, {"name": "x-b", "value": "2"}, {"name": "x-a", "value": "3"}]
    filter_ = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": entries, "add": entries}}
    (rule,) = compiled({"filters": [filter_]}).rules
    first = (("X-A", "1"), ("x-b", "2"))
    assert rule.filters == (RequestHeaders(HeaderEdit(first, first, ())),)


def test_prefix_to_replace_needs_matches_of_prefixes_alone() -> None:
    rewrite = {"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x"}}}
    ref = {**BACKEND_REF, "filters": [rewrite]}
    exact, prefix = {"path": {"type": "Exact", "value": "/a"}}, {"path": {"type": "PathPrefix", "value": "/b"}}
    found = compiled({"matches": [exact, prefix], "backendRefs": [ref, ref, BACKEND_REF]})
    assert found.is_refused
    assert found.rules[0].filters == (Unsupported("URLRewrite", "has no prefix to replace"),)
    assert not compiled({"matches": [prefix, prefix], "backendRefs": [ref, ref]}).is_refused


def test_references_of_filters_that_are_not_carried_out_are_looked_up() -> None:
    extension = {"group": "weir.dev", "kind": "TrafficPolicy", "name": "none"}
    auth = {"protocol": "HTTP", "http": {}, "backendRef": {**BACKEND_REF, "name": "none"}}
    filters = [
        {"type": "ExtensionRef", "extensionRef": extension},
        {"type": "ExternalAuth", "externalAuth": auth},
    ]
    found = compiled({"filters": filters})
    assert {join_path(failure.path): failure.reason for failure in found.unresolved} == {
        "spec.rules[0].filters[0].extensionRef.name": "ExtensionNotFound",
        "spec.rules[0].filters[1].externalAuth.backendRef.name": "BackendNotFound",
    }
