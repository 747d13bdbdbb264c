"""Baggage by its grammar and limits: what is written is read again, and what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.traffic_policy import Baggage
from policies.tags.baggage import (
    MAX_BYTES,
    MAX_MEMBERS,
    PREFIX,
    BaggageRefused,
    Member,
    decoded,
    encoded,
    read,
    tags_of,
    write,
)

TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEYS = st.text(TOKEN, min_size=1, max_size=20).map(str.encode)
VALUES = st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(character) <= 0xDFFF for character in text))


def member(text: bytes) -> Member:
    (found,) = read([text])
    return found


def test_the_prefix_is_that_of_the_configuration() -> None:
    assert Baggage().prefix.encode() == PREFIX


def test_members_of_all_fields_are_one_list() -> None:
    fields = [b"a=1 , b\t=\t2;p=q; flag", b"", b"c=", b"d=50%"]
    assert read(fields) == (
        Member(b"a", b"1", b"a=1"),
        Member(b"b", b"2", b"b\t=\t2;p=q; flag"),
        Member(b"c", b"", b"c="),
        Member(b"d", b"50%", b"d=50%"),
    )


@pytest.mark.parametrize(
    "field",
    [
        b"a",
        b"=1",
        b"a=1,",
        b",a=1",
        b"a=1,,b=2",
        b"a b=1",
        b"a=1 2",
        b'a="1"',
        b"a=\\",
        b"a=1;",
        b"a=1;=2",
        b"a=1;p=q r",
        b"a=\xc3\xa9",
        b"\xc3=1",
        b"a=1\r\nx: y",
        b"a=1\n",
        b"a=1\r",
        b"a=\x00",
        b"a=1;p=\x7f",
    ],
)
def test_what_is_no_baggage_is_refused(field: bytes) -> None:
    with pytest.raises(BaggageRefused) as refused:
        read([field])
    assert refused.value.status == 400


def test_up_to_8192_octets_are_read() -> None:
    whole = b"a=" + b"x" * (MAX_BYTES - 2)
    assert len(read([whole])) == 1
    for more in ([whole + b"x"], [whole[:-2], b"b="]):
        with pytest.raises(BaggageRefused, match="8193 octets, more than 8192") as refused:
            read(more)
        assert refused.value.status == 431


def test_up_to_64_members_are_read() -> None:
    assert len(read([b",".join([b"a=1"] * MAX_MEMBERS)])) == MAX_MEMBERS
    with pytest.raises(BaggageRefused, match="65 members, more than 64") as refused:
        read([b",".join([b"a=1"] * MAX_MEMBERS), b"b=2"])
    assert refused.value.status == 431


@given(st.lists(st.tuples(KEYS, VALUES), max_size=12))
def test_what_is_written_is_read_again(pairs: list[tuple[bytes, str]]) -> None:
    header, left_out = write(pairs, ())
    assert left_out == 0
    assert [(found.key, decoded(found.value)) for found in read([header])] == pairs


@given(VALUES)
def test_an_encoded_value_has_only_octets_of_baggage(value: str) -> None:
    octets = encoded(value)
    allowed = {0x21, *range(0x23, 0x2C), *range(0x2D, 0x3B), *range(0x3C, 0x5C), *range(0x5D, 0x7F)}
    assert set(octets) <= allowed


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_any_octets_are_baggage_or_are_refused(fields: list[bytes]) -> None:
    try:
        members = read(fields)
    except BaggageRefused:
        return
    header, left_out = write((), members)
    assert left_out == 0
    assert read([header]) == members


@given(st.lists(st.binary(max_size=200).map(lambda octets: Member(b"a", b"", b"a=" + octets.hex().encode()))))
def test_what_is_written_keeps_the_limits(others: list[Member]) -> None:
    header, left_out = write([(b"weir.lane", "canary")] * 3, others)
    assert len(header) <= MAX_BYTES
    assert len(read([header])) + left_out == 3 + len(others)
    assert header.startswith(b"weir.lane=canary,weir.lane=canary,weir.lane=canary")


def test_who_has_no_room_is_left_out_whole() -> None:
    long = Member(b"a", b"", b"a=" + b"x" * 8000)
    header, left_out = write([(b"weir.lane", "x" * 200)], [long, member(b"b=2;p")])
    assert header == b"weir.lane=" + b"x" * 200 + b",b=2;p"
    assert left_out == 1


def test_tags_are_the_members_with_the_prefix() -> None:
    members = read([b"weir.lane=canary,lane=other,weir.a.b=%C3%A9%20x;p=1,Weir.lane=no"])
    assert tags_of(members, b"weir.") == {"lane": "canary", "a.b": "\xe9 x"}


def test_octets_that_are_no_utf8_are_replaced() -> None:
    assert decoded(b"%ff") == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    "field",
    [
        b"weir.=1",
        b"weir.9=1",
        b"weir.a-=1",
        b"weir.%61=1",
        b"weir." + b"a" * 64 + b"=1",
        b"weir.lane=",
        b"weir.lane=" + b"x" * 254,
        b"weir.lane=a%0D%0Ab",
        b"weir.lane=%00",
        b"weir.lane=50%",
        b"weir.lane=%zz",
        b"weir.lane=a,weir.lane=a",
    ],
)
def test_a_member_that_is_no_tag_is_refused(field: bytes) -> None:
    with pytest.raises(BaggageRefused):
        tags_of(read([field]), b"weir.")
