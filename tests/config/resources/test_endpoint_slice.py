"""EndpointSlices as Kubernetes writes them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from config.resources.endpoint_slice import EndpointSlice


def part(**fields: object) -> EndpointSlice:
    whole = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "x"}}
    return EndpointSlice.read({**whole, "addressType": "IPv4", **fields})


def test_slice_as_a_cluster_gives_it_is_taken_whole() -> None:
    endpoint = {
        "addresses": ["10.0.0.1"],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": "n1",
        "zone": "east",
        "hints": {"forZones": [{"name": "east"}]},
        "targetRef": {"kind": "Pod", "name": "a"},
    }
    found = part(endpoints=[endpoint], ports=[{"name": "http", "port": 8080, "protocol": "TCP"}])
    assert found.endpoints[0].zone == "east"
    assert found.endpoints[0].hints is not None
    assert [zone.name for zone in found.endpoints[0].hints.for_zones] == ["east"]


def test_condition_that_is_left_out_is_unknown() -> None:
    found = part(endpoints=[{"addresses": ["10.0.0.1"], "conditions": {"ready": None}}])
    assert found.endpoints[0].conditions.ready is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"addressType": "IPX"}, "Input should be 'IPv4', 'IPv6' or 'FQDN'"),
        ({"endpoints": [{"addresses": []}]}, "at least 1 item"),
        ({"endpoints": [{"addresses": ["10.0.0.1"]}] * 1001}, "at most 1000 items"),
        ({"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": "yes"}}]}, "valid boolean"),
        ({"ports": [{"port": 65536}]}, "less than or equal to 65535"),
    ],
)
def test_what_no_slice_can_be_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        part(**fields)
