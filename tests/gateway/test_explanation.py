"""Tests of the shape of an explanation."""

from __future__ import annotations

from config.status import Condition, ResourceStatus
from gateway.explanation import Explanation, SeenEndpoint, Share


def test_what_an_api_sends_is_what_a_command_reads() -> None:
    endpoint = SeenEndpoint(id="a", address="::1", port=1, weight=2, zone="z", tags={"t": "v"}, serving=True)
    share = Share(backend="d/b", weight=1, percent=100.0, policy={"a": {"b": [1]}}, endpoints=(endpoint,))
    status = ResourceStatus("v1", "HTTPRoute", "d", "r", (Condition("Accepted", "True", "Accepted"),))
    told = Explanation(request="GET http://x/", outcome="Forwarded", shares=(share,), conditions=(status,))
    assert Explanation.model_validate_json(told.model_dump_json()) == told


def test_json_is_camel_case_and_spells_units() -> None:
    told = Explanation(request="GET http://x/", outcome="NoRoute", request_timeout_s=2.5)
    fields = told.model_dump()
    assert fields["requestTimeoutSeconds"] == 2.5
    assert "listenerHostname" in fields
    assert not any("_" in name for name in fields)
