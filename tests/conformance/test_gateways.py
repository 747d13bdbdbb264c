"""Gateways and listeners by the descriptions of their CRD: addresses, distinct listeners, isolation, allowed routes."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, document, gateway, listener, route
from tests.support.served import served, text_of
from tests.support.statuses import Short, Statuses, refusal, short

NAMES = ("one", "two", "three", "four")
BACKENDS = [f"shop/{name}" for name in NAMES]
BACKEND_DOCUMENTS = tuple(backend(name) for name in NAMES)


def to(name: str, section: str, path: str = "/") -> Document:
    """A route of that name, on one listener, for one backend."""
    rule: Document = {
        "matches": [{"path": {"value": path}}],
        "backendRefs": [{**BACKEND_REF, "name": name, "namespace": "shop"}],
    }
    return route(f"to-{name}", rule, spec={"parentRefs": [{"name": "edge", "sectionName": section}]})


def conditions(found: Statuses, name: str, section: str) -> Short:
    return short(found.listener("Gateway", name, section).conditions)


# Listeners that hostnames tell apart.

ISOLATED = (
    listener("empty"),
    listener("wide", hostname="*.example.com"),
    listener("narrow", hostname="*.foo.example.com"),
    listener("exact", hostname="abc.foo.example.com"),
)
TO_ISOLATED = (
    to("one", "empty", "/empty"),
    to("two", "wide", "/wide"),
    to("three", "narrow", "/narrow"),
    to("four", "exact", "/exact"),
)


@pytest.mark.parametrize(
    ("host", "path", "name"),
    [
        ("bar.com", "/empty", "one"),
        ("bar.example.com", "/wide", "two"),
        ("a.b.example.com", "/wide", "two"),
        ("bar.foo.example.com", "/narrow", "three"),
        ("a.b.foo.example.com", "/narrow", "three"),
        ("abc.foo.example.com", "/exact", "four"),
        ("example.com", "/empty", "one"),
        ("foo.example.com", "/wide", "two"),
    ],
)
async def test_a_request_belongs_to_the_listener_with_the_most_specific_hostname(
    host: str, path: str, name: str
) -> None:
    """And to the routes of that one alone: what they do not match is 404, though another listener's would."""
    async with served(text_of(gateway("edge", *ISOLATED), *BACKEND_DOCUMENTS, *TO_ISOLATED), BACKENDS) as weir:
        assert (await weir.ask(path, host=host)).backend == name
        for other in {"/empty", "/wide", "/narrow", "/exact"} - {path}:
            assert (await weir.ask(other, host=host)).status == 404


async def test_a_host_that_no_listener_takes_is_404() -> None:
    only = gateway("edge", listener("exact", hostname="a.example"))
    async with served(text_of(only, *BACKEND_DOCUMENTS, to("one", "exact")), BACKENDS) as weir:
        assert [(await weir.ask(host=host)).status for host in ("a.example", "b.example", "a.a.example")] == [
            200,
            404,
            404,
        ]


# Listeners that are not distinct.


def test_all_of_those_in_a_conflict_are_refused_and_the_gateway_says_which() -> None:
    first = gateway("edge", listener("bad"), listener("good", port=8081))
    found = Statuses(text_of(first, gateway("other", listener("bad"))), faulty=True)
    assert found.loaded.snapshot is None, "the last good set stays in force"
    for name in ("edge", "other"):
        assert conditions(found, name, "bad")["Conflicted"] == ("True", "HostnameConflict")
        assert conditions(found, name, "bad")["Accepted"] == ("False", "HostnameConflict")
    assert conditions(found, "edge", "good")["Accepted"] == ("True", "Accepted")
    edge, other = found.of("Gateway", "edge"), found.of("Gateway", "other")
    assert short(edge.conditions)["Accepted"] == ("True", "ListenersNotValid")
    assert "listener bad" in edge.conditions[0].message and "listener good" not in edge.conditions[0].message
    assert short(other.conditions)["Accepted"] == ("False", "ListenersNotValid"), "it has no other listener"


def test_tls_settings_do_not_tell_listeners_apart() -> None:
    tls: Document = {"options": {"a/b": "c"}}
    https = listener("a", port=8443, protocol="HTTPS", tls=tls, hostname="a.example")
    twin = {**https, "name": "b", "tls": {"options": {"a/b": "d"}}}
    assert "Combination of port, protocol and hostname must be unique" in refusal(text_of(gateway("edge", https, twin)))


