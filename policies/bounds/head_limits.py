"""Bounds on the head of a request to a route, within those of the process, which hold before there is a route."""

from __future__ import annotations

from config.resources.shaping import HeadLimits
from policies.environment import Environment
from policies.step import Step
from policies.subject import Subject
from policies.verdict import Denial

_AROUND = len(b"  HTTP/1.1\r\n\r\n")
"""Of a head, beside its method, target and header lines."""
_AROUND_FIELD = len(b": \r\n")


class HeadBounds(Step):
    """Counts octets as HTTP/1.1 writes them, with one space behind each colon; None is no bound."""

    __slots__ = ("_bytes", "_count", "_uri_bytes")
    name = "headLimits"

    def __init__(self, bytes_: int | None, count: int | None, uri_bytes: int | None) -> None:
        self._bytes = bytes_
        self._count = count
        self._uri_bytes = uri_bytes

    def decide(self, subject: Subject) -> Denial | None:
        """Refuses a head that is too large: 414 for its target, 431 for the rest (RFC 6585 5)."""
        head = subject.head
        uri_bytes = len(head.path) + len(head.query) + bool(head.query)
        if self._uri_bytes is not None and uri_bytes > self._uri_bytes:
            return Denial(414, f"a target of {uri_bytes} octets, {self._uri_bytes} are allowed")
        if self._bytes is None and self._count is None:
            return None
        count, octets = 0, _AROUND + len(head.method) + uri_bytes
        for name, value in head.items():
            count += 1
            octets += len(name) + len(value) + _AROUND_FIELD
        if self._count is not None and count > self._count:
            return Denial(431, f"{count} header lines, {self._count} are allowed")
        if self._bytes is not None and octets > self._bytes:
            return Denial(431, f"a head of {octets} octets, {self._bytes} are allowed")
        return None


def compile_head_limits(limits: HeadLimits, _: Environment) -> HeadBounds | None:
    """Bounds the head of a request."""
    if limits.bytes is None and limits.count is None and limits.uri_bytes is None:
        return None
    return HeadBounds(
        None if limits.bytes is None else limits.bytes.bytes,
        limits.count,
        None if limits.uri_bytes is None else limits.uri_bytes.bytes,
    )
