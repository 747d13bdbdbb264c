"""Which coding a client is given, by the words of RFC 9110 12.5.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.compression.negotiation import choose, weights

OFFERED = (b"zstd", b"br", b"gzip")


@pytest.mark.parametrize(
    ("values", "coding"),
    [
        ((), None),
        ((b"",), None),
        ((b"gzip",), b"gzip"),
        ((b"gzip, br",), b"br"),
        ((b"gzip, deflate, br, zstd",), b"zstd"),
        ((b"gzip", b"br"), b"br"),
        ((b"GZip",), b"gzip"),
        ((b"x-gzip",), b"gzip"),
        ((b"deflate",), None),
        ((b"*",), b"zstd"),
        ((b"*;q=0",), None),
        ((b"*;q=0.5, gzip",), b"gzip"),
        ((b"*, zstd;q=0",), b"br"),
        ((b"gzip;q=0",), None),
        ((b"gzip;q=0, br;q=0.000",), None),
        ((b"gzip;q=1.0, br;q=0.9",), b"gzip"),
        ((b"gzip;q=0.2, br;q=0.2",), b"br"),
        ((b"gzip ;\tq=0.2 ,br; q=0.1",), b"gzip"),
        ((b"identity",), None),
        ((b"identity, gzip;q=0.5",), None),
        ((b"identity;q=0.5, gzip",), b"gzip"),
        ((b"identity;q=0.5, gzip;q=0.5",), b"gzip"),
        ((b"identity;q=0, gzip;q=0.1",), b"gzip"),
        ((b"gzip;q=0, gzip",), None),
        ((b",, gzip,",), b"gzip"),
    ],
)
def test_choice(values: tuple[bytes, ...], coding: bytes | None) -> None:
    assert choose(values, OFFERED) == coding


@pytest.mark.parametrize(
    "item",
    [b"gzip;q=2", b"gzip;q=1.001", b"gzip;q=0.1234", b"gzip;q=", b"gzip;q", b"gzip;a=1", b"gzip;q=1;b=2", b";q=1"],
)
def test_an_item_whose_weight_is_none_is_not_taken(item: bytes) -> None:
    assert choose((item,), OFFERED) is None
    assert choose((item + b", br;q=0.1",), OFFERED) == b"br"


@given(
    st.dictionaries(
        st.sampled_from(["zstd", "br", "gzip", "identity", "*", "deflate"]),
        st.sampled_from(["0", "0.1", "0.5", "0.999", "1"]),
    )
)
def test_no_coding_is_worth_more_than_the_one_that_is_chosen(items: dict[str, str]) -> None:
    value = ", ".join(f"{coding};q={weight}" for coding, weight in items.items()).encode()
    chosen = choose((value,), OFFERED)
    worth = {coding: float(items.get(coding, items.get("*", "0"))) for coding in ("zstd", "br", "gzip")}
    identity = float(items.get("identity", "0"))
    if chosen is None:
        assert all(not weight or weight < identity for weight in worth.values())
    else:
        own = worth[chosen.decode()]
        assert own > 0.0
        assert own >= identity
        assert all(weight <= own for weight in worth.values())


@given(st.lists(st.binary(max_size=20), max_size=3))
def test_any_octets_have_weights_from_0_to_1(values: list[bytes]) -> None:
    assert all(0.0 <= weight <= 1.0 for weight in weights(values).values())
