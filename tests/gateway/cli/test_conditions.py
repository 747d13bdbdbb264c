"""Tests of conditions as rows."""

from __future__ import annotations

from config.status import Condition, ListenerStatus, ParentStatus, ResourceStatus
from gateway.cli.conditions import COLUMNS, condition_rows


def test_a_row_per_condition_of_resource_listener_and_parent() -> None:
    accepted = Condition("Accepted", "True", "Accepted")
    refused = Condition("Accepted", "False", "NotAllowedByListeners", "no")
    gateway = ResourceStatus(
        "v1", "Gateway", "shop", "edge", (accepted,), listeners=(ListenerStatus("http", (), 2, (accepted,)),)
    )
    wide = ResourceStatus("v1", "Gateway", "shop", "wide", (accepted,), attached_listener_sets=3)
    route = ResourceStatus(
        "v1", "HTTPRoute", "shop", "r", (), (ParentStatus("Gateway", "shop", "edge", "http", 80, (refused,)),)
    )
    process = ResourceStatus("v1", "Weir", "", "w", (accepted,))
    rows = condition_rows([gateway, wide, route, process])
    assert rows == [
        ("Gateway shop/edge", "", "Accepted", "True", "Accepted", ""),
        ("Gateway shop/edge", "listener http, 2 attached", "Accepted", "True", "Accepted", ""),
        ("Gateway shop/wide", "3 ListenerSets attached", "Accepted", "True", "Accepted", ""),
        ("HTTPRoute shop/r", "Gateway shop/edge/http:80", "Accepted", "False", "NotAllowedByListeners", "no"),
        ("Weir w", "", "Accepted", "True", "Accepted", ""),
    ]
    assert {len(row) for row in rows} == {len(COLUMNS)}
