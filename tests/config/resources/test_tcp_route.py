"""TCPRoutes: exactly one rule, with backends."""

from __future__ import annotations

import pytest

from config.resources.tcp_route import TCPRoute
from tests.config.resources.own_kinds import read, refusal

RULE = {"backendRefs": [{"name": "a", "port": 1}]}


def test_route_has_one_rule() -> None:
    assert len(read(TCPRoute, {"rules": [RULE]}).spec.rules) == 1


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "Field required"),
        ({"rules": []}, "at least 1 item"),
        ({"rules": [RULE, RULE]}, "at most 1 item"),
        ({"rules": [{}]}, "Field required"),
        ({"rules": [{"backendRefs": []}]}, "at least 1 item"),
    ],
)
def test_other_numbers_of_rules_or_backends_are_refused(spec: dict[str, object], message: str) -> None:
    assert message in refusal(TCPRoute, spec)


def test_older_version_is_taken_too() -> None:
    whole = {"kind": "TCPRoute", "metadata": {"name": "x"}, "spec": {"rules": [RULE]}}
    assert TCPRoute.read({**whole, "apiVersion": "gateway.networking.k8s.io/v1alpha2"}).kind == "TCPRoute"
