"""Gateway API's own kinds of manifests, using every field there is: each gets the statuses that the CRDs describe."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from config.load import Loaded, load
from config.resources.honoured import NOT_YET
from config.sources.text import SourceText
from config.status import ResourceStatus
from tests.config.resources.crd_schemas import FILES, Schema, spec_schema
from tests.support.statuses import short

MANIFESTS = sorted((Path(__file__).parent / "manifests").glob("*.yaml"))
GATEWAY_API = "gateway.networking.k8s.io/"


@functools.cache
def loaded() -> Loaded:
    texts = [SourceText(file.name, file.read_bytes()) for file in MANIFESTS]
    return load(texts, generation=1, previous=None)


def status(kind: str, name: str) -> ResourceStatus:
    (found,) = [each for each in loaded().statuses if (each.kind, each.name) == (kind, name)]
    return found


# Every field is used.


def fields(schema: Schema, at: str = "") -> Iterator[str]:
    """The path of every field of a CRD's schema, `[]` for the items of a list."""
    for name, child in schema.get("properties", {}).items():
        path = f"{at}.{name}" if at else name
        yield path
        yield from fields(child, path)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], f"{at}[]")


def used(value: object, at: str = "") -> Iterator[str]:
    """The path of every field that a manifest sets."""
    if isinstance(value, dict):
        for name, child in value.items():
            path = f"{at}.{name}" if at else name
            yield path
            yield from used(child, path)
    elif isinstance(value, list):
        for item in value:
            yield from used(item, f"{at}[]")


def documents() -> list[dict[str, object]]:
    return [each for file in MANIFESTS for each in yaml.safe_load_all(file.read_text()) if each is not None]


@pytest.mark.parametrize("kind", FILES)
def test_manifests_use_every_field_of_the_crd(kind: str) -> None:
    specs = [each["spec"] for each in documents() if each["kind"] == kind]
    there = {path for spec in specs for path in used(spec)}
    assert [path for path in fields(spec_schema(kind)) if path not in there] == []


def test_manifests_are_taken_as_they_are() -> None:
    found = loaded()
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    assert found.snapshot is not None
    assert len(found.resources) == len(documents())


def test_every_resource_has_one_status() -> None:
    assert len(loaded().statuses) == len(loaded().resources)
    keys = {(each.kind, each.namespace, each.name) for each in loaded().statuses}
    assert keys == {resource.key for resource in loaded().resources}


# Classes and Gateways.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("public", ("True", "Accepted")),
        ("foreign", ("Unknown", "Pending")),
        ("with-parameters", ("False", "InvalidParameters")),
    ],
)
def test_gateway_class(name: str, expected: tuple[str, str]) -> None:
    assert short(status("GatewayClass", name).conditions) == {"Accepted": expected}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("edge", {"Accepted": ("True", "ListenersNotValid"), "Programmed": ("True", "Programmed")}),
        ("with-parameters", {"Accepted": ("False", "InvalidParameters"), "Programmed": ("False", "Invalid")}),
        ("by-name", {"Accepted": ("False", "UnsupportedAddress"), "Programmed": ("False", "Invalid")}),
        ("foreign", {"Accepted": ("Unknown", "Pending"), "Programmed": ("Unknown", "Pending")}),
        (
            "only-tcp",
            {
                "Accepted": ("False", "ListenersNotValid"),
                "Programmed": ("False", "Invalid"),
                "ResolvedRefs": ("False", "InvalidClientCertificateRef"),
            },
        ),
    ],
)
def test_gateway(name: str, expected: dict[str, tuple[str, str]]) -> None:
    assert short(status("Gateway", name).conditions) == expected


def test_gateway_reports_its_addresses() -> None:
    assert status("Gateway", "edge").addresses == ("127.0.0.1",)


SERVES = {"Accepted": ("True", "Accepted"), "Programmed": ("True", "Programmed")}
NOT_SERVED = {"Accepted": ("False", "UnsupportedProtocol"), "Programmed": ("False", "Invalid")}
RESOLVED = {"ResolvedRefs": ("True", "ResolvedRefs"), "Conflicted": ("False", "NoConflicts")}


@pytest.mark.parametrize(
    ("name", "kinds", "attached", "expected"),
    [
        ("http", ("HTTPRoute",), 2, {**SERVES, **RESOLVED}),
        ("mixed", ("HTTPRoute",), 6, {**SERVES, **RESOLVED, "ResolvedRefs": ("False", "InvalidRouteKinds")}),
        ("own", ("HTTPRoute", "GRPCRoute"), 0, {**SERVES, **RESOLVED}),
        ("https", ("HTTPRoute", "GRPCRoute"), 1, {**NOT_SERVED, **RESOLVED}),
        (
            "https-bad-refs",
            ("HTTPRoute", "GRPCRoute"),
            0,
            {**NOT_SERVED, **RESOLVED, "ResolvedRefs": ("False", "InvalidCACertificateRef")},
        ),
        ("passthrough", (), 0, {**NOT_SERVED, **RESOLVED}),
        ("tcp", (), 0, {**NOT_SERVED, **RESOLVED}),
        ("udp", (), 0, {**NOT_SERVED, **RESOLVED}),
    ],
)
def test_listener(name: str, kinds: tuple[str, ...], attached: int, expected: dict[str, tuple[str, str]]) -> None:
    (found,) = [each for each in status("Gateway", "edge").listeners if each.name == name]
    assert short(found.conditions) == expected
    assert (found.supported_kinds, found.attached_routes) == (kinds, attached)


