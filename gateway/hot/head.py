"""Heads of HTTP/1 messages, scanned in one pass and judged by RFC 9112, RFC 9110 and the refusals of DESIGN.md.

Compiled with the types of `head.pxd`. What could mean two things is refused, never guessed at: each guess that two
servers on a path make differently is a hole to smuggle a request through.
"""

from __future__ import annotations

from gateway.errors import LimitExceeded, ProtocolError
from gateway.hot.fields import Fields
from gateway.hot.limits import HeadLimits
from gateway.hot.octets import ADDRESS_LITERAL, FIELD_VALUE, PATH, QUERY, REGISTERED_NAME, TOKEN

__all__ = ["HeadLimits", "RequestHead", "ResponseHead", "scan_request", "scan_response"]

# Held by name, as the compiled form has bare pointers into them.
_TABLES = (TOKEN, PATH, QUERY, FIELD_VALUE, REGISTERED_NAME, ADDRESS_LITERAL)
_token = TOKEN
_path = PATH
_query = QUERY
_value = FIELD_VALUE
_name = REGISTERED_NAME
_literal = ADDRESS_LITERAL


def authority_ports(authority: bytes) -> int:
    """How many ports `uri-host [":" port]` has: 0 or 1, or -1 where it is none, or has userinfo (RFC 9110 4.2, 7.2)."""
    octets = authority
    pos = 0
    end = len(authority)
    if end == 0:
        return -1
    if octets[0] == 0x5B:
        pos = 1
        while pos < end and _literal[octets[pos]]:
            pos += 1
        if pos >= end or octets[pos] != 0x5D or pos < 3:
            return -1
        pos += 1
    else:
        while pos < end and _name[octets[pos]]:
            pos += 1
        if pos == 0:
            return -1
    if pos == end:
        return 0
    if octets[pos] != 0x3A:
        return -1
    pos += 1
    if pos == end:
        return 0
    port = 0
    while pos < end:
        if octets[pos] < 0x30 or octets[pos] > 0x39:
            return -1
        port = port * 10 + (octets[pos] - 0x30)
        if port > 65535:
            return -1
        pos += 1
    return 1


def _same_authority(target: bytes, host: bytes, default_port: bytes) -> bool:
    """Whether both name the same host and port, in any case, the port of the scheme left out or not."""
    return _without_port(target.lower(), default_port) == _without_port(host.lower(), default_port)


def _without_port(authority: bytes, default_port: bytes) -> bytes:
    return authority.removesuffix(default_port).removesuffix(b":")


def version_of(data: bytes, start: int, length: int) -> int:
    """The minor version of HTTP/1: 0 or 1.

    Raises:
        ProtocolError: 505 for another version of HTTP, 400 for what is no version.
    """
    octets = data
    if length == 8 and octets[start : start + 7] == b"HTTP/1.":
        octet = octets[start + 7]
        if octet == 0x31:
            return 1
        if octet == 0x30:
            return 0
    version = data[start : start + length]
    if (
        length == 8
        and version[:5] == b"HTTP/"
        and version[5:6].isdigit()
        and version[6:7] == b"."
        and version[7:].isdigit()
    ):
        raise ProtocolError("an HTTP version other than 1.0 and 1.1", 505)
    raise ProtocolError("the start line has no HTTP version (RFC 9112 2.3)")


def _bad_method(data: bytes, start: int, pos: int) -> ProtocolError:
    octet = data[pos]
    if pos == start:
        if octet == 0x16:
            return ProtocolError("a TLS ClientHello on a port that speaks plain HTTP")
        if octet == 0x0D or octet == 0x0A:
            return ProtocolError("an empty line where a request line should be (RFC 9112 2.2)")
    if octet == 0x0D or octet == 0x0A:
        return ProtocolError("a request line without a target (RFC 9112 3)")
    return ProtocolError(f"octet 0x{octet:02x} in the method")


