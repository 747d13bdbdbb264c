"""Headers in the access log."""

from __future__ import annotations

import orjson

from gateway.telemetry.logged_headers import headers_text
from tests.support.subjects import request


def test_those_that_are_there_are_shown_in_the_order_of_the_names() -> None:
    head = request("X-B: 2", "X-A: 1", "X-B: 3", "X-C: 4")
    assert headers_text(head, (b"x-a", b"x-b", b"x-d")) == b'{"x-a":"1","x-b":"2, 3"}'


def test_any_octets_are_json() -> None:
    head = request('X-A: "\\\xff')
    assert orjson.loads(headers_text(head, (b"x-a",))) == {"x-a": '"\\\xff'}


def test_none_is_an_empty_object() -> None:
    assert headers_text(request(), (b"x-a",)) == b"{}"