def test_conflicted_listeners_are_all_refused() -> None:
    gateway = """apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: NAME, namespace: infra}
spec:
  gatewayClassName: weir
  listeners:
  - {name: good, port: 8081, protocol: HTTP, hostname: NAME.example}
  - {name: bad, port: 8080, protocol: HTTP}
"""
    texts = [SourceText(name, gateway.replace("NAME", name).encode()) for name in ("a", "b")]
    for each in load(texts, generation=1, previous=None).statuses:
        good, bad = each.listeners
        assert short(good.conditions) == {**SERVES, **RESOLVED}
        assert short(bad.conditions) == {
            "Accepted": ("False", "HostnameConflict"),
            "Programmed": ("False", "Invalid"),
            "ResolvedRefs": ("True", "ResolvedRefs"),
            "Conflicted": ("True", "HostnameConflict"),
        }
        assert short(each.conditions)["Accepted"] == ("True", "ListenersNotValid")


CONFLICT = ("False", "HostnameConflict")


@pytest.mark.parametrize(
    ("name", "kinds", "expected"),
    [
        ("extra", ("HTTPRoute",), {**NOT_SERVED, **RESOLVED, "ResolvedRefs": ("False", "RefNotPermitted")}),
        ("plain", ("HTTPRoute", "GRPCRoute"), {**SERVES, **RESOLVED}),
        (
            "taken",
            ("HTTPRoute", "GRPCRoute"),
            {"Accepted": CONFLICT, "Programmed": CONFLICT, **RESOLVED, "Conflicted": ("True", "HostnameConflict")},
        ),
        ("passthrough", (), {**NOT_SERVED, **RESOLVED}),
        ("tcp", (), {**NOT_SERVED, **RESOLVED}),
        ("udp", (), {**NOT_SERVED, **RESOLVED}),
    ],
)
def test_listener_of_a_listener_set(name: str, kinds: tuple[str, ...], expected: dict[str, tuple[str, str]]) -> None:
    (found,) = [each for each in status("ListenerSet", "more").listeners if each.name == name]
    assert (found.supported_kinds, short(found.conditions)) == (kinds, expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("more", {"Accepted": ("True", "ListenersNotValid"), "Programmed": ("True", "Programmed")}),
        ("not-allowed", {"Accepted": ("False", "NotAllowed"), "Programmed": ("False", "NotAllowed")}),
    ],
)
def test_listener_set(name: str, expected: dict[str, tuple[str, str]]) -> None:
    assert short(status("ListenerSet", name).conditions) == expected


def test_gateway_counts_the_listener_sets_that_it_has() -> None:
    assert status("Gateway", "edge").attached_listener_sets == 1


# Routes.

ACCEPTED = ("True", "Accepted")
REFS = ("True", "ResolvedRefs")
EDGE = ("Gateway", "infra", "edge")


def parents(kind: str, name: str) -> dict[tuple[str, str, str, str, int], dict[str, tuple[str, str]]]:
    return {
        (each.kind, each.namespace, each.name, each.section_name, each.port): short(each.conditions)
        for each in status(kind, name).parents
    }


@pytest.mark.parametrize(
    ("name", "section", "port", "expected"),
    [
        (
            "everything",
            "http",
            8080,
            {
                "Accepted": ACCEPTED,
                "ResolvedRefs": ("False", "ExtensionNotFound"),
                "PartiallyInvalid": ("True", "UnsupportedValue"),
            },
        ),
        ("simple", "", 0, {"Accepted": ACCEPTED, "ResolvedRefs": REFS}),
        ("no-hostname", "http", 0, {"Accepted": ("False", "NoMatchingListenerHostname"), "ResolvedRefs": REFS}),
        ("all-unsupported", "mixed", 0, {"Accepted": ("False", "UnsupportedValue"), "ResolvedRefs": REFS}),
        ("not-permitted", "mixed", 0, {"Accepted": ACCEPTED, "ResolvedRefs": ("False", "RefNotPermitted")}),
        ("wrong-kind", "mixed", 0, {"Accepted": ACCEPTED, "ResolvedRefs": ("False", "InvalidKind")}),
        ("not-found", "mixed", 0, {"Accepted": ACCEPTED, "ResolvedRefs": ("False", "BackendNotFound")}),
        ("wrong-protocol", "mixed", 0, {"Accepted": ACCEPTED, "ResolvedRefs": ("False", "UnsupportedProtocol")}),
    ],
)
def test_http_route(name: str, section: str, port: int, expected: dict[str, tuple[str, str]]) -> None:
    assert parents("HTTPRoute", name) == {(*EDGE, section, port): expected}


