"""The Secrets of TrafficPolicies: who gets which, and what one that does not resolve is told."""

from __future__ import annotations

import pytest

from config.binding.bind import bind
from config.binding.grants import Grants
from config.binding.policy_secrets import found_secrets, secrets_of
from config.resources.traffic_policy import TrafficPolicy
from config.snapshot import PolicySecret, TrafficLayer
from tests.config.manifests import (
    WEIR_API,
    Document,
    backend,
    bound,
    catalog,
    document,
    gateway,
    grant,
    notes_on,
    reason,
    resources,
    route,
    status,
)

TARGET = {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "orders"}


def policy(ref: Document) -> Document:
    access = {"jwt": {"issuer": "https://id.example", "jwks": {"secretRef": ref}}, "basic": {"secretRef": ref}}
    return document(WEIR_API, "TrafficPolicy", "door", {"targetRefs": [TARGET], "access": access})


def secret(name: str = "door", namespace: str = "shop", **values: str) -> Document:
    return {**document("v1", "Secret", name, namespace=namespace), "stringData": values}


def test_each_part_gets_the_key_that_is_for_it() -> None:
    known = catalog(policy({"name": "door"}), secret(**{"jwks.json": "{}", "auth": "a:b"}))
    (found,) = known.all(TrafficPolicy)
    assert secrets_of(found_secrets(found, known, Grants(known))) == {
        "access.jwt.jwks.secretRef": PolicySecret("shop/door", b"{}"),
        "access.basic.secretRef": PolicySecret("shop/door", b"a:b"),
    }


@pytest.mark.parametrize(
    ("ref", "why", "message"),
    [
        ({"name": "gone"}, "SecretNotFound", "there is no Secret shop/gone"),
        ({"name": "other"}, "SecretNotFound", "Secret shop/other has no jwks.json"),
        (
            {"kind": "ConfigMap", "name": "door"},
            "InvalidKind",
            "ConfigMap holds no keys and no passwords, only Secret does",
        ),
        (
            {"name": "door", "namespace": "vault"},
            "RefNotPermitted",
            "no ReferenceGrant in vault permits Secret door",
        ),
    ],
)
def test_what_does_not_resolve_is_told_in_its_place(ref: Document, why: str, message: str) -> None:
    binding = bound(gateway(), backend(), route(), policy(ref), secret("other", auth="a:b"))
    conditions = {each.type: each for each in status(binding, "TrafficPolicy", "door").conditions}
    assert reason(conditions["ResolvedRefs"]) == ("False", why)
    # It holds all the same, and lets nobody in.
    assert reason(conditions["Accepted"]) == ("True", "Accepted")
    assert notes_on(binding.notes, "warning")["spec.access.jwt.jwks.secretRef"] == f"{why}: {message}"


def test_a_grant_over_there_permits_it() -> None:
    permitted = grant("vault", {"group": "", "kind": "Secret"}, kind="TrafficPolicy", group="weir.dev")
    vault = secret(namespace="vault", **{"jwks.json": "{}", "auth": "a:b"})
    binding = bound(gateway(), backend(), route(), policy({"name": "door", "namespace": "vault"}), vault, permitted)
    conditions = {each.type: each for each in status(binding, "TrafficPolicy", "door").conditions}
    assert reason(conditions["ResolvedRefs"]) == ("True", "ResolvedRefs")


def test_another_value_makes_another_layer_and_the_same_one_does_not() -> None:
    fixed = resources(gateway(), backend(), route(), policy({"name": "door"}))

    def layer(value: str) -> TrafficLayer:
        binding = bind([*fixed, *resources(secret(**{"jwks.json": value}))])
        (only,) = binding.ports[0].listeners[0].rules[0].layers
        return only

    first = layer("{}")
    assert layer("{}") is first
    assert layer("[]") is not first
