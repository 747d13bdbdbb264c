"""Where the backendRefs of steering rules lead."""

from __future__ import annotations

from config.binding.bind import Binding, bind
from config.snapshot import TrafficLayer, WeightedBackend
from tests.config.manifests import WEIR_API, Document, backend, document, gateway, resources, route, status

TARGET = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "orders"}


def policy(**ref: object) -> Document:
    rule = {"name": "debug", "when": "true", "backendRef": {"group": "weir.dev", "kind": "Backend", **ref}}
    return document(WEIR_API, "TrafficPolicy", "p", {"targetRefs": [TARGET], "steering": [rule]}, namespace="shop")


def grant(namespace: str) -> Document:
    spec = {
        "from": [{"group": "weir.dev", "kind": "TrafficPolicy", "namespace": "shop"}],
        "to": [{"group": "weir.dev", "kind": "Backend"}],
    }
    api = "gateway.networking.k8s.io/v1"
    return document(api, "ReferenceGrant", "g", spec, namespace=namespace)


def layer(binding: Binding) -> TrafficLayer:
    (found,) = {
        layer
        for port in binding.ports
        for listener in port.listeners
        for rule in listener.rules
        for layer in rule.layers
    }
    return found


def bound(*documents: Document) -> Binding:
    return bind(resources(gateway(), backend(), route("orders"), *documents))


def other() -> Document:
    spec = {"static": {"endpoints": [{"address": "127.0.0.1", "port": 1}]}}
    return document(WEIR_API, "Backend", "legacy", spec, namespace="old")


def test_a_backend_of_the_own_namespace_is_found() -> None:
    binding = bound(policy(name="orders"))
    assert layer(binding).steering == {"debug": WeightedBackend("shop/orders", 1)}
    assert not binding.notes


def test_a_backend_that_is_not_there_is_noted_and_leads_nowhere() -> None:
    binding = bound(policy(name="ordres"))
    (to,) = layer(binding).steering.values()
    assert to == WeightedBackend(None, 1, (), "steering debug: there is no Backend shop/ordres")
    (note,) = binding.notes
    assert (note.path, note.severity) == (("spec", "steering", 0, "backendRef"), "warning")
    assert note.message == "BackendNotFound: there is no Backend shop/ordres"
    assert "orders" in note.suggestion


def test_another_namespace_must_grant_it() -> None:
    reference = policy(name="legacy", namespace="old")
    (to,) = layer(bound(reference, other())).steering.values()
    assert to.backend is None
    assert "no ReferenceGrant in old permits" in to.problem
    assert layer(bound(reference, other(), grant("old"))).steering == {"debug": WeightedBackend("old/legacy", 1)}


def test_the_server_that_access_asks_is_looked_up_as_well() -> None:
    def asking(name: str) -> Document:
        external = {"backendRef": {"group": "weir.dev", "kind": "Backend", "name": name}}
        return document(WEIR_API, "TrafficPolicy", "p", {"targetRefs": [TARGET], "access": {"external": external}})

    assert layer(bound(asking("orders"))).authorizer == WeightedBackend("shop/orders", 1)
    lost = bound(asking("none"))
    message = "access.external: there is no Backend shop/none"
    assert layer(lost).authorizer == WeightedBackend(None, 1, (), message)
    assert [note.path for note in lost.notes] == [("spec", "access", "external", "backendRef")]


def test_the_status_says_whether_all_of_them_resolve() -> None:
    def told(*documents: Document) -> tuple[str, str, str]:
        found = status(bound(*documents), "TrafficPolicy", "p").condition("ResolvedRefs")
        assert found is not None
        return found.status, found.reason, found.message

    assert told(policy(name="orders")) == ("True", "ResolvedRefs", "")
    assert told(policy(name="none")) == ("False", "BackendNotFound", "there is no Backend shop/none")
    both = policy(name="none")
    keys = {"issuer": "https://id.example", "jwks": {"secretRef": {"name": "keys"}}}
    assert isinstance(both["spec"], dict)
    both["spec"]["access"] = {"jwt": keys}
    lost = "there is no Secret shop/keys; there is no Backend shop/none"
    assert told(both) == ("False", "SecretNotFound", lost)


def test_a_policy_whose_backends_did_not_change_is_the_same_layer() -> None:
    held = resources(gateway(), backend(), route("orders"), policy(name="legacy", namespace="old"), other())
    before = layer(bind(held))
    assert layer(bind(held)) is before
    granted = layer(bind([*held, *resources(grant("old"))]))
    assert granted is not before
    assert granted.spec is before.spec
    assert layer(bind(held)).steering == before.steering