def test_http_route_has_a_status_for_each_parent_of_weir() -> None:
    """The Gateway of another controller is left to it."""
    assert {key: found["Accepted"] for key, found in parents("HTTPRoute", "bronze").items()} == {
        (*EDGE, "http", 0): ("False", "NotAllowedByListeners"),
        (*EDGE, "mixed", 0): ACCEPTED,
        (*EDGE, "none", 0): ("False", "NoMatchingParent"),
        ("Gateway", "infra", "none", "", 0): ("False", "NoMatchingParent"),
        ("Service", "guest", "web", "", 0): ("False", "NoMatchingParent"),
    }


@pytest.mark.parametrize(
    ("kind", "name", "section", "port", "resolved"),
    [
        ("GRPCRoute", "calls", "mixed", 8081, ("False", "InvalidKind")),
        ("TLSRoute", "names", "passthrough", 8445, REFS),
        ("TCPRoute", "stream", "tcp", 9000, ("False", "BackendNotFound")),
        ("UDPRoute", "datagrams", "udp", 9000, ("False", "RefNotPermitted")),
    ],
)
def test_route_of_a_kind_that_is_not_carried(
    kind: str, name: str, section: str, port: int, resolved: tuple[str, str]
) -> None:
    refused = ("False", "NotAllowedByListeners")
    assert parents(kind, name) == {(*EDGE, section, port): {"Accepted": refused, "ResolvedRefs": resolved}}


# Policies, generations, and what is not honoured.


@pytest.mark.parametrize(
    ("name", "accepted", "resolved"),
    [
        ("by-bundle", ACCEPTED, REFS),
        ("conflicted", ("False", "Conflicted"), REFS),
        ("no-target", ("False", "TargetNotFound"), REFS),
        ("no-authority", ("False", "NoValidCACertificate"), ("False", "InvalidCACertificateRef")),
        ("wrong-authority", ("False", "NoValidCACertificate"), ("False", "InvalidKind")),
    ],
)
def test_backend_tls_policy(name: str, accepted: tuple[str, str], resolved: tuple[str, str]) -> None:
    found = status("BackendTLSPolicy", name)
    expected = {"Accepted": accepted, "ResolvedRefs": resolved}
    assert short(found.conditions) == expected
    assert [short(target.conditions) for target in found.parents] == [expected]


def test_reference_grant_and_the_rest_are_accepted() -> None:
    for each in loaded().statuses:
        if each.kind in ("ReferenceGrant", "Namespace", "Service", "Secret", "ConfigMap", "EndpointSlice", "Backend"):
            assert short(each.conditions) == {"Accepted": ACCEPTED}


def test_conditions_observe_the_generation_of_their_resource() -> None:
    generations = {resource.key: resource.metadata.generation or 1 for resource in loaded().resources}
    for each in loaded().statuses:
        everything = [
            *each.conditions,
            *(condition for parent in each.parents for condition in parent.conditions),
            *(condition for listener in each.listeners for condition in listener.conditions),
        ]
        assert everything
        assert {found.observed_generation for found in everything} == {
            generations[each.kind, each.namespace, each.name]
        }


def test_every_field_of_gateway_api_without_effect_is_named() -> None:
    """Whatever is on the list of fields without effect and used here shows in `PartiallyHonoured` and as a warning."""
    kinds = {resource.kind for resource in loaded().resources if resource.api_version.startswith(GATEWAY_API)}
    named: set[tuple[str, str]] = set()
    for each in loaded().statuses:
        found = each.condition("PartiallyHonoured")
        if found is not None:
            assert (found.status, found.reason) == ("True", "NotYetHonoured")
            fields_ = found.message.partition(": ")[2].split(", ")
            named |= {(each.kind, field) for field in fields_}
            warned = [
                problem
                for problem in loaded().problems
                if problem.resource.startswith(each.kind) and "has no effect" in problem.message
            ]
            assert len(warned) >= len(fields_)
    listed = {(kind, field) for kind in kinds for field in NOT_YET.get(kind, ())}
    unused = {("Gateway", "spec.addresses[].type=NamedAddress")}
    assert listed - named == unused


def test_reasons_and_types_have_the_form_of_kubernetes() -> None:
    for each in loaded().statuses:
        for found in (*each.conditions, *(condition for parent in each.parents for condition in parent.conditions)):
            assert found.type.isalpha() and found.reason.isalpha()
            assert found.reason[0].isupper() and len(found.message) <= 32768
