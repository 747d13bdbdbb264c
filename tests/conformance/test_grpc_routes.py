"""GRPCRoutes by the descriptions of `hostnames`, `rules` and `matches`: on the wire, from YAML, on recorded heads."""

from __future__ import annotations

import pytest

from tests.config.manifests import BACKEND_REF, GATEWAY_API, Document, backend, document, gateway, listener, route
from tests.support.served import Served, served, text_of
from tests.support.statuses import Statuses, refusal, short

NAMES = ("one", "two", "three")
BACKENDS = [f"shop/{name}" for name in NAMES]
# As grpcio sends it, in the form that HTTP/1.1 gives it.
CALL = ("content-type: application/grpc", "te: trailers", "grpc-timeout: 1S", "content-length: 0")


def to(name: str, *matches: Document, **fields: object) -> Document:
    return {"backendRefs": [{**BACKEND_REF, "name": name}], "matches": list(matches), **fields}


def method(service: str = "", name: str = "", type_: str = "Exact", **fields: object) -> Document:
    wanted = {key: value for key, value in (("service", service), ("method", name)) if value}
    return {"method": {"type": type_, **wanted}, **fields}


def header(name: str, value: str, type_: str = "Exact") -> Document:
    return {"headers": [{"name": name, "value": value, "type": type_}]}


def grpc(name: str, *rules: Document, created: str = "", **spec: object) -> Document:
    own = {"parentRefs": [{"name": "edge"}], "rules": list(rules), **spec}
    return document(GATEWAY_API, "GRPCRoute", name, own, **({"creationTimestamp": created} if created else {}))


def config(*documents: Document, listeners: tuple[Document, ...] = ()) -> str:
    return text_of(gateway("edge", *listeners), *(backend(name) for name in NAMES), *documents)


async def called(weir: Served, path: str, *lines: str, host: str = "a.example") -> str:
    """The backend of a call; the status where Weir answers."""
    answer = await weir.ask(path, *CALL, *lines, host=host, method="POST")
    return answer.backend or str(answer.status)


# Matches.


async def test_a_method_match_takes_its_service_and_method() -> None:
    rules = (to("one", method("shop.Orders", "Get")), to("two", method("shop.Orders")), to("three", method("", "Get")))
    async with served(config(grpc("g", *rules)), BACKENDS) as weir:
        assert await called(weir, "/shop.Orders/Get") == "one"
        assert await called(weir, "/shop.Orders/List") == "two"
        assert await called(weir, "/other/Get") == "three"
        for path in ("/other/List", "/shop.Orders", "/shop.Orders/", "/shop.Orders/Get/x", "/shopxOrders/List"):
            assert await called(weir, path) == "404", path


async def test_names_are_compared_with_case() -> None:
    async with served(config(grpc("g", to("one", method("shop.Orders", "Get")))), BACKENDS) as weir:
        assert await called(weir, "/shop.orders/Get") == await called(weir, "/shop.Orders/get") == "404"


async def test_regular_expressions_must_match_the_whole_of_each() -> None:
    rule = to("one", method("shop\\.(Orders|Carts)", "Get.*", "RegularExpression"))
    async with served(config(grpc("g", rule)), BACKENDS) as weir:
        assert await called(weir, "/shop.Carts/GetAll") == "one"
        assert await called(weir, "/shop.Carts2/GetAll") == await called(weir, "/shop.Carts/ForGet") == "404"


async def test_without_matches_every_call_is_matched() -> None:
    async with served(config(grpc("g", {"backendRefs": [{**BACKEND_REF, "name": "one"}]})), BACKENDS) as weir:
        assert await called(weir, "/any.Service/Any") == "one"
        assert await called(weir, "/") == "404"


async def test_all_parts_of_a_match_must_hold_and_one_match_is_enough() -> None:
    rule = to("one", {**method("foo.bar"), **header("version", "2")}, method("foo.bar.v2"))
    async with served(config(grpc("g", rule)), BACKENDS) as weir:
        assert await called(weir, "/foo.bar/X", "version: 2") == "one"
        assert await called(weir, "/foo.bar/X") == await called(weir, "/foo.bar/X", "version: 3") == "404"
        assert await called(weir, "/foo.bar.v2/X") == "one"


async def test_headers_are_compared_by_name_without_case_and_by_pattern() -> None:
    rules = (to("one", header("Version", "2")), to("two", header("version", "[3-9]", "RegularExpression")))
    async with served(config(grpc("g", *rules)), BACKENDS) as weir:
        assert await called(weir, "/a.B/C", "VERSION: 2") == "one"
        assert await called(weir, "/a.B/C", "version: 7") == "two"


# Precedence.


