"""Who may choose an endpoint by header."""

from __future__ import annotations

import pytest

from policies.steering.endpoint_header import EndpointHeader, compile_endpoint_header
from policies.steering.steered import Steered
from policies.verdict import Denial
from tests.support.subjects import environment, subject

STEP = EndpointHeader(["10.0.0.0/8"])


@pytest.mark.parametrize(
    ("value", "place"), [("192.0.2.7:8080", "192.0.2.7:8080"), ("[2001:DB8::7]:80", "[2001:db8::7]:80")]
)
def test_who_is_permitted_chooses(value: str, place: str) -> None:
    asking = subject(f"X-Weir-Endpoint: {value}", address="10.1.1.1")
    assert STEP.decide(asking) is None
    assert asking.steered == Steered("x-weir-endpoint", None, place, {})


def test_without_the_header_nothing_is_chosen() -> None:
    asking = subject(address="10.1.1.1")
    assert STEP.decide(asking) is None
    assert asking.steered is None


@pytest.mark.parametrize(
    ("lines", "address", "status"),
    [
        (["X-Weir-Endpoint: 10.0.0.1:80"], "192.0.2.1", 403),
        (["X-Weir-Endpoint: 10.0.0.1:80"], "@socket", 403),
        (["X-Weir-Endpoint: what"], "192.0.2.1", 403),
        (["X-Weir-Endpoint: what"], "10.1.1.1", 400),
        (["X-Weir-Endpoint:"], "10.1.1.1", 400),
        (["X-Weir-Endpoint: 10.0.0.1"], "10.1.1.1", 400),
        (["X-Weir-Endpoint: 10.0.0.1:99999"], "10.1.1.1", 400),
        (["X-Weir-Endpoint: 10.0.0.1:80", "x-weir-endpoint: 10.0.0.1:80"], "10.1.1.1", 400),
    ],
)
def test_anyone_else_and_what_is_no_endpoint_is_refused(lines: list[str], address: str, status: int) -> None:
    asking = subject(*lines, address=address)
    refusal = STEP.decide(asking)
    assert isinstance(refusal, Denial)
    assert refusal.status == status
    assert asking.steered is None


def test_a_field_that_permits_nobody_is_no_step() -> None:
    assert compile_endpoint_header((), environment()) is None
    assert isinstance(compile_endpoint_header(("10.0.0.0/8",), environment()), EndpointHeader)
