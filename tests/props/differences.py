"""What Weir's HTTP/1 parser and the two oracles, httptools (llhttp) and h11, judge differently; each entry reviewed."""

from __future__ import annotations

WEIR_TAKES = {
    "HttpParserInvalidMethodError": "RFC 9110 9.1: any token may be a method; httptools has a fixed list",
    "framing in a trailer": "RFC 9110 6.5.1: Content-Length and Transfer-Encoding say nothing there; Weir drops them",
}
"""What an oracle refuses and Weir takes, by its reason. It only shrinks."""

WEIR_REFUSES = {
    "Host": (
        "RFC 9112 3.2, RFC 9110 7.2: httptools does not look at Host, h11 takes any value",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    ),
    "target|authority|the path|CONNECT wants": (
        "RFC 9112 3.2 and RFC 3986: neither checks the form of the target",
        b"GET /#a HTTP/1.1\r\nHost: h\r\n\r\n",
    ),
    "Transfer-Encoding in HTTP/1.0": (
        "RFC 9112 6.1: in 1.0 it is not known whether the next hop minds it, so it is not guessed at",
        b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "HTTP version|HTTP/2 preface": (
        "RFC 9110 2.5: httptools and h11 take versions other than 1.0 and 1.1",
        b"GET / HTTP/2.0\r\nHost: h\r\n\r\n",
    ),
    "in a chunk extension": (
        "RFC 9112 7.1.1: h11 skips extensions unread, httptools takes a value that is empty",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\r\na\r\n0\r\n\r\n",
    ),
    "too large": (
        "lengths past 10^18, or padded with zeros to as many digits, cannot be meant",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0000000000000000001\r\n\r\na",
    ),
}
"""What both oracles take and Weir refuses: a pattern of its reason; why; and a witness, so that it only shrinks."""