@pytest.mark.parametrize("turned", [False, True])
async def test_characters_of_the_service_go_before_those_of_the_method_before_headers(turned: bool) -> None:
    rules = [
        to("one", method("", "ALongNameOfAMethodThatManyServicesHave")),
        to("two", method("shop.Orders")),
        to("three", {**method("shop.Orders"), **header("x", "1")}),
    ]
    async with served(config(grpc("g", *(reversed(rules) if turned else rules))), BACKENDS) as weir:
        assert await called(weir, "/shop.Orders/ALongNameOfAMethodThatManyServicesHave") == "two"
        assert await called(weir, "/shop.Orders/ALongNameOfAMethodThatManyServicesHave", "x: 1") == "three"
        assert await called(weir, "/b/ALongNameOfAMethodThatManyServicesHave") == "one"


async def test_a_match_of_a_name_goes_before_one_of_every_call() -> None:
    rules = (to("one"), to("two", method("", "Get")))
    async with served(config(grpc("g", *rules)), BACKENDS) as weir:
        assert await called(weir, "/a.B/Get") == "two"
        assert await called(weir, "/a.B/Put") == "one"


async def test_at_a_tie_the_older_route_then_the_name_then_the_order_decides() -> None:
    same = method("shop.Orders", "Get")
    older, newer = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
    text = config(grpc("a", to("one", same), created=newer), grpc("b", to("two", same), created=older))
    async with served(text, BACKENDS) as weir:
        assert await called(weir, "/shop.Orders/Get") == "two"
        weir.apply(config(grpc("b", to("two", same)), grpc("a", to("one", same))))
        assert await called(weir, "/shop.Orders/Get") == "one"
        weir.apply(config(grpc("a", to("three", same), to("one", same))))
        assert await called(weir, "/shop.Orders/Get") == "three"


# Hostnames, and HTTPRoutes beside.


@pytest.mark.parametrize(
    ("hostnames", "rivals"),
    [
        (["a.example"], ["a.example"]),
        (["a.example"], []),
        ([], ["a.example"]),
        (["*.example"], ["b.a.example"]),
        (["b.a.example"], ["*.example"]),
    ],
)
def test_of_two_kinds_with_a_host_in_common_the_older_is_accepted(hostnames: list[str], rivals: list[str]) -> None:
    older, newer = "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"
    for first, second in ((older, newer), (newer, older)):
        http = route("r", {"backendRefs": [{**BACKEND_REF, "name": "two"}]}, spec={"hostnames": rivals})
        http["metadata"] = {"name": "r", "namespace": "shop", "creationTimestamp": second}
        found = Statuses(config(grpc("g", to("one"), created=first, hostnames=hostnames), http))
        accepted, refused = ("True", "Accepted"), ("False", "HostnameConflict")
        states = found.parent("g", "GRPCRoute")["Accepted"], found.parent("r")["Accepted"]
        assert states == ((accepted, refused) if first == older else (refused, accepted))


def test_without_times_the_name_decides() -> None:
    found = Statuses(config(grpc("a", to("one")), route("b", {"backendRefs": [{**BACKEND_REF, "name": "two"}]})))
    assert found.parent("a", "GRPCRoute")["Accepted"] == ("True", "Accepted")
    assert found.parent("b")["Accepted"] == ("False", "HostnameConflict")


async def test_kinds_with_hosts_of_their_own_are_beside_one_another() -> None:
    http = route("r", {"backendRefs": [{**BACKEND_REF, "name": "two"}]}, spec={"hostnames": ["web.example"]})
    async with served(config(grpc("g", to("one"), hostnames=["api.example"]), http), BACKENDS) as weir:
        assert await called(weir, "/a.B/C", host="api.example") == "one"
        assert await called(weir, "/a.B/C", host="web.example") == "two"


def test_a_listener_that_allows_but_one_kind_takes_no_other() -> None:
    http_only = listener(allowedRoutes={"kinds": [{"kind": "HTTPRoute"}]})
    found = Statuses(config(grpc("g", to("one")), listeners=(http_only,)))
    assert found.parent("g", "GRPCRoute")["Accepted"] == ("False", "NotAllowedByListeners")
    assert found.listener("Gateway", "edge", "http").supported_kinds == ("HTTPRoute",)


def test_a_listener_supports_both_kinds_and_counts_what_attaches() -> None:
    found = Statuses(config(grpc("g", to("one")))).listener("Gateway", "edge", "http")
    assert (found.supported_kinds, found.attached_routes) == (("HTTPRoute", "GRPCRoute"), 1)
    assert short(found.conditions)["ResolvedRefs"] == ("True", "ResolvedRefs")


@pytest.mark.parametrize(
    ("parent", "reason"),
    [
        ({"name": "none"}, "NoMatchingParent"),
        ({"name": "edge", "group": "", "kind": "Service"}, "NoMatchingParent"),
        ({"name": "edge", "group": "", "kind": "Gateway"}, "NoMatchingParent"),
        ({"name": "edge", "kind": "Unheard"}, "NoMatchingParent"),
        ({"name": "edge", "kind": "ListenerSet"}, "NoMatchingParent"),
        ({"name": "edge", "sectionName": "none"}, "NoMatchingParent"),
        ({"name": "edge", "port": 1}, "NoMatchingParent"),
        ({"name": "edge", "group": "gateway.networking.k8s.io"}, "Accepted"),
    ],
)
def test_parents_are_looked_up(parent: Document, reason: str) -> None:
    found = Statuses(config(grpc("g", to("one"), parentRefs=[parent])))
    assert found.parent("g", "GRPCRoute")["Accepted"] == ("True" if reason == "Accepted" else "False", reason)


