"""Each coding can be read back by its own library, whatever the body and its parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.compression.coders import coder
from tests.support.decoders import decoder

CODINGS = ("gzip", "br", "zstd")
PARTS = st.lists(st.binary(max_size=200), max_size=8)


@pytest.mark.parametrize("coding", CODINGS)
@given(parts=PARTS, level=st.sampled_from([1, 4, 9, 11, 19]))
def test_a_body_comes_back_whole(coding: str, parts: list[bytes], level: int) -> None:
    each = coder(coding, level)()
    encoded = b"".join([*(each.feed(part) for part in parts), each.finish()])
    assert decoder(coding.encode())(encoded) == b"".join(parts)


@pytest.mark.parametrize("coding", CODINGS)
@given(parts=PARTS)
def test_what_was_fed_can_be_read_after_a_flush(coding: str, parts: list[bytes]) -> None:
    each, decode = coder(coding, 4)(), decoder(coding.encode())
    for part in filter(None, parts):
        assert decode(each.feed(part) + each.flush()) == part
    decode(each.finish())


@pytest.mark.parametrize("coding", CODINGS)
def test_coders_of_one_maker_share_nothing(coding: str) -> None:
    make = coder(coding, 4)
    one, other = make(), make()
    parts = [one.feed(b"a" * 100), other.feed(b"b" * 100)]
    assert decoder(coding.encode())(parts[0] + one.finish()) == b"a" * 100
    assert decoder(coding.encode())(parts[1] + other.finish()) == b"b" * 100


@pytest.mark.parametrize("coding", CODINGS)
def test_words_become_fewer(coding: str) -> None:
    body = b"a gateway says the same thing again and again; " * 200
    each = coder(coding, 4)()
    assert len(each.feed(body) + each.finish()) < len(body) / 20