async def test_a_tcp_listener_that_is_not_served_puts_no_http_listener_out() -> None:
    """The rule that refuses both holds only for who serves TCP."""
    both = gateway("edge", listener("http"), listener("tcp", protocol="TCP"))
    text = text_of(both, *BACKEND_DOCUMENTS, to("one", "http"))
    found = Statuses(text)
    assert conditions(found, "edge", "tcp")["Accepted"] == ("False", "UnsupportedProtocol")
    assert conditions(found, "edge", "http")["Accepted"] == ("True", "Accepted")
    async with served(text, BACKENDS) as weir:
        assert (await weir.ask()).backend == "one"


@pytest.mark.parametrize(
    ("listeners", "message"),
    [
        ([], "spec.listeners: must not be empty"),
        ([listener("a"), listener("a", port=81)], "Listener name must be unique within the Gateway"),
        ([listener("a"), listener("b")], "Combination of port, protocol and hostname must be unique"),
        ([listener("a", tls={"options": {"a/b": "c"}})], "tls must not be specified for protocols"),
        ([listener("a", protocol="TLS")], "tls mode must be set for protocol TLS"),
        ([listener("a", protocol="TCP", hostname="a.example")], "hostname must not be specified"),
        ([listener("a", protocol="HTTPS", tls={})], "certificateRefs or options must be specified"),
    ],
)
def test_listeners_that_contradict_themselves_are_refused(listeners: list[Document], message: str) -> None:
    assert message in refusal(text_of(gateway(spec={"listeners": listeners})))


# Addresses.


def test_every_listener_is_bound_to_every_address() -> None:
    addresses = [{"value": "10.0.0.1"}, {"type": "IPAddress", "value": "::1"}]
    found = Statuses(text_of(gateway("edge", listener("a"), listener("b", port=81), spec={"addresses": addresses})))
    assert found.of("Gateway", "edge").addresses == ("10.0.0.1", "::1")
    assert found.loaded.snapshot is not None
    assert {port.key for port in found.loaded.snapshot.ports} == {
        "10.0.0.1:8080/tcp", "10.0.0.1:81/tcp", "::1:8080/tcp", "::1:81/tcp",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ({"type": "Hostname", "value": "a.example"}, "UnsupportedAddress"),
        ({"type": "Hostname"}, "UnsupportedAddress"),
        ({"type": "NamedAddress", "value": "a"}, "UnsupportedAddress"),
        ({"type": "example.com/x", "value": "a"}, "UnsupportedAddress"),
    ],
)
def test_an_address_that_cannot_be_had_is_told(address: Document, reason: str) -> None:
    found = Statuses(text_of(gateway(spec={"addresses": [address]}))).of("Gateway", "edge")
    assert short(found.conditions) == {"Accepted": ("False", reason), "Programmed": ("False", "Invalid")}


def test_an_address_without_a_value_is_of_weirs_choice() -> None:
    found = Statuses(text_of(gateway(spec={"addresses": [{"type": "IPAddress"}]})))
    assert short(found.of("Gateway", "edge").conditions)["Programmed"] == ("True", "Programmed")


def test_text_that_is_no_address_is_refused() -> None:
    assert "address is expected" in refusal(text_of(gateway(spec={"addresses": [{"value": "10.0.0.300"}]})))


def test_parameters_of_a_kind_that_weir_does_not_take_refuse_the_gateway() -> None:
    reference: Document = {"group": "", "kind": "ConfigMap", "name": "none"}
    found = Statuses(text_of(gateway(spec={"infrastructure": {"parametersRef": reference}})))
    assert short(found.of("Gateway", "edge").conditions)["Accepted"] == ("False", "InvalidParameters")


# Allowed routes.

GOLD = document("v1", "Namespace", "gold", labels={"tier": "gold"})
SELECTOR = {"matchLabels": {"tier": "gold"}}


