"""GRPCRoutes as rules: paths by service and method, and what does not resolve."""

from __future__ import annotations

import pytest

from config.binding.backends import Backends
from config.binding.grants import Grants
from config.binding.grpc_rules import compile_grpc_route
from config.binding.policies import bind_policies
from config.binding.rules import CompiledRoute
from config.problems import join_path
from config.resources.grpc_route import GRPCRoute
from config.snapshot import PathMatch
from tests.config.manifests import BACKEND_REF, GATEWAY_API, Document, backend, catalog, document, resources

MISSING = {**BACKEND_REF, "name": "none"}


def compiled(*rules: Document) -> CompiledRoute:
    found = catalog(backend())
    grants = Grants(found)
    (own,) = resources(document(GATEWAY_API, "GRPCRoute", "a", {"rules": list(rules)}))
    assert isinstance(own, GRPCRoute)
    return compile_grpc_route(own, Backends(found, grants, bind_policies(found, grants, []).backends))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ({"service": "a.B", "method": "C"}, PathMatch("Exact", "/a.B/C")),
        ({"service": "a.B"}, PathMatch("RegularExpression", "/a\\.B/[^/]+", 3 * 1025)),
        ({"method": "C"}, PathMatch("RegularExpression", "/[^/]+/C", 1)),
        (
            {"service": "a|b", "method": "C", "type": "RegularExpression"},
            PathMatch("RegularExpression", "/(?:a|b)/(?:C)", 3 * 1025 + 1),
        ),
    ],
)
def test_a_call_is_a_request_for_its_service_and_method(method: Document, path: PathMatch) -> None:
    (rule,) = compiled({"matches": [{"method": method}]}).rules
    assert [match.path for match in rule.matches] == [path]


def test_the_longest_method_counts_for_less_than_a_character_of_a_service() -> None:
    (rule,) = compiled({"matches": [{"method": {"method": "m" * 1024}}, {"method": {"service": "s"}}]}).rules
    of_method, of_service = (match.path.weight for match in rule.matches)
    assert of_method is not None and of_service is not None
    assert of_method < of_service


def test_of_headers_that_differ_in_case_the_first_counts() -> None:
    headers = [{"name": "X-A", "value": "1"}, {"name": "x-a", "value": "2"}]
    (rule,) = compiled({"matches": [{"headers": headers}]}).rules
    assert [(each.name, each.value) for each in rule.matches[0].headers] == [("x-a", "1")]


def test_all_references_are_looked_up() -> None:
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": MISSING}}
    extension = {
        "type": "ExtensionRef",
        "extensionRef": {"group": "weir.dev", "kind": "TrafficPolicy", "name": "none"},
    }
    rule = {"filters": [extension], "backendRefs": [{**BACKEND_REF, "filters": [mirror]}, MISSING]}
    assert {join_path(each.path): each.reason for each in compiled({}, rule).unresolved} == {
        "spec.rules[1].filters[0].extensionRef.name": "ExtensionNotFound",
        "spec.rules[1].backendRefs[0].filters[0].requestMirror.backendRef.name": "BackendNotFound",
        "spec.rules[1].backendRefs[1].name": "BackendNotFound",
    }
