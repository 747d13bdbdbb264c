"""GRPCRoutes: services and methods, and the filters that gRPC has."""

from __future__ import annotations

import pytest

from config.resources.grpc_route import GRPCRoute
from tests.config.resources.own_kinds import read, refusal


def method(**fields: object) -> dict[str, object]:
    return {"rules": [{"matches": [{"method": fields}]}]}


def test_route_without_rules_is_taken() -> None:
    assert read(GRPCRoute, {}).spec.rules == ()


@pytest.mark.parametrize("service", ["a", "a.b.Service", ".a.b", "_a"])
def test_service_is_named_with_its_package(service: str) -> None:
    assert read(GRPCRoute, method(service=service))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (method(), "One or both of 'service' or 'method' must be specified"),
        (method(service="a..b"), "service must only contain valid characters"),
        (method(method="a.b"), "method must only contain valid characters"),
        ({"rules": [{"matches": [{}] * 64}] * 3}, "must be less than 128"),
        (
            {"rules": [{"filters": [{"type": "RequestHeaderModifier"}]}]},
            "filter.requestHeaderModifier must be specified for RequestHeaderModifier filter.type",
        ),
        ({"rules": [{"filters": [{"type": "URLRewrite"}]}]}, "Input should be"),
    ],
)
def test_rules_between_fields_hold(wrong: dict[str, object], message: str) -> None:
    assert message in refusal(GRPCRoute, wrong)


def test_regular_expression_may_be_any_text() -> None:
    assert read(GRPCRoute, method(type="RegularExpression", service="a..b|c"))
