"""The head of a request as the endpoint gets it."""

from __future__ import annotations

import random

import pytest

from config.resources.weir import WeirSpec
from config.snapshot import (
    Filter,
    HeaderEdit,
    Match,
    PathMatch,
    PathReplacement,
    RequestHeaders,
    Rewrite,
    Rule,
    RuleName,
    WeightedBackend,
)
from gateway.codec.http1 import Http1ServerCodec
from gateway.hot.head import RequestHead
from gateway.hot.limits import HeadLimits
from gateway.hot.writer import HeadWriter
from gateway.http.forwarding import Peer, recipe
from gateway.http.request_head import render_request
from gateway.settings import settings_from
from policies.chain import compile_rule

SETTINGS = settings_from(WeirSpec.model_validate({"forwarding": {"xForwarded": False, "via": "off"}}))


def rendered(raw: bytes, *filters: Filter, prefix: str = "/") -> list[bytes]:
    """The start line and the fields, without the request id that closes what Weir adds."""
    head = Http1ServerCodec(HeadLimits()).receive(raw)[0]
    assert isinstance(head, RequestHead)
    match = Match(PathMatch("PathPrefix", prefix))
    rule = Rule(RuleName("HTTPRoute", "d", "r", 0), (match,), filters, (WeightedBackend("d/b", 1),))
    (plan,) = compile_rule(rule, request_s=0.0, backend_request_s=0.0, random=random.Random(1), session_key=b"")
    choice = plan.choose()
    made = recipe(SETTINGS, choice.request_drop, choice.request_extra)
    lines = render_request(
        HeadWriter(), head, plan, choice, made, Peer.of("192.0.2.1", SETTINGS), SETTINGS, b"http", b"id", None
    )
    assert lines.endswith(b"\r\n\r\n")
    return [line for line in lines.split(b"\r\n") if line and line != b"x-request-id: id"]


@pytest.mark.parametrize(
    ("line", "host", "sent"),
    [
        (b"GET /a?b=c HTTP/1.1", b"h", [b"GET /a?b=c HTTP/1.1", b"Host: h"]),
        (b"GET http://h/a?b=c HTTP/1.1", b"h", [b"GET /a?b=c HTTP/1.1", b"host: h"]),
        (b"GET http://h HTTP/1.1", b"H:80", [b"GET / HTTP/1.1", b"host: h"]),
        (b"OPTIONS * HTTP/1.1", b"h", [b"OPTIONS * HTTP/1.1", b"Host: h"]),
        (b"OPTIONS http://h HTTP/1.1", b"h", [b"OPTIONS * HTTP/1.1", b"host: h"]),
        (b"CONNECT h:443 HTTP/1.1", b"h:443", [b"CONNECT h:443 HTTP/1.1", b"Host: h:443"]),
        (b"GET /a HTTP/1.0", b"h", [b"GET /a HTTP/1.1", b"Host: h"]),
    ],
)
def test_each_form_of_the_target_goes_on_as_origin_servers_want_it(line: bytes, host: bytes, sent: list[bytes]) -> None:
    assert rendered(line + b"\r\nHost: " + host + b"\r\n\r\n") == sent


def test_a_client_that_names_no_host_gets_the_empty_one() -> None:
    assert rendered(b"GET / HTTP/1.0\r\n\r\n") == [b"GET / HTTP/1.1", b"host: "]


def test_hop_by_hop_fields_end_here_and_those_of_this_hop_begin() -> None:
    raw = (
        b"POST / HTTP/1.1\r\nHost: h\r\nConnection: x-private, te, keep-alive\r\nX-Private: 1\r\nTE: trailers, gzip\r\n"
        b"Keep-Alive: 5\r\nProxy-Connection: keep-alive\r\nUpgrade: x\r\nTrailer: a\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    assert rendered(raw) == [
        b"POST / HTTP/1.1",
        b"Host: h",
        b"transfer-encoding: chunked",
        b"connection: te",
        b"te: trailers",
    ]


def test_an_upgrade_goes_on_where_connection_lists_it() -> None:
    raw = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n"
    assert rendered(raw)[2:] == [b"Sec-WebSocket-Key: a", b"connection: upgrade", b"upgrade: websocket"]


def test_expect_goes_on_so_that_the_endpoint_decides() -> None:
    raw = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
    assert rendered(raw) == [b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 1", b"Expect: 100-continue"]


def test_filters_rewrite_target_and_host_and_edit_fields() -> None:
    found = rendered(
        b"GET /api/v1/x?q HTTP/1.1\r\nHost: h\r\nX-Old: 1\r\nX-Set: client\r\n\r\n",
        Rewrite("inner.example", PathReplacement("ReplacePrefixMatch", "/v2")),
        RequestHeaders(HeaderEdit(set=(("x-set", "weir"),), add=(("x-new", "2"),), remove=("x-old",))),
        prefix="/api/v1",
    )
    assert found[0] == b"GET /v2/x?q HTTP/1.1"
    assert sorted(found[1:]) == [b"host: inner.example", b"x-new: 2", b"x-set: weir"]


def test_a_connection_field_cannot_take_host_or_length_away() -> None:
    raw = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: host, content-length\r\nContent-Length: 1\r\n\r\n"
    assert rendered(raw) == [b"POST / HTTP/1.1", b"Host: h", b"Content-Length: 1"]