class RequestHead(Fields):
    """The head of a request.

    `authority` comes from the absolute form, else from Host; `path` is without the query, `query` without `?`.
    `content_length` is -1 without one. `upgrade` is empty unless Connection lists it too. `form` is one of the four
    constants (RFC 9112 3.2). `size` counts the bytes of the head.
    """

    __slots__ = (
        "authority",
        "chunked",
        "content_length",
        "expect_continue",
        "form",
        "has_body",
        "keep_alive",
        "method",
        "path",
        "query",
        "target",
        "te_trailers",
        "upgrade",
        "version_minor",
    )

    ORIGIN = 0
    ABSOLUTE = 1
    AUTHORITY = 2
    ASTERISK = 3

    def clear(self) -> None:
        """Hold nothing."""
        Fields.clear(self)
        self.method = b""
        self.target = b""
        self.authority = b""
        self.path = b""
        self.query = b""
        self.upgrade = b""
        self.form = 0
        self.version_minor = 1
        self.content_length = -1
        self.chunked = False
        self.has_body = False
        self.keep_alive = True
        self.expect_continue = False
        self.te_trailers = False

    @property
    def has_host(self) -> bool:
        """Whether it has a Host field."""
        return self._host >= 0

    def scan_line(self, data: bytes, start: int, end: int, uri_bytes: int, method_bytes: int) -> int:
        """Scan the request line; where the fields begin, or -1 where it is not complete (RFC 9112 3)."""
        octets = data
        pos = start
        while pos < end and _token[octets[pos]]:
            pos += 1
        if pos - start > method_bytes:
            raise ProtocolError(f"a method of more than {method_bytes} octets")
        if pos >= end:
            return -1
        if octets[pos] != 0x20 or pos == start:
            raise _bad_method(data, start, pos)
        self.method = octets[start:pos]
        pos += 1
        target_start = pos
        while pos < end and _query[octets[pos]]:
            pos += 1
        if pos - target_start > uri_bytes:
            raise LimitExceeded(f"a request target of more than {uri_bytes} octets", 414, "limits.uriBytes")
        if pos >= end:
            return -1
        if octets[pos] != 0x20 or pos == target_start:
            if octets[pos] == 0x0D:
                raise ProtocolError("a request line without an HTTP version (RFC 9112 3)")
            if octets[pos] == 0x20:
                raise ProtocolError("an empty request target, or two spaces in the request line (RFC 9112 3)")
            raise ProtocolError(f"octet 0x{octets[pos]:02x} in the request target")
        target_end = pos
        pos += 1
        if pos + 10 > end:
            # The line may be complete though: one that is too short would else wait for ever.
            if data.find(b"\n", pos, end) >= 0:
                raise ProtocolError("the start line has no HTTP version (RFC 9112 2.3)")
            return -1
        if self.method == b"PRI":
            # RFC 9113 3.4: reserved, so that the preface ends in an error everywhere but at an HTTP/2 server.
            raise ProtocolError("an HTTP/2 preface on a port that speaks HTTP/1", 505)
        self.version_minor = version_of(data, pos, 8)
        if octets[pos + 8] != 0x0D or octets[pos + 9] != 0x0A:
            raise ProtocolError("the request line does not end in CRLF after the version (RFC 9112 3)")
        self.target = octets[target_start:target_end]
        self.split_target(data, target_start, target_end)
        return pos + 10

    def split_target(self, data: bytes, start: int, end: int) -> int:
        """Take the target apart (RFC 9112 3.2)."""
        octets = data
        pos = start
        if self.method == b"CONNECT":
            self.form = 2
            self.authority = self.target
            if authority_ports(self.target) != 1:
                raise ProtocolError("CONNECT wants a host and a port (RFC 9112 3.2.3)")
            return 0
        if octets[pos] != 0x2F:
            if self.target == b"*":
                if self.method != b"OPTIONS":
                    raise ProtocolError("the target * is for OPTIONS alone (RFC 9112 3.2.4)")
                self.form = 3
                self.path = b"*"
                return 0
            scheme = self.target[:8].lower()
            if scheme.startswith(b"http://"):
                pos = start + 7
            elif scheme == b"https://":
                pos = start + 8
            else:
                raise ProtocolError("a request target that is no path, and no http or https URI (RFC 9112 3.2)")
            self.form = 1
            mark = pos
            while pos < end and octets[pos] != 0x2F and octets[pos] != 0x3F:
                pos += 1
            self.authority = octets[mark:pos]
            if authority_ports(self.authority) < 0:
                raise ProtocolError("a bad authority in the request target, or userinfo (RFC 9110 4.2.4)")
        mark = pos
        while pos < end and _path[octets[pos]]:
            pos += 1
        self.path = octets[mark:pos]
        if pos < end:
            if octets[pos] != 0x3F:
                raise ProtocolError(f"octet 0x{octets[pos]:02x} in the path of the request target")
            self.query = octets[pos + 1 : end]
        if mark == pos:
            # RFC 9112 3.2.1 and, for OPTIONS, 3.2.4.
            self.path = b"*" if self.method == b"OPTIONS" and pos == end else b"/"
        return 0

    def settle(self) -> int:
        """Judge the whole: host, framing, and what the connection is to do next."""
        if self._host >= 0:
            host = self.value_at(self._host)
            if authority_ports(host) < 0:
                raise ProtocolError("a bad Host (RFC 9112 3.2)")
            if self.form == 0 or self.form == 3:
                self.authority = host
            elif not _same_authority(
                self.authority, host, b":443" if self.form == 1 and self.target[4:5] in (b"s", b"S") else b":80"
            ):
                raise ProtocolError("the request target disagrees with Host (RFC 9112 3.2.2)")
        elif self.version_minor == 1:
            raise ProtocolError("no Host (RFC 9112 3.2)")
        self.chunked = self.scan_coding(self.version_minor)
        self.content_length = self.scan_length()
        self.has_body = self.chunked or self.content_length > 0
        if self.version_minor == 1:
            self.keep_alive = not self._connection_close
            if self._expect >= 0:
                self.expect_continue = self.has_body and self.value_at(self._expect).lower() == b"100-continue"
            if self._upgrade >= 0 and self._connection_upgrade:
                self.upgrade = b", ".join(self.get_all(b"upgrade"))
            if self._te >= 0:
                for part in b",".join(self.get_all(b"te")).lower().split(b","):
                    if part.strip(b" \t") == b"trailers":
                        self.te_trailers = True
        else:
            self.keep_alive = self._connection_keep_alive and not self._connection_close
        return 0


