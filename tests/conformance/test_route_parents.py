"""Routes and their parents by the descriptions of `parentRefs` and of the status: what attaches, and what is told."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, Document, backend, gateway, listener, route
from tests.support.served import served, text_of
from tests.support.statuses import Statuses, refusal, short

TWO = (listener("a", hostname="a.example"), listener("b", port=8081, hostname="b.example"))


def config(*refs: Document, listeners: tuple[Document, ...] = TWO, **spec: object) -> str:
    return text_of(gateway("edge", *listeners), backend(), route("r", spec={"parentRefs": list(refs), **spec}))


@pytest.mark.parametrize(
    ("ref", "on_a", "on_b"),
    [
        ({"name": "edge"}, 200, 200),
        ({"name": "edge", "namespace": "shop"}, 200, 200),
        ({"name": "edge", "sectionName": "a"}, 200, 404),
        ({"name": "edge", "port": 8081}, 404, 200),
        ({"name": "edge", "sectionName": "b", "port": 8081}, 404, 200),
    ],
)
async def test_a_route_is_on_the_listeners_that_it_names(ref: Document, on_a: int, on_b: int) -> None:
    """By name, by port, by both; all where it names none."""
    async with served(config(ref)) as weir:
        assert (await weir.ask(host="a.example")).status == on_a
        assert (await weir.ask(host="b.example", port=8081)).status == on_b


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ({"name": "edge"}, "Accepted"),
        ({"name": "edge", "sectionName": "a"}, "Accepted"),
        ({"name": "edge", "sectionName": "b"}, "NoMatchingListenerHostname"),
        ({"name": "edge", "sectionName": "a", "port": 8081}, "NoMatchingParent"),
        ({"name": "edge", "port": 1}, "NoMatchingParent"),
    ],
)
def test_one_listener_that_takes_it_is_enough_and_none_is_too_few(ref: Document, reason: str) -> None:
    found = Statuses(config(ref, hostnames=["a.example"]))
    assert found.parent("r")["Accepted"] == ("True" if reason == "Accepted" else "False", reason)


@pytest.mark.parametrize(
    ("refs", "message"),
    [
        ([{"name": "edge"}, {"name": "edge", "sectionName": "a"}], "sectionName or port must be specified"),
        ([{"name": "edge", "sectionName": "a"}, {"name": "edge", "port": 8081}], "must be specified"),
        ([{"name": "edge", "sectionName": "a"}, {"name": "edge", "sectionName": "a"}], "must be unique"),
    ],
)
def test_references_to_one_parent_must_be_distinct(refs: list[Document], message: str) -> None:
    assert message in refusal(config(*refs))


async def test_parents_that_differ_are_distinct_and_a_route_serves_on_all() -> None:
    other = gateway("other", listener(port=8081, hostname="o.example"))
    text = text_of(
        gateway("edge", TWO[0]),
        other,
        backend(),
        route("r", spec={"parentRefs": [{"name": "edge"}, {"name": "other"}]}),
    )
    async with served(text) as weir:
        assert (await weir.ask(host="a.example")).status == 200
        assert (await weir.ask(host="o.example", port=8081)).status == 200


def test_a_parent_in_another_namespace_must_allow_it() -> None:
    def found(allowed: Document) -> tuple[str, str]:
        there = gateway("edge", listener(allowedRoutes={"namespaces": allowed}), namespace="infra")
        text = text_of(there, backend(), route("r", spec={"parentRefs": [{"name": "edge", "namespace": "infra"}]}))
        return Statuses(text).parent("r")["Accepted"]

    assert found({"from": "All"}) == ("True", "Accepted")
    assert found({"from": "Same"}) == ("False", "NotAllowedByListeners")


def test_one_rule_that_is_carried_out_makes_a_route_accepted() -> None:
    """The others are told, and their traffic is answered with 500."""
    auth: Document = {
        "type": "ExternalAuth",
        "externalAuth": {"protocol": "GRPC", "backendRef": BACKEND_REF, "grpc": {}},
    }
    bad: Document = {"filters": [auth], "backendRefs": [BACKEND_REF], "matches": [{"path": {"value": "/bad"}}]}
    good: Document = {"backendRefs": [BACKEND_REF]}

    def found(*rules: Document) -> dict[str, tuple[str, str]]:
        return Statuses(text_of(gateway(), backend(), route("r", *rules))).parent("r")

    both = found(bad, good)
    assert (both["Accepted"], both["PartiallyInvalid"]) == (("True", "Accepted"), ("True", "UnsupportedValue"))
    assert found(bad)["Accepted"] == ("False", "UnsupportedValue")
    assert "PartiallyInvalid" not in found(good)


async def test_the_rest_of_a_route_serves_beside_an_invalid_rule() -> None:
    auth: Document = {
        "type": "ExternalAuth",
        "externalAuth": {"protocol": "GRPC", "backendRef": BACKEND_REF, "grpc": {}},
    }
    bad: Document = {"filters": [auth], "backendRefs": [BACKEND_REF], "matches": [{"path": {"value": "/bad"}}]}
    async with served(text_of(gateway(), backend(), route("r", bad, {"backendRefs": [BACKEND_REF]}))) as weir:
        assert (await weir.ask("/good")).status == 200
        assert (await weir.ask("/bad")).status == 500


def test_each_parent_says_its_own() -> None:
    text = config({"name": "edge", "sectionName": "a"}, {"name": "edge", "sectionName": "b"}, hostnames=["b.example"])
    a, b = Statuses(text).of("HTTPRoute", "r").parents
    assert (a.group, a.kind, a.namespace, a.name) == ("gateway.networking.k8s.io", "Gateway", "shop", "edge")
    assert (a.section_name, b.section_name) == ("a", "b")
    assert a.controller_name == b.controller_name == "weir.dev/gateway-controller", "that of the GatewayClass"
    assert short(a.conditions)["Accepted"] == ("False", "NoMatchingListenerHostname")
    assert short(b.conditions)["Accepted"] == ("True", "Accepted")


def test_a_parent_of_another_controller_is_left_to_it() -> None:
    text = text_of(gateway(spec={"gatewayClassName": "other"}), backend(), route("r"))
    assert Statuses(text).of("HTTPRoute", "r").parents == ()


def test_conditions_observe_the_generation_of_the_route() -> None:
    text = text_of(gateway(), backend(), route("r", generation=12))
    (parent,) = Statuses(text).of("HTTPRoute", "r").parents
    assert {each.observed_generation for each in parent.conditions} == {12}


def test_two_rules_of_one_name_are_refused() -> None:
    rules: list[Document] = [{"name": "x", "backendRefs": [BACKEND_REF]}] * 2
    assert "Rule name must be unique within the route" in refusal(text_of(gateway(), backend(), route("r", *rules)))
