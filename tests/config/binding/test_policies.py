"""Policies and their targets: who attaches, who wins, what each is told."""

from __future__ import annotations

import pytest

from config.binding.bind import Binding
from config.binding.catalog import Catalog
from config.binding.grants import Grants
from config.binding.policies import BackendPolicies, bind_policies
from tests.config.manifests import (
    GATEWAY_API,
    WEIR_API,
    Document,
    backend,
    bound,
    document,
    gateway,
    listener,
    notes_on,
    parent_condition,
    reason,
    resources,
    route,
    service,
    status,
)

ORDERS = {"group": "weir.dev", "kind": "Backend", "name": "orders"}
CA = {"group": "", "kind": "ConfigMap", "name": "ca"}


def policy(name: str, *targets: Document, kind: str = "BackendPolicy", **fields: object) -> Document:
    times = {key: fields.pop(key) for key in ("creationTimestamp",) if key in fields}
    return document(WEIR_API, kind, name, {"targetRefs": list(targets), **fields}, **times)


def tls_policy(name: str, *cas: Document, target: Document = ORDERS, **metadata: object) -> Document:
    validation: Document = {"hostname": "a.example"}
    validation |= {"caCertificateRefs": list(cas)} if cas else {"wellKnownCACertificates": "System"}
    return document(
        GATEWAY_API, "BackendTLSPolicy", name, {"targetRefs": [target], "validation": validation}, **metadata
    )


def balancer(type_: str) -> Document:
    return {"loadBalancer": {"type": type_}}


def policies_of(*documents: Document) -> BackendPolicies:
    found = Catalog(resources(*documents))
    return bind_policies(found, Grants(found), []).backends


def accepted(binding: Binding, kind: str, name: str) -> tuple[str, str]:
    return reason(status(binding, kind, name).condition("Accepted"))


def test_policy_on_a_backend_is_accepted() -> None:
    binding = bound(backend(), policy("x", ORDERS))
    assert accepted(binding, "BackendPolicy", "x") == ("True", "Accepted")
    assert reason(parent_condition(binding, "BackendPolicy", "x", "Accepted")) == ("True", "Accepted")
    assert status(binding, "BackendPolicy", "x").parents[0].group == "weir.dev"


@pytest.mark.parametrize(
    ("kind", "target", "expected"),
    [
        ("BackendPolicy", {**ORDERS, "name": "order"}, "TargetNotFound"),
        ("BackendPolicy", {**ORDERS, "sectionName": "x"}, "TargetNotFound"),
        ("BackendPolicy", {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "orders"}, "Invalid"),
        ("TrafficPolicy", {"group": "", "kind": "Secret", "name": "orders"}, "Invalid"),
        ("BackendPolicy", {"group": "", "kind": "Namespace", "name": "bakery"}, "Invalid"),
    ],
)
def test_target_that_cannot_be_is_told_with_its_place(kind: str, target: Document, expected: str) -> None:
    binding = bound(backend(), route(), policy("x", target, kind=kind))
    assert accepted(binding, kind, "x") == ("False", expected)
    assert notes_on(binding.notes, "warning")["spec.targetRefs[0]"].startswith(f"{expected}: ")


def test_nearest_target_is_suggested() -> None:
    notes = bound(backend(), policy("x", {**ORDERS, "name": "order"})).notes
    assert [note.suggestion for note in notes if note.resource.kind == "BackendPolicy"] == ['did you mean "orders"?']