@pytest.mark.parametrize(
    ("allowed", "own", "gold", "tin"),
    [
        (None, True, False, False),
        ({"from": "Same"}, True, False, False),
        ({"from": "Same", "selector": SELECTOR}, True, False, False),
        ({"from": "All"}, True, True, True),
        ({"from": "All", "selector": SELECTOR}, True, True, True),
        ({"from": "Selector", "selector": SELECTOR}, False, True, False),
        (
            {"from": "Selector", "selector": {"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}},
            True,
            False,
            True,
        ),
    ],
)
def test_routes_attach_from_the_namespaces_that_a_listener_allows(
    allowed: Document | None, own: bool, gold: bool, tin: bool
) -> None:
    """The Gateway's own unless told; the selector counts for `Selector` alone."""
    one = listener() if allowed is None else listener(allowedRoutes={"namespaces": allowed})
    parent: Document = {"parentRefs": [{"name": "edge", "namespace": "shop"}]}
    routes = [route(namespace, spec=parent, namespace=namespace) for namespace in ("shop", "gold", "tin")]
    found = Statuses(text_of(gateway("edge", one), GOLD, backend(), *routes))
    accepted = [found.parent(namespace)["Accepted"][0] == "True" for namespace in ("shop", "gold", "tin")]
    assert accepted == [own, gold, tin]
    assert found.listener("Gateway", "edge", "http").attached_routes == sum(accepted)


@pytest.mark.parametrize(
    ("kinds", "supported", "resolved"),
    [
        ([], ("HTTPRoute", "GRPCRoute"), ("True", "ResolvedRefs")),
        ([{"kind": "GRPCRoute"}], ("GRPCRoute",), ("True", "ResolvedRefs")),
        ([{"kind": "HTTPRoute"}], ("HTTPRoute",), ("True", "ResolvedRefs")),
        ([{"kind": "TCPRoute"}], (), ("False", "InvalidRouteKinds")),
        ([{"kind": "Unheard"}, {"kind": "HTTPRoute"}], ("HTTPRoute",), ("False", "InvalidRouteKinds")),
        ([{"group": "example.com", "kind": "HTTPRoute"}], (), ("False", "InvalidRouteKinds")),
    ],
)
def test_supported_kinds_are_those_asked_for_that_there_are(
    kinds: list[Document], supported: tuple[str, ...], resolved: tuple[str, str]
) -> None:
    found = Statuses(text_of(gateway("edge", listener(allowedRoutes={"kinds": kinds}))))
    assert found.listener("Gateway", "edge", "http").supported_kinds == supported
    assert conditions(found, "edge", "http")["ResolvedRefs"] == resolved


async def test_a_kind_that_a_listener_does_not_take_does_not_attach() -> None:
    one = listener(allowedRoutes={"kinds": [{"kind": "TCPRoute"}]})
    text = text_of(gateway("edge", one), backend(), route("r"))
    found = Statuses(text)
    assert found.parent("r")["Accepted"] == ("False", "NotAllowedByListeners")
    assert found.listener("Gateway", "edge", "http").attached_routes == 0
    async with served(text) as weir:
        assert (await weir.ask()).status == 404


def test_attached_routes_count_those_that_are_accepted_whatever_the_listener_is() -> None:
    tcp = listener("s", protocol="HTTPS", port=443, tls={"options": {"a/b": "c"}})
    none: Document = {"hostnames": ["none.example"]}
    one = listener(hostname="a.example")
    found = Statuses(text_of(gateway("edge", one, tcp), backend(), route("good"), route("bad", spec=none)))
    assert found.listener("Gateway", "edge", "http").attached_routes == 1
    assert conditions(found, "edge", "s")["Accepted"] == ("False", "UnsupportedProtocol")
    assert found.listener("Gateway", "edge", "s").attached_routes == 2, "it takes any hostname"


def test_conditions_observe_the_generation_of_the_gateway() -> None:
    found = Statuses(text_of(gateway(generation=5))).of("Gateway", "edge")
    observed = {each.observed_generation for each in (*found.conditions, *found.listeners[0].conditions)}
    assert observed == {5}


def test_every_listener_has_the_four_conditions() -> None:
    found = Statuses(text_of(gateway("edge", listener(), listener("t", port=9, protocol="TCP"))))
    for each in found.of("Gateway", "edge").listeners:
        assert list(short(each.conditions)) == ["Accepted", "Programmed", "ResolvedRefs", "Conflicted"]


async def test_several_gateways_share_a_port_by_hostname() -> None:
    first = gateway("edge", listener("a", hostname="a.example"))
    second = gateway("other", listener("b", hostname="b.example"))
    to_second = route(
        "second", {"backendRefs": [{**BACKEND_REF, "name": "two"}]}, spec={"parentRefs": [{"name": "other"}]}
    )
    async with served(text_of(first, second, *BACKEND_DOCUMENTS, to("one", "a"), to_second), BACKENDS) as weir:
        assert (await weir.ask(host="a.example")).backend == "one"
        assert (await weir.ask(host="b.example")).backend == "two"
