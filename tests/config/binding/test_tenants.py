"""Whose a namespace is, and what those hear who claim one that is another's."""

from __future__ import annotations

from config.binding.bind import Binding
from tests.config.manifests import GATEWAY_API, WEIR_API, Document, bound, document, gateway, notes_on, reason, status

OLD, NEW = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


def tenant(name: str, created: str = OLD, **spec: object) -> Document:
    made = document(WEIR_API, "Tenant", name, spec, creationTimestamp=created)
    del made["metadata"]["namespace"]  # type: ignore[attr-defined]
    return made


def namespace(name: str, **labels: str) -> Document:
    made = document("v1", "Namespace", name, {}, labels=labels)
    del made["metadata"]["namespace"]  # type: ignore[attr-defined]
    return made


def route(namespace: str) -> Document:
    spec = {
        "parentRefs": [{"name": "edge", "namespace": "shop"}],
        "hostnames": [f"{namespace}.example"],
        "rules": [{}],
    }
    return document(GATEWAY_API, "HTTPRoute", "all", spec, namespace=namespace)


EDGE = gateway(
    "edge", {"name": "http", "port": 8080, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}
)


def owners(binding: Binding) -> dict[str, str]:
    """The tenant of each route's rules, by the route's namespace."""
    rules = [bound for port in binding.ports for listener in port.listeners for bound in listener.rules]
    return {bound.rule.name.namespace: bound.tenant for bound in rules}


def test_rules_are_of_the_tenant_that_names_their_namespace() -> None:
    binding = bound(EDGE, route("shop"), route("bank"), route("free"), tenant("acme", namespaces=["shop", "bank"]))
    assert owners(binding) == {"shop": "acme", "bank": "acme", "free": ""}
    assert reason(status(binding, "Tenant", "acme").condition("Accepted")) == ("True", "Accepted")


def test_a_selector_takes_namespaces_by_their_labels() -> None:
    labelled = tenant("gold", selector={"matchLabels": {"tier": "gold"}})
    binding = bound(EDGE, route("shop"), route("bank"), namespace("shop", tier="gold"), namespace("bank"), labelled)
    assert owners(binding) == {"shop": "gold", "bank": ""}


def test_an_undeclared_namespace_has_the_label_of_its_name() -> None:
    labelled = tenant("acme", selector={"matchLabels": {"kubernetes.io/metadata.name": "shop"}})
    assert owners(bound(EDGE, route("shop"), labelled)) == {"shop": "acme"}


def test_the_older_of_two_has_the_namespace_and_the_other_is_told() -> None:
    binding = bound(
        EDGE, route("shop"), tenant("new", NEW, namespaces=["shop", "own"]), tenant("old", OLD, namespaces=["shop"])
    )
    assert owners(binding) == {"shop": "old"}
    lost = status(binding, "Tenant", "new").condition("Accepted")
    assert reason(lost) == ("False", "Conflicted")
    told = notes_on(binding.notes, "warning")["spec.namespaces"]
    assert told == "Conflicted: namespace shop is of Tenant old, which is older"


def test_a_selector_that_says_nothing_is_an_error() -> None:
    flawed = tenant("acme", selector={"matchExpressions": [{"key": "tier", "operator": "Inn", "values": ["a"]}]})
    binding = bound(EDGE, route("shop"), flawed)
    assert "Inn" in notes_on(binding.notes)["spec.selector.matchExpressions[0].operator"]
    assert owners(binding) == {"shop": ""}
