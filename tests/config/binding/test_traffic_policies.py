"""TrafficPolicies on their targets: who holds for a rule, and who goes first."""

from __future__ import annotations

from config.binding.bind import Binding, bind
from config.snapshot import BoundRule, Snapshot, Unsupported
from tests.config.manifests import (
    BACKEND_REF,
    GATEWAY_API,
    WEIR_API,
    Document,
    backend,
    bound,
    document,
    gateway,
    listener,
    resources,
    route,
)

RULE = {"name": "read", "backendRefs": [BACKEND_REF]}
NEAR: Document = {"group": "weir.dev", "kind": "TrafficPolicy", "name": "near"}
EXTENSION: Document = {"type": "ExtensionRef", "extensionRef": NEAR}


def target(kind: str, name: str, section: str | None = None) -> Document:
    group = "" if kind == "Namespace" else "gateway.networking.k8s.io"
    ref: Document = {"group": group, "kind": kind, "name": name}
    return ref if section is None else {**ref, "sectionName": section}


def policy(name: str, *targets: Document, namespace: str = "shop", **spec: object) -> Document:
    return document(WEIR_API, "TrafficPolicy", name, {"targetRefs": list(targets), **spec}, namespace=namespace)


EVERYWHERE = (
    policy("rule", target("HTTPRoute", "orders", "read")),
    policy("route", target("HTTPRoute", "orders")),
    policy("listener", target("Gateway", "edge", "http")),
    policy("gateway", target("Gateway", "edge")),
    policy("namespace", target("Namespace", "shop")),
)


def rules(binding: Binding) -> list[BoundRule]:
    return [bound for port in binding.ports for listener in port.listeners for bound in listener.rules]


def names(found: BoundRule) -> list[str]:
    return [layer.policy.removeprefix("shop/") for layer in found.layers]


def test_a_rule_without_policies_has_no_layers() -> None:
    (only,) = rules(bound(gateway(), backend(), route()))
    assert only.layers == ()


def test_the_nearer_goes_first() -> None:
    read, other = rules(bound(gateway(), backend(), route("orders", RULE, {"backendRefs": [BACKEND_REF]}), *EVERYWHERE))
    assert names(read) == ["rule", "route", "listener", "gateway", "namespace"]
    assert names(other) == ["route", "listener", "gateway", "namespace"]


def test_a_listener_set_stands_between_its_listener_and_the_gateway() -> None:
    """What is attached to a listener of the Gateway by the same name is none of its business."""
    spec: Document = {"parentRef": {"name": "edge"}, "listeners": [listener(hostname="more.example")]}
    more = document(GATEWAY_API, "ListenerSet", "more", spec)
    edge = gateway("edge", listener(hostname="a.example"), spec={"allowedListeners": {"namespaces": {"from": "Same"}}})
    policies = (
        policy("section", target("ListenerSet", "more", "http")),
        policy("set", target("ListenerSet", "more")),
        policy("nowhere", target("ListenerSet", "more", "none")),
        *EVERYWHERE,
    )
    to_set: Document = {"parentRefs": [{"kind": "ListenerSet", "name": "more"}]}
    (only,) = rules(bound(edge, backend(), more, route("orders", RULE, spec=to_set), *policies))
    assert names(only) == ["rule", "route", "section", "set", "gateway", "namespace"]


def test_a_filter_of_the_rule_is_nearest_and_needs_no_target() -> None:
    orders = route("orders", {"filters": [EXTENSION], "backendRefs": [BACKEND_REF]})
    (only,) = rules(bound(gateway(), backend(), orders, policy("near"), *EVERYWHERE))
    assert names(only) == ["near", "route", "listener", "gateway", "namespace"]
    assert only.rule.filters == ()


def test_overrides_go_before_all_and_the_furthest_of_them_first() -> None:
    forced = (
        policy("gateway", target("Gateway", "edge"), overrides=True),
        policy("route", target("HTTPRoute", "orders"), overrides=True),
        policy("rule", target("HTTPRoute", "orders", "read")),
        policy("namespace", target("Namespace", "shop")),
    )
    (only,) = rules(bound(gateway(), backend(), route("orders", RULE), *forced))
    assert names(only) == ["gateway", "route", "rule", "namespace"]


def test_a_policy_by_two_ways_counts_once_where_it_is_nearer() -> None:
    both = policy("both", target("HTTPRoute", "orders", "read"), target("Gateway", "edge"))
    route_wide = policy("route", target("HTTPRoute", "orders"))
    (only,) = rules(bound(gateway(), backend(), route("orders", RULE), both, route_wide))
    assert names(only) == ["both", "route"]