@pytest.mark.parametrize(
    ("listens", "asks", "accepted"),
    [
        ("test.example.com", ["*.example.com"], True),
        ("*.example.com", ["foo.test.example.com"], True),
        ("*.example.com", [], True),
        ("*.example.com", ["example.com"], False),
        ("*.example.com", ["test.example.net"], False),
    ],
)
def test_a_route_needs_a_hostname_in_common_with_a_listener(listens: str, asks: list[str], accepted: bool) -> None:
    found = Statuses(config(grpc("g", to("one"), hostnames=asks), listeners=(listener(hostname=listens),)))
    expected = ("True", "Accepted") if accepted else ("False", "NoMatchingListenerHostname")
    assert found.parent("g", "GRPCRoute")["Accepted"] == expected


async def test_hostnames_that_the_listener_does_not_take_are_ignored() -> None:
    names = ["test.example.com", "test.example.net"]
    text = config(grpc("g", to("one"), hostnames=names), listeners=(listener(hostname="*.example.com"),))
    async with served(text, BACKENDS) as weir:
        assert await called(weir, "/a.B/C", host="test.example.com") == "one"
        assert await called(weir, "/a.B/C", host="test.example.net") == "404"


# Backends and filters.


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"name": "none"}, "BackendNotFound"),
        ({"group": "example.com", "kind": "Lambda"}, "InvalidKind"),
        ({"namespace": "vault"}, "RefNotPermitted"),
    ],
)
async def test_calls_to_an_invalid_backend_are_unavailable(target: Document, reason: str) -> None:
    rule = {"backendRefs": [{**BACKEND_REF, "name": "one", **target}]}
    text = config(grpc("g", rule), backend(namespace="vault"))
    assert Statuses(text).parent("g", "GRPCRoute")["ResolvedRefs"] == ("False", reason)
    async with served(text, BACKENDS) as weir:
        # What a client of gRPC takes for UNAVAILABLE.
        assert await called(weir, "/a.B/C") == "503"


async def test_half_the_calls_are_unavailable_where_half_the_weight_is_invalid() -> None:
    rule = {"backendRefs": [{**BACKEND_REF, "name": "one"}, {**BACKEND_REF, "name": "none"}]}
    async with served(config(grpc("g", rule)), BACKENDS) as weir:
        found = [await called(weir, "/a.B/C") for _ in range(10)]
    assert sorted(found) == ["503"] * 5 + ["one"] * 5


async def test_filters_of_rules_and_of_backends_are_carried_out() -> None:
    setting = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "x-a", "value": "1"}]}}
    adding = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"add": [{"name": "x-b", "value": "2"}]}}
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {**BACKEND_REF, "name": "two"}}}
    rule = {"filters": [setting, mirror], "backendRefs": [{**BACKEND_REF, "name": "one", "filters": [adding]}]}
    async with served(config(grpc("g", rule)), BACKENDS) as weir:
        answer = await weir.ask("/a.B/C", *CALL, method="POST")
        assert (answer.asked["x-a"], answer.headers["x-b"], answer.asked["te"]) == (["1"], "2", ["trailers"])
        assert [name for name, _ in weir.heads].count("two") == 1


async def test_policies_attach_to_grpc_routes_and_their_rules() -> None:
    target = {"group": "gateway.networking.k8s.io", "kind": "GRPCRoute", "name": "g", "sectionName": "closed"}
    access = {"sources": {"deny": ["127.0.0.0/8"]}}
    policy = document("weir.dev/v1", "TrafficPolicy", "p", {"targetRefs": [target], "access": access})
    rules = ({**to("one", method("a.B")), "name": "closed"}, to("two", method("a.C")))
    async with served(config(grpc("g", *rules), policy), BACKENDS) as weir:
        assert await called(weir, "/a.B/X") == "403"
        assert await called(weir, "/a.C/X") == "two"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"matches": [{"method": {"type": "Exact"}}]}, "One or both of 'service' or 'method' must be specified"),
        ({"matches": [{"method": {"service": "a b"}}]}, "service must only contain valid characters"),
        ({"matches": [{"method": {"service": "(", "type": "RegularExpression"}}]}, "missing )"),
        ({"filters": [{"type": "RequestRedirect"}]}, "type"),
    ],
)
def test_a_grpc_route_that_no_gateway_could_carry_out_is_refused(rule: Document, message: str) -> None:
    assert message in refusal(config(grpc("g", rule)))
