"""Changes of heads are those that the code which serves makes."""

from __future__ import annotations

import dataclasses
from typing import cast

from config.resources.weir import WeirSpec
from config.snapshot import HeaderEdit, RequestHeaders, ResponseHeaders, WeightedBackend
from gateway.explain import explain
from gateway.head_changes import own_answer, request_changes, response_changes
from gateway.hot.head import RequestHead
from gateway.http.forwarding import Peer
from gateway.question import Question
from gateway.settings import settings_from
from policies.chain import Plan, WeightedPlan
from policies.subject import Subject
from tests.support.data_path import gateway
from tests.support.subjects import environment, subject
from tests.support.wire import EndpointConnection, ScriptedEndpoint

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


async def echoing_head(connection: EndpointConnection) -> None:
    """Answers with the head that came as body, and with a field that the route drops."""
    head = await connection.head()
    connection.send(b"HTTP/1.1 200 OK\r\nx-b: of the endpoint\r\ncontent-length: %d\r\n\r\n%b" % (len(head), head))


async def test_what_is_told_is_what_goes_over_the_wire() -> None:
    async with ScriptedEndpoint(echoing_head) as endpoint, gateway(endpoint) as weir:
        edits = (RequestHeaders(EDIT), ResponseHeaders(EDIT))
        weir.apply((dataclasses.replace(weir.rule(), filters=edits),))
        url = f"http://127.0.0.1:{weir.port}/orders"
        question = Question.of("GET", url, ["x-a: 0", "X-B: 2", "x-c: 3"], "127.0.0.1")
        (share,) = explain(weir.snapshot, question, {}, environment()).shares
        _, fields, body = await (await weir.client()).ask(question.render())
    sent = {name.lower(): value for name, _, value in (line.partition(": ") for line in body.decode().split("\r\n"))}
    told = share.request_headers
    assert told.set == {name: sent[name] for name in told.set}
    assert told.removed == ("x-b",)
    assert set(sent) - {""} == {"get /orders http/1.1", "host", "x-c", "x-request-id", *told.set}
    for name, value in share.response_headers.set.items():
        assert fields[name.encode()] == value.encode()
    assert share.response_headers.removed == ("server", "x-b")
    assert b"x-b" not in fields
