"""Weights, backends and policies without effect."""

from __future__ import annotations

import pytest

from tests.config.lint.linted import BACKEND, linted, prefix, route

ROUTE = route("a", prefix("/x"))


def weighted(*weights: int) -> str:
    refs = ", ".join(f"{{group: weir.dev, kind: Backend, name: orders, weight: {weight}}}" for weight in weights)
    return ROUTE.replace(BACKEND, f"backendRefs: [{refs}]")


def own(kind: str, name: str, spec: str) -> str:
    return f"---\napiVersion: weir.dev/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n"


def target(kind: str, name: str) -> str:
    group = "weir.dev" if kind == "Backend" else "gateway.networking.k8s.io"
    return f"targetRefs: [{{group: {group}, kind: {kind}, name: {name}}}]"


def test_a_weight_of_0_takes_nothing_and_all_of_0_answer_500() -> None:
    ((check, place, message),) = linted(weighted(1, 0))
    assert (check, place) == ("unreachable-weight", "HTTPRoute shop/a: spec.rules[0].backendRefs[1]")
    assert message == "weight 0 takes no request"
    ((_, place, message),) = linted(weighted(0, 0))
    assert place == "HTTPRoute shop/a: spec.rules[0].backendRefs"
    assert message == "all weights are 0, so every request gets 500"


def test_endpoints_of_weight_0_are_found() -> None:
    more = own("Backend", "b", "{static: {endpoints: [{address: 127.0.0.1, port: 1, weight: 0}]}}")
    found = linted(ROUTE, more, route("b", prefix("/y")).replace("name: orders}", "name: b}"))
    assert found == [
        (
            "unreachable-weight",
            "Backend shop/b: spec.static.endpoints",
            "all weights are 0, so no endpoint takes a request",
        )
    ]


def test_a_backend_that_only_a_policy_names_is_unused() -> None:
    policy = own("BackendPolicy", "p", f"{{{target('Backend', 'orders')}}}")
    ((check, place, _),) = linted(policy)
    assert (check, place) == ("unused-backend", "Backend shop/orders: metadata.name")


def test_a_mirror_uses_a_backend() -> None:
    mirror = "filters: [{type: RequestMirror, requestMirror: {backendRef: {group: weir.dev, kind: Backend, name: b}}}]"
    more = own("Backend", "b", "{dns: {name: b.internal, port: 80}}")
    assert linted(ROUTE.replace(BACKEND, f"{BACKEND}\n    {mirror}"), more) == []


def test_a_zone_that_makes_names_of_backends_uses_them() -> None:
    assert linted(own("DNSZone", "z", "{zone: mesh.internal, backends: {namespaces: [shop]}}")) == []
    ((check, _, _),) = linted(own("DNSZone", "z", "{zone: mesh.internal, backends: {namespaces: [other]}}"))
    assert check == "unused-backend"


@pytest.mark.parametrize(
    ("spec", "place", "message"),
    [
        ("{bodyBytes: 1Ki}", "spec", "it has no targetRefs, so nothing uses it"),
        (
            f"{{{target('HTTPRoute', 'gone')}, bodyBytes: 1Ki}}",
            "spec.targetRefs[0]",
            "there is no HTTPRoute shop/gone",
        ),
        (
            f"{{{target('HTTPRoute', 'lost')}, bodyBytes: 1Ki}}",
            "spec.targetRefs",
            "no rule that is served lies under its targets",
        ),
    ],
)
def test_a_policy_that_holds_nowhere_is_found(spec: str, place: str, message: str) -> None:
    lost = route("lost", prefix("/y")).replace("name: edge", "name: nowhere")
    found = linted(ROUTE, lost, own("TrafficPolicy", "p", spec))
    assert found == [("policy-without-target", f"TrafficPolicy shop/p: {place}", message)]


def test_a_policy_that_a_filter_names_holds() -> None:
    ref = "extensionRef: {group: weir.dev, kind: TrafficPolicy, name: p}"
    with_filter = ROUTE.replace(BACKEND, f"{BACKEND}\n    filters: [{{type: ExtensionRef, {ref}}}]")
    assert linted(with_filter, own("TrafficPolicy", "p", "{bodyBytes: 1Ki}")) == []


def test_of_two_policies_with_one_target_the_younger_is_found() -> None:
    spec = f"{{{target('HTTPRoute', 'a')}, bodyBytes: 1Ki}}"
    ((_, place, message),) = linted(ROUTE, own("TrafficPolicy", "p", spec), own("TrafficPolicy", "q", spec))
    assert place == "TrafficPolicy shop/q: spec.targetRefs[0]"
    assert "which is older, has the same target" in message


def test_steering_that_has_ended_is_found() -> None:
    rules = ", ".join(
        f"{{name: {name}, when: 'true', endpoint: 127.0.0.1:9001, until: '{until}'}}"
        for name, until in (("old", "2025-11-24T15:00:00Z"), ("new", "2025-11-24T17:00:00Z"))
    )
    policy = own("TrafficPolicy", "p", f"{{{target('HTTPRoute', 'a')}, steering: [{rules}]}}")
    assert linted(ROUTE, policy) == [
        ("ended-steering", "TrafficPolicy shop/p: spec.steering[0]", "it ended at 2025-11-24T15:00:00Z")
    ]


def test_steering_without_an_end_is_left_alone() -> None:
    rule = "{name: x, when: 'true', endpoint: 127.0.0.1:9001}"
    assert linted(ROUTE, own("TrafficPolicy", "p", f"{{{target('HTTPRoute', 'a')}, steering: [{rule}]}}")) == []


def test_grpc_routes_are_no_trouble() -> None:
    calls = (
        "---\napiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata: {name: g, namespace: shop}\n"
        "spec: {parentRefs: [{name: edge}], hostnames: [g.example], rules: [{matches: [{method: {service: a.B}}], "
        f"{BACKEND}}}]}}\n"
    )
    assert linted(calls) == []


def test_a_policy_that_only_a_filter_of_a_backend_ref_names_holds() -> None:
    ref = "extensionRef: {group: weir.dev, kind: TrafficPolicy, name: p}"
    with_filter = ROUTE.replace("name: orders}", f"name: orders, filters: [{{type: ExtensionRef, {ref}}}]}}")
    assert with_filter != ROUTE
    assert linted(with_filter, own("TrafficPolicy", "p", "{maintenance: {}}")) == []
    # Its target serves nobody, and it holds all the same.
    lost = route("lost", prefix("/y")).replace("name: edge", "name: nowhere")
    spec = f"{{{target('HTTPRoute', 'lost')}, maintenance: {{}}}}"
    assert linted(with_filter, lost, own("TrafficPolicy", "p", spec)) == []
