"""ListenerSets on their Gateways: where the listeners go, and what the operator is told."""

from __future__ import annotations

from config.binding.bind import Binding
from tests.config.manifests import GATEWAY_API, Document, bound, document, gateway, listener, notes_on, reason, status

ALLOWING: Document = {"allowedListeners": {"namespaces": {"from": "Same"}}}
OWN = listener(hostname="gateway.example")


def listener_set(*listeners: Document, name: str = "more", parent: str = "edge", **metadata: object) -> Document:
    spec = {"parentRef": {"name": parent}, "listeners": list(listeners)}
    return document(GATEWAY_API, "ListenerSet", name, spec, **metadata)


def served(binding: Binding) -> dict[str, list[str]]:
    return {port.key: [each.name for each in port.listeners] for port in binding.ports}


def test_listeners_are_on_the_addresses_of_the_gateway() -> None:
    spec = {**ALLOWING, "addresses": [{"value": "10.0.0.1"}, {"value": "10.0.0.2"}]}
    binding = bound(gateway("edge", OWN, spec=spec), listener_set(listener("l", port=8081)))
    assert served(binding) == {
        "10.0.0.1:8080/tcp": ["shop/edge/http"],
        "10.0.0.1:8081/tcp": ["ListenerSet shop/more/l"],
        "10.0.0.2:8080/tcp": ["shop/edge/http"],
        "10.0.0.2:8081/tcp": ["ListenerSet shop/more/l"],
    }


def test_a_set_that_is_not_allowed_opens_no_port() -> None:
    binding = bound(gateway("edge", OWN), listener_set(listener("l", port=8081)))
    assert served(binding) == {":8080/tcp": ["shop/edge/http"]}
    assert "NotAllowed: Gateway shop/edge lets no ListenerSet" in notes_on(binding.notes, "warning")["spec.parentRef"]


def test_a_conflict_with_what_goes_before_is_no_error_of_the_whole() -> None:
    binding = bound(gateway("edge", OWN, spec=ALLOWING), listener_set(OWN))
    assert notes_on(binding.notes) == {}
    assert "HostnameConflict: port 8080" in notes_on(binding.notes, "warning")["spec.listeners[0]"]
    assert served(binding) == {":8080/tcp": ["shop/edge/http"]}


def test_a_set_gives_way_to_the_gateways_of_others_too() -> None:
    """They share the socket, so a flow must belong to one listener all the same."""
    other = gateway("other", listener(hostname="other.example"))
    taken = listener_set(listener("l", hostname="other.example"))
    binding = bound(gateway("edge", OWN, spec=ALLOWING), other, taken)
    found = status(binding, "ListenerSet", "more").listeners[0].conditions
    assert reason(next(each for each in found if each.type == "Conflicted")) == ("True", "HostnameConflict")
    assert reason(status(binding, "Gateway", "other").condition("Accepted")) == ("True", "Accepted")


def test_other_address_is_no_conflict() -> None:
    first = gateway("edge", OWN, spec={**ALLOWING, "addresses": [{"value": "10.0.0.1"}]})
    second = gateway("other", listener(hostname="x.example"), spec={"addresses": [{"value": "10.0.0.2"}]})
    binding = bound(first, second, listener_set(listener("l", hostname="x.example")))
    assert served(binding) == {
        "10.0.0.1:8080/tcp": ["shop/edge/http", "ListenerSet shop/more/l"],
        "10.0.0.2:8080/tcp": ["shop/other/http"],
    }


def test_a_gateway_that_is_not_there_comes_with_the_nearest() -> None:
    binding = bound(gateway("edge", OWN, spec=ALLOWING), listener_set(listener("l", port=8081), parent="egde"))
    (note,) = [note for note in binding.notes if note.resource.kind == "ListenerSet"]
    assert (note.path, note.suggestion) == (("spec", "parentRef"), 'did you mean "edge"?')


def test_a_selector_of_allowed_listeners_is_checked() -> None:
    wrong = {"from": "Selector", "selector": {"matchExpressions": [{"key": "a", "operator": "Equals"}]}}
    binding = bound(gateway("edge", spec={"allowedListeners": {"namespaces": wrong}}))
    place = "spec.allowedListeners.namespaces.selector.matchExpressions[0].operator"
    assert list(notes_on(binding.notes)) == [place]


def test_the_clients_of_https_are_checked_as_the_gateway_says() -> None:
    authorities = {"caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "none"}]}
    tls = {"frontend": {"default": {"validation": authorities}}}
    https = listener("s", port=8443, protocol="HTTPS", tls={"options": {"a/b": "c"}})
    binding = bound(gateway("edge", OWN, spec={**ALLOWING, "tls": tls}), listener_set(https))
    found = status(binding, "ListenerSet", "more").listeners[0].conditions
    resolved = next(each for each in found if each.type == "ResolvedRefs")
    assert reason(resolved) == ("False", "InvalidCACertificateRef")
