"""Changes of heads are those that the code which serves makes."""

from __future__ import annotations

from typing import cast

from config.resources.weir import WeirSpec
from config.snapshot import HeaderEdit, RequestHeaders, ResponseHeaders, WeightedBackend
from gateway.head_changes import own_answer, request_changes, response_changes
from gateway.hot.head import RequestHead
from gateway.http.forwarding import Peer
from gateway.settings import settings_from
from policies.chain import Plan, WeightedPlan
from policies.subject import Subject
from tests.support.subjects import subject

SETTINGS = settings_from(WeirSpec())
EDIT = HeaderEdit(set=(("x-a", "1"),), remove=("x-b", "server"))


def choice() -> WeightedPlan:
    return WeightedPlan(WeightedBackend("shop/orders", 1), (RequestHeaders(EDIT), ResponseHeaders(EDIT)))


def test_request_shows_what_is_set_changed_and_removed() -> None:
    asking = subject("x-a: 0", "x-b: 2", "x-c: 3", "connection: close")
    asking.set_request_field(b"x-user", b"ann")
    peer = Peer.of("192.0.2.1", SETTINGS)
    found = request_changes(_head(asking), cast(Plan, None), choice(), peer, SETTINGS, asking)
    assert found.set == {
        "x-forwarded-for": "192.0.2.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "shop.example",
        "via": "1.1 weir",
        "x-a": "1",
        "x-user": "ann",
    }
    assert found.removed == ("x-b",)


def test_response_shows_what_is_dropped_though_no_endpoint_answered() -> None:
    asking = subject()
    asking.set_response_field(b"x-user", b"ann")
    asking.response_absent.append((b"x-frame-options", b"x-frame-options: DENY\r\n"))
    found = response_changes(_head(asking), choice(), SETTINGS, asking)
    assert found.set == {"x-user": "ann", "x-frame-options": "DENY", "x-a": "1", "via": "1.1 weir"}
    assert found.removed == ("server", "x-b")


def test_own_answer_has_the_lines_of_all_policies() -> None:
    asking = subject()
    asking.set_response_field(b"x-user", b"ann")
    found = own_answer([b"www-authenticate: Bearer\r\n"], asking)
    assert found.set == {"www-authenticate": "Bearer", "x-user": "ann"}


def _head(asking: Subject) -> RequestHead:
    return cast(RequestHead, asking.head)
