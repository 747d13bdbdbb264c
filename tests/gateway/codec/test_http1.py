"""Both codecs: events in order, one message at a time, whatever the pieces."""

from __future__ import annotations

import time

import pytest

from gateway.codec.http1 import END, EndOfMessage, Event, Http1ClientCodec, Http1ServerCodec
from gateway.errors import ClientGone, LimitExceeded, ProtocolError, UpstreamProtocolError, UpstreamReset
from gateway.hot.head import RequestHead, ResponseHead
from gateway.hot.limits import HeadLimits

GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def server() -> Http1ServerCodec:
    return Http1ServerCodec(HeadLimits(header_bytes=4000, header_count=20, uri_bytes=500))


def client(method: bytes = b"GET") -> Http1ClientCodec:
    codec = Http1ClientCodec(HeadLimits(header_bytes=4000, header_count=20))
    codec.expect(method)
    return codec


def kinds(events: list[Event]) -> list[object]:
    return [
        event.method if isinstance(event, RequestHead)
        else event.status if isinstance(event, ResponseHead)
        else "end" if isinstance(event, EndOfMessage)
        else event
        for event in events
    ]  # fmt: skip


def test_pipelined_requests_wait_until_asked_for() -> None:
    codec = server()
    assert kinds(codec.receive(GET + GET + GET[:10])) == [b"GET", "end"]
    assert codec.buffered == len(GET) + 10
    assert codec.receive(GET[10:]) == []
    assert kinds(codec.next_message()) == [b"GET", "end"]
    assert kinds(codec.next_message()) == [b"GET", "end"]
    assert codec.next_message() == []
    assert codec.buffered == 0


def test_body_by_length_is_handed_on_without_a_copy() -> None:
    codec = server()
    assert kinds(codec.receive(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\n")) == [b"PUT"]
    piece = b"abc"
    assert codec.receive(piece)[0] is piece
    assert codec.receive(b"def") == [b"def", END]


def test_one_empty_line_before_a_request_is_forgiven() -> None:
    assert kinds(server().receive(b"\r\n" + GET)) == [b"GET", "end"]
    codec = server()
    assert [codec.receive(bytes([octet])) for octet in b"\r\n"] == [[], []]
    assert kinds(codec.receive(GET)) == [b"GET", "end"]
    for raw in (b"\r\n\r\n" + GET, b"\n" + GET, b"\r" + GET):
        with pytest.raises(ProtocolError):
            server().receive(raw)


def test_nothing_is_taken_after_an_error() -> None:
    codec = server()
    for raw in (b"GET / HTTP/1.1\r\n\r\n", GET):
        with pytest.raises(ProtocolError):
            codec.receive(raw)


def test_a_head_that_drips_is_looked_at_once_per_octet() -> None:
    codec = Http1ServerCodec(HeadLimits(header_bytes=2_000_000))
    raw = b"GET / HTTP/1.1\r\nHost: h\r\nA: " + b"a" * 60_000
    started_s = time.process_time()
    for i in range(len(raw)):
        codec.receive(raw[i : i + 1])
    assert time.process_time() - started_s < 3.0
    assert kinds(codec.receive(b"\r\n\r\n")) == [b"GET", "end"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [(b"GET /" + b"a" * 700, 414), (GET[:-2] + b"A: 1\r\n" * 30, 431), (GET[:-2] + b"A: " + b"a" * 4000, 431)],
)
def test_limits_hold_before_the_head_is_whole(raw: bytes, status: int) -> None:
    codec = server()
    with pytest.raises(LimitExceeded) as caught:
        for i in range(len(raw)):
            codec.receive(raw[i : i + 1])
    assert caught.value.status == status


def test_eof_of_the_client() -> None:
    codec = server()
    codec.receive_eof()
    codec.receive(GET[:5])
    with pytest.raises(ClientGone):
        codec.receive_eof()


def test_bytes_behind_an_upgrade_are_handed_over() -> None:
    codec = server()
    codec.receive(GET + b"raw")
    codec.receive(b"more")
    assert codec.trailing_data() == b"rawmore"
    assert codec.buffered == 0


def test_informational_answers_come_before_the_final_one() -> None:
    codec = client()
    raw = b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    assert kinds(codec.receive(raw)) == [100, 103, 200, b"ok", "end"]
    assert codec.keep_alive


def test_switching_protocols_ends_parsing() -> None:
    codec = client()
    assert kinds(codec.receive(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: w\r\n\r\nraw")) == [101]
    codec.receive(b"more")
    assert codec.trailing_data() == b"rawmore"
    codec = client(b"CONNECT")
    assert kinds(codec.receive(b"HTTP/1.1 200 S\r\n\r\nraw")) == [200]
    assert codec.trailing_data() == b"raw"


def test_close_delimited_answer_ends_with_the_close() -> None:
    codec = client()
    assert kinds(codec.receive(b"HTTP/1.1 200 OK\r\n\r\nabc")) == [200, b"abc"]
    assert codec.receive(b"d") == [b"d"]
    assert codec.receive_eof() == [END]
    assert not codec.keep_alive


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
    ],
)
def test_answer_cut_short(raw: bytes) -> None:
    codec = client()
    codec.receive(raw)
    with pytest.raises(UpstreamReset):
        codec.receive_eof()


def test_bytes_that_nobody_asked_for() -> None:
    codec = client()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert kinds(codec.receive(answer + answer)) == [200, "end"]
    assert not codec.keep_alive
    with pytest.raises(UpstreamProtocolError):
        codec.receive(b"x")
    with pytest.raises(UpstreamProtocolError):
        Http1ClientCodec(HeadLimits()).receive(answer)


def test_answers_without_body_end_at_once_and_the_next_may_follow() -> None:
    codec = client(b"HEAD")
    assert kinds(codec.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) == [200, "end"]
    codec.expect(b"GET")
    assert kinds(codec.receive(b"HTTP/1.1 304 N\r\nTransfer-Encoding: chunked\r\n\r\n")) == [304, "end"]


def test_trailers_of_an_answer() -> None:
    events = client().receive(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: 1\r\n\r\n")
    assert isinstance(events[-1], EndOfMessage)
    assert events[-1].trailers == [(b"X", b"1")]


def test_a_bad_answer_is_the_endpoints_fault() -> None:
    with pytest.raises(UpstreamProtocolError):
        client().receive(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n")
    with pytest.raises(UpstreamProtocolError):
        client().receive(b"HTTP/1.1 200 OK\r\nA: " + b"a" * 5000)
