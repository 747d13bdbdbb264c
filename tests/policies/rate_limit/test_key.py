"""What is counted apart: parts of requests, and none that runs into the next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.rate_limit import LimitKey
from policies.rate_limit.key import KeyReader
from tests.support.subjects import subject

TOKEN = st.text(st.sampled_from("ab:1"), max_size=4)


def keys(*specs: dict[str, object]) -> KeyReader:
    return KeyReader("shop/limits/a", [LimitKey.model_validate(spec) for spec in specs])


@pytest.mark.parametrize(
    ("spec", "one", "other"),
    [
        ({"header": "X-User"}, subject("x-user: a"), subject("x-user: b")),
        ({"cookie": "session"}, subject("cookie: session=a"), subject("cookie: session=b")),
        ({"query": "q"}, subject(target="/?q=1"), subject(target="/?q=2")),
        ({"sourceIP": True}, subject(address="192.0.2.1"), subject(address="192.0.2.2")),
        ({"sourcePrefix": 24}, subject(address="192.0.2.1"), subject(address="192.0.3.1")),
        ({"path": True}, subject(target="/a?q=1"), subject(target="/b?q=1")),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_requests_with_another_value_are_counted_apart(spec: dict[str, object], one: object, other: object) -> None:
    reader = keys(spec)
    assert reader.read(one) != reader.read(other)  # type: ignore[arg-type]
    assert reader.read(one) == reader.read(one)  # type: ignore[arg-type]


def test_what_policies_found_out_is_a_key_too() -> None:
    reader = keys({"tag": "tier"}, {"claim": "plan"}, {"tenant": True}, {"route": True})
    request = subject()
    seen = {reader.read(request)}
    request.tags["tier"] = "gold"
    seen.add(reader.read(request))
    for plan in (1, "1.5", None, True):
        request.claims = {"plan": plan}
        seen.add(reader.read(request))
    request.tenant = "acme"
    seen.add(reader.read(request))
    # A claim that is null is as one that is not there.
    assert len(seen) == 6


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:aaaa::1", "2001:db8:0:1:bbbb::2"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_a_network_of_64_bits_is_an_address_of_ipv4(address: str, same: str) -> None:
    reader = keys({"sourcePrefix": 64})
    assert reader.read(subject(address=address)) == reader.read(subject(address=same))
    assert reader.read(subject(address=address)) != reader.read(subject(address="198.51.100.7"))


def test_what_is_no_address_is_its_own_network() -> None:
    reader = keys({"sourcePrefix": 8})
    assert reader.read(subject(address="unix:")) != reader.read(subject(address="unknown"))


def test_without_keys_all_are_counted_together_and_limits_apart() -> None:
    assert keys().read(subject("x-user: a")) == keys().read(subject())
    assert KeyReader("shop/limits/b", ()).read(subject()) != keys().read(subject())


@given(st.tuples(st.none() | TOKEN, st.none() | TOKEN), st.tuples(st.none() | TOKEN, st.none() | TOKEN))
def test_only_equal_parts_make_equal_keys(
    one: tuple[str | None, str | None], other: tuple[str | None, str | None]
) -> None:
    reader = keys({"tag": "a"}, {"tag": "b"})

    def key(parts: tuple[str | None, str | None]) -> bytes:
        request = subject()
        request.tags.update({name: part for name, part in zip("ab", parts, strict=True) if part is not None})
        return reader.read(request)

    assert (key(one) == key(other)) == (one == other)
