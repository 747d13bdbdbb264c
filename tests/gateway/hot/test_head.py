"""Heads: what a good one says, and that each ambiguous one is refused with its status."""

from __future__ import annotations

import pytest

from gateway.errors import LimitExceeded, ProtocolError
from gateway.hot.head import RequestHead, ResponseHead, scan_request, scan_response
from tests.support.heads import forwarded


def request(raw: bytes) -> RequestHead:
    head = scan_request(raw, 0, 4000, 20, 200, 32)
    assert head is not None
    return head


def response(raw: bytes, method: bytes = b"GET") -> ResponseHead:
    head = scan_response(raw, 0, 4000, 20, method)
    assert head is not None
    return head


@pytest.mark.parametrize(
    ("target", "form", "authority", "path", "query"),
    [
        (b"/", RequestHead.ORIGIN, b"h", b"/", b""),
        (b"/a/b?c=d?e", RequestHead.ORIGIN, b"h", b"/a/b", b"c=d?e"),
        (b"/a?", RequestHead.ORIGIN, b"h", b"/a", b""),
        (b"http://H:80/x?y", RequestHead.ABSOLUTE, b"H:80", b"/x", b"y"),
        (b"HTTPS://h:443", RequestHead.ABSOLUTE, b"h:443", b"/", b""),
        (b"http://h?q", RequestHead.ABSOLUTE, b"h", b"/", b"q"),
    ],
)
def test_takes_the_target_apart(target: bytes, form: int, authority: bytes, path: bytes, query: bytes) -> None:
    head = request(b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (head.form, head.authority, head.path, head.query) == (form, authority, path, query)


def test_asterisk_and_authority_form() -> None:
    assert request(b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").form == RequestHead.ASTERISK
    head = request(b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n")
    assert (head.form, head.authority) == (RequestHead.AUTHORITY, b"h:443")


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [(b"1.1", b"", True), (b"1.1", b"Close", False), (b"1.0", b"", False), (b"1.0", b"Keep-Alive", True),
     (b"1.1", b"x, close", False), (b"1.0", b"keep-alive, close", False)],
)  # fmt: skip
def test_keep_alive(version: bytes, connection: bytes, kept: bool) -> None:
    head = request(b"GET / HTTP/" + version + b"\r\nHost: h\r\nConnection: " + connection + b"\r\n\r\n")
    assert head.keep_alive is kept


def test_upgrade_counts_only_where_connection_lists_it() -> None:
    start = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
    assert request(start + b"Connection: keep-alive, Upgrade\r\n\r\n").upgrade == b"websocket"
    assert request(start + b"\r\n").upgrade == b""


def test_expect_and_te() -> None:
    head = request(
        b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\nTE: gzip, trailers\r\n\r\n"
    )
    assert (head.expect_continue, head.te_trailers, head.content_length, head.has_body) == (True, True, 3, True)


LINE = b"GET / HTTP/1.1\r\n"
HOST = LINE + b"Host: h\r\n"

REFUSED_REQUESTS: dict[str, tuple[bytes, int]] = {
    "two lengths": (HOST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
    "list of lengths": (HOST + b"Content-Length: 1, 1\r\n\r\n", 400),
    "signed length": (HOST + b"Content-Length: +1\r\n\r\n", 400),
    "hex length": (HOST + b"Content-Length: 0x1\r\n\r\n", 400),
    "empty length": (HOST + b"Content-Length: \r\n\r\n", 400),
    "huge length": (HOST + b"Content-Length: 99999999999999999999\r\n\r\n", 400),
    "CL.TE": (HOST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "TE.CL": (HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n", 400),
    "unknown coding": (HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    "gzip before chunked": (HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "near-chunked": (HOST + b"Transfer-Encoding: xchunked\r\n\r\n", 501),
    "chunked not last": (HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n", 400),
    "chunked twice": (HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    "two codings": (HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400),
    "coding with a tab": (HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    "quoted coding": (HOST + b'Transfer-Encoding: "chunked"\r\n\r\n', 400),
    "empty coding": (HOST + b"Transfer-Encoding:\r\n\r\n", 400),
    "coding in 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "space before colon": (HOST + b"Transfer-Encoding : chunked\r\n\r\n", 400),
    "fold": (HOST + b"A: 1\r\n b\r\n\r\n", 400),
    "fold first": (LINE + b" Host: h\r\n\r\n", 400),
    "empty name": (HOST + b": 1\r\n\r\n", 400),
    "no colon": (HOST + b"A\r\n\r\n", 400),
    "bad name": (HOST + b"A@: 1\r\n\r\n", 400),
    "NUL in name": (HOST + b"A\x00: 1\r\n\r\n", 400),
    "NUL in value": (HOST + b"A: \x00\r\n\r\n", 400),
    "control in value": (HOST + b"A: \x01\r\n\r\n", 400),
    "DEL in value": (HOST + b"A: \x7f\r\n\r\n", 400),
    "bare CR in value": (HOST + b"A: b\rC: d\r\n\r\n", 400),
    "bare LF in value": (HOST + b"A: b\nC: d\r\n\r\n", 400),
    "bare LF all over": (b"GET / HTTP/1.1\nHost: h\n\n", 400),
    "bare LF at the end": (HOST + b"\n", 400),
    "CR CR LF at the end": (HOST + b"\r\r\n", 400),
    "no Host": (LINE + b"\r\n", 400),
    "two Hosts": (HOST + b"Host: h\r\n\r\n", 400),
    "empty Host": (LINE + b"Host:\r\n\r\n", 400),
    "userinfo in Host": (LINE + b"Host: a@b\r\n\r\n", 400),
    "list in Host": (LINE + b"Host: a b\r\n\r\n", 400),
    "path in Host": (LINE + b"Host: a/b\r\n\r\n", 400),
    "bad port": (LINE + b"Host: a:x\r\n\r\n", 400),
    "large port": (LINE + b"Host: a:65536\r\n\r\n", 400),
    "open bracket": (LINE + b"Host: [::1\r\n\r\n", 400),
    "Host disagrees": (b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400),
    "port disagrees": (b"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "userinfo": (b"GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "other scheme": (b"GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "no authority": (b"GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "asterisk for GET": (b"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "relative target": (b"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "CONNECT without port": (b"CONNECT h HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "CONNECT to a path": (b"CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "fragment": (b"GET /#a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "backslash in path": (b"GET /\\a HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "non-ASCII target": (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "tab in request line": (b"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "two spaces before version": (b"GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400),
    "space after version": (b"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400),
    "0.9": (b"GET /\r\n", 400),
    "lower-case version": (b"GET / http/1.1\r\nHost: h\r\n\r\n", 400),
    "short version": (b"GET / HTTP/1\r\n", 400),
    "1.2": (b"GET / HTTP/1.2\r\nHost: h\r\n\r\n", 505),
    "2.0": (b"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "TLS": (b"\x16\x03\x01\x02\x00\x01", 400),
    "garbage": (b"\xff\xfe\x00", 400),
    "long method": (b"A" * 33, 400),
    "long target": (b"GET /" + b"a" * 300, 414),
    "many fields": (HOST + b"A: 1\r\n" * 30, 431),
    "long head": (HOST + b"A: " + b"a" * 5000, 431),
}


@pytest.mark.parametrize("case", REFUSED_REQUESTS)
def test_refuses_request(case: str) -> None:
    raw, status = REFUSED_REQUESTS[case]
    with pytest.raises(ProtocolError) as caught:
        request(raw)
    assert caught.value.status == status
    assert isinstance(caught.value, LimitExceeded) is (status in (414, 431))


def test_names_what_speaks_another_protocol() -> None:
    with pytest.raises(ProtocolError, match="TLS ClientHello"):
        request(b"\x16\x03\x01")
    with pytest.raises(ProtocolError, match="HTTP/2 preface"):
        request(b"PRI * HTTP/2.0\r\n\r\n")
    with pytest.raises(ProtocolError, match="HTTP/2 preface"):
        request(b"PRI / HTTP/1.1\r\nHost: h\r\n\r\n")


@pytest.mark.parametrize("host", [b"h", b"h:", b"h:80", b"[::1]", b"[::1]:80", b"1.2.3.4", b"a-b.example"])
def test_takes_host(host: bytes) -> None:
    assert request(LINE + b"Host: " + host + b"\r\n\r\n").authority == host


@pytest.mark.parametrize(
    ("raw", "method", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n", b"GET", (200, b"OK", True, True, False)),
        (b"HTTP/1.1 200 \r\n", b"GET", (200, b"", True, False, True)),
        (b"HTTP/1.1 200\r\n", b"HEAD", (200, b"", False, True, False)),
        (b"HTTP/1.1 304 x\r\nContent-Length: 3\r\n", b"GET", (304, b"x", False, True, False)),
        (b"HTTP/1.1 204 x\r\n", b"GET", (204, b"x", False, True, False)),
        (b"HTTP/1.1 200 \xe4\r\nTransfer-Encoding: Chunked\r\n", b"GET", (200, b"\xe4", True, True, False)),
        (b"HTTP/1.1 200 x\r\n", b"CONNECT", (200, b"x", False, True, False)),
        (b"HTTP/1.0 200 x\r\nContent-Length: 0\r\n", b"GET", (200, b"x", False, False, False)),
        (b"HTTP/1.0 200 x\r\nContent-Length: 1\r\nConnection: keep-alive\r\n", b"GET", (200, b"x", True, True, False)),
    ],
)
def test_answers(raw: bytes, method: bytes, expected: tuple[int, bytes, bool, bool, bool]) -> None:
    head = response(raw + b"\r\n", method)
    assert (head.status, head.reason, head.has_body, head.keep_alive, head.body_until_close) == expected


def test_a_204_loses_its_length() -> None:
    head = response(b"HTTP/1.1 204 x\r\nContent-Length: 3\r\nA: 1\r\n\r\n")
    assert forwarded(head, b"S\r\n", frozenset()) == b"S\r\nA: 1\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 99 x\r\n\r\n", b"HTTP/1.1 2000 x\r\n\r\n", b"HTTP/1.1 099 x\r\n\r\n", b"HTTP/1.1  200 x\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"http/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 a\x00\r\n\r\n",
        b"HTTP/1.1 200 a\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", b"garbage",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 200 OK\r\nA : 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 2\r\n", b"a preface", b"HTTP/2.0 200",
    ],
)  # fmt: skip
def test_refuses_answer(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        response(raw)
