"""The time that a request has left, as the next service is told it.

`x-request-deadline` is a whole number of milliseconds; `grpc-timeout` is that of gRPC ("gRPC over HTTP2", Timeout: up
to eight digits and a unit). Both are times left and not points in time, so that clocks need not agree.
"""

from __future__ import annotations

HEADER = b"x-request-deadline"
GRPC_HEADER = b"grpc-timeout"
MAX_DIGITS = 8
_UNITS = {b"H": 3600.0, b"M": 60.0, b"S": 1.0, b"m": 1e-3, b"u": 1e-6, b"n": 1e-9}


def grpc_timeout_s(value: bytes | None) -> float | None:
    """The seconds of a `grpc-timeout`; None where there is none, or none that makes sense."""
    if value is None or not 2 <= len(value) <= MAX_DIGITS + 1 or not value[:-1].isdigit():
        return None
    unit = _UNITS.get(value[-1:])
    return None if unit is None else int(value[:-1]) * unit


def request_deadline_s(value: bytes | None) -> float | None:
    """The seconds of an `x-request-deadline`; None as above."""
    if value is None or not value.isdigit() or len(value) > MAX_DIGITS:
        return None
    return int(value) / 1000.0


def deadline_lines(left_s: float, *, call: bool) -> bytes:
    """Whole header lines that say `left_s` seconds, at least a millisecond; for a gRPC `call` in its own field too."""
    left_ms = min(max(1, int(left_s * 1000.0)), 10**MAX_DIGITS - 1)
    line = b"%b: %d\r\n" % (HEADER, left_ms)
    return line + b"%b: %dm\r\n" % (GRPC_HEADER, left_ms) if call else line