@pytest.mark.parametrize(
    ("target", "section"),
    [
        ({"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}, "http"),
        ({"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "orders"}, "read"),
        ({"group": "", "kind": "Service", "name": "web"}, "plain"),
    ],
)
def test_sections_are_listeners_rules_and_ports(target: Document, section: str) -> None:
    others = (
        gateway("edge", listener("http")),
        route("orders", {"name": "read"}),
        service("web", {"port": 80, "name": "plain"}),
    )
    good = bound(*others, policy("x", {**target, "sectionName": section}, kind="TrafficPolicy"))
    bad = bound(*others, policy("x", {**target, "sectionName": section[:-1]}, kind="TrafficPolicy"))
    assert accepted(good, "TrafficPolicy", "x") == ("True", "Accepted")
    assert accepted(bad, "TrafficPolicy", "x") == ("False", "TargetNotFound")
    assert f'did you mean "{section}"?' in [note.suggestion for note in bad.notes]


def test_policy_without_targets_says_so() -> None:
    assert accepted(bound(policy("x")), "BackendPolicy", "x") == ("False", "TargetNotFound")


def test_older_policy_wins_and_the_other_is_conflicted() -> None:
    young = policy("a", ORDERS, creationTimestamp="2024-02-01T00:00:00Z", **balancer("Random"))
    old = policy("b", ORDERS, creationTimestamp="2024-01-01T00:00:00Z", **balancer("LeastRequest"))
    binding = bound(backend(), young, old)
    assert accepted(binding, "BackendPolicy", "b") == ("True", "Accepted")
    assert accepted(binding, "BackendPolicy", "a") == ("False", "Conflicted")
    assert binding.backends["shop/orders"].policy.load_balancer.type == "LeastRequest"


def test_first_in_name_order_wins_without_age() -> None:
    binding = bound(backend(), policy("b", ORDERS, **balancer("Random")), policy("a", ORDERS))
    assert accepted(binding, "BackendPolicy", "b") == ("False", "Conflicted")
    assert binding.backends["shop/orders"].policy.load_balancer.type == "RoundRobin"


def test_policies_of_different_kinds_do_not_conflict() -> None:
    binding = bound(backend(), policy("x", ORDERS), policy("y", ORDERS, kind="TrafficPolicy"))
    assert accepted(binding, "TrafficPolicy", "y") == ("True", "Accepted")


def test_more_specific_target_wins() -> None:
    web = {"group": "", "kind": "Service", "name": "web"}
    found = policies_of(
        backend(),
        service("web", {"port": 80, "name": "plain"}, {"port": 81, "name": "other"}),
        policy("a", {"group": "", "kind": "Namespace", "name": "shop"}, **balancer("Random")),
        policy("b", web, **balancer("LeastRequest")),
        policy("c", {**web, "sectionName": "plain"}, **balancer("RoundRobin")),
    )

    def of(kind: str, namespace: str, name: str, section: str = "") -> str:
        group = "weir.dev" if kind == "Backend" else ""
        return found.for_target(group, kind, namespace, name, section).load_balancer.type

    assert of("Service", "shop", "web", "plain") == "RoundRobin"
    assert of("Service", "shop", "web", "other") == "LeastRequest"
    assert of("Backend", "shop", "orders") == "Random"
    assert of("Backend", "bakery", "orders") == "RoundRobin"


def test_backend_is_told_which_policy_asks_for_tls() -> None:
    web = {"group": "", "kind": "Service", "name": "web"}
    found = policies_of(
        backend(),
        backend("plain"),
        backend("own"),
        service("web", {"port": 80, "name": "a"}, {"port": 81, "name": "b"}),
        tls_policy("x"),
        tls_policy("y", target={**web, "sectionName": "a"}),
        policy("z", {**ORDERS, "name": "own"}, tls={}),
    )
    assert found.asking_tls("weir.dev", "Backend", "shop", "orders") == "BackendTLSPolicy shop/x"
    assert found.asking_tls("weir.dev", "Backend", "shop", "own") == "the BackendPolicy"
    assert found.asking_tls("weir.dev", "Backend", "shop", "plain") == ""
    assert found.asking_tls("", "Service", "shop", "web", "a") == "BackendTLSPolicy shop/y"
    assert found.asking_tls("", "Service", "shop", "web", "b") == ""


@pytest.mark.parametrize(
    ("refs", "resolved", "is_accepted"),
    [
        ([], ("True", "ResolvedRefs"), ("True", "Accepted")),
        ([CA], ("True", "ResolvedRefs"), ("True", "Accepted")),
        ([CA, {**CA, "name": "none"}], ("False", "InvalidCACertificateRef"), ("True", "Accepted")),
        ([{**CA, "name": "none"}], ("False", "InvalidCACertificateRef"), ("False", "NoValidCACertificate")),
        ([{**CA, "kind": "Secret"}], ("False", "InvalidKind"), ("False", "NoValidCACertificate")),
    ],
)
def test_authorities_of_a_tls_policy(
    refs: list[Document], resolved: tuple[str, str], is_accepted: tuple[str, str]
) -> None:
    ca = {**document("v1", "ConfigMap", "ca"), "data": {"ca.crt": "pem"}}
    binding = bound(backend(), ca, tls_policy("x", *refs))
    own = status(binding, "BackendTLSPolicy", "x")
    assert reason(own.condition("ResolvedRefs")) == resolved
    assert reason(own.condition("Accepted")) == is_accepted
    assert reason(parent_condition(binding, "BackendTLSPolicy", "x", "Accepted")) == is_accepted
    assert reason(parent_condition(binding, "BackendTLSPolicy", "x", "ResolvedRefs")) == resolved


def test_second_tls_policy_of_a_target_is_conflicted_whatever_its_authorities() -> None:
    binding = bound(backend(), tls_policy("a"), tls_policy("b", {**CA, "name": "none"}))
    assert accepted(binding, "BackendTLSPolicy", "b") == ("False", "Conflicted")
