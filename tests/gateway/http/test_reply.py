"""Answers that Weir makes itself, byte by byte."""

from __future__ import annotations

import orjson
import pytest

from gateway.errors import ConnectFailed, LimitExceeded, NoEndpoint, ProtocolError, WeirError
from gateway.hot.head import scan_response
from gateway.http.reply import DateClock, error_reply, redirect_reply, status_line
from policies.error_pages.page import ErrorPage

DATE = b"date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"


def reply(error: WeirError, *, close: bool = False, bodiless: bool = False) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, fields and body, read by the scanner that reads those of endpoints."""
    message = error_reply(error, server=b"weir", date=DATE, request_id=b"abc", close=close, bodiless=bodiless)
    head = scan_response(message, 0, 65536, 100, b"GET")
    assert head is not None
    return message.partition(b"\r\n")[0], dict(head.items()), message[head.size :]


def test_a_client_at_fault_is_told_the_reason() -> None:
    line, fields, body = reply(ProtocolError("no Host (RFC 9112 3.2)"))
    assert line == b"HTTP/1.1 400 Bad Request"
    assert orjson.loads(body) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "no Host (RFC 9112 3.2)",
        "requestId": "abc",
    }
    assert fields[b"content-type"] == b"application/problem+json"
    assert fields[b"content-length"] == str(len(body)).encode()
    assert fields[b"proxy-status"] == b"weir; error=http_request_error"
    assert fields[b"x-request-id"] == b"abc"


def test_addresses_of_endpoints_stay_inside() -> None:
    _, _, body = reply(ConnectFailed("no connection to 10.1.2.3:80"))
    assert b"10.1.2.3" not in body
    assert orjson.loads(body)["detail"] == "connection refused"


@pytest.mark.parametrize(("error", "asks"), [(NoEndpoint("none"), True), (LimitExceeded("x", 413, "y"), False)])
def test_what_passes_soon_says_when_to_come_again(error: WeirError, asks: bool) -> None:
    assert (b"retry-after" in reply(error)[1]) is asks


@pytest.mark.parametrize("name", [b"retry-after", b"Retry-After"])
def test_who_knows_when_to_come_again_is_not_contradicted(name: bytes) -> None:
    error = LimitExceeded("too much", 429, "rate")
    added = [name + b": 77\r\n"]
    message = error_reply(error, server=b"weir", date=DATE, request_id=b"abc", close=False, bodiless=True, added=added)
    assert message.lower().count(b"retry-after:") == 1
    assert b": 77\r\n" in message


def test_an_answer_to_head_has_the_length_and_no_body() -> None:
    whole, bare = reply(NoEndpoint("none")), reply(NoEndpoint("none"), bodiless=True)
    assert bare[1] == whole[1]
    assert bare[2] == b""


def test_the_last_answer_of_a_connection_says_so() -> None:
    assert reply(NoEndpoint("none"), close=True)[1][b"connection"] == b"close"
    assert b"connection" not in reply(NoEndpoint("none"))[1]


def test_a_page_takes_the_place_of_the_problem_details_and_of_nothing_else() -> None:
    page = ErrorPage(b"<h1>sorry</h1>", b"text/html")
    message = error_reply(
        NoEndpoint("none"), server=b"weir", date=DATE, request_id=b"abc", close=False, bodiless=False, page=page
    )
    head, _, body = message.partition(b"\r\n\r\n")
    assert body == page.body
    assert b"content-type: text/html\r\ncontent-length: 14\r\n" in head
    assert b"proxy-status: weir; error=destination_unavailable" in head
    assert b"retry-after: 1" in head


def test_405_names_the_methods() -> None:
    assert b"GET" in reply(ProtocolError("CONNECT is not routed here", 405))[1][b"allow"]


def test_a_redirect_has_its_location_and_no_body() -> None:
    message = redirect_reply(302, b"https://a.example/x", server=b"weir", date=DATE, request_id=b"abc", close=True)
    head = scan_response(message, 0, 65536, 100, b"GET")
    assert head is not None
    assert head.status == 302
    assert dict(head.items()) == {
        b"server": b"weir",
        b"date": b"Thu, 01 Jan 1970 00:00:00 GMT",
        b"location": b"https://a.example/x",
        b"content-length": b"0",
        b"x-request-id": b"abc",
        b"connection": b"close",
    }


def test_lines_of_a_redirect_can_be_replaced_and_left_out() -> None:
    message = redirect_reply(
        302,
        b"/x",
        server=b"weir",
        date=DATE,
        request_id=b"abc",
        close=False,
        added=[b"server: mine\r\n"],
        dropped={b"server", b"x-request-id"},
    )
    head = scan_response(message, 0, 65536, 100, b"GET")
    assert head is not None
    assert [name for name, _ in head.items()] == [b"date", b"location", b"content-length", b"server"]


def test_an_unknown_status_has_an_empty_reason() -> None:
    assert status_line(299) == b"HTTP/1.1 299 \r\n"
    assert status_line(200, b"Fine") == b"HTTP/1.1 200 Fine\r\n"


def test_the_date_is_made_once_a_second() -> None:
    clock = DateClock()
    first = clock.line(0.0)
    assert first == DATE
    assert clock.line(0.9) is first
    assert clock.line(1.0) == b"date: Thu, 01 Jan 1970 00:00:01 GMT\r\n"
