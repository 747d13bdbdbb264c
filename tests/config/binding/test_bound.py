"""Which routes a listener takes, and what Gateways and listeners say of themselves."""

from __future__ import annotations

import pytest

from config.binding.bound import BoundGateway, BoundListener
from config.resources.gateway import Gateway
from tests.config.manifests import GATEWAY_API, Document, catalog, document, gateway, listener, reason, resources, route


def bound_listener(allowed: Document | None = None) -> BoundListener:
    fields = {"allowedRoutes": allowed} if allowed else {}
    (resource,) = resources(gateway("edge", listener(**fields), generation=3))
    assert isinstance(resource, Gateway)
    return BoundListener(resource, resource.spec.listeners[0], 0, ("HTTPRoute",))


def test_takes_the_kinds_that_it_supports() -> None:
    http, tcp = resources(
        route(), document(GATEWAY_API, "TCPRoute", "a", {"rules": [{"backendRefs": [{"name": "a", "port": 1}]}]})
    )
    assert bound_listener().takes_kind(http)
    assert not bound_listener().takes_kind(tcp)


@pytest.mark.parametrize(
    ("namespaces", "own", "gold", "undeclared"),
    [
        ({}, True, False, False),
        ({"from": "Same"}, True, False, False),
        ({"from": "All"}, True, True, True),
        ({"from": "Selector"}, False, False, False),
        ({"from": "Selector", "selector": {"matchLabels": {"tier": "gold"}}}, False, True, False),
        (
            {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "farm"}}},
            False,
            False,
            True,
        ),
        ({"from": "Selector", "selector": {"matchExpressions": [{"key": "a", "operator": "x"}]}}, False, False, False),
    ],
)
def test_takes_routes_of_the_namespaces_that_are_allowed(
    namespaces: Document, own: bool, gold: bool, undeclared: bool
) -> None:
    found = catalog(document("v1", "Namespace", "bakery", labels={"tier": "gold"}))
    routes = resources(route(), route(namespace="bakery"), route(namespace="farm"))
    taking = bound_listener({"namespaces": namespaces})
    assert [taking.takes_namespace(each, found) for each in routes] == [own, gold, undeclared]


def test_conditions_observe_the_generation_of_the_gateway() -> None:
    found = bound_listener().status()
    assert {each.observed_generation for each in found.conditions} == {3}
    assert [each.type for each in found.conditions] == ["Accepted", "Programmed", "ResolvedRefs", "Conflicted"]


def test_refused_gateway_reports_no_address() -> None:
    one = bound_listener()
    refused = BoundGateway(one.gateway, ("10.0.0.1",), [one], "InvalidParameters", "why")
    assert refused.status().addresses == ()
    assert reason(refused.status().condition("Accepted")) == ("False", "InvalidParameters")


def test_refs_that_do_not_resolve_show_in_the_gateway() -> None:
    one = bound_listener()
    found = BoundGateway(one.gateway, ("",), [one], unresolved_reason="RefNotPermitted", unresolved_message="why")
    assert reason(found.status().condition("ResolvedRefs")) == ("False", "RefNotPermitted")
    assert BoundGateway(one.gateway, ("",), [one]).status().condition("ResolvedRefs") is None


def test_gateway_names_its_bad_listeners() -> None:
    good, bad = bound_listener(), bound_listener()
    bad.reason, bad.message = "UnsupportedProtocol", "no TCP here"
    accepted = BoundGateway(good.gateway, ("",), [good, bad]).status().condition("Accepted")
    assert accepted is not None
    assert (accepted.status, accepted.reason, accepted.message) == (
        "True",
        "ListenersNotValid",
        "listener http: no TCP here",
    )
