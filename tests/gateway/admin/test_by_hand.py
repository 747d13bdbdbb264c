"""Changes by hand: what a request may ask for, and whom it means."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest

from config.resources.weir import WeirSpec
from discovery.endpoint import Endpoint
from discovery.health.board import HealthBoard
from discovery.health.by_hand import Action, ByHand, Setting
from gateway.admin.by_hand import (
    BadRequest,
    NotThere,
    backend_named,
    endpoint_named,
    setting_of,
    taken_back,
    told,
    wanted,
)
from tests.support.endpoints import DiscoveryRuntime, endpoint_set, plan

ENDPOINTS = (Endpoint("node/a", "10.0.0.1", 80), Endpoint("node/b", "2001:db8::1", 80))
ASKED = {"backend": "shop/orders", "endpoint": "node/a", "action": "drain"}


@pytest.fixture
async def board() -> AsyncIterator[HealthBoard]:
    made = HealthBoard(DiscoveryRuntime(), lambda _: None, lambda _: None, ByHand())
    made.configure({name: plan(name=name) for name in ("shop/orders", "default/users")}, WeirSpec())
    made.view_changed(endpoint_set(ENDPOINTS))
    yield made
    await made.close()
    await asyncio.sleep(0)


def body(**changes: object) -> bytes:
    return json.dumps({key: value for key, value in {**ASKED, **changes}.items() if value is not None}).encode()


def test_what_is_left_out_has_its_default() -> None:
    asked = wanted(body())
    assert (asked.action, asked.lasts.seconds, asked.reason, asked.weight) == ("drain", 3600.0, "", None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "the body is no JSON"),
        (b"[]", "."),
        (body(backend=None), "backend"),
        (body(action="explode"), "action"),
        (body(more=1), "more"),
        (body(**{"for": "0s"}), "for: must be over 0s"),
        (body(**{"for": "31d"}), "for"),
        (body(**{"for": "721h"}), "for must not be longer than 720h"),
        (body(reason="x" * 300), "reason"),
        (body(weight=3), "weight is for the action weight"),
        (body(action="weight"), "weight is for the action weight, which needs it"),
        (body(action="weight", weight=65536), "weight"),
        (body(action="weight", weight=-1), "weight"),
        (body(endpoint="x" * 2000), "endpoint"),
    ],
)
def test_request_that_makes_no_sense_is_told_where(data: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        wanted(data)


async def test_setting_names_backend_and_endpoint_as_the_gateway_does(board: HealthBoard) -> None:
    asked = wanted(body(endpoint="[2001:db8::1]:80", action="weight", weight=7, reason="test", **{"for": "90s"}))
    assert setting_of(board, asked, "ops", 1000.0) == Setting(
        "shop/orders", "node/b", Action.WEIGHT, 1000.0, 1090.0, 7, "test", "ops"
    )
    assert backend_named(board, "users") == "default/users"
    assert endpoint_named(board, "shop/orders", "10.0.0.1:80") == "node/a"


async def test_who_is_not_there_is_told_with_who_might_be_meant(board: HealthBoard) -> None:
    with pytest.raises(NotThere, match=r"no backend shop/order .*shop/orders"):
        backend_named(board, "shop/order")
    with pytest.raises(NotThere, match=r"no endpoint node/c .*node/"):
        endpoint_named(board, "shop/orders", "node/c")


async def test_setting_of_an_endpoint_that_has_left_can_be_taken_back(board: HealthBoard) -> None:
    board.set_by_hand(Setting("shop/orders", "node/gone", Action.EJECT, 0.0, 1e12))
    query = {"backend": "shop/orders", "endpoint": "node/gone", "action": "eject"}
    assert taken_back(board, query) == ("shop/orders", "node/gone", Action.EJECT)
    with pytest.raises(NotThere):
        taken_back(board, {**query, "action": "drain"})
    with pytest.raises(BadRequest, match="drain, eject, weight"):
        taken_back(board, {**query, "action": ""})


def test_audit_line_says_who_what_and_for_how_long(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "weir.audit"):
        told("set", Setting("d/b", "e1", Action.WEIGHT, 0.0, 60.0, 7, "test", "ops"), "10.0.0.9")
        told("took back", Setting("d/b", "e1", Action.DRAIN, 0.0, 0.0, who="ops"), "10.0.0.9")
    assert [record.getMessage() for record in caplog.records] == [
        "ops from 10.0.0.9: set weight 7 on e1 of d/b for 60 s: test",
        "ops from 10.0.0.9: took back drain on e1 of d/b",
    ]