def test_one_route_on_two_listeners_has_the_policies_of_each() -> None:
    edge = gateway("edge", listener("a", hostname="a.example"), listener("b", hostname="b.example"))
    on_a = policy("on-a", target("Gateway", "edge", "a"))
    assert [names(found) for found in rules(bound(edge, backend(), route(), on_a))] == [["on-a"], []]


def test_a_route_of_another_namespace_takes_the_gateways_policy_and_its_own_default() -> None:
    shared = listener(allowedRoutes={"namespaces": {"from": "All"}})
    away = route(
        "orders",
        {"backendRefs": [BACKEND_REF]},
        spec={"parentRefs": [{"name": "edge", "namespace": "shop"}]},
        namespace="away",
    )
    own = policy("own", target("Namespace", "away"), namespace="away")
    found = rules(bound(gateway("edge", shared), backend(namespace="away"), away, own, *EVERYWHERE))
    assert [names(each) for each in found] == [["listener", "gateway", "away/own"]]


def test_the_older_of_two_on_one_target_wins_it() -> None:
    older = document(
        WEIR_API,
        "TrafficPolicy",
        "z",
        {"targetRefs": [target("HTTPRoute", "orders")]},
        creationTimestamp="2026-01-01T00:00:00Z",
    )
    (only,) = rules(bound(gateway(), backend(), route(), policy("a", target("HTTPRoute", "orders")), older))
    assert names(only) == ["z"]


def test_an_edit_elsewhere_leaves_rules_the_same_objects() -> None:
    base = resources(gateway(), backend(), route("orders", RULE), *EVERYWHERE)
    before = rules(bind(base))
    after = rules(bind([*base, *resources(policy("new", target("HTTPRoute", "other")))]))
    assert after[0] is before[0]


def test_an_edit_of_a_policy_makes_the_rules_under_it_new() -> None:
    base = resources(gateway(), backend(), route("orders", RULE), *EVERYWHERE)
    before = rules(bind(base))
    edited = resources(policy("route", target("HTTPRoute", "orders"), bodyBytes="1Ki"))
    after = rules(bind([*(each for each in base if each.metadata.name != "route"), *edited]))
    assert after[0] is not before[0]
    assert after[0].rule is before[0].rule


def test_bounds_on_connections_are_of_the_nearest_policy_that_is_not_of_a_route() -> None:
    few: Document = {"perSource": 5}
    policies = (
        policy("route", target("HTTPRoute", "orders"), connections=few),
        policy("tried", target("Gateway", "edge", "http"), connections=few, when="true"),
        policy("gateway", target("Gateway", "edge"), connections=few),
        policy("namespace", target("Namespace", "shop"), connections=few),
    )

    def bounds(*resources: Document) -> list[str]:
        binding = bound(gateway(), backend(), route("orders", RULE), *resources)
        return [each.policy for port in binding.ports for each in port.connections]

    assert bounds(*policies) == ["shop/gateway"]
    assert bounds(policies[0], policies[3]) == ["shop/namespace"]
    assert bounds(policies[0]) == []


def test_a_filter_of_a_backend_ref_holds_for_that_one_behind_the_rules() -> None:
    own = {**BACKEND_REF, "filters": [EXTENSION, {**EXTENSION, "extensionRef": {**NEAR, "name": "forced"}}]}
    orders = route("orders", {"backendRefs": [BACKEND_REF, own]}, {"backendRefs": [BACKEND_REF]})
    policies = (policy("near", maintenance={}), policy("forced", overrides=True, access={}), *EVERYWHERE)
    first, second = rules(bound(gateway(), backend(), orders, *policies))
    assert names(first) == ["route", "listener", "gateway", "namespace"]
    plain, under = first.share_layers
    assert plain == ()
    assert [layer.policy for layer in under] == ["shop/forced", "shop/near"]
    assert second.share_layers == ()


def test_a_policy_that_comes_too_late_for_a_backend_ref_is_none_of_its_layers() -> None:
    own = {**BACKEND_REF, "filters": [EXTENSION]}
    binding = bound(gateway(), backend(), route("orders", {"backendRefs": [own]}), policy("near", bodyBytes="1Ki"))
    (only,) = rules(binding)
    assert only.share_layers == ()
    (filter_,) = only.rule.backends[0].filters
    assert filter_ == Unsupported(
        "ExtensionRef", "leads to a TrafficPolicy that cannot act once a backendRef was chosen"
    )


def test_the_policies_of_a_snapshot_have_those_of_backend_refs() -> None:
    own = {**BACKEND_REF, "filters": [EXTENSION]}
    documents = (gateway(), backend(), route("orders", {"backendRefs": [own]}), policy("near", maintenance={}))
    binding = bound(*documents, policy("unused", maintenance={}))
    snapshot = Snapshot(1, "", binding.process, binding.ports, binding.backends, binding.statuses)
    assert [layer.policy for layer in snapshot.layers] == ["shop/near"]
