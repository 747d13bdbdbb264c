"""The time left in header fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.bounds.deadline import deadline_lines, grpc_timeout_s, request_deadline_s


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"1H", 3600.0), (b"2M", 120.0), (b"3S", 3.0), (b"250m", 0.25), (b"5u", 5e-6), (b"99999999n", 0.099999999)],
)
def test_each_unit_of_a_grpc_timeout_is_read(value: bytes, seconds: float) -> None:
    assert grpc_timeout_s(value) == pytest.approx(seconds)


@pytest.mark.parametrize("value", [None, b"", b"1", b"S", b"1s", b"-1S", b"123456789S", b"1 S", b"1.5S"])
def test_what_is_none_says_nothing(value: bytes | None) -> None:
    assert grpc_timeout_s(value) is None


@given(st.floats(-10.0, 1e9))
def test_what_is_written_is_read_again(left_s: float) -> None:
    lines = dict(line.split(b": ") for line in deadline_lines(left_s, call=True).split(b"\r\n")[:-1])
    left_ms = min(max(1, int(left_s * 1000)), 99_999_999)
    assert (
        grpc_timeout_s(lines[b"grpc-timeout"]) == request_deadline_s(lines[b"x-request-deadline"]) == left_ms / 1000.0
    )


@given(st.binary(max_size=12))
def test_nothing_that_a_client_sends_raises(value: bytes) -> None:
    assert (grpc_timeout_s(value) or 0.0) >= 0.0
    assert (request_deadline_s(value) or 0.0) >= 0.0


def test_a_request_that_is_no_call_has_the_one_field() -> None:
    assert deadline_lines(1.5, call=False) == b"x-request-deadline: 1500\r\n"
