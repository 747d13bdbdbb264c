"""TCPRoutes: exactly one rule, with backends."""

from __future__ import annotations

import pytest

from config.resources.tcp_route import TCPRoute
from tests.config.resources.own_kinds import read, refusal

RULE = {"backendRefs": [{"name": "a", "port": 1}]}


def test_route_has_one_rule() -> None:
    assert len(read(TCPRoute, {"rules": [RULE]}).spec.rules) == 1


@pytest.mark.parametrize("spec", [{}, {"rules": []}, {"rules": [RULE, RULE]}, {"rules": [{}]}])
def test_other_numbers_of_rules_are_refused(spec: dict[str, object]) -> None:
    assert refusal(TCPRoute, spec)


def test_older_version_is_taken_too() -> None:
    whole = {"kind": "TCPRoute", "metadata": {"name": "x"}, "spec": {"rules": [RULE]}}
    assert TCPRoute.read({**whole, "apiVersion": "gateway.networking.k8s.io/v1alpha2"}).kind == "TCPRoute"
