"""What an endpoint is when little is said of it."""

from __future__ import annotations

import pickle

from discovery.endpoint import Endpoint, EndpointSet


def test_endpoint_serves_with_weight_one_unless_said_otherwise() -> None:
    endpoint = Endpoint("a", "127.0.0.1", 80)
    assert (endpoint.weight, endpoint.zone, dict(endpoint.tags), endpoint.serving) == (1, "", {}, True)


def test_set_goes_to_workers_by_pickle() -> None:
    told = EndpointSet("shop/orders", (Endpoint("a", "127.0.0.1", 80, tags={"lane": "canary"}),), "consul", 1.0)
    assert pickle.loads(pickle.dumps(told)) == told
