"""What pydantic refuses, in words that say what is wanted, and what would mend it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.problems import join_path
from config.refusals import MAX_SHOWN_CHARACTERS, Refusal, fields_at, path_in, refusals, shown
from config.resources import KINDS, Resource
from config.resources.gateway import Gateway
from config.resources.http_route import HTTPRoute
from config.resources.traffic_policy import TrafficPolicy
from config.resources.weir import Weir
from tests.config.manifests import GATEWAY_API, WEIR_API, Document, backend, document, gateway, listener, route, service


def refused(whole: Document) -> list[Refusal]:
    model: type[Resource] = KINDS[str(whole["apiVersion"]), str(whole["kind"])]
    with pytest.raises(ValidationError) as caught:
        model.read(whole)
    return refusals(caught.value, model, whole)


def one(whole: Document) -> tuple[str, str, str]:
    """Path, message and suggestion of the only refusal."""
    (found,) = refused(whole)
    return join_path(found.path), found.message, found.suggestion


def weir(**spec: object) -> Document:
    return document(WEIR_API, "Weir", "weir", spec)


def matching(**match: object) -> Document:
    return route("a", {"matches": [match]})


@pytest.mark.parametrize(
    ("whole", "path", "message", "suggestion"),
    [
        (
            gateway("a", listener(hostnme="a.example")),
            "spec.listeners[0].hostnme",
            'unknown field "hostnme"',
            'did you mean "hostname"?',
        ),
        (
            weir(consul={"adresses": ["a:1"]}),
            "spec.consul.adresses",
            'unknown field "adresses"',
            'did you mean "addresses"?',
        ),
        (
            route("a", {"timeouts": {"zzz": "1s"}}),
            "spec.rules[0].timeouts.zzz",
            'unknown field "zzz"',
            "known here: request, backendRequest",
        ),
        (
            document(GATEWAY_API, "Gateway", "a", {"listeners": [listener()]}),
            "spec.gatewayClassName",
            'the required field "gatewayClassName" is missing',
            "",
        ),
        (
            gateway("a", listener(port="80")),
            "spec.listeners[0].port",
            'a whole number is expected, not "80"',
            "write 80 without quotes",
        ),
        (gateway("a", listener(name=80)), "spec.listeners[0].name", "a string is expected, not 80", "put it in quotes"),
        (
            weir(forwarding={"forwarded": "yes"}),
            "spec.forwarding.forwarded",
            'true or false is expected, not "yes"',
            "write true",
        ),
        (
            weir(forwarding={"forwarded": 1}),
            "spec.forwarding.forwarded",
            "true or false is expected, not 1",
            "",
        ),
        (
            route("a", spec={"hostnames": "a.example"}),
            "spec.hostnames",
            'a list is expected, not "a.example"',
            "put `- ` before each item",
        ),
        (route("a", {"timeouts": [1]}), "spec.rules[0].timeouts", "a mapping is expected, not a list", ""),
        (weir(workers=1.5), "spec.workers", "a whole number is expected, not 1.5", ""),
        (
            weir(telemetry={"accessLog": {"sample": "0.5"}}),
            "spec.telemetry.accessLog.sample",
            'a number is expected, not "0.5"',
            "write 0.5 without quotes",
        ),
        (
            service("a", {"port": 80, "targetPort": [1]}),
            "spec.ports[0].targetPort",
            "a whole number or a string is expected, not a list",
            "",
        ),
        (
            matching(path={"type": "Exakt", "value": "/"}),
            "spec.rules[0].matches[0].path.type",
            'Exact, PathPrefix or RegularExpression is expected, not "Exakt"',
            'did you mean "Exact"?',
        ),
        (
            route("a", {"filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 304}}]}),
            "spec.rules[0].filters[0].requestRedirect.statusCode",
            "301, 302, 303, 307 or 308 is expected, not 304",
            "",
        ),
        (weir(workers=0), "spec.workers", "must be at least 1, not 0", ""),
        (gateway("a", listener(port=65536)), "spec.listeners[0].port", "must be at most 65535, not 65536", ""),
        (
            weir(telemetry={"metrics": {"buckets": [0.0]}}),
            "spec.telemetry.metrics.buckets[0]",
            "must be more than 0.0, not 0.0",
            "",
        ),
        (
            weir(timeouts={"head": 5}),
            "spec.timeouts.head",
            "a duration such as 250ms, 30s or 1h30m is expected, not 5",
            "write 5s for seconds",
        ),
        (
            weir(timeouts={"head": "5 minutes"}),
            "spec.timeouts.head",
            'a duration such as 250ms, 30s or 1h30m is expected, not "5 minutes"',
            "",
        ),
        (
            route("a", {"timeouts": {"request": "1.5s"}}),
            "spec.rules[0].timeouts.request",
            'a duration of whole numbers such as 250ms, 30s or 1h30m is expected, not "1.5s"',
            "",
        ),
        (
            weir(limits={"headerBytes": "64KB"}),
            "spec.limits.headerBytes",
            'a size such as 64Ki, 10Mi or 65536 is expected, not "64KB"',
            "",
        ),
        (
            gateway("a", listener(hostname="A.example")),
            "spec.listeners[0].hostname",
            'a host name in lower case, such as shop.example or *.shop.example is expected, not "A.example"',
            "",
        ),
        (gateway("a", spec={"gatewayClassName": ""}), "spec.gatewayClassName", "must not be empty", ""),
        (gateway("a", spec={"listeners": []}), "spec.listeners", "must not be empty", ""),
        (
            matching(headers=[{"name": "x", "value": "y" * 4097}]),
            "spec.rules[0].matches[0].headers[0].value",
            "at most 4096 characters are allowed, not 4097",
            "",
        ),
        (
            route("a", *[{}] * 17),
            "spec.rules",
            "at most 16 items are allowed, not 17",
            "",
        ),
        (
            backend(spec={"static": {"endpoints": []}, "dns": {"name": "a", "port": 1}}),
            "spec",
            "exactly one of consul, static, dns, endpointSlice must be set, not static and dns",
            "",
        ),
        (
            route("a", {"backendRefs": [{"name": "web"}]}),
            "spec.rules[0].backendRefs[0]",
            "Must have port for Service reference",
            "",
        ),
        (
            route(creationTimestamp="yesterday"),
            "metadata.creationTimestamp",
            "a time of RFC 3339 such as 2026-01-31T12:00:00Z is expected",
            "",
        ),
    ],
)
def test_refusal_says_what_is_wanted_and_what_mends_it(
    whole: Document, path: str, message: str, suggestion: str
) -> None:
    assert one(whole) == (path, message, suggestion)


def test_unknown_field_is_shown_at_its_key() -> None:
    assert [refusal.at_key for refusal in refused(gateway("a", listener(hostnme="a"), listener("b", port="1")))] == [
        True,
        False,
    ]


def test_list_with_a_wrong_item_is_not_called_empty_besides() -> None:
    """pydantic counts the good items of a list alone."""
    assert [join_path(refusal.path) for refusal in refused(gateway("a", listener(port=0)))] == [
        "spec.listeners[0].port"
    ]


def test_values_that_may_be_secret_are_kept_out() -> None:
    secret = {**document("v1", "Secret", "a"), "data": {"key": 12345}}
    for whole in (secret, weir(consul={"token": 12345})):
        _, message, _ = one(whole)
        assert message == "a string is expected"


def test_union_members_that_pydantic_adds_are_no_part_of_a_path() -> None:
    assert path_in({"a": [{"b": [1]}]}, ("a", 0, "b", "constrained-int")) == ("a", 0, "b")
    assert path_in({"a": {}}, ("a", "b")) == ("a", "b")
    assert path_in({"a": {"b": 1}}, ("a", "tagged", "b")) == ("a", "b")


@pytest.mark.parametrize(
    ("model", "path", "name"),
    [
        (Gateway, (), "spec"),
        (Gateway, ("spec", "listeners", 3), "allowedRoutes"),
        (Gateway, ("spec", "listeners", 0, "allowedRoutes", "namespaces"), "from"),
        (HTTPRoute, ("spec", "rules", 0, "filters", 1, "urlRewrite", "path"), "replacePrefixMatch"),
        (TrafficPolicy, ("spec", "access", "jwt", "jwks"), "secretRef"),
        (Weir, ("metadata",), "creationTimestamp"),
    ],
)
def test_names_of_every_place_of_a_kind_are_known(
    model: type[Resource], path: tuple[str | int, ...], name: str
) -> None:
    assert name in fields_at(model, path)


def test_names_under_free_keys_are_unknown() -> None:
    assert fields_at(Gateway, ("metadata", "labels")) == []
    assert fields_at(Gateway, ("nothing",)) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"), (True, "true"), (False, "false"), (1.5, "1.5"), ([1], "a list"), ({}, "a mapping"),
        ("a", '"a"'), ("x" * 100, f'"{"x" * MAX_SHOWN_CHARACTERS}..."'),
    ],
)  # fmt: skip
def test_value_is_shown_as_yaml_and_short(value: object, text: str) -> None:
    assert shown(value) == text
