"""Durations, quantities and networks: what is taken, and how much it is."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from config.resources.scalars import CIDR, Duration, GatewayDuration, IPAddress, Quantity, place

DURATION = TypeAdapter(Duration)
GATEWAY_DURATION = TypeAdapter(GatewayDuration)
QUANTITY = TypeAdapter(Quantity)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("0s", 0.0),
        ("250ms", 0.25),
        ("1h30m", 5400.0),
        ("1.5s", 1.5),
        (".5s", 0.5),
        ("1us", 1e-6),
        ("2µs", 2e-6),
    ],
)
def test_reads_go_durations(text: str, seconds: float) -> None:
    """Every unit of Go's time.ParseDuration, fractions, and sums."""
    assert DURATION.validate_python(text).seconds == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "-1s", "1 s", "1s\n", "1d", "1,5s", "1s5", "1e3s", "٣s"])
def test_refuses_what_is_no_duration(text: str) -> None:
    """A number without unit, a sign, blanks and digits of other scripts are refused."""
    with pytest.raises(ValidationError):
        DURATION.validate_python(text)


def test_gateway_durations_are_the_narrower_ones() -> None:
    """Gateway API takes no fraction, no microsecond, at most five digits and four terms."""
    assert GATEWAY_DURATION.validate_python("1h2m3s4ms").seconds == pytest.approx(3723.004)
    for text in ("1.5s", "0", "1us", "100000s", "1s1s1s1s1s"):
        with pytest.raises(ValidationError):
            GATEWAY_DURATION.validate_python(text)


@given(st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999))
def test_a_sum_of_terms_is_their_sum(hours: int, minutes: int, seconds: int, millis: int) -> None:
    """Terms add up, whichever their size."""
    read = GATEWAY_DURATION.validate_python(f"{hours}h{minutes}m{seconds}s{millis}ms")
    assert read.seconds == pytest.approx(hours * 3600 + minutes * 60 + seconds + millis / 1000)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("64Ki", 65536),
        ("1.5Gi", 1610612736),
        ("500M", 500_000_000),
        ("1k", 1000),
        ("1e6", 1_000_000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("1500m", 2),
        (".5Ki", 512),
        ("1e-3", 1),
        (65536, 65536),
    ],
)
def test_reads_kubernetes_quantities(text: str | int, size: int) -> None:
    """Binary and decimal suffixes, exponents, plain numbers; a part of a byte counts as a whole one."""
    assert QUANTITY.validate_python(text).bytes == size


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "1K", "1ki", "Ki", "1 Ki", "1KiB", "1e", "1e999", -1, True, 1.5, None]
)
def test_refuses_what_is_no_quantity(value: object) -> None:
    """Signs, wrong suffixes and what is neither text nor a whole number are refused."""
    with pytest.raises(ValidationError):
        QUANTITY.validate_python(value)


def test_scalars_survive_pickling() -> None:
    """Snapshots go to workers pickled."""
    for value in (Duration("5s"), GatewayDuration("5s"), Quantity("1Ki")):
        again = pickle.loads(pickle.dumps(value))
        assert again == value
        assert type(again) is type(value)


def test_networks_and_addresses() -> None:
    """An address is a network of one; what is neither is refused with the reason."""
    network, address = TypeAdapter(CIDR), TypeAdapter(IPAddress)
    assert [network.validate_python(each) for each in ("10.0.0.0/8", "10.1.2.3/8", "::1", "fd00::/8")]
    assert address.validate_python("::1") == "::1"
    for text in ("10.0.0.0/33", "10.0.0", "", "localhost"):
        with pytest.raises(ValidationError, match=r"is expected"):
            network.validate_python(text)
    with pytest.raises(ValidationError):
        address.validate_python("10.0.0.0/8")


@pytest.mark.parametrize(
    ("text", "written"),
    [("10.0.0.5:80", "10.0.0.5:80"), ("[2001:DB8:0::5]:080", "[2001:db8::5]:80"), ("[::1]:65535", "[::1]:65535")],
)
def test_places_are_written_shortest(text: str, written: str) -> None:
    assert place(text) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.5",
        "10.0.0.5:",
        "10.0.0.5:0",
        "10.0.0.5:65536",
        "10.0.0.5:+1",
        "[10.0.0.5]:80",
        "::1:80",
        "[::1]",
        "a:80",
    ],
)
def test_refuses_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError):
        place(text)