class ResponseHead(Fields):
    """The head of an answer. `has_body` minds the method that was asked with; `content_length` does not."""

    __slots__ = (
        "body_until_close",
        "chunked",
        "content_length",
        "has_body",
        "keep_alive",
        "reason",
        "status",
        "upgrade",
        "version_minor",
    )

    def clear(self) -> None:
        """Hold nothing."""
        Fields.clear(self)
        self.status = 0
        self.reason = b""
        self.upgrade = b""
        self.version_minor = 1
        self.content_length = -1
        self.chunked = False
        self.has_body = False
        self.keep_alive = True
        self.body_until_close = False

    def scan_line(self, data: bytes, start: int, end: int) -> int:
        """Scan the status line; where the fields begin, or -1 where it is not complete (RFC 9112 4)."""
        octets = data
        if end - start < 14:
            if not b"HTTP/1.".startswith(data[start : min(start + 7, end)]):
                raise ProtocolError("not an HTTP/1 status line")
            if data.find(b"\n", start, end) >= 0:
                raise ProtocolError("a status line that is too short (RFC 9112 4)")
            return -1
        self.version_minor = version_of(data, start, 8)
        if octets[start + 8] != 0x20:
            raise ProtocolError("no single space behind the version of the status line (RFC 9112 4)")
        self.status = 0
        for pos in range(start + 9, start + 12):
            if octets[pos] < 0x30 or octets[pos] > 0x39:
                raise ProtocolError("a status that is not three digits (RFC 9112 4)")
            self.status = self.status * 10 + (octets[pos] - 0x30)
        if self.status < 100:
            raise ProtocolError("a status below 100")
        pos = start + 12
        if octets[pos] == 0x20:
            pos += 1
            while pos < end and _value[octets[pos]]:
                pos += 1
            if pos >= end:
                return -1
            self.reason = octets[start + 13 : pos]
        if octets[pos] != 0x0D:
            raise ProtocolError(f"octet 0x{octets[pos]:02x} in the status line")
        if pos + 1 >= end:
            return -1
        if octets[pos + 1] != 0x0A:
            raise ProtocolError("a bare CR in the status line (RFC 9112 2.2)")
        return pos + 2

    def settle(self, method: bytes) -> int:
        """Judge the whole, as the answer to a request with `method` (RFC 9112 6.3)."""
        self.chunked = self.scan_coding(self.version_minor)
        self.content_length = self.scan_length()
        bodiless = self.status < 200 or self.status == 204
        # RFC 9110 8.6: such an answer must not carry a length; one that does would be read in two ways behind Weir.
        self._length_dropped = bodiless or (method == b"CONNECT" and self.status < 300)
        if self._length_dropped or self.status == 304 or method == b"HEAD":
            self.has_body = False
        else:
            self.has_body = self.chunked or self.content_length != 0
            self.body_until_close = not self.chunked and self.content_length < 0
        if self.version_minor == 1:
            self.keep_alive = not self._connection_close and not self.body_until_close
        else:
            self.keep_alive = self._connection_keep_alive and not self._connection_close and not self.body_until_close
        if self._upgrade >= 0 and self._connection_upgrade:
            self.upgrade = b", ".join(self.get_all(b"upgrade"))
        return 0


def scan_request(
    data: bytes, start: int, header_bytes: int, header_count: int, uri_bytes: int, method_bytes: int
) -> RequestHead | None:
    """The head of the request that begins at `start` of `data`, or None while it is not complete.

    Raises:
        ProtocolError: it is not HTTP/1, or ambiguous (400, 501, 505).
        LimitExceeded: it is over one of the limits (414, 431).
    """
    end = len(data)
    head = RequestHead.__new__(RequestHead)
    head.clear()
    pos = head.scan_line(data, start, end, uri_bytes, method_bytes)
    if pos >= 0:
        pos = head.scan_fields(data, pos, end, header_count)
    if (end if pos < 0 else pos) - start > header_bytes:
        raise LimitExceeded(f"a head of more than {header_bytes} octets", 431, "limits.headerBytes")
    if pos < 0:
        return None
    head.settle()
    head.keep_only(start, pos)
    return head


def scan_response(data: bytes, start: int, header_bytes: int, header_count: int, method: bytes) -> ResponseHead | None:
    """The head of the answer, to a request with `method`, that begins at `start` of `data`, or None while incomplete.

    Raises:
        ProtocolError: it is not HTTP/1, or ambiguous.
        LimitExceeded: it is over one of the limits.
    """
    end = len(data)
    head = ResponseHead.__new__(ResponseHead)
    head.clear()
    pos = head.scan_line(data, start, end)
    if pos >= 0:
        pos = head.scan_fields(data, pos, end, header_count)
    if (end if pos < 0 else pos) - start > header_bytes:
        raise LimitExceeded(f"a head of more than {header_bytes} octets", 431, "limits.headerBytes")
    if pos < 0:
        return None
    head.settle(method)
    head.keep_only(start, pos)
    return head
