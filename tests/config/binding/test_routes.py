"""Routes and their parents: what attaches where, and the conditions of each parent."""

from __future__ import annotations

import pytest

from config.binding.bind import Binding
from tests.config.manifests import (
    BACKEND_REF,
    GATEWAY_API,
    Document,
    backend,
    bound,
    document,
    gateway,
    listener,
    notes_on,
    parent_condition,
    reason,
    route,
    status,
)

AUTH = {
    "type": "ExternalAuth",
    "externalAuth": {"protocol": "GRPC", "grpc": {}, "backendRef": BACKEND_REF},
}
TWO = (listener("a", hostname="a.example"), listener("b", port=8081, hostname="b.example"))


def parents(*refs: Document, **spec: object) -> Document:
    return {"parentRefs": list(refs), **spec}


def bound_rules(binding: Binding) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Rules with their hostnames, by listener."""
    return {
        each.name: [(str(found.rule.name), found.hostnames) for found in each.rules]
        for port in binding.ports
        for each in port.listeners
    }


def accepted(binding: Binding, name: str = "orders", kind: str = "HTTPRoute") -> tuple[str, str]:
    return reason(parent_condition(binding, kind, name, "Accepted"))


def attached(binding: Binding, name: str = "edge") -> list[int]:
    return [each.attached_routes for each in status(binding, "Gateway", name).listeners]


def test_route_attaches_to_all_listeners_of_its_gateway() -> None:
    binding = bound(gateway("edge", *TWO), backend(), route())
    assert bound_rules(binding) == {
        "shop/edge/a": [("shop/orders/0", ("a.example",))],
        "shop/edge/b": [("shop/orders/0", ("b.example",))],
    }
    assert attached(binding) == [1, 1]
    assert accepted(binding) == ("True", "Accepted")
    assert reason(parent_condition(binding, "HTTPRoute", "orders", "ResolvedRefs")) == ("True", "ResolvedRefs")


@pytest.mark.parametrize("ref", [{"sectionName": "b"}, {"port": 8081}, {"sectionName": "b", "port": 8081}])
def test_section_and_port_choose_a_listener(ref: Document) -> None:
    binding = bound(gateway("edge", *TWO), backend(), route(spec=parents({"name": "edge", **ref})))
    assert bound_rules(binding)["shop/edge/a"] == []
    assert len(bound_rules(binding)["shop/edge/b"]) == 1
    (parent,) = status(binding, "HTTPRoute", "orders").parents
    assert (parent.section_name, parent.port) == (ref.get("sectionName", ""), ref.get("port", 0))


@pytest.mark.parametrize(
    ("ref", "message", "suggestion"),
    [
        ({"name": "edg"}, "there is no Gateway shop/edg", 'did you mean "edge"?'),
        ({"name": "edge", "namespace": "bakery"}, "there is no Gateway bakery/edge", ""),
        ({"name": "edge", "sectionName": "bb", "port": 1}, "has no listener with name bb and port 1", ""),
        ({"name": "edge", "sectionName": "a", "port": 8081}, "has no listener with name a and port 8081", ""),
        ({"name": "edge", "kind": "Service", "group": ""}, "core/Service is no parent in this version", ""),
    ],
)
def test_parent_that_there_is_not(ref: Document, message: str, suggestion: str) -> None:
    binding = bound(gateway("edge", *TWO), backend(), route(spec=parents(ref)))
    assert accepted(binding) == ("False", "NoMatchingParent")
    (note,) = [note for note in binding.notes if note.resource.kind == "HTTPRoute"]
    assert message in note.message
    assert note.path == ("spec", "parentRefs", 0)
    assert suggestion in note.suggestion
    assert attached(binding) == [0, 0]


def test_each_parent_has_a_status_of_its_own() -> None:
    binding = bound(gateway("edge"), backend(), route(spec=parents({"name": "none"}, {"name": "edge"})))
    assert accepted(binding) == ("False", "NoMatchingParent")
    assert reason(parent_condition(binding, "HTTPRoute", "orders", "Accepted", parent=1)) == ("True", "Accepted")


def test_route_that_names_a_listener_twice_is_attached_once() -> None:
    refs = ({"name": "edge", "sectionName": "a"}, {"name": "edge", "sectionName": "b"})
    both = bound(gateway("edge", *TWO), backend(), route(spec=parents(*refs)))
    assert attached(both) == [1, 1]
    twice = parents({"name": "edge", "port": 8080}, {"name": "edge", "port": 8081})
    same = bound(gateway("edge", listener("a"), listener("b", port=8081)), backend(), route(spec=twice))
    assert attached(same) == [1, 1]
    overlapping = parents({"name": "edge", "port": 8080}, {"name": "edge", "namespace": "shop"})
    binding = bound(gateway("edge", listener("a")), backend(), route(spec=overlapping))
    assert attached(binding) == [1]
    assert len(bound_rules(binding)["shop/edge/a"]) == 1


def test_listener_that_allows_no_such_namespace() -> None:
    binding = bound(
        gateway("edge", namespace="infra"), backend(), route(spec=parents({"name": "edge", "namespace": "infra"}))
    )
    assert accepted(binding) == ("False", "NotAllowedByListeners")
    assert attached(binding) == [0]


def test_listener_that_carries_no_such_kind() -> None:
    spec = {"parentRefs": [{"name": "edge"}], "rules": [{"backendRefs": [BACKEND_REF]}]}
    binding = bound(gateway("edge"), backend(), document(GATEWAY_API, "TCPRoute", "raw", spec))
    assert accepted(binding, "raw", "TCPRoute") == ("False", "NotAllowedByListeners")
    assert (
        "no listener of Gateway shop/edge takes TCPRoutes" in notes_on(binding.notes, "warning")["spec.parentRefs[0]"]
    )


def test_hostnames_in_common_are_what_a_rule_is_bound_to() -> None:
    hostnames = ["api.a.example", "x.b.example", "other.example"]
    listeners = (listener("a", hostname="*.a.example"), listener("any"))
    binding = bound(gateway("edge", *listeners), backend(), route(spec={"hostnames": hostnames}))
    assert bound_rules(binding) == {
        "shop/edge/a": [("shop/orders/0", ("api.a.example",))],
        "shop/edge/any": [("shop/orders/0", tuple(hostnames))],
    }


def test_no_hostname_in_common_is_not_accepted_and_not_counted() -> None:
    binding = bound(gateway("edge", *TWO), backend(), route(spec={"hostnames": ["c.example"]}))
    assert accepted(binding) == ("False", "NoMatchingListenerHostname")
    assert attached(binding) == [0, 0]


def test_route_is_counted_on_a_listener_that_is_not_served() -> None:
    """By the CRD the state of the listener does not matter."""
    https = listener("s", protocol="HTTPS", port=443, tls={"options": {"a/b": "c"}})
    binding = bound(gateway("edge", https, listener()), backend(), route())
    assert attached(binding) == [1, 1]


def test_reference_that_does_not_resolve_leaves_the_route_accepted() -> None:
    rule = {"backendRefs": [{**BACKEND_REF, "name": "none"}, BACKEND_REF]}
    binding = bound(gateway(), backend(), route("orders", rule))
    assert accepted(binding) == ("True", "Accepted")
    resolved = parent_condition(binding, "HTTPRoute", "orders", "ResolvedRefs")
    assert reason(resolved) == ("False", "BackendNotFound")
    assert resolved is not None and resolved.message == "there is no Backend shop/none"
    assert "spec.rules[0].backendRefs[0].name" in notes_on(binding.notes, "warning")


def test_some_rules_that_are_not_carried_out_make_a_route_partially_invalid() -> None:
    binding = bound(gateway(), backend(), route("orders", {"filters": [AUTH]}, {"backendRefs": [BACKEND_REF]}))
    assert accepted(binding) == ("True", "Accepted")
    found = parent_condition(binding, "HTTPRoute", "orders", "PartiallyInvalid")
    assert reason(found) == ("True", "UnsupportedValue")
    assert found is not None and "spec.rules[0].filters[0].type" in found.message
    assert attached(binding) == [1]


def test_route_without_a_rule_that_is_carried_out_is_not_accepted() -> None:
    binding = bound(gateway(), backend(), route("orders", {"filters": [AUTH]}))
    assert accepted(binding) == ("False", "UnsupportedValue")
    assert parent_condition(binding, "HTTPRoute", "orders", "PartiallyInvalid") is None
    assert attached(binding) == [0]
    assert len(bound_rules(binding)["shop/edge/http"]) == 1, "its traffic is answered with 500, never passed on"


def test_parent_of_another_controller_has_no_status() -> None:
    binding = bound(gateway(spec={"gatewayClassName": "other"}), backend(), route())
    assert status(binding, "HTTPRoute", "orders").parents == ()


def test_route_without_parents_is_told() -> None:
    notes = notes_on(bound(backend(), route(spec=parents())).notes, "warning")
    assert notes == {"spec": "it has no parentRefs, so no traffic reaches it"}


def test_older_route_goes_before_a_younger_one() -> None:
    binding = bound(
        gateway(),
        backend(),
        route("a", creationTimestamp="2024-02-01T00:00:00Z"),
        route("b", creationTimestamp="2024-01-01T00:00:00Z"),
    )
    (port,) = binding.ports
    assert [str(found.rule.name) for found in port.listeners[0].rules] == ["shop/b/0", "shop/a/0"]
