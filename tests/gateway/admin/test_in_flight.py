"""What runs on an endpoint: which one is meant, and what the workers say of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from config.resources.weir import WeirSpec
from discovery.endpoint import Endpoint
from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, ByHand, Setting
from gateway.admin.by_hand import NotThere
from gateway.admin.in_flight import in_flight, place_named, takes_requests
from tests.support.endpoints import DiscoveryRuntime, endpoint_set, plan

ENDPOINTS = (
    Endpoint("node/a", "10.0.0.1", 80),
    Endpoint("node/b", "2001:db8::1", 80),
    Endpoint("c", "10.0.0.3", 80, 0),
)


@pytest.fixture
async def board() -> AsyncIterator[HealthBoard]:
    made = HealthBoard(DiscoveryRuntime(), lambda _: None, lambda _: None, ByHand())
    made.configure({"shop/orders": plan(name="shop/orders")}, WeirSpec())
    made.view_changed(endpoint_set(ENDPOINTS))
    yield made
    await made.close()
    await asyncio.sleep(0)


async def test_an_endpoint_is_named_by_id_or_place_and_one_that_left_by_its_place(board: HealthBoard) -> None:
    assert place_named(board, "shop/orders", "node/a") == "10.0.0.1:80"
    assert place_named(board, "shop/orders", "node/b") == place_named(board, "shop/orders", "[2001:db8::1]:80")
    assert place_named(board, "shop/orders", "node/b") == "[2001:db8::1]:80"
    assert place_named(board, "shop/orders", "10.0.0.9:8080") == "10.0.0.9:8080"
    for name in ("node/x", "", ":80", "10.0.0.9:http"):
        with pytest.raises(NotThere):
            place_named(board, "shop/orders", name)


async def test_one_takes_requests_while_it_is_there_with_a_weight_and_not_drained(board: HealthBoard) -> None:
    assert takes_requests(board, "shop/orders", "10.0.0.1:80")
    assert takes_requests(board, "shop/orders", "[2001:db8::1]:80")
    for place in ("10.0.0.3:80", "10.0.0.9:80"):
        assert not takes_requests(board, "shop/orders", place)
    assert not takes_requests(board, "shop/users", "10.0.0.1:80")
    board.set_by_hand(Setting("shop/orders", "node/a", Action.DRAIN, 0.0, 1e12))
    assert not takes_requests(board, "shop/orders", "10.0.0.1:80")


def test_what_waits_counts_and_what_idles_or_connects_does_not() -> None:
    pool = {"idle": 7, "inUse": 2, "connecting": 5, "waiting": 3}
    told = {"0": {"pools": {"d/b": {"10.0.0.1:80": pool}}}, "1": {"pools": {"d/b": {}}}, "2": {"pools": {}}}
    assert in_flight(told, "d/b", "10.0.0.1:80") == {"0": 5, "1": 0, "2": 0}
    assert in_flight(told, "d/other", "10.0.0.1:80") == {"0": 0, "1": 0, "2": 0}
