"""GatewayClasses: whose controller serves them."""

from __future__ import annotations

import pytest

from config.resources.gateway_class import CONTROLLER_NAME, GatewayClass
from tests.config.resources.own_kinds import read, refusal


def test_class_stands_in_no_namespace() -> None:
    found = read(GatewayClass, {"controllerName": CONTROLLER_NAME, "description": "d"})
    assert found.key == ("GatewayClass", "", "x")
    assert found.spec.parameters_ref is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("weir", "should match pattern"),
        ("weir.dev/", "should match pattern"),
        ("/x", "should match pattern"),
        ("Weir.dev/x", "should match pattern"),
        ("", "at least 1 character"),
        (f"weir.dev/{'x' * 245}", "at most 253 characters"),
    ],
)
def test_controller_is_a_domain_with_a_path(name: str, message: str) -> None:
    assert message in refusal(GatewayClass, {"controllerName": name})
